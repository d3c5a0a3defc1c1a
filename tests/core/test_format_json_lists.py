"""mercure's targets, MONAI's entities, and the strict JSON beneath them."""

import json

import pytest

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.syntax import json_plain
from dicomcfg.core.records import Ae, Association, Connection, Device, Document
from tests.parts.reading import addresses, read_as, said

MERCURE, MONAI = "mercure-json", "monai-json"
TARGET = {"target_type": "dicom", "ip": "10.0.0.1", "port": "104", "aet_target": "CT1"}


def targets(**given: object) -> str:
    return json.dumps({"targets": given})


def without(*names: str, **more: object) -> dict[str, object]:
    return {name: value for name, value in {**TARGET, **more}.items() if name not in names}


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ('{"a": 1,\n}', "json-malformed", 2),
        ('{\n// no\n"a": 1}', "json-malformed", 2),
        ("[" * 200_000, "json-malformed", None),
        ("9" * 10_000, "json-malformed", None),
        ('["\\ud800"]', "json-bad-text", None),
        ('{"a\\u0000": 1}', "json-bad-text", None),
    ],
)
def test_what_is_no_json(text, code, line):
    parsed = json_plain.parse(text)
    assert parsed.value is None
    assert [(finding.code, finding.line) for finding in parsed.findings] == [(code, line)]


def test_names_given_twice_are_told():
    parsed = json_plain.parse('{"a": 1, "b": {"c": "\\ud83d\\ude00", "c": 2}, "a": 3}')
    assert parsed.value == {"a": 3, "b": {"c": 2}}
    assert sorted(parsed.repeated) == ["a", "c"]


def test_mercure_is_detected_and_read(sample):
    data = sample("mercure-json.json")
    assert registry.detect(data).name == MERCURE
    document = registry.read(data)
    assert addresses(document) == [
        "ARCHIVE1 10.20.0.5:104",
        "ROUTER2",
        "VIEWER1 viewer1.small.example:11112",
        "PARTNER dicom.partner.example:2762",
    ]
    assert [ae.device for ae in document.aes] == ["Archive", None, None, "Partner"]
    assert document.aes[3].connections[0].tls == "default"
    assert document.associations == (Association("ROUTER2", "ARCHIVE1", "Archive"),)
    assert said(document) == {
        "secret-blanked": [33],
        "not-kept": ["targets.Archive", "targets.Partner", "targets.Research share"],
    }


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("[]", {"mercure-no-targets": [None]}),
        ('{"targets": []}', {"mercure-no-targets": [None]}),
        (targets(a=1), {"json-wrong-type": ["targets.a"]}),
        (targets(a=TARGET, b=TARGET), {"ae-repeated": ["targets.b"]}),
        (targets(a=without("target_type")), {}),
        (targets(a=without(port=104)), {}),
        (targets(a=without(aet_target="C.1")), {"mercure-refuses-target": ["targets.a"]}),
        (targets(a=without(ip="fe80::1")), {"mercure-refuses-target": ["targets.a"]}),
        (targets(a={"host": "h", "folder": "/x", "user": "u"}), {"not-kept": ["targets.a"]}),
        (targets(a=without(direction="pull")), {"not-kept": ["targets.a"]}),
        (
            targets(a=without("port")),
            {"mercure-refuses-target": ["targets.a"], "port-invalid": ["targets.a"]},
        ),
        (
            '{"targets": {"a": {}, "a": ' + json.dumps(TARGET) + "}}",
            {"json-name-repeated": [None]},
        ),
    ],
)
def test_what_is_said_of_targets(text, places):
    assert said(read_as(MERCURE, text)) == places


def test_a_target_without_a_type_becomes_a_dummy_where_another_is_refused():
    for missing, word in (((), "refuses the whole file"), (("target_type",), "dummy")):
        document = read_as(MERCURE, targets(a=without(*missing, aet_target="C.1")))
        assert word in document.findings[0].message


def test_targets_are_named_after_devices_where_that_is_clear():
    place = (Connection("10.0.0.1", 104, "default"),)
    aes = (
        Ae("A", "A", device="scanner", connections=place),
        Ae("B", "B", device="two", connections=place),
        Ae("C", "C", device="two", connections=place),
        Ae("D", "D", device="D", connections=place),
        Ae("E F", "E F", connections=place),
    )
    devices = tuple(Device(name, name) for name in ("scanner", "two", "D"))
    written = registry.write(Document("x", aes=aes, devices=devices), MERCURE)
    given = json.loads(written.text)["targets"]
    assert list(given) == ["scanner", "B", "C", "D"]
    assert given["scanner"]["target_type"] == "dicomtls"
    lost = [finding.path for finding in written.findings]
    assert lost == ["aes[E F]", None, "devices[two]", "devices[D]"]


def test_monai_is_detected_and_read(sample):
    data = sample("monai-json.json")
    assert registry.detect(data).name == MONAI
    document = registry.read(data)
    assert addresses(document) == ["ARCHIVE1 10.20.0.5:104", "CT_ROOM4", "LUNGMODEL"]
    roles = [(ae.association_initiator, ae.association_acceptor) for ae in document.aes]
    assert roles == [(True, True), (True, False), (False, True)]
    assert [ae.device for ae in document.aes] == ["archive", None, "lung-model"]
    assert said(document) == {
        "monai-source": ["[1]"],
        "monai-own-address": ["[2]"],
        "not-kept": ["[2]", "[2]"],
    }


@pytest.mark.parametrize(
    ("value", "places"),
    [
        (1, {"monai-no-entities": [None]}),
        ({"a": 1}, {"monai-no-entities": [None]}),
        ([1], {"json-wrong-type": ["[0]"]}),
        ([{"name": "hl7", "hostIp": "h", "port": 2575}], {"not-kept": ["[0]"]}),
        ({"aeTitle": "A", "hostIp": "h", "port": 104}, {}),
        ({"AeTitle": "A", "HostIp": "h", "Port": "104"}, {}),
        (
            {"destinations": [{"aeTitle": "A", "hostIp": "h", "port": 0}]},
            {"port-invalid": ["destinations[0]"]},
        ),
        (
            {"aeTitle": "ABCDEFGHIJKLMNOP", "hostIp": "h", "port": 104},
            {"monai-refuses-title": ["[0]"]},
        ),
        (
            {"aeTitle": "A", "allowedSopClasses": ["1.2"], "ignoredSopClasses": ["1.3"]},
            {"not-kept": ["[0]", "[0]"], "monai-both-lists": ["[0]"], "monai-own-address": ["[0]"]},
        ),
    ],
)
def test_what_is_said_of_entities(value, places):
    assert said(read_as(MONAI, json.dumps(value))) == places
