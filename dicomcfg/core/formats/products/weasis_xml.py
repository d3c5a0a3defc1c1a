"""Weasis' lists of nodes: `<nodes>` with a `<node>` for each, all in attributes.

Weasis keeps one file a type (`dicomNodes.xml`, `dicomCallingNodes.xml`, `dicomPrinterNodes.xml`,
`dicomWebNodes.xml`) and takes no notice of nodes of another type in it. A node that it cannot
read it leaves out with no more than a line in its log. Without a port it takes 104.
"""

from __future__ import annotations

from typing import Final

from dicomcfg.core.findings import Severity
from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.bounded import Place
from dicomcfg.core.formats.losses import not_carried
from dicomcfg.core.formats.products.ae_entries import Entry, Gathering, listed
from dicomcfg.core.formats.syntax.xml_text import Element, is_writable, parse, quoted, root_name
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Document
from dicomcfg.core.standard.endpoint import parse_port

NAME: Final = "weasis-xml"
KNOWS: Final = frozenset({"ae.connections", "ae.description"})
_TYPES: Final = ("DICOM", "DICOM_CALLING", "PRINTER", "WEB")
_USAGES: Final = ("STORAGE", "RETRIEVE", "BOTH")
_DEFAULT_PORT: Final = "104"


class _Reader:
    def __init__(self) -> None:
        self.found = Gathering()
        self._types: dict[str, int] = {}

    def node(self, node: Element) -> None:
        """One node of a list."""
        place = Place(line=node.line)
        title, kind = node.get("aeTitle"), node.get("type")
        subject = title or node.get("description") or "node"
        if not self._is_taken(node, subject, place):
            return
        if self._types and kind not in self._types:
            first, line = next(iter(self._types.items()))
            message = f"Weasis keeps one file a type: beside nodes of type {first} (line {line}) "
            message += f"it takes no notice of one of type {kind}."
            remedy = "Put each type into the file that Weasis has for it."
            self.found.warn("weasis-types-mixed", subject, message, remedy, place)
        self._types.setdefault(kind, node.line)
        if kind == "WEB":
            self.found.unkept("a DICOMweb node", place)
            return
        for name, default in (("usageType", "BOTH"), ("tsuid", "NONE")):
            if node.get(name) not in ("", default):
                self.found.unkept(f"{name} {clip(node.get(name), 30)}", place)
        calling = kind == "DICOM_CALLING"
        self.found.add(
            Entry(
                title,
                None if calling else node.get("hostname"),
                "" if calling else self._port(node, subject, place),
                place,
                description=node.attributes.get("description", ""),
                acceptor=not calling,
            )
        )

    def _is_taken(self, node: Element, subject: str, place: Place) -> bool:
        """Whether Weasis takes the node, saying so where it does not."""
        kind, usage = node.get("type"), node.get("usageType")
        if kind not in _TYPES:
            what = f"the type is {clip(kind)!r}, not one of {', '.join(_TYPES)}"
        elif usage not in _USAGES and kind != "WEB":
            what = f"the usageType is {clip(usage)!r}, not one of {', '.join(_USAGES)}"
        else:
            return True
        message = f"Weasis leaves this node out without a word, since {what}."
        remedy = "Correct it; until then the node is left out here too."
        self.found.warn("weasis-node-skipped", subject, message, remedy, place)
        return False

    def _port(self, node: Element, subject: str, place: Place) -> str:
        port = node.get("port")
        if not port:
            message = f"The node has no port; Weasis takes {_DEFAULT_PORT}, and so it is read."
            remedy = "Write the port down."
            self.found.warn("weasis-default-port", subject, message, remedy, place)
            return _DEFAULT_PORT
        if parse_port(port) is None:
            message = f"Weasis does not take {clip(port)!r} for a port."
            self.found.warn("weasis-node-skipped", subject, message, "Correct the port.", place)
        return port


def read(source: Source) -> Document:
    """The nodes as AEs; calling nodes as AEs that only initiate."""
    reader = _Reader()
    root, problems = parse(source.text)
    reader.found.keep(problems)
    if root is not None:
        lists = [element for element in root.walk() if element.name == "nodes"][:1]
        nodes = [each for nodes in lists for each in nodes.walk() if each.name == "node"]
        for node in nodes:
            reader.node(node)
        if not lists:
            message = "There is no element nodes, inside which Weasis looks for each node."
            place = Place(line=root.line)
            reader.found.say("weasis-no-nodes", Severity.ERROR, root.name, message, "", place)
    return reader.found.document(NAME)


def write(document: Document) -> Written:
    """A `dicomNodes.xml`: nodes of type DICOM for every use."""
    kept = listed(document, KNOWS)
    found = list(kept.findings)
    rows = ['<?xml version="1.0" encoding="UTF-8"?>\n<nodes>\n']
    for ae, connection in kept.entries:
        description = ae.description
        if not is_writable(description):
            message = f"The description of {ae.ae_title} holds a character that XML has no place "
            message += "for; it is left empty."
            found.append(not_carried(f"aes[{ae.key}].description", message))
            description = ""
        rows.append(
            f'  <node description={quoted(description)} type="DICOM" usageType="BOTH" tsuid="NONE"'
            f" aeTitle={quoted(ae.ae_title)} hostname={quoted(connection.hostname)}"
            f' port="{connection.port}"/>\n'
        )
    return Written.of("".join([*rows, "</nodes>\n"]), tuple(found))


def detect(source: Source) -> float:
    """Sure of nodes with the attributes of Weasis."""
    if root_name(source.text) != "nodes":
        return 0.0
    return 0.95 if "<node" in source.text[:100_000] else 0.4


FORMAT: Final = Format(
    name=NAME,
    title="Weasis nodes (XML)",
    detect=detect,
    read=read,
    write=write,
    suffix=".xml",
    knows=KNOWS,
)
