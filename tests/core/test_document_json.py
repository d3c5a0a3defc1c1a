"""Our own JSON: lossless, strict, with the path of everything that is wrong."""

import json
from dataclasses import fields, is_dataclass

import pytest

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.bounded import MAXIMUM_FINDINGS
from dicomcfg.core.records import (
    Ae,
    Association,
    Connection,
    Device,
    Document,
    ExtendedNegotiation,
    PresentationContext,
    Profile,
    RoleSelection,
    TransferCapability,
)

CT, ELE = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
CONTEXT = PresentationContext(CT, (ELE, "1.2.840.10008.1.2"))
FULL = Document(
    "dicomcfg-json",
    devices=(
        Device(
            "D", "Scanner", "Maker", "Model", "1.0", "ST1", "Dept", "Room", "planned", "Old", "Call"
        ),
    ),
    aes=(
        Ae(
            "CT1",
            "CT1",
            "North",
            "D",
            "Röntgen\nzwei",
            "retired",
            ("a", "b"),
            "fragile",
            False,
            True,
            (Connection("10.0.0.5", 104, "default"), Connection("::1", 11112)),
            (TransferCapability(CT, "SCU", (ELE,)),),
            ("find", "store"),
            "P",
            "SCU",
            20,
            3,
        ),
        Ae("PACS", "PACS"),
    ),
    associations=(
        Association(
            "CT1",
            "PACS",
            "name",
            "words",
            "P",
            (CONTEXT,),
            (RoleSelection(CT, True, False),),
            (ExtendedNegotiation(CT, "0101"),),
            4,
        ),
    ),
    profiles=(
        Profile(
            "P",
            (CONTEXT,),
            (RoleSelection(CT, True, True),),
            (ExtendedNegotiation(CT, "00"),),
            "For CT",
        ),
    ),
)


def _values(record):
    for field in fields(record):
        value = getattr(record, field.name)
        yield f"{type(record).__name__}.{field.name}", value
        for item in value if isinstance(value, tuple) else ():
            if is_dataclass(item):
                yield from _values(item)


def test_the_example_fills_every_field():
    """So that the next test is about a field that somebody adds, too."""
    filled = {name for name, value in _values(FULL) if value not in (None, "", ())}
    assert {name for name, _ in _values(FULL)} - filled == {"Document.findings", "Document.knows"}


def test_nothing_is_lost():
    text = registry.write(FULL, "dicomcfg-json").text
    assert registry.read(text.encode()) == FULL


def _broken(change):
    data = json.loads(json.dumps(FULL.to_json()))
    change(data)
    return registry.read(json.dumps(data).encode(), format="dicomcfg-json")


def _set(path, value):
    def change(data):
        *way, last = path
        for step in way:
            data = data[step]
        data[last] = value

    return change


PLACE = ("aes", 0, "connections")
MAXIMUM, AT_ONCE = "maximum_associations_in", "associations_at_once"
PORT, HOST = "aes[0].connections[0].port", "aes[0].connections[1].hostname"


@pytest.mark.parametrize(
    ("path", "value", "code", "where"),
    [
        ((*PLACE, 0, "port"), "104", "document-wrong-type", PORT),
        ((*PLACE, 0, "port"), True, "document-wrong-type", PORT),
        ((*PLACE, 0, "port"), 70000, "port-invalid", PORT),
        ((*PLACE, 1, "hostname"), "a b", "hostname-invalid", HOST),
        (("aes", 1, "ae_title"), "A\\B", "ae-title-backslash", "aes[1].ae_title"),
        (("aes", 1, "key"), "CT1", "document-key-repeated", "aes[1].key"),
        (("aes", 1, "tags"), "a", "document-wrong-type", "aes[1].tags"),
        (("aes", 1, "state"), "gone", "document-bad-value", "aes[1].state"),
        (("aes", 0, "allowed_probes", 1), "move", "document-bad-value", "aes[0].allowed_probes[1]"),
        (("aes", 1, "colour"), "red", "document-unknown-key", "aes[1].colour"),
        (("aes", 1, "device"), "X", "document-dangling-reference", "aes[1].device"),
        (("aes", 1), [], "document-wrong-type", "aes[1]"),
        (("aes",), {}, "document-wrong-type", "aes"),
        (
            ("associations", 0, "called"),
            "X",
            "document-dangling-reference",
            "associations[0].called",
        ),
        (("associations", 0, "name"), "a\0", "document-bad-text", "associations[0].name"),
        (("associations", 0, "name"), "\ud800", "document-bad-text", "associations[0].name"),
        (("profiles", 0, "name"), 1.5, "document-wrong-type", "profiles[0].name"),
        (("aes", 0, "profile"), "X", "document-dangling-reference", "aes[0].profile"),
        (("aes", 0, "profile_role"), "BOTH", "document-bad-value", "aes[0].profile_role"),
        (("aes", 0, "profile_role"), None, "document-bad-value", "aes[0].profile_role"),
        (("aes", 0, MAXIMUM), 0, "document-bad-value", f"aes[0].{MAXIMUM}"),
        (("associations", 0, AT_ONCE), 40_000, "document-bad-value", f"associations[0].{AT_ONCE}"),
        (("schema",), 2, "document-schema-unknown", "schema"),
        (("extra",), 1, "document-unknown-key", "extra"),
    ],
)
def test_every_fault_has_its_path(path, value, code, where):
    findings = _broken(_set(path, value)).findings
    assert (code, where) in [(f.code, f.path) for f in findings]


def test_what_cannot_be_read_moves_no_other_path():
    def change(data):
        data["aes"][0]["connections"][1]["port"] = 70000
        data["aes"][0]["connections"][0] = "no connection"
        data["aes"][:0] = [None, {"ae_title": "NO_KEY"}]

    found = {(f.code, f.path) for f in _broken(change).findings}
    assert found == {
        ("document-wrong-type", "aes[0]"),
        ("document-missing-key", "aes[1].key"),
        ("document-wrong-type", "aes[2].connections[0]"),
        ("port-invalid", "aes[2].connections[1].port"),
    }


LATER = {
    "devices": ("contact",),
    "aes": (
        "allowed_probes",
        "profile",
        "profile_role",
        "maximum_associations_in",
        "maximum_associations_out",
    ),
    "associations": ("associations_at_once",),
    "profiles": ("description",),
}


def test_a_document_from_before_some_fields_were_there_is_read():
    data = json.loads(json.dumps(FULL.to_json()))
    for section, names in LATER.items():
        for record in data[section]:
            for name in names:
                del record[name]
    document = registry.read(json.dumps(data).encode(), format="dicomcfg-json")
    assert not document.findings
    assert {(ae.allowed_probes, ae.profile) for ae in document.aes} == {((), None)}
    assert document.associations[0].associations_at_once == 1


def test_missing_keys_and_roles():
    findings = _broken(lambda data: data["aes"][1].pop("ae_title")).findings
    assert ("document-missing-key", "aes[1].ae_title") in [(f.code, f.path) for f in findings]
    path = ("aes", 0, "transfer_capabilities", 0, "role")
    assert [f.path for f in _broken(_set(path, "BOTH")).findings] == [
        "aes[0].transfer_capabilities[0].role"
    ]


@pytest.mark.parametrize(
    "data",
    [b"{", b"[1]", b"nul", b"[" * 200_000, b'{"schema": ' + b"9" * 5000 + b"}", b'"x"'],
)
def test_what_is_no_document(data):
    findings = registry.read(data, format="dicomcfg-json").findings
    assert [f.severity for f in findings] == ["error"]


def test_findings_are_bounded():
    findings = _broken(lambda data: data.update(aes=[1] * 5000)).findings
    assert len(findings) == MAXIMUM_FINDINGS + 1
    assert findings[-1].code == "more-findings"
