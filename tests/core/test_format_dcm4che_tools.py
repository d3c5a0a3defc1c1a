"""The property files of dcm4che's tools: contexts by its names, peers with hosts and ports."""

import pytest

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.dcm4che.dcm4che_names import (
    former_uid_of,
    name_of,
    uid_of,
    usable_transfer_syntaxes,
)
from dicomcfg.core.records import Ae, Connection, Document, PresentationContext, Profile

ACCEPTED, STORESCP, PROPOSED, PEERS = (
    "dcm4che-sop-classes",
    "dcm4che-storescp",
    "dcm4che-store-tcs",
    "dcm4che-ae",
)
CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
WORKLIST = "1.2.840.10008.5.1.4.31"
ILE, ELE, SV1 = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70"


def _read(text: str, name: str) -> Document:
    return registry.read(text.encode(), name="file.properties", format=name)


def _contexts(document: Document) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (context.abstract_syntax, context.transfer_syntaxes)
        for profile in document.profiles
        for context in profile.presentation_contexts
    ]


def _said(document: Document) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.line) for finding in document.findings]


@pytest.mark.parametrize(
    ("file", "name", "number"),
    [
        ("dcm4che-sop-classes-worklist.properties", ACCEPTED, 3),
        ("dcm4che-storescp-ward.properties", STORESCP, 4),
        ("dcm4che-store-tcs-scanner.properties", PROPOSED, 4),
    ],
)
def test_samples_of_contexts(sample, file, name, number):
    document = registry.read(sample(file), name="ward.properties")
    assert document.format == name
    assert [profile.name for profile in document.profiles] == ["ward"]
    assert len(_contexts(document)) == number
    assert {finding.severity for finding in document.findings} <= {"info"}


def test_a_semicolon_parts_contexts_a_comma_does_not():
    document = _read(
        "CTImageStorage:JPEGLosslessSV1;ExplicitVRLittleEndian, 1.2.840.10008.1.2", PROPOSED
    )
    assert _contexts(document) == [(CT, (SV1,)), (CT, (ELE, ILE))]
    assert document.findings == ()


def test_everything_is_read_as_what_is_registered_and_written_as_everything():
    document = _read("CTImageStorage:*\nMRImageStorage=*\n", ACCEPTED)
    assert _contexts(document) == [(uid, usable_transfer_syntaxes()) for uid in (CT, MR)]
    assert _said(document) == [("transfer-syntax-any", 1)]
    lines = registry.write(document, ACCEPTED).text.splitlines()
    assert lines[1:] == ["CTImageStorage:*", "MRImageStorage:*"]


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("CTImageStorage:Nonsense", ACCEPTED, [("uid-name-unknown", 1), ("no-contexts", None)]),
        ("Nonsense:*", ACCEPTED, [("uid-name-unknown", 1), ("no-contexts", None)]),
        ("1.02:*", ACCEPTED, [("uid-invalid", 1), ("no-contexts", None)]),
        ("*:*", ACCEPTED, [("capability-of-anything", 1), ("no-contexts", None)]),
        ("Storage:*", STORESCP, [("storage-service-class", 1), ("no-contexts", None)]),
        ("CTImageStorage:1.2,", ACCEPTED, [("transfer-syntax-missing", 1)]),
        (
            "\nCTImageStorage",
            ACCEPTED,
            [("transfer-syntax-missing", 2), ("no-contexts", None)],
        ),
        ("CTImageStorage:JPEGBaseline1", ACCEPTED, [("dcm4che-name-unknown", 1)]),
        ("CTImageStorage:JPEGLossless", ACCEPTED, [("dcm4che-name-changed", 1)]),
        ("CTImageStorage:CTImageStorage", ACCEPTED, [("uid-of-another-kind", 1)]),
        ("CTImageStorage:1.2\nCTImageStorage:1.3", ACCEPTED, [("properties-repeated", 1)]),
        ("CTImageStorage:1.2;1.3", ACCEPTED, [("semicolon", 1)]),
        (f"{WORKLIST}:{ILE}", STORESCP, [("storescp-without-service", None)]),
        (f"{WORKLIST}:{ILE}", ACCEPTED, []),
        (f"{CT}:{ILE}\n{MR}:{ILE}", PROPOSED, [("properties-order", None)]),
        (f"{CT}:" + ";".join([ILE] * 129), PROPOSED, [("contexts-beyond-request", None)]),
    ],
)
def test_what_is_odd_is_said(text, name, said):
    assert _said(_read(text, name)) == said


@pytest.mark.parametrize(
    ("name", "uid"),
    [
        ("CTImageStorage", CT),
        ("JPEGLosslessSV1", SV1),
        ("PrivateSiemensCSANonImageStorage", "1.3.12.2.1107.5.9.1"),
        ("MRImageStorageZeroPadded", "1.2.840.10008.5.1.4.1.1.40"),
    ],
)
def test_names_of_today(name, uid):
    assert uid_of(name) == uid
    assert name_of(uid) == name


@pytest.mark.parametrize(
    ("name", "uid"),
    [
        ("VerificationSOPClass", "1.2.840.10008.1.1"),
        ("JPEG2000LosslessOnly", "1.2.840.10008.1.2.4.90"),
        ("ExplicitVRBigEndianRetired", "1.2.840.10008.1.2.2"),
        ("StudyRootQueryRetrieveInformationModelFIND", "1.2.840.10008.5.1.4.1.2.2.1"),
        ("ModalityPerformedProcedureStepSOPClass", "1.2.840.10008.3.1.2.3.3"),
        ("Nonsense", None),
    ],
)
def test_names_before_5_23(name, uid):
    assert former_uid_of(name) == uid
    assert uid_of(name) is None


CONTEXTS = (
    PresentationContext(CT, (SV1,)),
    PresentationContext(MR, (ELE, ILE)),
    PresentationContext(CT, (ELE, ILE)),
)
DOCUMENT = Document("test", profiles=(Profile("P", CONTEXTS),))


@pytest.mark.parametrize(
    ("name", "line", "lost"),
    [
        (
            PROPOSED,
            "CTImageStorage:JPEGLosslessSV1;ExplicitVRLittleEndian,ImplicitVRLittleEndian",
            "profile.presentation_contexts.order",
        ),
        (
            ACCEPTED,
            "CTImageStorage:JPEGLosslessSV1,ExplicitVRLittleEndian,ImplicitVRLittleEndian",
            "profile.presentation_contexts.merged",
        ),
    ],
)
def test_writing_contexts(name, line, lost):
    written = registry.write(DOCUMENT, name)
    assert written.text.splitlines()[1:] == [
        line,
        "MRImageStorage:ExplicitVRLittleEndian,ImplicitVRLittleEndian",
    ]
    assert [finding.path for finding in written.findings] == ["profile.name.spelling", lost]


def test_a_storescp_says_what_it_will_not_answer():
    profile = Profile("P", (PresentationContext(WORKLIST, (ILE,)),))
    written = registry.write(Document("test", profiles=(profile,)), STORESCP)
    assert "storescp-without-service" in [finding.code for finding in written.findings]


@pytest.mark.parametrize("name", [ACCEPTED, STORESCP, PROPOSED])
def test_a_comment_tells_files_apart_whose_lines_look_alike(name):
    profile = Profile("P", (PresentationContext(CT, (ILE,)),))
    written = registry.write(Document("test", profiles=(profile,)), name)
    assert written.text.splitlines()[1:] == ["CTImageStorage:ImplicitVRLittleEndian"]
    assert registry.detect(written.data).name == name


def test_peers(sample):
    document = registry.read(sample("dcm4che-ae-peers.properties"))
    assert document.format == PEERS
    assert document.aes == (
        Ae("ARCHIVE", "ARCHIVE", connections=(Connection("archive.example", 104),)),
        Ae(
            "ARCHIVE_TLS",
            "ARCHIVE_TLS",
            connections=(Connection("archive.example", 2762, "default"),),
        ),
        Ae("MR 2", "MR 2", connections=(Connection("10.0.0.7", 11112),)),
    )


@pytest.mark.parametrize(
    ("text", "said", "number"),
    [
        ("CT1=h:104 ", [("dcm4che-ae-space", 1)], 1),
        ("CT1=h", [("dcm4che-ae-invalid", 1)], 0),
        ("CT1=fe80::1:104", [("dcm4che-ae-invalid", 1)], 0),
        ("CT1=h:0", [("port-invalid", 1)], 0),
        ("CT1=:104", [("hostname-missing", 1)], 0),
        ("=h:104", [("ae-title-empty", 1)], 0),
        ("CT1=h:104\nCT1=i:104", [("properties-repeated", 1)], 1),
        ("CT1=h:104\nX=\\u12", [("properties-bad-escape", 2), ("dcm4che-ae-invalid", 2)], 1),
        ("# nothing\n", [("no-aes", None)], 0),
    ],
)
def test_peers_that_are_odd(text, said, number):
    document = _read(text, PEERS)
    assert _said(document) == said
    assert len(document.aes) == number


def test_writing_peers():
    aes = (
        Ae("MR 2", "MR 2", connections=(Connection("h", 104, "x"), Connection("h", 105))),
        Ae("SIX", "SIX", connections=(Connection("fe80::1", 104),)),
        Ae("SCU", "SCU"),
        Ae("MR 2 #2", "MR 2", connections=(Connection("i", 104),)),
    )
    written = registry.write(Document("test", aes=aes), PEERS)
    assert written.text.splitlines()[1].startswith("MR\\ 2=h:104:TLS_AES_128_GCM_SHA256:")
    assert [finding.path for finding in written.findings] == [
        "aes[SIX]",
        "aes[SCU]",
        "aes[MR 2 #2]",
        "ae.connections[1:]",
        "ae.connections.tls.spelling",
    ]
