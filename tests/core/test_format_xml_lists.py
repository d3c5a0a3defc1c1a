"""Weasis' nodes, RSNA CTP's configuration, and the XML beneath them."""

import pytest

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.syntax.xml_text import MAXIMUM_DEPTH, parse, root_name
from dicomcfg.core.records import Ae, Association, Connection, Document
from tests.parts.reading import addresses, read_as, said

WEASIS, CTP = "weasis-xml", "ctp-xml"
LAUGHS = (
    '<!DOCTYPE nodes [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><nodes><node aeTitle="&c;"/></nodes>'
)
OUTSIDE = '<!DOCTYPE nodes [<!ENTITY a SYSTEM "file:///etc/passwd">]><nodes>&a;</nodes>'


def node(**attributes: str) -> str:
    given = {
        "description": "x",
        "type": "DICOM",
        "usageType": "BOTH",
        "aeTitle": "CT1",
        "hostname": "10.0.0.1",
        "port": "104",
        **attributes,
    }
    inside = " ".join(f'{name}="{value}"' for name, value in given.items() if value)
    return f"<node {inside}/>\n"


def ctp(*children: str, stage: str = "ImportService", **attributes: str) -> str:
    inside = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    kind = f"org.rsna.ctp.stdstages.Dicom{stage}"
    body = "".join(children)
    return (
        '<Configuration><Pipeline name="P">\n'
        f'<{stage} name="S" class="{kind}" {inside}>{body}</{stage}></Pipeline></Configuration>'
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (LAUGHS, "xml-entities"),
        (OUTSIDE, "xml-entities"),
        ("<nodes><node></nodes>", "xml-malformed"),
        ("<nodes>", "xml-malformed"),
        ("<nodes>&nothing;</nodes>", "xml-malformed"),
        ("<a>" * (MAXIMUM_DEPTH + 1), "xml-too-large"),
        (f"<a>{'<b/>' * 200_000}</a>", "xml-too-large"),
        ("<a " + "".join(f'a{n}="" ' for n in range(120_000)) + "/>", "xml-too-large"),
    ],
)
def test_hostile_xml_is_refused(text, code):
    root, findings = parse(text)
    assert root is None
    assert [(finding.code, finding.severity) for finding in findings] == [(code, "error")]
    assert findings[0].line


def test_elements_know_their_lines():
    root, _ = parse('<?xml version="1.0" encoding="UTF-16"?>\n<a x=" é ">\n  <b/><c>\n<d/></c></a>')
    assert [(each.name, each.line) for each in root.walk()] == [
        ("a", 2),
        ("b", 3),
        ("c", 3),
        ("d", 4),
    ]
    assert root.get("x") == "é"
    assert root.get("y") == ""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<?xml version='1.0'?><!-- <x> -->\n<!DOCTYPE a [<!ENTITY b 'c'>]><a>", "a"),
        ("text <a>", ""),
        ("<!-- no end <a>", ""),
        ("", ""),
    ],
)
def test_the_first_element_is_found_without_parsing(text, name):
    assert root_name(text) == name


def test_weasis_is_detected_and_read(sample):
    data = sample("weasis-xml.xml")
    assert registry.detect(data).name == WEASIS
    document = registry.read(data)
    assert addresses(document) == [
        "ARCHIVE1 archive1.small.example:11112",
        "TEACHING 10.20.4.4:104",
        "READING2",
    ]
    assert [ae.association_acceptor for ae in document.aes] == [True, True, False]
    assert document.aes[0].description == "Archive & long-term store"
    assert said(document) == {
        "weasis-default-port": [5],
        "weasis-types-mixed": [7],
        "not-kept": [5],
    }


@pytest.mark.parametrize(
    ("nodes", "places"),
    [
        (node(type="dicom"), {"weasis-node-skipped": [2]}),
        (node(usageType=""), {"weasis-node-skipped": [2]}),
        (node(port="0"), {"weasis-node-skipped": [2], "port-invalid": [2]}),
        (node(port=""), {"weasis-default-port": [2]}),
        (node(type="WEB"), {"not-kept": [2]}),
        (node(tsuid="JPEG_LOSSLESS_SV1"), {"not-kept": [2]}),
        (node() + node(), {"ae-repeated": [3]}),
        (node(aeTitle="ABCDEFGHIJKLMNOPQ"), {"ae-title-too-long": [2]}),
        (node() + node(type="PRINTER", port="105"), {"weasis-types-mixed": [3]}),
    ],
)
def test_what_is_said_of_weasis_nodes(nodes, places):
    assert said(read_as(WEASIS, f"<nodes>\n{nodes}</nodes>")) == places


def test_nodes_belong_into_their_element():
    assert said(read_as(WEASIS, f"<list>\n{node()}</list>")) == {"weasis-no-nodes": [1]}


def test_weasis_attributes_are_quoted():
    text = "a\nb \"quoted\" & <less> 'x'"
    ae = Ae("CT1", "CT1", description=text, connections=(Connection("fe80::1", 104),))
    written = registry.write(Document("x", aes=(ae,)), WEASIS)
    assert read_as(WEASIS, written.data).aes == (ae,)
    bell = Ae("CT1", "CT1", description="\a", connections=ae.connections)
    written = registry.write(Document("x", aes=(bell,)), WEASIS)
    assert [finding.path for finding in written.findings] == ["aes[CT1].description"]


def test_ctp_is_detected_and_read(sample):
    data = sample("ctp-xml.xml")
    assert registry.detect(data).name == CTP
    document = registry.read(data)
    assert [
        (a.ae_title, a.association_initiator, a.association_acceptor) for a in document.aes
    ] == [
        ("TRIAL_GW", True, True),
        ("CT_ROOM4", True, False),
        ("ARCHIVE1", True, True),
    ]
    assert document.associations == (Association("TRIAL_GW", "ARCHIVE1", "To the archive"),)
    (profile,) = document.profiles
    assert profile.name == "Trial import"
    assert len(profile.presentation_contexts) == 2
    assert said(document) == {
        "ctp-own-address": [4],
        "ctp-own-syntaxes": [8],
        "ctp-no-echo": [8],
        "ctp-pipeline-off": [16],
    }


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (ctp(stage="ExportService", url="http://x"), {"ctp-url-invalid": [2]}),
        (ctp(stage="ExportService", url="dicom://A@h:104"), {"ctp-no-calling-title": [2]}),
        (ctp(stage="ExportService", url="dicom://A:B@h"), {"port-invalid": [2]}),
        (
            ctp(stage="ExportService", url="dicom://A:B@h:104", hostTag="(0021,1001)"),
            {"ctp-address-by-object": [2]},
        ),
        (
            ctp('<accept sopClass="NoSuchStorage"/>', port="104"),
            {"ctp-own-address": [2], "uid-name-unknown": [2]},
        ),
        (
            ctp('<accept sopClass="1.2.840.10008.1.1"/><reject ip="10.0.0.1"/>', port="104"),
            {"ctp-own-address": [2], "ctp-own-syntaxes": [2], "not-kept": [2]},
        ),
        ("<Configuration/>", {}),
    ],
)
def test_what_is_said_of_ctp(text, places):
    assert said(read_as(CTP, text)) == places
