"""XML as configuration files have it: elements with their lines, bounded, without entities.

Entities of its own, external ones and whatever is nested too deeply make a text unreadable, so
that no input grows beyond its size or reaches for another file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.saxutils import quoteattr
from xml.sax.xmlreader import AttributesImpl, Locator

from defusedxml import DefusedXmlException
from defusedxml.sax import make_parser

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.text import clip

MAXIMUM_DEPTH: Final = 100
MAXIMUM_ELEMENTS: Final = 200_000
_PIECE: Final = 65_536
_LONGEST_TAG: Final = 1_000_000
_BEFORE_ROOT: Final = re.compile(
    r"(?s)(?:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\])?\s*>)*"
)
_NAME: Final = re.compile(r"<([^\s<>/!?]{1,100})")
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class Element:
    """One element: its name, attributes, the 1-based line on which it begins, its children."""

    name: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)

    def get(self, name: str) -> str:
        """An attribute without spaces around it; empty where there is none."""
        return self.attributes.get(name, "").strip()

    def walk(self) -> Iterator[Element]:
        """This element and all below it, in the order of the file."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))


class BeyondError(Exception):
    """A bound was passed; the message says which."""


class _Builder(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0
        self._at: Locator | None = None

    @property
    def line(self) -> int:
        """Where the parser is."""
        return (self._at.getLineNumber() if self._at else None) or 1

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - the base's name
        self._at = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - the base's name
        self._count += 1
        if len(self._open) >= MAXIMUM_DEPTH:
            raise BeyondError(f"nests deeper than {MAXIMUM_DEPTH}")
        if self._count > MAXIMUM_ELEMENTS:
            raise BeyondError(f"has more than {MAXIMUM_ELEMENTS:,} elements")
        element = Element(name, dict(attrs.items()), self.line)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def endElement(self, name: str) -> None:  # noqa: N802 - the base's name
        self._open.pop()


def parse_into(
    handler: ContentHandler, content: str | bytes, *, may_have_doctype: bool = True
) -> None:
    """Give a whole text to a handler.

    Raises BeyondError where one tag or comment is too long, DefusedXmlException at entities,
    SAXException where it is no XML, ValueError where it is no text, and what the handler raises.
    """
    parser = make_parser()
    parser.forbid_dtd = not may_have_doctype
    parser.setContentHandler(handler)
    handler.setDocumentLocator(parser)
    at, began = (0, 0), 0
    for start in range(0, len(content), _PIECE):
        parser.feed(content[start : start + _PIECE])
        # A tag is given when it is whole: until then the parser stays where the tag begins.
        place = (parser.getLineNumber(), parser.getColumnNumber() or 0)
        if place != at:
            at, began = place, start
        elif start - began > _LONGEST_TAG:
            raise BeyondError(f"has a tag of more than {_LONGEST_TAG:,} characters")
    parser.close()


def parse(text: str) -> tuple[Element | None, tuple[Finding, ...]]:
    """The root with all below it, or None and an error finding with the line."""
    builder = _Builder()
    try:
        parse_into(builder, text)
    except SAXParseException as problem:
        line = problem.getLineNumber()
        return None, (_error("xml-malformed", f"is not XML: {problem.getMessage()}", line),)
    except DefusedXmlException:
        what = "declares entities or refers to another file, which is refused"
        remedy = "Take the DOCTYPE with its entities out."
        return None, (_error("xml-entities", what, builder.line, remedy),)
    except BeyondError as problem:
        return None, (_error("xml-too-large", str(problem), builder.line),)
    except (SAXException, ValueError) as problem:
        what = f"is not XML: {clip(str(problem))}"
        return None, (_error("xml-malformed", what, builder.line),)
    return builder.root, ()


def _error(code: str, what: str, line: int | None, remedy: str = "") -> Finding:
    return Finding(code, Severity.ERROR, "file", f"The file {what}.", remedy, line=line)


def root_name(text: str) -> str:
    """The name of the first element, for detection; empty where none begins the text."""
    head = text[:20_000]
    before = _BEFORE_ROOT.match(head)
    found = _NAME.match(head, before.end() if before else 0)
    return found[1] if found else ""


def quoted(text: str) -> str:
    """An attribute's value in its quotation marks."""
    return quoteattr(text, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def is_writable(text: str) -> bool:
    """Whether XML has a place for every character of a text."""
    return _FORBIDDEN.search(text) is None
