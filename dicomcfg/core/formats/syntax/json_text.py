"""JSON as configuration files have it, with the line of every value.

The dialect is jsoncpp's, which takes more than the standard: `//` and `/* */` comments, commas
before a closing bracket, any text after the last one, line breaks in strings; of a name given
twice the last counts. Depth and number of values are bounded, and nothing recurses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

MAXIMUM_DEPTH: Final = 1_000
MAXIMUM_VALUES: Final = 300_000
UNSET: Final = "\ue000"
"""Stands in a text where a value was to be substituted and nobody knows it."""


class Missing(Enum):
    """A value that stands where only UNSET does."""

    VALUE = "unset"


Data: TypeAlias = "str | int | float | bool | Missing | dict[str, Node] | list[Node] | None"


@dataclass(frozen=True, slots=True)
class Node:
    """A value and the line on which it begins; for a member of an object the line of its name."""

    data: Data
    line: int

    def members(self) -> dict[str, Node]:
        """The members of an object, nothing for any other value."""
        return self.data if isinstance(self.data, dict) else {}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a text is not JSON: the end of a sentence, and the line."""

    message: str
    line: int


@dataclass(slots=True)
class Parsed:
    """The value as far as it could be read, what is wrong with the text, names given twice.

    `repeated` are (name, line, line of the earlier one). `lenient` has the first line of each
    thing that a strict reader would refuse: `comment`, `comma` (before a closing bracket) and
    `rest` (text after the value).
    """

    root: Node | None = None
    problem: Problem | None = None
    repeated: list[tuple[str, int, int]] = field(default_factory=list)
    lenient: dict[str, int] = field(default_factory=dict)


_TOKEN = re.compile(
    r"""[ \t\r\n]*+(?:
      (?P<mark>[{}\[\],:])
    | "(?P<text>[^"\\]*+(?:\\.[^"\\]*+)*+)"
    | (?P<number>-?\d[\d.eE+\-]*+)
    | (?P<word>[A-Za-z_][\w]*+)
    | (?P<comment>//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/)
    | (?P<unset>\ue000)
    )""",
    re.DOTALL | re.VERBOSE,
)
_REST = re.compile(r"\s*+\S")
_SPACES = re.compile(r"[ \t\r\n]*+")
_WORDS: Final[dict[str, Data]] = {"true": True, "false": False, "null": None}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", **{c: c for c in '"\\/'}}
_LONGEST_NUMBER: Final = 300


class _Malformed(Exception):
    """The text cannot be read on; the message ends a sentence."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


@dataclass(slots=True)
class _Frame:
    """An object or a list that is not closed yet."""

    node: Node
    name: tuple[str, int] | None = None
    needs_comma: bool = False


def parse(text: str, first_line: int = 1, *, is_one_line: bool = False) -> Parsed:
    """Read one value; `first_line` is the text's own line in its file.

    With `is_one_line` every value is said to stand there, since the text's own lines do not
    count (a quoted scalar of another format).
    """
    parser = _Parser(text, first_line, counts=not is_one_line)
    try:
        parser.run()
    except _Malformed as malformed:
        parser.parsed.problem = Problem(str(malformed), parser.line)
    return parser.parsed


class _Parser:
    def __init__(self, text: str, first_line: int, *, counts: bool) -> None:
        self.parsed = Parsed()
        self.line = first_line
        self._text = text
        self._counts = counts
        self._stack: list[_Frame] = []
        self._values = 0
        self._at = 0
        self._colon_is_due = False

    def run(self) -> None:
        """Read to the end of the first value. Raises _Malformed."""
        for token in self._tokens():
            if self._stack:
                self._inside(token)
            else:
                self._add(token)
            if not self._stack and self.parsed.root is not None:
                if _REST.match(self._text, self._at) is not None:
                    self.parsed.lenient["rest"] = self.line
                return
        raise _Malformed("ends before its last bracket is closed")

    def _tokens(self) -> Iterator[_Token]:
        text, at, end = self._text, 0, len(self._text)
        while True:
            spaces = _SPACES.match(text, at)
            start = spaces.end() if spaces else at
            if self._counts:
                self.line += text.count("\n", at, start)
            if start == end:
                return
            match = _TOKEN.match(text, start)
            if match is None:
                raise _Malformed(_unexpected(text[start : start + 1]))
            kind = match.lastgroup or ""
            at = match.end()
            if kind == "comment":
                self.parsed.lenient.setdefault("comment", self.line)
            else:
                self._at = at
                yield _Token(kind, match[kind], self.line)
            if self._counts:
                self.line += text.count("\n", start, at)

    def _inside(self, token: _Token) -> None:
        frame = self._stack[-1]
        is_object = isinstance(frame.node.data, dict)
        if token.kind == "mark" and token.text in "}]":
            if (token.text == "}") is not is_object or frame.name is not None:
                raise _Malformed(_unexpected(token.text))
            if not frame.needs_comma and frame.node.data:
                self.parsed.lenient.setdefault("comma", token.line)
            self._stack.pop()
        elif frame.needs_comma:
            if token.text != "," or token.kind != "mark":
                raise _Malformed("has no comma between two values")
            frame.needs_comma = False
        elif is_object and frame.name is None:
            if token.kind != "text":
                raise _Malformed("has no name in quotation marks where one belongs")
            frame.name = (_unescaped(token.text), token.line)
            self._colon_is_due = True
        elif is_object and self._colon_is_due:
            if token.text != ":" or token.kind != "mark":
                raise _Malformed("has no colon after a name")
            self._colon_is_due = False
        else:
            self._add(token)

    def _add(self, token: _Token) -> None:
        self._values += 1
        if self._values > MAXIMUM_VALUES:
            raise _Malformed(f"holds more than {MAXIMUM_VALUES:,} values")
        frame = self._stack[-1] if self._stack else None
        line = frame.name[1] if frame and frame.name else token.line
        node = Node(_value(token), line)
        if frame is None:
            self.parsed.root = node
        else:
            self._put(frame, node)
        if isinstance(node.data, dict | list):
            if len(self._stack) >= MAXIMUM_DEPTH:
                raise _Malformed(f"nests deeper than {MAXIMUM_DEPTH:,} levels")
            self._stack.append(_Frame(node))

    def _put(self, frame: _Frame, node: Node) -> None:
        if isinstance(frame.node.data, dict) and frame.name is not None:
            name, line = frame.name
            earlier = frame.node.data.pop(name, None)
            if earlier is not None and len(self.parsed.repeated) < 1_000:
                self.parsed.repeated.append((name, line, earlier.line))
            frame.node.data[name] = node
            frame.name = None
        elif isinstance(frame.node.data, list):
            frame.node.data.append(node)
        frame.needs_comma = True


def _unexpected(character: str) -> str:
    return f"has {character!r} where it cannot stand"


def _value(token: _Token) -> Data:
    if token.kind == "text":
        return _unescaped(token.text)
    if token.kind == "number":
        return _number(token.text)
    if token.kind == "unset":
        return Missing.VALUE
    if token.kind == "word" and token.text in _WORDS:
        return _WORDS[token.text]
    if token.text == "{":
        return {}
    if token.text == "[":
        return []
    raise _Malformed(_unexpected(token.text[:20]))


def _number(text: str) -> int | float:
    if len(text) > _LONGEST_NUMBER:
        raise _Malformed("holds a number beyond all bounds")
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise _Malformed(_unexpected(text[:20])) from None


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(_character, text)
    # Halves of a pair become one character, a half alone becomes the sign of what is no text.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    if match[2] not in _ESCAPED:
        raise _Malformed(f"has the escape {match[0]!r}, which JSON does not know")
    return _ESCAPED[match[2]]
