"""Device JSON as dcm4chee-arc's REST services give and take it.

One device, or a list of them; its list of AEs (`/aes`), where each has its connections inside, is
read too. Attributes are those of PS3.15 Annex H, dcm4che's own stand in objects of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.dcm4che.annex_h import KNOWS, AeNode, DeviceNode, Node, Notes, Said
from dicomcfg.core.formats.dcm4che.annex_h_reader import document
from dicomcfg.core.formats.dcm4che.annex_h_writer import CIPHER_SUITES, Box, Place, tree_of
from dicomcfg.core.formats.dcm4che.annex_h_writer import Node as AeTree
from dicomcfg.core.formats.syntax.json_plain import too_large
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Document

NAME: Final = "dcm4che-json"
MAXIMUM_VALUES: Final = 400_000
_REFERENCE: Final = re.compile(r"/dicomNetworkConnection/([0-9]{1,6})")
_EXTENSIONS: Final = frozenset(
    {"dcmDevice", "dcmNetworkAE", "dcmNetworkConnection", "dcmTransferCapability"}
)
_NESTED: Final = frozenset({"dicomNetworkConnection", "dicomNetworkAE", "dicomTransferCapability"})
_LISTS: Final = frozenset(
    {
        "dicomInstitutionDepartmentName",
        "dicomNetworkConnectionReference",
        "dicomPreferredCalledAETitle",
        "dicomSoftwareVersion",
        "dicomTLSCipherSuite",
        "dicomTransferSyntax",
    }
)
_BOOLEANS: Final = frozenset(
    {"dicomAssociationAcceptor", "dicomAssociationInitiator", "dicomInstalled"}
)
_TEXTS: Final = frozenset(
    {
        "dicomAETitle",
        "dicomDescription",
        "dicomDeviceName",
        "dicomHostname",
        "dicomManufacturer",
        "dicomManufacturerModelName",
        "dicomSOPClass",
        "dicomStationName",
        "dicomTransferRole",
    }
)
_LIST_OF_AES_KNOWS: Final = frozenset(
    {
        "ae.association_acceptor",
        "ae.association_initiator",
        "ae.connections",
        "ae.connections.tls",
        "ae.description",
        "ae.device",
    }
)


class _Reader:
    """Turns plain JSON into nodes; what has the wrong type is said with its path."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes

    def device(self, data: dict[str, Any], path: str) -> DeviceNode:
        """One device with all that is in it."""
        found = DeviceNode(self._node(data, path))
        found.connections = [
            self._node(each, place)
            for each, place in self._objects(data, "dicomNetworkConnection", path)
        ]
        for each, place in self._objects(data, "dicomNetworkAE", path):
            node = self._node(each, place)
            capabilities = [
                self._node(inner, inner_place)
                for inner, inner_place in self._objects(each, "dicomTransferCapability", place)
            ]
            connections = self._named(node, found.connections)
            found.aes.append(AeNode(node, connections, capabilities))
        return found

    def listed(self, data: dict[str, Any], path: str) -> AeNode:
        """An AE of a list, which has its connections inside."""
        node = self._node(data, path)
        node.values.pop("dicomdevicename", None)
        places = self._objects(data, "dicomNetworkConnection", path)
        return AeNode(node, [self._node(each, place) for each, place in places])

    def _objects(
        self, data: dict[str, Any], name: str, path: str
    ) -> Iterator[tuple[dict[str, Any], str]]:
        found = data.get(name, [])
        if not isinstance(found, list):
            self.wrong_type(name, _joined(path, name), "a list")
            return
        for index, each in enumerate(found):
            place = f"{_joined(path, name)}[{index}]"
            if isinstance(each, dict):
                yield each, place
            else:
                self.wrong_type(name, place, "an object")

    def _node(self, data: dict[str, Any], path: str) -> Node:
        node = Node(path=path)
        for name, value in data.items():
            place = _joined(path, name)
            if name in _EXTENSIONS and isinstance(value, dict):
                for inner, its_value in value.items():
                    self._add(node, inner, its_value, _joined(place, inner))
            elif name not in _NESTED:
                self._add(node, name, value, place)
        return node

    def _add(self, node: Node, name: str, value: Any, path: str) -> None:
        self._check_type(name, value, path)
        values = value if isinstance(value, list) else [value]
        said = [Said(name, _text(each), path=path) for each in values if each is not None]
        if said:
            node.values.setdefault(name.lower(), []).extend(said)

    def _check_type(self, name: str, value: Any, path: str) -> None:
        """dcm4che takes each attribute in one type only."""
        if name in _LISTS:
            good = isinstance(value, list) and all(isinstance(each, str) for each in value)
            wanted = "a list of texts"
        elif name in _BOOLEANS:
            good, wanted = isinstance(value, bool), "true or false"
        elif name in _TEXTS:
            good, wanted = isinstance(value, str), "a text"
        elif name == "dicomPort":
            good, wanted = type(value) is int, "a number"
        else:
            return
        if not good:
            message = f"{name} should be {wanted}; dcm4che refuses the whole device. What stands "
            message += "there is read all the same."
            at = Said(name, "", path=path)
            warning = Severity.WARNING
            self.notes.say("dcm4che-json-type", warning, name, message, "Correct it.", at=at)

    def wrong_type(self, name: str, path: str, wanted: str) -> None:
        """A value that cannot be read at all."""
        message = f"{clip(path)} is not {wanted}; it is left out."
        at = Said(name, "", path=path)
        self.notes.say("json-wrong-type", Severity.ERROR, name, message, at=at)

    def _named(self, ae: Node, connections: list[Node]) -> list[Node]:
        found = []
        for said in ae.values.get("dicomnetworkconnectionreference", ()):
            match = _REFERENCE.fullmatch(said.text)
            if match and int(match[1]) < len(connections):
                found.append(connections[int(match[1])])
                continue
            message = f"{clip(said.text)} names no connection of the device, so the address is not "
            message += "known; dcm4che refuses the device."
            remedy = "Count the connections from 0."
            warning = Severity.WARNING
            self.notes.say(
                "connection-reference-dangling", warning, said.text, message, remedy, at=said
            )
        return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return value if isinstance(value, str) else json.dumps(value)[:200]


def _joined(path: str, name: str) -> str:
    return f"{path}.{clip(name)}" if path else clip(name)


def _parsed(text: str) -> tuple[Any, tuple[Finding, ...]]:
    if beyond := too_large(text, MAXIMUM_VALUES):
        return None, beyond
    try:
        return json.loads(text), ()
    except json.JSONDecodeError as problem:
        message = f"This is not JSON: {problem.msg} in column {problem.colno}."
        error = Severity.ERROR
        return None, (Finding("json-malformed", error, "file", message, line=problem.lineno),)
    except (RecursionError, ValueError):
        message = "The JSON nests too deeply or holds a number beyond all bounds."
        return None, (Finding("json-malformed", Severity.ERROR, "file", message),)


def read(source: Source) -> Document:
    """The devices, or the AEs of a list of AEs."""
    data, problems = _parsed(source.text)
    if problems:
        return Document(NAME, findings=problems)
    notes = Notes()
    reader = _Reader(notes)
    devices: list[DeviceNode] = []
    lists: dict[str, DeviceNode] = {}
    is_list = isinstance(data, list)
    for index, each in enumerate(data if is_list else [data]):
        path = f"[{index}]" if is_list else ""
        if not isinstance(each, dict):
            reader.wrong_type("device", path or "file", "an object")
        elif "dicomAETitle" in each:
            node = reader.listed(each, path)
            _listed_under(lists, each, path).aes.append(node)
        else:
            devices.append(reader.device(each, path))
    found = document(NAME, [*devices, *lists.values()], notes)
    knows = _LIST_OF_AES_KNOWS if lists and not devices else None
    return Document(
        NAME,
        devices=found.devices,
        aes=found.aes,
        associations=found.associations,
        findings=found.findings,
        places=found.places,
        knows=knows,
    )


def _listed_under(lists: dict[str, DeviceNode], data: dict[str, Any], path: str) -> DeviceNode:
    """The device of a listed AE, of which only the name is known."""
    name = data.get("dicomDeviceName")
    if not isinstance(name, str) or not name.strip():
        return lists.setdefault("", DeviceNode(None))
    if name not in lists:
        place = _joined(path, "dicomDeviceName")
        said = Said("dicomDeviceName", name, path=place)
        lists[name] = DeviceNode(Node(path=place, values={"dicomdevicename": [said]}))
    return lists[name]


def _box_object(box: Box, nodes: list[AeTree]) -> dict[str, Any]:
    found: dict[str, Any] = {"dicomDeviceName": box.name}
    for name, values in box.attributes:
        found[name] = list(values) if name in _LISTS else values[0]
    found |= {"dicomVendorData": False, "dicomInstalled": box.installed}
    if box.places:
        found["dicomNetworkConnection"] = [_place_object(place) for place in box.places]
    if nodes:
        found["dicomNetworkAE"] = [_node_object(node) for node in nodes]
    return found


def _place_object(place: Place) -> dict[str, Any]:
    found: dict[str, Any] = {"cn": place.cn, "dicomHostname": place.hostname}
    if place.port is not None:
        found["dicomPort"] = place.port
    if place.secured:
        found["dicomTLSCipherSuite"] = list(CIPHER_SUITES)
    return found


def _node_object(node: AeTree) -> dict[str, Any]:
    ae = node.ae
    found: dict[str, Any] = {"dicomAETitle": ae.ae_title}
    if ae.description.strip():
        found["dicomDescription"] = ae.description
    if node.called:
        found["dicomPreferredCalledAETitle"] = list(node.called)
    found |= {
        "dicomAssociationInitiator": ae.association_initiator,
        "dicomAssociationAcceptor": ae.association_acceptor,
        "dicomNetworkConnectionReference": [
            f"/dicomNetworkConnection/{node.box.places.index(place)}" for place in node.places
        ],
    }
    if node.installed is not None:
        found["dicomInstalled"] = node.installed
    if node.offers:
        found["dicomTransferCapability"] = [
            {
                "cn": offer.cn,
                "dicomSOPClass": offer.sop_class,
                "dicomTransferRole": offer.role,
                "dicomTransferSyntax": list(offer.transfer_syntaxes),
            }
            for offer in node.offers
        ]
    return found


def write(document: Document) -> Written:
    """One device as an object, several as a list."""
    tree = tree_of(document)
    hosted: dict[int, list[AeTree]] = {}
    for node in tree.nodes:
        hosted.setdefault(id(node.box), []).append(node)
    objects = [_box_object(box, hosted.get(id(box), [])) for box in tree.boxes]
    findings = list(tree.findings)
    if len(objects) > 1:
        message = f"{len(objects):,} devices are written as a list; dcm4chee-arc takes one device "
        message += "a request."
        findings.append(Finding("several-devices", Severity.INFO, "file", message))
    plain: Any = objects[0] if len(objects) == 1 else objects
    text = json.dumps(plain, indent=2, ensure_ascii=False) + "\n"
    return Written.of(text, tuple(findings))


_SPEAKS: Final = re.compile(r'"dicom(?:DeviceName|AETitle|NetworkConnection|NetworkAE)"\s*:')


def detect(source: Source) -> float:
    """Sure of JSON that speaks of devices or AEs by Annex H's names near its beginning."""
    head = source.text[:100_000].lstrip()
    return 0.97 if head[:1] in ("{", "[") and _SPEAKS.search(head) else 0.0


FORMAT: Final = Format(
    name=NAME,
    title="dcm4che device JSON",
    detect=detect,
    read=read,
    write=write,
    suffix=".json",
    knows=KNOWS,
)
