"""The lines of what readers name by a path (`targets.PACS.port`), in JSON and in property lists.

Their parsers give values without places. Where something is named by a path, one more pass over
the text finds the lines; a text that holds too many values for that has paths alone.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

from dicomcfg.core.formats.syntax import json_text
from dicomcfg.core.formats.syntax.json_plain import too_large
from dicomcfg.core.formats.syntax.json_text import Data, Node
from dicomcfg.core.formats.syntax.xml_text import BeyondError, parse_into
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Document

_INDEX: Final = re.compile(r"\[([0-9]{1,8})\]")
_DOCTYPE: Final = re.compile(r"<!DOCTYPE[^<>\[]*+>")
_LONGEST_KEY: Final = 200


def with_lines(document: Document, text: str) -> Document:
    """The Document whose findings and places have lines beside their paths."""
    unplaced = any(each.path and not each.line for each in document.findings)
    if not unplaced and not any(isinstance(each, str) for each in document.places.values()):
        return document
    lines = Lines(text)
    findings = (
        replace(each, line=lines.of(each.path)) if each.path and not each.line else each
        for each in document.findings
    )
    places = {
        key: line
        for key, place in document.places.items()
        if (line := lines.of(place) if isinstance(place, str) else place)
    }
    return replace(document, findings=tuple(findings), places=places)


class Lines:
    """The lines of one text by path."""

    def __init__(self, text: str) -> None:
        self._root = _root_of(text)
        self._clipped: dict[int, dict[str, str]] = {}

    def of(self, path: str) -> int | None:
        """The line of what a path names, or of what is nearest above it; None for nothing."""
        node, line, rest = self._root, None, path
        while node is not None and rest:
            node, rest = self._below(node, rest)
            line = node.line if node is not None else line
        return line

    def _below(self, node: Node, path: str) -> tuple[Node | None, str]:
        """What the first step of a path leads to, and the path from there on."""
        if isinstance(node.data, list):
            index = _INDEX.match(path)
            if index is None or int(index[1]) >= len(node.data):
                return None, ""
            return node.data[int(index[1])], path[index.end() :].removeprefix(".")
        if not isinstance(node.data, dict):
            return None, ""
        known = self._clipped.get(id(node.data))
        if known is None:
            known = self._clipped[id(node.data)] = {clip(name): name for name in node.data}
        # A name may hold dots and brackets itself: the longest that is known is meant.
        for end in range(min(len(path), _LONGEST_KEY), 0, -1):
            if path[end : end + 1] in ("", ".", "[") and path[:end] in known:
                return node.data[known[path[:end]]], path[end:].removeprefix(".")
        return None, ""


def _root_of(text: str) -> Node | None:
    start = text[:1_000].lstrip()[:1]
    if start == "<":
        return _plist(text)
    if start not in ("{", "[") or too_large(text, json_text.MAXIMUM_VALUES):
        return None
    return json_text.parse(text).root


def _plist(text: str) -> Node | None:
    builder = _Plist()
    # Every list names Apple's DTD, and what names another file is refused.
    plain = _DOCTYPE.sub(lambda found: "\n" * found[0].count("\n"), text, count=1)
    try:
        parse_into(builder, plain, may_have_doctype=False)
    except (BeyondError, SAXException, ValueError):
        return None
    return builder.root


class _Plist(ContentHandler):
    """Dictionaries and arrays of a property list with their lines; other values are empty."""

    def __init__(self) -> None:
        super().__init__()
        self.root: Node | None = None
        self._open: list[Data] = []
        self._name: str | None = None
        self._text: list[str] = []
        self._at: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - the base's name
        self._at = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - the base's name
        self._text = []
        if name in ("plist", "key"):
            return
        data: Data = {} if name == "dict" else [] if name == "array" else None
        node = Node(data, self._line)
        if not self._open:
            self.root = self.root or node
        elif isinstance(holder := self._open[-1], list):
            holder.append(node)
        elif isinstance(holder, dict) and self._name is not None:
            holder[self._name] = node
        if name in ("dict", "array"):
            self._open.append(data)

    def characters(self, content: str) -> None:
        self._text.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - the base's name
        if name == "key":
            self._name = "".join(self._text)
        elif name in ("dict", "array"):
            self._open.pop()

    @property
    def _line(self) -> int:
        return (self._at.getLineNumber() if self._at else None) or 1
