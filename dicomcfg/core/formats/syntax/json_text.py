"""JSON as configuration files have it, with the line of every value.

The dialect is jsoncpp's, which takes more than the standard: `//` and `/* */` comments, commas
before a closing bracket, any text after the last one, line breaks in strings; of a name given
twice the last counts. Depth and number of values are bounded, and nothing recurses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

MAXIMUM_DEPTH: Final = 1_000
MAXIMUM_VALUES: Final = 300_000
UNSET: Final = "\ue000"
"""Stands in a text where a value was to be substituted and nobody knows it."""


class Missing(Enum):
    """A value that stands where only UNSET does."""

    VALUE = "unset"


Data: TypeAlias = "str | int | float | bool | Missing | dict[str, Node] | list[Node] | None"


class Node(NamedTuple):
    """A value and the line on which it begins; for a member of an object the line of its name."""

    data: Data
    line: int

    def members(self) -> dict[str, Node]:
        """The members of an object, nothing for any other value."""
        return self.data if isinstance(self.data, dict) else {}

    def says(self, other: Node) -> bool:
        """Whether both are the same value, wherever they stand; `==` recurses, and sees lines."""
        waiting = [(self.data, other.data)]
        while waiting:
            left, right = waiting.pop()
            if isinstance(left, dict) and isinstance(right, dict):
                if left.keys() != right.keys():
                    return False
                waiting += [(each.data, right[name].data) for name, each in left.items()]
            elif isinstance(left, list) and isinstance(right, list):
                if len(left) != len(right):
                    return False
                waiting += [(a.data, b.data) for a, b in zip(left, right, strict=True)]
            elif type(left) is not type(right) or left != right:
                return False
        return True


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
    | (?P<comment>(?://[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/|[ \t\r\n]++)++)
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


@dataclass(slots=True)
class _Frame:
    """An object or a list that is not closed yet; `name` and its line wait for their value."""

    data: dict[str, Node] | list[Node]
    name: str | None = None
    line: int = 0
    needs_colon: bool = False
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

    def run(self) -> None:
        """Read to the end of the first value. Raises _Malformed."""
        text, counts, counted, at = self._text, self._counts, 0, 0
        # A token a turn, of which there are as many as characters: nothing is made of one here.
        while (match := _TOKEN.match(text, at)) is not None:
            kind = match.lastgroup or ""
            begin, at = match.start(kind), match.end()
            if counts:
                self.line += text.count("\n", counted, begin)
                counted = begin
            if kind == "comment":
                self.parsed.lenient.setdefault("comment", self.line)
                continue
            if self._stack:
                self._inside(kind, match[kind])
            else:
                self._add(kind, match[kind])
            if not self._stack:
                if _REST.match(text, at) is not None:
                    self.parsed.lenient["rest"] = self.line
                return
        spaces = _SPACES.match(text, at)
        end = spaces.end() if spaces else at
        if counts:
            self.line += text.count("\n", counted, end)
        if end < len(text):
            raise _Malformed(_unexpected(text[end]))
        raise _Malformed("ends before its last bracket is closed")

    def _inside(self, kind: str, text: str) -> None:
        frame = self._stack[-1]
        is_object = isinstance(frame.data, dict)
        if kind == "mark" and text in "}]":
            if (text == "}") is not is_object or frame.name is not None:
                raise _Malformed(_unexpected(text))
            if not frame.needs_comma and frame.data:
                self.parsed.lenient.setdefault("comma", self.line)
            self._stack.pop()
        elif frame.needs_comma:
            if text != "," or kind != "mark":
                raise _Malformed("has no comma between two values")
            frame.needs_comma = False
        elif frame.needs_colon:
            if text != ":" or kind != "mark":
                raise _Malformed("has no colon after a name")
            frame.needs_colon = False
        elif is_object and frame.name is None:
            if kind != "text":
                raise _Malformed("has no name in quotation marks where one belongs")
            frame.name, frame.line = _unescaped(text), self.line
            frame.needs_colon = True
        else:
            self._add(kind, text)

    def _add(self, kind: str, text: str) -> None:
        self._values += 1
        if self._values > MAXIMUM_VALUES:
            raise _Malformed(f"holds more than {MAXIMUM_VALUES:,} values")
        data = _value(kind, text)
        if self._stack:
            self._put(self._stack[-1], data)
        else:
            self.parsed.root = Node(data, self.line)
        if isinstance(data, dict | list):
            if len(self._stack) >= MAXIMUM_DEPTH:
                raise _Malformed(f"nests deeper than {MAXIMUM_DEPTH:,} levels")
            self._stack.append(_Frame(data))

    def _put(self, frame: _Frame, data: Data) -> None:
        if isinstance(frame.data, list):
            frame.data.append(Node(data, self.line))
        elif frame.name is not None:
            earlier = frame.data.pop(frame.name, None)
            if earlier is not None and len(self.parsed.repeated) < 1_000:
                self.parsed.repeated.append((frame.name, frame.line, earlier.line))
            frame.data[frame.name] = Node(data, frame.line)
            frame.name = None
        frame.needs_comma = True


def _unexpected(character: str) -> str:
    return f"has {character!r} where it cannot stand"


def _value(kind: str, text: str) -> Data:
    if kind == "text":
        return _unescaped(text)
    if kind == "number":
        return _number(text)
    if kind == "unset":
        return Missing.VALUE
    if kind == "word" and text in _WORDS:
        return _WORDS[text]
    if text == "{":
        return {}
    if text == "[":
        return []
    raise _Malformed(_unexpected(text[:20]))


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
