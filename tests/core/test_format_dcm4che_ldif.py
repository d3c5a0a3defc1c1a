"""LDIF of Annex H directories: every form of RFC 2849, what is read, said, written and lost."""

import pytest

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.dcm4che import dcm4che_ldif, ldif
from dicomcfg.core.formats.dcm4che.ldap_names import compared, escaped, parsed
from dicomcfg.core.records import (
    Ae,
    Association,
    Connection,
    Device,
    Document,
    TransferCapability,
)

NAME = "dcm4che-ldif"
CT, VERIFICATION = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.1"
ILE, ELE = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
DEVICES = "cn=Devices,cn=DICOM Configuration,dc=x"
BOX = f"dn: dicomDeviceName=b,{DEVICES}\nobjectClass: dicomDevice\ndicomDeviceName: b\n"
PLACE = (
    f"dn: cn=c,dicomDeviceName=b,{DEVICES}\nobjectClass: dicomNetworkConnection\ncn: c\n"
    "dicomHostname: h.example\ndicomPort: 104\n"
)
NODE = (
    f"dn: dicomAETitle=CT1,dicomDeviceName=b,{DEVICES}\nobjectClass: dicomNetworkAE\n"
    "dicomAETitle: CT1\ndicomAssociationInitiator: TRUE\ndicomAssociationAcceptor: TRUE\n"
    f"dicomNetworkConnectionReference: cn=c,dicomDeviceName=b,{DEVICES}\n"
)
OFFER = (
    f"dn: cn=t,dicomAETitle=CT1,dicomDeviceName=b,{DEVICES}\nobjectClass: dicomTransferCapability\n"
    f"cn: t\ndicomSOPClass: {CT}\ndicomTransferRole: SCP\ndicomTransferSyntax: {ILE}\n"
)


def _read(*entries: str) -> Document:
    return registry.read("\n".join(entries).encode(), format=NAME)


def _codes(document: Document) -> set[str]:
    return {finding.code for finding in document.findings}


def _line(document: Document, code: str) -> int | None:
    return next(finding.line for finding in document.findings if finding.code == code)


def test_a_directory_with_everything(sample):
    document = registry.read(sample("dcm4che-ldif-hospital.ldif"))
    assert document.format == NAME
    archive, crate = document.devices
    assert archive == Device(
        "archive",
        "archive",
        "Acme Imaging",
        "Vault",
        "2.1",
        "ARC01",
        "Radiology; Cardiology",
    )
    assert (crate.name, crate.state) == ("CT, room 1", "planned")
    first, second = document.aes
    assert (first.device, first.description) == ("archive", "Langzeitarchiv Süd")
    host = "archive.hospital.example"
    assert first.connections == (Connection(host, 104), Connection(host, 2762, "default"))
    assert first.transfer_capabilities == (
        TransferCapability(CT, "SCP", (ILE, ELE)),
        TransferCapability(VERIFICATION, "SCP", (ILE,)),
    )
    assert second.connections == (Connection("10.0.0.5", 11112),)
    assert (second.state, second.association_acceptor) == ("planned", False)
    assert document.associations == (Association("ARCHIVE", "CT1"),)
    assert "not for you" not in repr(document)


def test_a_directory_with_everything_is_told_about(sample):
    document = registry.read(sample("dcm4che-ldif-hospital.ldif"))
    said = [(finding.code, finding.line) for finding in document.findings]
    assert sorted(said) == [
        ("attribute-ignored", 17),
        ("attribute-ignored", 33),
        ("attribute-ignored", 34),
        ("attribute-ignored", 104),
        ("connection-not-dicom", 49),
        ("connection-reference-dangling", 93),
        ("entry-ignored", 69),
        ("ldap-order", 57),
        ("ldif-change-without-entry", 120),
        ("ldif-value-elsewhere", 32),
        ("ldif-version", 1),
        ("preferred-called-unknown", 16),
        ("secret-blanked", 33),
    ]
    assert {finding.severity for finding in document.findings} == {"info", "warning"}


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_marks(ending, mark):
    text = mark + "\n".join((BOX, PLACE, NODE, OFFER)).replace("\n", ending)
    document = registry.read(text.encode())
    assert document.format == NAME
    assert document.aes[0].connections == (Connection("h.example", 104),)


def test_entries_come_in_any_order():
    assert _read(OFFER, NODE, PLACE, BOX).aes == _read(BOX, PLACE, NODE, OFFER).aes


@pytest.mark.parametrize(
    ("entries", "code", "line"),
    [
        ((BOX, "what is this\n"), "ldif-malformed", 5),
        (("cn: alone\n", BOX), "ldif-malformed", 1),
        ((BOX[:-1], " \n" + PLACE), "ldif-not-parted", 5),
        ((BOX, BOX), "ldif-entry-repeated", 5),
        (("dn: nonsense\ncn: x\n",), "ldap-name-invalid", 1),
        (("dn:: !!\ncn: x\n",), "ldap-name-invalid", 1),
        ((BOX + "dicomManufacturer:: /w==\n",), "ldif-base64-invalid", 4),
        ((BOX + "dicomManufacturer:: AA==\n",), "text-unusable", 4),
        ((BOX + "dicomManufacturer: A\ndicomManufacturer: B\n",), "several-values", 5),
        ((BOX + "dicomInstalled: perhaps\n",), "boolean-invalid", 4),
        ((BOX + f"dicomManufacturer: {'x' * 200}\n",), "text-too-long", 4),
        ((PLACE, NODE.replace("CT1", "TITLE_WITHOUT_END"), BOX), "ae-title-too-long", 9),
        ((BOX, PLACE.replace(": 104", ": 70000"), NODE), "port-invalid", 9),
        ((BOX, PLACE.replace("h.example", "h h"), NODE), "hostname-invalid", 8),
        ((BOX, PLACE.replace("dicomPort: 104\n", ""), NODE), "connection-without-port", 5),
        ((BOX, PLACE + "dicomInstalled: FALSE\n", NODE), "connection-not-installed", 5),
        ((BOX, PLACE), "connection-unused", 5),
        ((BOX, NODE), "connection-reference-dangling", 10),
        ((BOX, PLACE, NODE, OFFER.replace("SCP", "SCPU")), "role-invalid", 22),
        ((BOX, PLACE, NODE, OFFER.replace(CT, "1.02")), "uid-invalid", 21),
        ((BOX, PLACE, NODE, OFFER.replace(CT, "*")), "capability-of-anything", 21),
        ((BOX, PLACE, NODE, OFFER.replace(ILE, "*")), "transfer-syntax-any", 23),
        (
            (BOX, PLACE, NODE, OFFER.replace(f"dicomTransferSyntax: {ILE}\n", "")),
            "capability-incomplete",
            18,
        ),
        ((OFFER,), "capability-without-ae", 1),
        ((f"dn: dicomDeviceName=b,{DEVICES}\nchangetype: burn\n",), "ldif-change-unknown", 1),
        ((f"dn: cn=x,{DEVICES}\nobjectClass: hl7Application\n",), "no-aes", None),
    ],
)
def test_what_is_wrong_is_said_with_its_line(entries, code, line):
    document = _read(*entries)
    assert code in _codes(document)
    assert _line(document, code) == line


def test_a_preferred_order_of_dcm4che_counts():
    preferred = (
        f"dcmPreferredTransferSyntax: {{1}}{ILE}\ndcmPreferredTransferSyntax: {{0}}{ELE}\n"
        f"dicomTransferSyntax: {ELE}\ndicomTransferSyntax: 1.2.3\n"
    )
    document = _read(BOX, PLACE, NODE, OFFER + preferred)
    assert document.aes[0].transfer_capabilities[0].transfer_syntaxes == (ELE, ILE, "1.2.3")
    assert "ldap-order" not in _codes(document)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ("changetype: delete\n", []),
        ("changetype: modrdn\nnewrdn: dicomDeviceName=c\ndeleteoldrdn: 1\n", ["c"]),
        ("changetype: modify\nreplace: dicomDeviceName\ndicomDeviceName: d\n-\n", ["d"]),
        ("changetype: modify\ndelete: dicomDeviceName\ndicomDeviceName: other\n-\n", ["b"]),
        ("control: 1.2.3 true\nchangetype: modify\ndelete: dicomDescription\n", ["b"]),
    ],
)
def test_changes_are_applied(change, names):
    document = _read(BOX, f"dn: DICOMDEVICENAME=B , {DEVICES}\n{change}")
    assert [device.name for device in document.devices] == names


def test_a_renamed_device_takes_its_own_along():
    change = "changetype: moddn\nnewrdn: dicomDeviceName=c\ndeleteoldrdn: 1\n"
    move = f"dn: dicomDeviceName=b,{DEVICES}\n{change}newsuperior: cn=Else,dc=x\n"
    document = _read(BOX, PLACE, NODE, move)
    assert [(ae.ae_title, ae.device) for ae in document.aes] == [("CT1", "c")]


def test_many_renames_of_many_entries_end():
    entries = "\n".join(f"dn: cn=e{n},{DEVICES}\ncn: e{n}\n" for n in range(1_000))
    moves = "\n".join(
        f"dn: cn=e{n},{DEVICES}\nchangetype: modrdn\nnewrdn: cn=f{n}\n" for n in range(1_000)
    )
    directory = ldif.read(f"{entries}\n{moves}")
    assert directory.findings.all()[-1].code == "ldif-too-large"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cn=a,dc=b", ((("cn", "a"),), (("dc", "b"),))),
        ("CN = a , DC = b", ((("cn", "a"),), (("dc", "b"),))),
        ("b=2+a=1,c=3", ((("a", "1"), ("b", "2")), (("c", "3"),))),
        (r"cn=a\,b\2Cc", ((("cn", "a,b,c"),),)),
        (r"cn=\C3\BC", ((("cn", "ü"),),)),
        ('cn="a,b"', ((("cn", "a,b"),),)),
        (r"cn=a\ ", ((("cn", "a "),),)),
        ("cn", None),
        ("cn=a,", None),
        ('cn="a', None),
        ("=a", None),
        ("cn=" + "a" * 5_000, None),
    ],
)
def test_names_are_cut(text, expected):
    assert parsed(text) == expected


@pytest.mark.parametrize("text", ["a,b+c", " x ", "#1", 'q"q', "Zürich", "a=b;<c>\\", "\n", "日本"])
def test_names_are_escaped(text):
    assert escaped(text).isascii()
    assert parsed(f"cn={escaped(text)},dc=x") == ((("cn", text),), (("dc", "x"),))


def test_case_counts_in_titles_only():
    assert compared(parsed("dicomDeviceName=CT  One")) == compared(parsed("dicomdevicename=ct one"))
    assert compared(parsed("dicomAETitle=CT")) != compared(parsed("dicomAETitle=ct"))


ARCHIVE = Ae(
    "ARCHIVE",
    "ARCHIVE",
    device="box",
    connections=(Connection("h.example", 104), Connection("h.example", 2762, "hospital")),
    transfer_capabilities=(TransferCapability(CT, "SCP", (ELE, ILE)),),
)
WRITTEN = Document(
    "test",
    devices=(Device("box", "Böx", state="retired", software_version="1\\2"),),
    aes=(
        ARCHIVE,
        Ae("CT1", "CT1", state="planned"),
        Ae("CT1 #2", "CT1", connections=(Connection("h.example", 105),)),
    ),
    associations=(Association("CT1", "ARCHIVE"),),
)


def test_writing_names_what_is_lost():
    written = registry.write(WRITTEN, NAME)
    assert [f.path for f in written.findings if f.code == "not-carried"] == [
        "aes[CT1 #2]",
        "device.state.spelling",
        "devices.added",
        "ae.connections.tls.spelling",
        "ae.transfer_capabilities.order",
        "ae.connections.order",
    ]
    assert {f.code for f in written.findings} == {
        "not-carried",
        "address-made",
        "cipher-suites-chosen",
    }


def test_written_lines_are_short_and_keep_the_base_whole():
    lines = registry.write(WRITTEN, NAME).text.splitlines()
    assert max(map(len, lines)) <= dcm4che_ldif.WIDTH
    names = "".join(lines).count("cn=DICOM Configuration")
    assert 0 < sum(dcm4che_ldif.BASE in line for line in lines) >= names > 0
    assert "dicomSoftwareVersion: 1" in lines
    assert "dicomSoftwareVersion: 2" in lines
    assert "dicomDeviceName:: QsO2eA==" in lines
    assert any(line.startswith("dn: dicomDeviceName=B\\C3\\B6x,") for line in lines)


def test_a_name_that_collides_is_numbered():
    devices = (Device("a", "Scanner"), Device("b", "SCANNER"))
    written = registry.write(Document("test", devices=devices), NAME)
    read = registry.read(written.data, format=NAME)
    assert [device.name for device in read.devices] == ["Scanner", "SCANNER-2"]
    assert [f.path for f in written.findings] == ["device.name.spelling"]


def test_a_directory_of_1600_entries_is_read_whole():
    offers = tuple(TransferCapability(f"1.2.3.{n}", "SCP", (ILE, ELE)) for n in range(380))
    place = (Connection("h.example", 104),)
    aes = tuple(
        Ae(title, title, device="arc", connections=place, transfer_capabilities=offers)
        for title in ("ARC", "EXPIRED", "QUALITY", "SAFETY")
    )
    document = Document("test", devices=(Device("arc", "arc"),), aes=aes)
    others = "\n".join(
        f"dn: dcmQueueName=q{n},dicomDeviceName=arc,{DEVICES}\nobjectClass: dcmQueue\n"
        for n in range(80)
    )
    text = registry.write(document, NAME).text + "\n" + others
    assert text.count("\ndn: ") > 1_600
    read = registry.read(text.encode())
    assert read.aes == aes
    assert [(f.code, f.message[-3:]) for f in read.findings if f.code == "entry-ignored"] == [
        ("entry-ignored", "80.")
    ]


def test_findings_are_bounded():
    text = BOX + "nonsense\n" * 5_000 + "\n"
    document = _read(text)
    assert len(document.findings) <= 1_001


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("dn: dc=example,dc=com\nobjectClass: dcObject\ndc: example\n", 0.5, 0.7),
        (BOX, 0.95, 1.0),
        ("AE Title,Host\nCT1,h\n", 0.0, 0.0),
        ("", 0.0, 0.0),
    ],
)
def test_detection(text, least, most):
    assert least <= dcm4che_ldif.detect(registry.source_of(text.encode())) <= most
