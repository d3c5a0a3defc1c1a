"""Device JSON of dcm4chee-arc: what is read, said with its path, written and lost."""

import json

import pytest

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.dcm4che import dcm4che_json
from dicomcfg.core.records import (
    Ae,
    Association,
    Connection,
    Device,
    Document,
    TransferCapability,
)

NAME = "dcm4che-json"
CT = "1.2.840.10008.5.1.4.1.1.2"
ILE, ELE, SV1 = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70"
PLACE = {"cn": "c", "dicomHostname": "h.example", "dicomPort": 104}
OFFER = {"dicomSOPClass": CT, "dicomTransferRole": "SCP", "dicomTransferSyntax": [ILE]}
NODE = {
    "dicomAETitle": "CT1",
    "dicomNetworkConnectionReference": ["/dicomNetworkConnection/0"],
    "dicomTransferCapability": [OFFER],
}
BOX = {
    "dicomDeviceName": "b",
    "dicomInstalled": True,
    "dicomNetworkConnection": [PLACE],
    "dicomNetworkAE": [NODE],
}


def _read(data: object) -> Document:
    return registry.read(json.dumps(data).encode(), format=NAME)


def _said(document: Document) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.path) for finding in document.findings]


def test_a_device_with_everything(sample):
    document = registry.read(sample("dcm4che-json-device.json"))
    assert document.format == NAME
    assert document.devices == (
        Device(
            "viewer-1", "viewer-1", "Acme", software_version="4.2", description="Reading room 2"
        ),
    )
    assert document.aes == (
        Ae(
            "VIEWER1",
            "VIEWER1",
            device="viewer-1",
            connections=(Connection("viewer.example", 11115),),
            transfer_capabilities=(TransferCapability(CT, "SCP", (SV1, ELE, ILE)),),
        ),
    )
    extension = "dicomNetworkAE[0].dcmNetworkAE.dcmAcceptedCallingAETitle"
    assert _said(document) == [
        ("secret-blanked", None),
        ("connection-not-dicom", "dicomNetworkConnection[0]"),
        ("attribute-ignored", "dcmDevice.dcmKeyStorePin"),
        ("attribute-ignored", "dcmDevice.dcmLimitOpenAssociations"),
        ("attribute-ignored", "dicomNetworkConnection[1].dcmNetworkConnection.dcmBindAddress"),
        ("attribute-ignored", extension),
        ("connection-without-port", "dicomNetworkConnection[2]"),
    ]
    assert "not for you" not in repr(document)


def test_a_list_of_devices():
    document = _read([BOX, {"dicomDeviceName": "c", "dicomInstalled": False}])
    assert [(device.name, device.state) for device in document.devices] == [
        ("b", "live"),
        ("c", "planned"),
    ]
    assert [ae.device for ae in document.aes] == ["b"]
    assert document.findings == ()
    assert document.knows == registry.FORMATS[NAME].knows


def test_a_list_of_aes_knows_less():
    listed = {
        "dicomDeviceName": "b",
        "dicomAETitle": "CT1",
        "dicomAssociationInitiator": True,
        "dicomAssociationAcceptor": False,
        "dicomNetworkConnection": [PLACE],
    }
    document = _read([listed, listed | {"dicomAETitle": "CT2"}])
    assert [(ae.ae_title, ae.device, ae.connections) for ae in document.aes] == [
        ("CT1", "b", (Connection("h.example", 104),)),
        ("CT2", "b", (Connection("h.example", 104),)),
    ]
    assert "ae.transfer_capabilities" not in document.knows
    assert "ae.connections" in document.knows
    assert "device.manufacturer" not in document.knows


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"dicomDeviceName": 5}, "dcm4che-json-type", "dicomDeviceName"),
        ({"dicomInstalled": "TRUE"}, "dcm4che-json-type", "dicomInstalled"),
        ({"dicomSoftwareVersion": "1"}, "dcm4che-json-type", "dicomSoftwareVersion"),
        ({"dicomDeviceName": ""}, "device-without-name", None),
        ({"dicomNetworkAE": {}}, "json-wrong-type", "dicomNetworkAE"),
        ({"dicomNetworkAE": ["CT1"]}, "json-wrong-type", "dicomNetworkAE[0]"),
        ({"dicomManufacturer": "\ud800"}, "text-unusable", "dicomManufacturer"),
        (
            {"dicomNetworkConnection": [PLACE | {"dicomPort": "104"}]},
            "dcm4che-json-type",
            "dicomNetworkConnection[0].dicomPort",
        ),
        (
            {"dicomNetworkConnection": [PLACE | {"dicomPort": 0}]},
            "port-invalid",
            "dicomNetworkConnection[0].dicomPort",
        ),
        (
            {"dicomNetworkConnection": []},
            "connection-reference-dangling",
            "dicomNetworkAE[0].dicomNetworkConnectionReference",
        ),
        (
            {"dicomNetworkAE": [NODE | {"dicomAETitle": "A\\B"}]},
            "ae-title-backslash",
            "dicomNetworkAE[0].dicomAETitle",
        ),
        (
            {"dicomNetworkAE": [NODE | {"dicomTransferCapability": [OFFER | {"x": [{}]}]}]},
            "attribute-ignored",
            "dicomNetworkAE[0].dicomTransferCapability[0].x",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_path(change, code, path):
    said = _said(_read(BOX | change))
    assert (code, path or "") in [(each, where or "") for each, where in said]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "json-malformed"),
        ("[" * 100_000, "json-malformed"),
        ('{"dicomPort": 1' + "0" * 10_000 + "}", "json-malformed"),
        ("5", "json-wrong-type"),
    ],
)
def test_what_is_no_device(text, code):
    assert _said(registry.read(text.encode(), format=NAME))[0][0] == code


def test_writing_one_device_keeps_order_and_is_an_object():
    offers = (TransferCapability(CT, "SCP", (SV1, ELE, ILE)),)
    places = (Connection("h.example", 2762, "default"), Connection("h.example", 104))
    ae = Ae("CT1", "CT1", device="b", connections=places, transfer_capabilities=offers)
    associations = (Association("CT1", "CT1"),)
    document = Document("test", devices=(Device("b", "b"),), aes=(ae,), associations=associations)
    written = registry.write(document, NAME)
    assert [f.code for f in written.findings] == ["cipher-suites-chosen"]
    data = json.loads(written.text)
    assert next(iter(data)) == "dicomDeviceName"
    assert data["dicomNetworkAE"][0]["dicomNetworkConnectionReference"] == [
        "/dicomNetworkConnection/0",
        "/dicomNetworkConnection/1",
    ]
    read = registry.read(written.data)
    assert (read.devices, read.aes) == (document.devices, document.aes)
    assert read.associations == associations
    assert read.findings == ()


def test_writing_several_devices_makes_a_list():
    written = registry.write(Document("test", devices=(Device("a", "a"), Device("b", "b"))), NAME)
    assert [each["dicomDeviceName"] for each in json.loads(written.text)] == ["a", "b"]
    assert [f.code for f in written.findings] == ["several-devices"]


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ('{"dicomDeviceName": "b"}', 0.9),
        ('[{"dicomAETitle" : "b"}]', 0.9),
        ('{"DicomModalities": {}}', 0.0),
        ('"dicomDeviceName": "b"', 0.0),
    ],
)
def test_detection(text, least):
    confidence = dcm4che_json.detect(registry.source_of(text.encode()))
    assert confidence >= least
    assert (confidence > 0) is (least > 0)
