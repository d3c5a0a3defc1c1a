"""Conquest's two lists, and where Conquest reads them otherwise than their authors think."""

import pytest

from dicomcfg.core.findings import has_errors
from dicomcfg.core.formats import registry
from dicomcfg.core.records import Ae, Connection, Document, PresentationContext, Profile
from dicomcfg.core.standard import uids
from tests.parts.reading import addresses, read_as, said

MAP, LIST = "conquest-acrnema", "conquest-dgatesop"
CT = "1.2.840.10008.5.1.4.1.1.2"


def test_the_map_is_detected_and_read(sample):
    data = sample("conquest-acrnema.map")
    assert registry.detect(data).name == MAP
    document = registry.read(data)
    assert addresses(document) == [
        "ARCHIVE1 127.0.0.1:5678",
        "CT_ROOM4 10.20.0.14:104",
        "VIEWER1 viewer1.small.example:11112",
        "VIEWER2 viewer2.small.example:11112",
    ]
    assert said(document) == {"acrnema-rule": [7], "acrnema-shadowed": [8], "not-kept": [4]}


# Each was given to Conquest's own parser: (file, the titles that it finds, lines of lost entries).
@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("A 10.0.0.1 104 un # x\nB 10.0.0.2 104\nC 10.0.0.3 104\n", [2]),
        ("A 10.0.0.1 104 un # x\r\nB 10.0.0.2 104\r\n", []),
        ("A 10.0.0.1 104 un // x\n# y\nB 10.0.0.2 104\n", [3]),
        ("A 10.0.0.1 104 un # x\n\nB 10.0.0.2 104\n", []),
        ("A 10.0.0.1 104 un\n; x\nB 10.0.0.2 104\n", [3]),
        ("A 10.0.0.1 104 un\r\n; x\r\nB 10.0.0.2 104\r\n", []),
        ("A 10.0.0.1 104 un\n# x\nB 10.0.0.2 104\n", []),
        ("A 10.0.0.1 104 un /* x */\nB 10.0.0.2 104\n", []),
        ("A 10.0.0.1 104 # x\nB 10.0.0.2 104 # y\nC 10.0.0.3 104\nD 10.0.0.4 104\n", [2, 3]),
    ],
)
def test_entries_that_conquest_loses_by_a_comment(text, lost):
    document = read_as(MAP, text)
    assert said(document).get("acrnema-entry-lost", []) == lost
    assert not has_errors(document.findings)
    assert len(document.aes) == text.count("10.0.0.")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("A 10.0.0.1\n", "acrnema-incomplete"),
        ("A 10.0.0.1 x\n", "port-invalid"),
        ("A 10.0.0.1 104 un more\n", "acrnema-ignored"),
        (f"A {'h' * 60}.{'h' * 60}.{'h' * 10} 104 un\n", "acrnema-field-too-long"),
        ("A 10.0.0.1 104\nA 10.0.0.2 104\n", "acrnema-shadowed"),
        ("* 10.0.0.1 104\nA 10.0.0.2 104\n", "acrnema-shadowed"),
        ("ct* 10.0.0.1 104\nCT* 10.0.0.2 104\n", "acrnema-shadowed"),
        ("A 10.0.0.1 104\nA 10.0.0.1 104\n", "ae-repeated"),
        ("/* no end\nA 10.0.0.1 104\nA* 10.0.0.1 104*/", None),
    ],
)
def test_what_is_said_of_a_map(text, code):
    assert code in said(read_as(MAP, text)) or code is None


def test_a_map_is_written_with_what_its_grammar_takes():
    place = (Connection("10.0.0.1", 104),)
    aes = tuple(Ae(title, title, connections=place) for title in ("CT1", "MR 2", "#1", "X*"))
    written = registry.write(Document("x", aes=(*aes, Ae("U", "U"))), MAP)
    assert addresses(read_as(MAP, written.data)) == ["CT1 10.0.0.1:104"]
    lost = [finding.path for finding in written.findings]
    assert lost == ["aes[U]", "aes[MR 2]", "aes[#1]", "aes[X*]"]


def test_the_list_is_detected_and_read(sample):
    data = sample("conquest-dgatesop.lst")
    assert registry.detect(data).name == LIST
    document = registry.read(data, name="dgatesop.lst")
    both = (uids.IMPLICIT_VR_LITTLE_ENDIAN, "1.2.840.10008.1.2.1")
    contexts = (PresentationContext(uids.VERIFICATION, both), PresentationContext(CT, both))
    assert document.profiles == (Profile("dgatesop", contexts),)
    assert [(ae.ae_title, ae.association_initiator) for ae in document.aes] == [
        ("CT_ROOM4", True),
        ("ARCHIVE1", False),
    ]
    assert said(document) == {}


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("x 1.2.840.10008.1.1 sop\n", {"dgatesop-any-transfer": [None]}),
        ("x 1.2.840.10008.1.2 transfer\n", {"dgatesop-any-class": [None]}),
        (
            "x 1.2.840.10008.1.1 sop\nx 1.2.840.10008.1.2 transfer\nx 1.2.840.10008.1.2.1 transfer",
            {"dgatesop-last-line": [3]},
        ),
        (
            " # x\nx 1.2 sops\nx 1.2\nx 1.2 sop\nx 1.2 abstract\nx 1.2 transfer\n",
            {"dgatesop-ignored": [1, 2, 3], "dgatesop-repeated": [5]},
        ),
        ("x 1.02 sop\nx 1.2 sop\nx 1.2 transfer\n", {"uid-invalid": [1]}),
        (
            f"x 1.2 sop\nx 1.2 transfer {' ' * 300}x\n",
            {"dgatesop-line-too-long": [2]},
        ),
        ("x 1.2 sop\nx 1.2 transfer\nx 1.2.3 application\n", {"not-kept": [3]}),
    ],
)
def test_what_is_said_of_a_list(text, places):
    assert said(read_as(LIST, text)) == places


def test_a_list_says_when_it_accepts_more_than_was_configured():
    contexts = (PresentationContext(CT, ("1.2.840.10008.1.2.4.50",)),)
    contexts += (PresentationContext(uids.VERIFICATION, (uids.IMPLICIT_VR_LITTLE_ENDIAN,)),)
    written = registry.write(Document("x", profiles=(Profile("p", contexts),)), LIST)
    assert [finding.path for finding in written.findings] == ["profiles", "profiles.added"]
    assert len(read_as(LIST, written.data).profiles[0].presentation_contexts) == 2


def test_a_list_of_callers_shuts_others_out():
    written = registry.write(Document("x", aes=(Ae("CT1", "CT1"), Ae("A B", "A B"))), LIST)
    codes = [finding.code for finding in written.findings]
    assert codes == ["not-carried", "dgatesop-restricts"]
    assert addresses(read_as(LIST, written.data)) == ["CT1"]
