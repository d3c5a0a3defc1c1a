"""DCMTK's configuration syntax as its parser takes it: `[[Super]]`, `[Section]`, `Key = Value`.

The parser knows few lines. A `#` begins a comment in the first column only. Keys and names of
sections run on over line ends to their `=` or `]`, in capitals, without all characters but
letters, digits, `-` and `_`. A value takes every following line that is indented. Each of these
surprises is kept beside what was read, so that a reader can tell of it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

MAXIMUM_ENTRIES: Final = 100_000
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_BLANK: Final = re.compile(r"[ \t\n]*")
_OPENING: Final = re.compile(r"[\[ \t\n]*")
_DROPPED: Final = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One `Key = Value`.

    `key` is as DCMTK knows it and `raw_key` as it stands there. `value` may have trailing spaces,
    and line ends where indented lines were appended to it: the lines' numbers are `appended`.
    """

    key: str
    raw_key: str
    value: str
    line: int
    appended: tuple[int, ...] = ()


@dataclass(slots=True)
class Section:
    """One `[Section]` with its entries in order; `key` and `raw_name` as for an Entry."""

    key: str
    raw_name: str
    line: int
    entries: list[Entry] = field(default_factory=list)

    def first(self, key: str) -> Entry | None:
        """The entry that DCMTK finds under a key: of several the first."""
        return next((entry for entry in self.entries if entry.key == key), None)


@dataclass(slots=True)
class Super:
    """One `[[Super]]` with its sections in order."""

    key: str
    line: int
    sections: list[Section] = field(default_factory=list)


@dataclass(slots=True)
class Config:
    """The whole tree. `outside` are entries and sections that belong to nothing above them.

    `cut_at` is the line at which reading ended because there was too much.
    """

    supers: list[Super] = field(default_factory=list)
    outside: list[Entry | Section] = field(default_factory=list)
    cut_at: int | None = None

    def first(self, key: str) -> Super | None:
        """The super section that DCMTK finds under a key: of several the first."""
        return next((each for each in self.supers if each.key == key), None)


def mangled(text: str) -> str:
    """A key or a section's name as DCMTK keeps it."""
    return _DROPPED.sub("", text).upper()


def parse(text: str) -> Config:
    """The tree of a text, in time proportional to its length; nothing is raised."""
    return _Parser(text).parsed()


class _Parser:
    """A cursor over the text without its comments; `_starts` and `_numbers` tell the lines."""

    def __init__(self, text: str) -> None:
        self._starts: list[int] = []
        self._numbers: list[int] = []
        kept = []
        at = 0
        for number, line in enumerate(_LINE_END.split(text), start=1):
            if not line.startswith("#"):
                self._starts.append(at)
                self._numbers.append(number)
                kept.append(line)
                at += len(line) + 1
        self._text = "\n".join(kept)
        self._config = Config()
        self._super: Super | None = None
        self._section: Section | None = None

    def parsed(self) -> Config:
        at, count = self._skip(0), 0
        while at < len(self._text):
            count += 1
            if count > MAXIMUM_ENTRIES:
                self._config.cut_at = self._line(at)
                break
            at = self._section_at(at) if self._text[at] == "[" else self._entry_at(at)
            at = self._skip(at)
        return self._config

    def _skip(self, at: int) -> int:
        blank = _BLANK.match(self._text, at)
        return blank.end() if blank else at

    def _line(self, at: int) -> int:
        return self._numbers[bisect_right(self._starts, at) - 1]

    def _section_at(self, at: int) -> int:
        """Keep the section that begins here; gives where reading goes on."""
        opening = _OPENING.match(self._text, at)
        begin = opening.end() if opening else at
        level = self._text.count("[", at, begin)
        end = self._text.find("]", begin)
        if end < 0:
            end = len(self._text)
        raw, line = self._text[begin:end], self._line(at)
        for _ in range(level - 1):
            closing = self._text.find("]", end + 1)
            end = closing if closing >= 0 else len(self._text)
        self._keep_section(level, raw, line)
        return min(end + 1, len(self._text))

    def _keep_section(self, level: int, raw: str, line: int) -> None:
        if level > 1:
            self._super, self._section = Super(mangled(raw), line), None
            self._config.supers.append(self._super)
            return
        self._section = Section(mangled(raw), raw, line)
        if self._super is None:
            self._config.outside.append(self._section)
        else:
            self._super.sections.append(self._section)

    def _entry_at(self, at: int) -> int:
        """Keep the entry that begins here; gives where reading goes on."""
        equals = self._text.find("=", at)
        end = len(self._text) if equals < 0 else equals
        raw, line = self._text[at:end], self._line(max(at, end - 1))
        value, appended, after = self._value_at(end + 1)
        entry = Entry(mangled(raw), raw, value, line, appended)
        if self._section is None:
            self._config.outside.append(entry)
        else:
            self._section.entries.append(entry)
        return after

    def _value_at(self, at: int) -> tuple[str, tuple[int, ...], int]:
        """The value, the lines appended to it, and where reading goes on."""
        parts: list[str] = []
        appended: list[int] = []
        first = True
        while at < len(self._text):
            if not first and self._text[at] not in " \t\n":
                break
            end = self._text.find("\n", at)
            end = len(self._text) if end < 0 else end
            part = self._text[at:end].lstrip(" \t")
            if part:
                if parts:
                    appended.append(self._line(at))
                parts.append(part)
            at, first = end + 1, False
        return "\n".join(parts), tuple(appended), at
