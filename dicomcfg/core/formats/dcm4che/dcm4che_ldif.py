"""LDIF of an Annex H directory, as dcm4chee-arc exports and loads it.

Written are the devices alone, below an example's base that stands for the reader's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dicomcfg.core.findings import Severity
from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.dcm4che import ldif
from dicomcfg.core.formats.dcm4che.annex_h import KNOWS, AeNode, DeviceNode, Node, Notes, Said
from dicomcfg.core.formats.dcm4che.annex_h_reader import document
from dicomcfg.core.formats.dcm4che.annex_h_writer import (
    CIPHER_SUITES,
    Box,
    Offer,
    Place,
    Tree,
    tree_of,
)
from dicomcfg.core.formats.dcm4che.annex_h_writer import Node as AeTree
from dicomcfg.core.formats.dcm4che.ldap_names import Rdn, compared, escaped, parsed
from dicomcfg.core.formats.losses import not_carried
from dicomcfg.core.records import Document

NAME: Final = "dcm4che-ldif"
BASE: Final = "dc=example,dc=com"
"""The base of what is written, to be replaced by the directory's own (RFC 2606)."""
WIDTH: Final = 76
_CLASSES: Final = (
    "dicomdevice",
    "dicomnetworkconnection",
    "dicomnetworkae",
    "dicomtransfercapability",
)
_STRUCTURE: Final = frozenset(
    {
        "dicomconfigurationroot",
        "dicomdevicesroot",
        "dicomuniqueaetitlesregistryroot",
        "dicomuniqueaetitle",
    }
)
_ROOT: Final = f"cn=DICOM Configuration,{BASE}"
_DEVICES: Final = f"cn=Devices,{_ROOT}"
_REGISTRY: Final = f"cn=Unique AE Titles Registry,{_ROOT}"

_Name = tuple[Rdn, ...]


class _Tree:
    """Puts entries, which come in any order, under their devices and AEs."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._nodes: dict[str, dict[_Name, Node]] = {kind: {} for kind in _CLASSES}
        self._devices: dict[_Name, DeviceNode] = {}

    def take(self, entry: ldif.Entry) -> None:
        """One entry: kept by its class, or counted by its kind."""
        classes = [value.text.strip() for value in entry.values.get("objectclass", ())]
        lowered = {name.lower() for name in classes}
        kind = next((name for name in _CLASSES if name in lowered), None)
        if kind is not None:
            self._nodes[kind][compared(entry.name)] = _node(entry)
        elif not lowered & _STRUCTURE:
            named = next((name for name in classes if name.lower() != "top"), "without a class")
            self._notes.note(f"entry {named}", Node(entry.line))

    def devices(self) -> list[DeviceNode]:
        """The devices in their order, then those that the file says nothing of."""
        for key, node in self._nodes["dicomdevice"].items():
            self._devices[key] = DeviceNode(node)
        connections = self._nodes["dicomnetworkconnection"]
        for key, node in connections.items():
            self._device(key[1:]).connections.append(node)
        aes: dict[_Name, AeNode] = {}
        for key, node in self._nodes["dicomnetworkae"].items():
            aes[key] = AeNode(node, self._connections(node, connections))
            self._device(key[1:]).aes.append(aes[key])
        for key, node in self._nodes["dicomtransfercapability"].items():
            if key[1:] in aes:
                aes[key[1:]].capabilities.append(node)
            else:
                self._notes.note("capability without AE", node)
        return list(self._devices.values())

    def _device(self, key: _Name) -> DeviceNode:
        return self._devices.setdefault(key, DeviceNode(None))

    def _connections(self, ae: Node, known: dict[_Name, Node]) -> list[Node]:
        found = []
        for said in ae.values.get("dicomnetworkconnectionreference", ()):
            name = parsed(said.text)
            node = known.get(compared(name)) if name else None
            if node is not None:
                found.append(node)
                continue
            message = "The AE names a connection that the file does not hold, so the address is "
            message += "not known; dcm4che refuses to load the device."
            remedy = "Add the connection, or correct its name."
            warning = Severity.WARNING
            self._notes.say(
                "connection-reference-dangling", warning, said.text, message, remedy, at=said
            )
        return found


def _node(entry: ldif.Entry) -> Node:
    """The entry, with what only its name says."""
    values = {
        key: [Said(v.name, v.text, v.line, problem=v.problem) for v in found]
        for key, found in entry.values.items()
    }
    for kind, value in entry.name[0] if entry.name else ():
        if not values.get(kind):
            values[kind] = [Said(kind, value, entry.line)]
    return Node(entry.line, values=values)


def read(source: Source) -> Document:
    """The devices and AEs of the directory; everything else is counted."""
    directory = ldif.read(source.text)
    notes = Notes()
    notes.take(directory.findings)
    tree = _Tree(notes)
    for entry in directory.entries:
        tree.take(entry)
    devices = tree.devices()
    _say_orphans(notes)
    found = document(NAME, devices, notes)
    number, first = notes.counted("order")
    if number:
        message = "The transfer syntaxes of a capability stand in the order of the file, which "
        message += f"means nothing, since a directory keeps none; concerned: {number:,}."
        notes.say("ldap-order", Severity.INFO, "dicomTransferSyntax", message, at=first)
    if not found.aes and not found.devices:
        message = "The file holds neither a device nor an AE."
        remedy = "Export the whole tree below cn=DICOM Configuration."
        notes.say("no-aes", Severity.WARNING, "file", message, remedy, at=Node())
    return Document(
        NAME,
        devices=found.devices,
        aes=found.aes,
        associations=found.associations,
        findings=notes.all(),
    )


def _say_orphans(notes: Notes) -> None:
    number, first = notes.counted("capability without AE")
    if number:
        message = "Transfer capabilities of AEs that the file does not hold are left out: "
        message += f"{number:,}."
        remedy = "Export the whole tree below cn=DICOM Configuration."
        warning = Severity.WARNING
        notes.say("capability-without-ae", warning, "capability", message, remedy, at=first)


def _lines_of(name: str, classes: tuple[str, ...], *values: tuple[str, str]) -> Iterator[str]:
    yield ""
    yield f"dn: {name}"
    yield from (f"objectClass: {each}" for each in classes)
    yield from (ldif.written(*each) for each in values)


def _box_lines(box: Box) -> Iterator[str]:
    values = [(name, text) for name, texts in box.attributes for text in texts]
    installed = ("dicomInstalled", _boolean(box.installed))
    named = ("dicomDeviceName", box.name)
    yield from _lines_of(_name_of(box), ("dicomDevice",), named, installed, *values)
    for place in box.places:
        yield from _place_lines(place, box)


def _place_lines(place: Place, box: Box) -> Iterator[str]:
    values = [("cn", place.cn), ("dicomHostname", place.hostname)]
    if place.port is not None:
        values.append(("dicomPort", str(place.port)))
    if place.secured:
        values += [("dicomTLSCipherSuite", suite) for suite in CIPHER_SUITES]
    yield from _lines_of(_place_name(place, box), ("dicomNetworkConnection",), *values)


def _node_lines(node: AeTree) -> Iterator[str]:
    ae = node.ae
    values = [("dicomAETitle", ae.ae_title)]
    if ae.description.strip():
        values.append(("dicomDescription", ae.description))
    values += [
        ("dicomAssociationInitiator", _boolean(ae.association_initiator)),
        ("dicomAssociationAcceptor", _boolean(ae.association_acceptor)),
    ]
    if node.installed is not None:
        values.append(("dicomInstalled", _boolean(node.installed)))
    values += [
        ("dicomNetworkConnectionReference", _place_name(place, node.box)) for place in node.places
    ]
    values += [("dicomPreferredCalledAETitle", title) for title in node.called]
    name = f"dicomAETitle={escaped(ae.ae_title)},{_name_of(node.box)}"
    yield from _lines_of(name, ("dicomNetworkAE",), *values)
    for offer in node.offers:
        yield from _offer_lines(offer, name)


def _offer_lines(offer: Offer, above: str) -> Iterator[str]:
    yield from _lines_of(
        f"cn={escaped(offer.cn)},{above}",
        ("dicomTransferCapability",),
        ("cn", offer.cn),
        ("dicomSOPClass", offer.sop_class),
        ("dicomTransferRole", offer.role),
        *(("dicomTransferSyntax", uid) for uid in offer.transfer_syntaxes),
    )


def _name_of(box: Box) -> str:
    return f"dicomDeviceName={escaped(box.name)},{_DEVICES}"


def _place_name(place: Place, box: Box) -> str:
    return f"cn={escaped(place.cn)},{_name_of(box)}"


def _boolean(value: bool) -> str:
    return "TRUE" if value else "FALSE"


def _folded(line: str) -> Iterator[str]:
    """A line cut to the width; the base stays whole, so that it can be found and replaced."""
    width = WIDTH
    start = ""
    while len(line) > width:
        cut = width
        if line.endswith(BASE) and len(line) - cut < len(BASE):
            cut = len(line) - len(BASE)
        yield start + line[:cut]
        line, start, width = line[cut:], " ", WIDTH - 1
    yield start + line


def _lines(tree: Tree) -> Iterator[str]:
    # No line `version: 1`: slapadd takes it for an entry and refuses the file.
    yield f"# Put the base of your own directory in the place of {BASE}."
    yield from _lines_of(_ROOT, ("dicomConfigurationRoot",), ("cn", "DICOM Configuration"))
    yield from _lines_of(_DEVICES, ("dicomDevicesRoot",), ("cn", "Devices"))
    kind = "dicomUniqueAETitlesRegistryRoot"
    yield from _lines_of(_REGISTRY, (kind,), ("cn", "Unique AE Titles Registry"))
    for box in tree.boxes:
        yield from _box_lines(box)
    for node in tree.nodes:
        yield from _node_lines(node)
    for node in tree.nodes:
        title = node.ae.ae_title
        name = f"dicomAETitle={escaped(title)},{_REGISTRY}"
        yield from _lines_of(name, ("dicomUniqueAETitle",), ("dicomAETitle", title))


def write(document: Document) -> Written:
    """A whole configuration: root, devices, AEs and the registry of their titles."""
    tree = tree_of(document)
    findings = list(tree.findings)
    if any(len(each.transfer_syntaxes) > 1 for node in tree.nodes for each in node.offers):
        message = "A directory keeps no order, so the preference among the transfer syntaxes of "
        message += "a capability is lost."
        findings.append(not_carried("ae.transfer_capabilities.order", message))
    if any(len(node.places) > 1 for node in tree.nodes):
        message = "A directory keeps no order, so which connection of an AE is its first is lost."
        findings.append(not_carried("ae.connections.order", message))
    lines = (folded for line in _lines(tree) for folded in _folded(line))
    return Written.of("".join(f"{line}\n" for line in lines), tuple(findings))


_DN: Final = re.compile(r"(?im)^dn::? ?\S")
_SPEAKS: Final = re.compile(
    r"(?im)^(?:objectclass: *dicom|dicom\w+::? |.*\bcn=DICOM Configuration\b)"
)
_CLASS: Final = re.compile(r"(?im)^(?:objectclass|changetype)::? ")


def detect(source: Source) -> float:
    """Sure of entries that speak of DICOM, fairly sure of other LDIF."""
    head = source.text[:100_000]
    if not _DN.search(head):
        return 0.0
    if _SPEAKS.search(head):
        return 0.98
    return 0.6 if _CLASS.search(head) else 0.0


FORMAT: Final = Format(
    name=NAME,
    title="dcm4che LDIF (PS3.15 Annex H)",
    detect=detect,
    read=read,
    write=write,
    suffix=".ldif",
    knows=KNOWS,
)
