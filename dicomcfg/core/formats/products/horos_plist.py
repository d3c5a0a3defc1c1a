"""Horos' and OsiriX' lists of DICOM nodes: an array of dictionaries, by itself or as `SERVERS`.

Either as they export it or as a whole file of preferences, XML or binary. What is kept of a node
is its address, title, port, description and whether it uses TLS.
"""

from __future__ import annotations

import plistlib
from typing import Any, Final

from dicomcfg.core.findings import Severity
from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.bounded import Place
from dicomcfg.core.formats.losses import not_carried
from dicomcfg.core.formats.products.ae_entries import Entry, Gathering, listed
from dicomcfg.core.formats.syntax.lines import with_lines
from dicomcfg.core.formats.syntax.plist_values import (
    BINARY,
    MAXIMUM_BYTES,
    UnreadableError,
    blanked,
    load,
    malformed,
)
from dicomcfg.core.formats.syntax.xml_text import is_writable, root_name
from dicomcfg.core.formats.text import clip, decode
from dicomcfg.core.records import Document

NAME: Final = "horos-plist"
KNOWS: Final = frozenset({"ae.connections", "ae.connections.tls", "ae.description"})
_LIST: Final = "SERVERS"
_EXPLICIT, _MOVE = 0, 0
_SYNTAXES: Final = {
    1: "JPEG 2000 lossless",
    2: "JPEG 2000",
    3: "JPEG 2000",
    4: "JPEG 2000",
    5: "JPEG lossless",
    6: "JPEG",
    7: "JPEG",
    8: "JPEG",
    9: "Implicit VR Little Endian",
    10: "RLE",
    11: "Explicit VR Big Endian",
    12: "BZip2",
    13: "JPEG-LS lossless",
    14: "JPEG-LS",
    15: "JPEG-LS",
    16: "JPEG-LS",
}
_RETRIEVAL: Final = {1: "C-GET", 2: "WADO"}


def _text(value: object) -> str:
    """A value as text: Horos takes a number for a port as well."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value) if isinstance(value, str) or abs(value) < 1_000_000 else ""


def _is_on(node: dict[str, Any], key: str) -> bool:
    """A switch, which is on where the node does not say."""
    value = node.get(key, True)
    if isinstance(value, str):
        return value.strip().lower() in ("1", "yes", "true", "y")
    return bool(value) if isinstance(value, bool | int) else True


class _Reader:
    def __init__(self) -> None:
        self.found = Gathering()

    def preferences(self, root: dict[str, Any]) -> None:
        """A whole file of preferences."""
        if root.get("syncDICOMNodes") in (True, 1):
            message = "The preferences let Horos replace this list time and again by one that it "
            message += "fetches (syncDICOMNodesURL), so what stands here may not be what it uses."
            remedy = "Read the list that it fetches."
            self.found.warn("horos-list-fetched", _LIST, message, remedy, Place(path=_LIST))
        nodes = root.get(_LIST)
        if not isinstance(nodes, list):
            message = "The preferences hold no list of DICOM nodes."
            remedy = "Export the nodes, or give the preferences of the application itself."
            self.found.say("horos-no-list", Severity.ERROR, _LIST, message, remedy)
            return
        self.nodes(nodes, _LIST)

    def nodes(self, nodes: list[Any], path: str) -> None:
        """A list of nodes."""
        for index, node in enumerate(nodes):
            place = Place(path=f"{path}[{index}]")
            if isinstance(node, dict):
                self._node(node, place)
            else:
                message = "This is not a dictionary, as a node is."
                self.found.say("horos-no-node", Severity.ERROR, "node", message, at=place)

    def _node(self, node: dict[str, Any], place: Place) -> None:
        title = _text(node.get("AETitle"))
        if not _is_on(node, "Activated"):
            message = "Horos does not use this node: it is not activated. It is read all the same."
            self.found.say("horos-not-activated", Severity.INFO, title, message, at=place)
        for key in ("Send", "QR"):
            if not _is_on(node, key):
                self.found.unkept(f"that {key} is switched off", place)
        self._numbered(node, "TransferSyntax", _SYNTAXES, place)
        self._numbered(node, "retrieveMode", _RETRIEVAL, place)
        tls = "TLSEnabled" in node and _is_on(node, "TLSEnabled")
        self.found.add(
            Entry(
                title,
                _text(node.get("Address")),
                _text(node.get("Port")),
                place,
                description=_text(node.get("Description")),
                tls="default" if tls else None,
            )
        )

    def _numbered(
        self, node: dict[str, Any], key: str, names: dict[int, str], place: Place
    ) -> None:
        value = node.get(key, 0)
        number = int(value) if isinstance(value, int) and 0 <= value < 1_000 else 0
        if number:
            known = f" ({names[number]})" if number in names else ""
            self.found.unkept(f"the {key} {number}{known}", place)


def read(source: Source) -> Document:
    """The nodes as AEs."""
    reader = _Reader()
    try:
        root, said = blanked(load(source.data))
    except UnreadableError as problem:
        return Document(NAME, findings=(malformed(problem),))
    reader.found.keep(said)
    if isinstance(root, list):
        reader.nodes(root, "")
    elif isinstance(root, dict):
        reader.preferences(root)
    else:
        message = f"The list holds {clip(type(root).__name__)} and no nodes."
        reader.found.say("horos-no-list", Severity.ERROR, "file", message)
    text = "" if source.data.startswith(BINARY) else decode(source.data, MAXIMUM_BYTES).text
    return with_lines(reader.found.document(NAME), text)


def write(document: Document) -> Written:
    """An array of nodes as XML, for every use, sent to in Explicit VR Little Endian."""
    kept = listed(document, KNOWS, tls="yes")
    found = list(kept.findings)
    nodes = []
    for ae, connection in kept.entries:
        description = ae.description
        if not is_writable(description) or "\r" in description:
            message = f"The description of {ae.ae_title} holds a character that the list has no "
            message += "place for; it is left empty."
            found.append(not_carried(f"aes[{ae.key}].description", message))
            description = ""
        nodes.append(
            {
                "AETitle": ae.ae_title,
                "Activated": True,
                "Address": connection.hostname,
                "Description": description,
                "Port": str(connection.port),
                "QR": True,
                "Send": True,
                "TLSEnabled": connection.tls is not None,
                "TransferSyntax": _EXPLICIT,
                "retrieveMode": _MOVE,
            }
        )
    return Written(plistlib.dumps(nodes, sort_keys=False), tuple(found))


def detect(source: Source) -> float:
    """Sure of a property list that speaks of AE titles."""
    if source.data.startswith(BINARY):
        return 0.95 if b"AETitle" in source.data else 0.4
    if root_name(source.text) != "plist":
        return 0.0
    return 0.95 if "<key>AETitle</key>" in source.text else 0.5


FORMAT: Final = Format(
    name=NAME,
    title="Horos and OsiriX nodes (plist)",
    detect=detect,
    read=read,
    write=write,
    maximum_bytes=MAXIMUM_BYTES,
    suffix=".plist",
    knows=KNOWS,
    is_binary=True,
)
