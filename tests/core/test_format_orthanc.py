"""Orthanc's JSON: what is read, what Orthanc would do otherwise, what is written."""

import json

import pytest

from dicomcfg.core.findings import has_errors
from dicomcfg.core.formats import registry
from dicomcfg.core.formats.bundle import Given, read_files
from dicomcfg.core.formats.orthanc.orthanc_names import KNOWN_SYNTAXES
from dicomcfg.core.records import (
    Ae,
    Association,
    Connection,
    Device,
    Document,
    TransferCapability,
)

NAME = "orthanc-json"
IMPLICIT, EXPLICIT, RLE = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5"
CT, MR, SC = (f"1.2.840.10008.5.1.4.1.1.{n}" for n in (2, 4, 7))


def said(document):
    return [(f.code, str(f.severity), f.line) for f in document.findings]


def read(text):
    return registry.read(text.encode(), format=NAME)


def modality(body):
    return read('{"DicomModalities": {\n' + body + "\n}}")


def test_a_whole_file(sample):
    document = registry.read(sample("orthanc-json-archive.json"), name="orthanc.json")
    assert document.format == NAME
    assert not has_errors(document.findings)
    own, ct, ris, mr, pacs, east = document.aes
    assert (own.ae_title, own.device, own.connections) == (
        "EASTARCHIVE",
        "Archive of the east wing",
        (),
    )
    # Of 4.9? the switch takes JPEG 2000 away and leaves JPIP.
    syntaxes = (IMPLICIT, EXPLICIT, f"{IMPLICIT}.4.94", f"{IMPLICIT}.4.95", RLE)
    assert own.transfer_capabilities == tuple(
        TransferCapability(uid, "SCP", syntaxes) for uid in (CT, MR, SC)
    )
    assert (ct.ae_title, ct.device, ct.connections) == (
        "CT1",
        "ct-one",
        (Connection("10.20.0.11", 104),),
    )
    assert ris.connections == (Connection("ris.example", 4006),)
    assert (mr.device, mr.connections[0].hostname) == (None, "10.20.0.14")
    assert pacs.connections == (Connection("pacs.example", 2762, "default"),)
    assert document.associations == (Association(east.key, pacs.key),)
    assert [device.name for device in document.devices] == [
        *("Archive of the east wing", "ct-one", "worklist", "pacs"),
    ]
    assert said(document) == [
        ("secret-blanked", "info", 15),
        ("variable-default", "info", 21),
        ("orthanc-key-ignored", "warning", 14),
        ("orthanc-own-address", "info", 7),
        ("orthanc-option-not-kept", "info", 18),
        ("orthanc-option-not-kept", "info", 19),
        ("orthanc-option-not-kept", "info", 19),
        ("orthanc-option-not-kept", "info", 13),
    ]
    allow = next(f for f in document.findings if f.subject == "AllowMove")
    assert "MR1, pacs" in allow.message
    assert "DicomScuTimeout" in next(
        f.remedy for f in document.findings if f.code == "orthanc-key-ignored"
    )


# (entry, findings, whether the entry is read)
ENTRIES = [
    ('"a": ["A", "h", 104]', [], True),
    ('"a": ["A", "h", "104"]', [], True),
    ('"a": ["A", "h", " 104"]', [("orthanc-refuses", "warning", 2)], True),
    ('"a": ["A", "h", 104.0]', [("orthanc-refuses", "warning", 2)], True),
    ('"a": ["A", "h", 65535]', [("orthanc-refuses", "warning", 2)], True),
    ('"a": ["A", "h", 0]', [("port-invalid", "error", 2)], False),
    ('"a": ["A", "h", true]', [("port-invalid", "error", 2)], False),
    ('"a": ["A", "h", 1' + "0" * 250 + "]", [("port-invalid", "error", 2)], False),
    ('"a": ["A", "h"]', [("orthanc-refuses", "error", 2)], False),
    ('"a": ["A", "h", 104, "Generic", 1]', [("orthanc-refuses", "warning", 2)], True),
    ('"a": null', [("orthanc-refuses", "error", 2)], False),
    ('"a": [1, "h", 104]', [("orthanc-refuses", "error", 2)], False),
    ('"a": ["A", "10.0.0.1:104", 104]', [("hostname-has-port", "error", 2)], False),
    ('"a": ["A", "h", 8080]', [("port-of-a-web-server", "warning", 2)], True),
    ('"a": {"AET": "A",\n"Host": "h"}', [("port-invalid", "error", 2)], False),
    ('"a": {"AET": "A", "Port": 1}', [("orthanc-refuses", "error", 2)], False),
    ('"a": {"Host": "h", "Port": 1}', [("orthanc-refuses", "error", 2)], False),
    ('"a": ["ABCDEFGHIJKLMNOPQ", "h", 1]', [("ae-title-too-long", "error", 2)], False),
    ('"a b": ["A", "h", 1]', [("orthanc-refuses", "warning", 2)], True),
    ('"a": ["A", "${HOST}", 1]', [("variable-unset", "warning", 2)] * 2, False),
    ('"a": ["A", "h", ${PORT:-104}]', [("variable-default", "info", 2)], True),
    ('// ${HOST}\n"a": ["A", "h", 1]', [], True),
]


@pytest.mark.parametrize(
    ("entry", "findings", "is_read"), ENTRIES, ids=[e[0][:40] for e in ENTRIES]
)
def test_one_modality(entry, findings, is_read):
    document = modality(entry)
    codes = [(code, line) for code, _, line in said(document)]
    assert codes == [(code, line) for code, _, line in findings]
    assert has_errors(document.findings) is not is_read
    assert [ae.ae_title for ae in document.aes] == ["A"] * is_read


OPTIONS = [
    ('"AllowEcho": "true"', ["orthanc-refuses", "orthanc-option-not-kept"]),
    ('"AllowEcho": true', []),
    ('"UseDicomTls": "yes"', ["orthanc-refuses"]),
    ('"Manufacturer": "Acme"', ["orthanc-refuses", "orthanc-option-not-kept"]),
    ('"Manufacturer": "SyngoVia"', ["orthanc-obsolete", "orthanc-option-not-kept"]),
    ('"Manufacturer": "Generic"', []),
    ('"Timeout": -1', ["orthanc-refuses", "orthanc-option-not-kept"]),
    ('"Timeout": 0', []),
    ('"Timeout": ${T}', ["variable-unset", "orthanc-option-not-kept"]),
    ('"LocalAet": ""', []),
    ('"LocalAet": 5', ["orthanc-refuses"]),
    ('"LocalAet": "${L}"', ["variable-unset", "variable-unset"]),
    ('"RetrieveMethod": "C-GET"', ["orthanc-option-not-kept"]),
    ('"RetrieveMethod": "GET"', ["orthanc-key-ignored", "orthanc-option-not-kept"]),
    ('"allowecho": false', ["orthanc-key-ignored"]),
    ('"Room": 3', ["orthanc-key-ignored"]),
]


@pytest.mark.parametrize(("option", "codes"), OPTIONS, ids=[option for option, _ in OPTIONS])
def test_an_option_of_a_modality(option, codes):
    document = modality('"a": {"AET": "A", "Host": "h", "Port": 104, ' + option + "}")
    assert [f.code for f in document.findings] == codes
    assert [ae.ae_title for ae in document.aes] == ["A"]


# What makes Orthanc do otherwise than the file looks.
STRANGE = [
    ('{"dicomModalities": {}}', [("orthanc-key-ignored", 1)]),
    ('{"SomePlugin": {}}', []),
    ('{"DicomModalities": {}, "DicomModalities": {}}', [("json-name-repeated", 1)]),
    ('{"DicomModalities": []}', [("orthanc-refuses", 1)]),
    ('{"DicomModalities": ${LIST}}', [("variable-unset", 1), ("variable-unset", 1)]),
    ('{"DicomAet": 5}', [("orthanc-refuses", 1)]),
    ('{"DicomAet": "${AET}"}', [("variable-unset", 1), ("variable-unset", 1)]),
    ('{"DicomPort": "104"}', [("orthanc-refuses", 1)]),
    ('{"DicomPort": 70000}', [("orthanc-own-port", 1)]),
    ('{"JpegTransferSyntaxAccepted": "no"}', [("orthanc-refuses", 1), ("orthanc-every-class", 1)]),
    (
        '{"AcceptedTransferSyntaxes": ["9.9.*"]}',
        [("orthanc-uid-ignored", 1), ("orthanc-storage-off", 1), ("orthanc-every-class", 1)],
    ),
    ('{"AcceptedSopClasses": ["CT"]}', [("uid-invalid", 1)]),
    ('{"AcceptedSopClasses": [1]}', [("orthanc-refuses", 1)]),
    ('{"AcceptedSopClasses": ["1.2.*"]}', [("orthanc-title-default", 1)]),
    ('[{"DicomAet": "A"}]', [("orthanc-refuses", 1)]),
    ('{"DicomAet": "A"\n"DicomPort": 104}', [("json-malformed", 2)]),
    ('{"A": ' + "[" * 1_000, [("json-malformed", 1)]),
]


@pytest.mark.parametrize(("text", "codes"), STRANGE, ids=[text[:40] for text, _ in STRANGE])
def test_strange_settings(text, codes):
    assert [(f.code, f.line) for f in read(text).findings] == codes


def test_a_list_that_orthanc_does_not_look_at_is_read_with_a_warning():
    text = '{"DicomModalitiesInDatabase": true, "DicomModalities": {"a b": ["A", "h", 104]}}'
    document = read(text)
    assert [f.code for f in document.findings] == ["orthanc-list-ignored", "orthanc-refuses"]
    assert "would refuse to start if" in document.findings[1].message
    assert document.aes[0].ae_title == "A"


def test_a_host_name_is_never_a_callers_address():
    text = '{"DicomCheckModalityHost": true, "DicomModalities": '
    text += '{"a": ["A", "pacs", 1], "b": ["B", "10.0.0.1", 1]}}'
    found = [f for f in read(text).findings if f.code == "orthanc-host-compared"]
    assert [f.subject for f in found] == ["a"]


def test_utf16_is_read_and_refused_by_orthanc():
    document = registry.read('{"DicomModalities": {"a": ["A", "h", 1]}}'.encode("utf-16"))
    assert [f.code for f in document.findings] == ["orthanc-refuses"]
    assert document.aes[0].ae_title == "A"


def test_the_same_modality_twice_is_one_ae():
    document = modality('"a": ["A", "h", 1],\n"b": ["A", "h", 1], "c": ["A", "h", 2]')
    assert [ae.key for ae in document.aes] == ["A @ h:1", "A @ h:2"]
    assert said(document) == [("ae-repeated", "warning", 3)]


def test_whom_a_local_title_means():
    entry = '{"AET": "%s", "Host": "h", "Port": %d, "LocalAet": "%s"}'
    lines = [f'"{n}": ' + entry % (title, n, local) for n, title, local in ((1, "A", "B"),)]
    lines += ['"2": ' + entry % ("B", 2, "OWN"), '"3": ' + entry % ("C", 3, "X")]
    document = read('{"DicomAet": "OWN", "DicomModalities": {' + ",\n".join(lines) + "}}")
    assert document.associations == (
        Association("B", "A"),
        Association("OWN", "B"),
        Association("X", "C"),
    )
    assert [ae.key for ae in document.aes] == ["OWN", "A", "B", "C", "X"]


def test_files_of_a_folder_are_one_configuration():
    files = [
        Given("conf/a.json", b'{"DicomAet": "OWN", "HttpPort": 8042}'),
        Given("conf/b.json", b'{"DicomModalities": {\n"a": ["A", "h", 0]}}'),
        Given("conf/c.json", b'{"HttpPort": 8043,\n"DicomModalities": {"b": ["B", "h", 1]}}'),
    ]
    document = read_files(files).document
    assert [ae.ae_title for ae in document.aes] == ["OWN"]
    assert [(f.code, str(f.severity), f.file, f.line) for f in document.findings] == [
        ("orthanc-section-twice", "warning", "conf/c.json", 1),
        ("orthanc-section-twice", "error", "conf/c.json", 2),
        ("port-invalid", "error", "conf/b.json", 2),
    ]
    assert "conf/b.json, line 1 and conf/c.json" in document.findings[1].message


def test_syntax_switches_are_groups_of_orthanc():
    text = '{"DicomAet": "A", "AcceptedSopClasses": ["%s"], %s}'
    off = ", ".join(
        f'"{name}TransferSyntaxAccepted": false'
        for name in ("Jpeg", "Jpeg2000", "Jpip", "Mpeg2", "Mpeg4", "H265", "Rle", "Deflated")
    )
    syntaxes = read(text % (CT, off)).aes[0].transfer_capabilities[0].transfer_syntaxes
    # JPEG-LS belongs to the switch that is called after JPEG Lossless.
    assert syntaxes == tuple(IMPLICIT + ending for ending in ("", ".1", ".2", ".4.80", ".4.81"))
    assert len(KNOWN_SYNTAXES) == 40


def test_unbounded_input_is_bounded():
    many = ",".join(f'"a {n}": 1' for n in range(5_000))
    assert len(modality(many).findings) == 1_001
    stars = '{"AcceptedTransferSyntaxes": ["' + "*a" * 5_000 + '*"]}'
    assert "orthanc-storage-off" in [f.code for f in read(stars).findings]


def test_what_is_written():
    capabilities = (
        TransferCapability(CT, "SCP", (EXPLICIT, IMPLICIT)),
        TransferCapability(MR, "SCP", (RLE,)),
    )
    document = Document(
        "test",
        devices=(Device("d1", "scanner"), Device("d2", "Room 3")),
        aes=(
            Ae("OWN", "OWN", transfer_capabilities=capabilities),
            Ae("CT1", "CT1", device="d1", connections=(Connection("10.0.0.5", 104, "ward"),)),
            Ae(
                "MR 2",
                "MR 2",
                device="d2",
                connections=(Connection("::1", 105), Connection("h", 1)),
            ),
            Ae("LAST", "LAST", connections=(Connection("h", 65535),)),
        ),
        associations=(Association("OWN", "CT1"), Association("CT1", "MR 2")),
    )
    written = registry.write(document, NAME)
    assert json.loads(written.text) == {
        "DicomAet": "OWN",
        "AcceptedTransferSyntaxes": [EXPLICIT, IMPLICIT, RLE],
        "AcceptedSopClasses": [CT, MR],
        "DicomModalities": {
            "scanner": {
                "AET": "CT1",
                "Host": "10.0.0.5",
                "Port": 104,
                "UseDicomTls": True,
                "LocalAet": "OWN",
            },
            "Room-3": {"AET": "MR 2", "Host": "::1", "Port": 105, "LocalAet": "CT1"},
        },
    }
    assert [f.path or f.code for f in written.findings] == [
        "aes[LAST]",
        "devices[d2]",
        "devices.added",
        "ae.transfer_capabilities.merged",
        "ae.connections[1:]",
        "ae.connections.tls.spelling",
        "orthanc-too-old",
    ]


def test_a_dollar_is_written_so_that_orthanc_does_not_substitute_it():
    document = Document("test", aes=(Ae("${A}", "${A}", connections=(Connection("h", 1),)),))
    written = registry.write(document, NAME)
    assert "${" not in written.text
    assert registry.read(written.data).aes[0].ae_title == "${A}"


def test_two_aes_that_could_be_orthanc_are_neither():
    capabilities = (TransferCapability(CT, "SCP", (IMPLICIT,)),)
    aes = tuple(Ae(key, key, transfer_capabilities=capabilities) for key in ("A", "B"))
    written = registry.write(Document("test", aes=aes), NAME)
    assert json.loads(written.text) == {"DicomModalities": {}}
    assert [f.path for f in written.findings] == ["aes[A]", "aes[B]"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('// note\n{"DicomModalities": {}}', NAME),
        ('{"PostgreSQL": {"Host": "db"}}', NAME),
        ('{"Name": "x", "Plugins": []}', "unknown"),
        ('{"devices": [{"name": "x"}]}', "unknown"),
        ("ORTHANC__DICOM_AET=X\n", "orthanc-env"),
        ("services:\n  a:\n    environment:\n      ORTHANC__DICOM_AET: X\n", "orthanc-compose"),
        ("services:\n  a:\n    image: postgres\n", "unknown"),
    ],
)
def test_detection(text, name):
    assert registry.read(text.encode()).format == name
