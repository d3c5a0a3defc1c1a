"""Horos' nodes: XML and binary lists, compared with what Python's plistlib makes of them."""

import plistlib
import struct
from dataclasses import replace

import pytest

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.syntax.plist_values import UnreadableError, load
from dicomcfg.core.records import Ae, Connection, Document
from tests.parts.reading import addresses, read_as, said

NAME = "horos-plist"
NODE = {"AETitle": "CT1", "Address": "10.0.0.1", "Port": "104"}


def binary(value: object) -> bytes:
    return plistlib.dumps(value, fmt=plistlib.FMT_BINARY)


def heap(objects: list[bytes], width: int = 2) -> bytes:
    """A binary list of these objects, the first of them its root."""
    data, offsets = b"bplist00", []
    for each in objects:
        offsets.append(len(data))
        data += each
    table = b"".join(offset.to_bytes(4, "big") for offset in offsets)
    return data + table + struct.pack(">6xBBQQQ", 4, width, len(objects), 0, len(data))


def overlapping() -> bytes:
    """A few hundred arrays that all hold the same thousand references."""
    array = b"\xaf\x11" + (1000).to_bytes(2, "big") + b"\0\1" * 1000
    data = b"bplist00" + array
    table = (8).to_bytes(4, "big") * 300
    return data + table + struct.pack(">6xBBQQQ", 4, 2, 300, 0, len(data))


def test_it_is_detected_and_read(sample):
    data = sample("horos-plist.plist")
    assert registry.detect(data).name == NAME
    document = registry.read(data)
    assert addresses(document) == [
        "ARCHIVE1 archive1.small.example:11112",
        "READING2 10.20.3.2:4096",
    ]
    assert [ae.connections[0].tls for ae in document.aes] == ["default", None]
    assert said(document) == {"horos-not-activated": ["[1]"], "not-kept": ["[1]", "[1]"]}


def test_the_binary_form_reads_alike(sample):
    data = sample("horos-plist.plist")
    twin = binary(plistlib.loads(data))
    assert registry.detect(twin).name == NAME
    read, xml = registry.read(twin), registry.read(data)
    # Only the XML form has lines.
    assert replace(xml, findings=tuple(replace(f, line=None) for f in xml.findings)) == read


def test_a_whole_file_of_preferences():
    preferences = {"SERVERS": [NODE], "syncDICOMNodes": True, "AETITLE": "OWN", "x": b"\0" * 100}
    document = read_as(NAME, binary(preferences))
    assert addresses(document) == ["CT1 10.0.0.1:104"]
    assert said(document) == {"horos-list-fetched": ["SERVERS"]}


@pytest.mark.parametrize(
    ("value", "places"),
    [
        ({"other": 1}, {"horos-no-list": [None]}),
        ({"SERVERS": {}}, {"horos-no-list": [None]}),
        ("text", {"horos-no-list": [None]}),
        ([NODE, 1], {"horos-no-node": ["[1]"]}),
        ([NODE, NODE], {"ae-repeated": ["[1]"]}),
        ([{**NODE, "Port": 10**15}], {"port-invalid": ["[0]"]}),
        ([{**NODE, "Port": True}], {"port-invalid": ["[0]"]}),
        ([{**NODE, "Address": ["x"]}], {"hostname-missing": ["[0]"]}),
        ([{**NODE, "Send": False, "QR": "NO"}], {"not-kept": ["[0]", "[0]"]}),
        ([{**NODE, "retrieveMode": 2**40, "TransferSyntax": -3}], {}),
    ],
)
def test_what_is_said_of_a_list(value, places):
    assert said(read_as(NAME, binary(value))) == places


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE plist [<!ENTITY a "b">]><plist><string>&a;</string></plist>',
        b"<plist><array>",
        b"<plist>" + b"<array>" * 2_000,
        b"<plist><integer>" + b"9" * 100_000 + b"</integer></plist>",
        b"bplist00",
        b"bplist00" + b"\0" * 40,
        b"bplist00" + b"\xff" * 40,
        overlapping(),
        heap([b"\xaf\x13" + (1 << 60).to_bytes(8, "big")]),
        heap([b"\x5f\x12\x7f\xff\xff\xff"]),
        heap([b"\xa1\0\7"]),
    ],
)
def test_hostile_lists_are_refused(data):
    with pytest.raises(UnreadableError):
        load(data)
    assert said(read_as(NAME, data)) == {"plist-malformed": [None]}


def test_a_list_that_holds_itself_has_no_nodes():
    assert said(read_as(NAME, heap([b"\xa1\0\0"]))) == {"plist-malformed": [None]}


def test_plistlib_reads_what_is_written():
    place = Connection("10.0.0.1", 104, "bcp195")
    aes = (Ae("CT1", "CT1", description="a\rb", connections=(place,)),)
    written = registry.write(Document("x", aes=aes), NAME)
    (node,) = plistlib.loads(written.data)
    assert (node["AETitle"], node["Port"], node["TLSEnabled"]) == ("CT1", "104", True)
    lost = [finding.path for finding in written.findings]
    assert lost == ["ae.connections.tls.spelling", "aes[CT1].description"]
