"""Orthanc's settings in a container's environment: env files and docker-compose."""

import pytest

from dicomcfg.core.formats import registry
from dicomcfg.core.records import Ae, Connection, Document, TransferCapability

CT = "1.2.840.10008.5.1.4.1.1.2"


def said(document):
    return [(f.code, f.line) for f in document.findings]


def env(text):
    return registry.read(text.encode(), format="orthanc-env")


def compose(text):
    return registry.read(text.encode(), format="orthanc-compose")


def test_an_env_file(sample):
    document = registry.read(sample("orthanc-env-archive.env"))
    assert document.format == "orthanc-env"
    assert [(ae.ae_title, ae.device) for ae in document.aes] == [
        ("EASTARCHIVE", None),
        ("CT1", "ct-one"),
        # The images' rule for names makes `Ris` of RIS.
        ("RIS", "Ris"),
        ("MR1", None),
    ]
    assert said(document) == [("orthanc-own-address", 3)]


VARIABLES = [
    ("ORTHANC__DICOM_AET=7T", []),
    ("ORTHANC__DICOM_AET=77", [("orthanc-refuses", 1)]),
    ("ORTHANC__DICOM_AET=${AET:-A}", [("variable-default", 1)]),
    ("\nDICOM_AET=A", [("orthanc-variable-legacy", 2)]),
    ("ORTHANC__DICOM___AET=A", [("orthanc-key-ignored", 1)]),
    ("ORTHANC__DICOM_AETT=A", [("orthanc-key-ignored", 1)]),
    ('ORTHANC__DICOM_MODALITIES={"a": ["A", "h", 1],}', [("orthanc-value-is-text", 1)]),
    ('ORTHANC__DICOM_MODALITIES={"a": ["A", "h", 1]', [("orthanc-value-is-text", 1)]),
    ('ORTHANC__DICOM_MODALITIES=\'{\n"a": ["A", "h", 0]}\'', [("port-invalid", 2)]),
    ('ORTHANC_JSON={"DicomAet": "A",}', [("orthanc-refuses", 1)]),
    ('ORTHANC__DICOM_AET=A\nORTHANC_JSON={"DicomAet": "B"}', [("orthanc-given-twice", 2)]),
    ('ORTHANC__DICOM_AET=A\nORTHANC_JSON={"DicomAet": "A"}', []),
    ("PATH=/bin\nnot a line", [("env-without-orthanc", 1)]),
]


@pytest.mark.parametrize(("text", "findings"), VARIABLES, ids=[text[:60] for text, _ in VARIABLES])
def test_a_variable(text, findings):
    assert said(env(text)) == findings


def test_what_an_env_file_holds_is_one_line_each():
    capability = TransferCapability(CT, "SCP", ("1.2.840.10008.1.2",))
    document = Document(
        "test",
        aes=(
            Ae("OWN", "OWN", transfer_capabilities=(capability,)),
            Ae("CT1", "CT1", connections=(Connection("10.0.0.5", 104),)),
        ),
    )
    assert registry.write(document, "orthanc-env").text == (
        "ORTHANC__DICOM_AET=OWN\n"
        'ORTHANC__ACCEPTED_TRANSFER_SYNTAXES=["1.2.840.10008.1.2"]\n'
        f'ORTHANC__ACCEPTED_SOP_CLASSES=["{CT}"]\n'
        'ORTHANC__DICOM_MODALITIES={"CT1":{"AET":"CT1","Host":"10.0.0.5","Port":104}}\n'
    )


@pytest.mark.parametrize("title", ["77", "true", "A B", "${A}", "#1"])
def test_a_title_that_an_env_file_would_change_is_written_as_json(title):
    written = registry.write(Document("test", aes=(Ae(title, title),)), "orthanc-env")
    assert written.text.startswith('ORTHANC_JSON={"DicomAet":"')
    assert [ae.ae_title for ae in registry.read(written.data).aes] == [title]


def test_a_compose_file_of_two_services(sample):
    document = registry.read(sample("orthanc-compose-two.yml"))
    assert document.format == "orthanc-compose"
    assert [(ae.ae_title, ae.device) for ae in document.aes] == [
        ("EAST", None),
        ("CT1", "Ct"),
        ("RIS", "ris"),
        ("WEST", None),
    ]
    places = [(f.code, f.line, f.path) for f in document.findings]
    assert places[:3] == [
        ("secret-blanked", 9, None),
        ("variable-default", 14, "services.east"),
        ("port-invalid", 20, "services.west"),
    ]
    # CT1 of both services, which name it otherwise.
    assert [code for code, _, _ in places[3:]] == ["described-twice"]


SERVICE = "services:\n  a:\n    environment:\n"
COMPOSE = [
    (SERVICE + "      ORTHANC__DICOM_AET: $$A", []),
    (SERVICE + "      ORTHANC__DICOM_AET: ${AET-A}", [("variable-default", 4)]),
    (SERVICE + "      ORTHANC__DICOM_AET: $AET", [("variable-unset", 4)] * 2),
    (
        SERVICE + "      ORTHANC__DICOM_AET: A\n      ORTHANC__DICOM_AET: B",
        [("yaml-name-repeated", 5)],
    ),
    (SERVICE + "      ORTHANC__DICOM_AET: A\n\t- b", [("yaml-malformed", 5)]),
    (SERVICE + "      ORTHANC__DICOM_AET: !!python/name:os.system A", [("yaml-tag", 4)]),
    ("services: &s\n  a: *s", [("yaml-alias", 2)]),
    ("services:\n  a:\n    image: postgres", [("compose-without-orthanc", 1)]),
    ("services: [a]", [("compose-without-orthanc", 1)]),
    (
        SERVICE + '      ORTHANC__DICOM_MODALITIES: >\n        {\n        "a": [1]}',
        [("orthanc-refuses", 4)],
    ),
]


@pytest.mark.parametrize(("text", "findings"), COMPOSE, ids=[text[-40:] for text, _ in COMPOSE])
def test_a_service(text, findings):
    assert said(compose(text)) == findings


HOSTILE = {
    "laughs": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(20)
    ),
    "chain of merges": "x:\n  - &a0 {a: 1}\n"
    + "".join(f"  - &a{n} {{<<: *a{n - 1}}}\n" for n in range(1, 2_000)),
    "deep": "services: " + "[" * 100_000,
    "deep block": "\n".join(" " * n + "- " for n in range(400)),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_compose_file(text):
    codes = [f.code for f in compose("services: {a: 1}\n" + text).findings]
    assert len(codes) == 1
    assert codes[0] in ("yaml-too-large", "yaml-too-deep", "yaml-malformed")
