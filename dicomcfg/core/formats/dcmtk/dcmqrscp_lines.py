"""The lines of a dcmqrscp.cfg as dcmqrscp cuts them: by bytes, quotes and gaps.

Blanks, `=` and `,` are gaps. A value that begins with one of `"'()` goes to the next of them,
whichever it is. A line is 511 bytes at most; what is longer goes on as a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

LONGEST_LINE_BYTES: Final = 511
MAXIMUM_LINES: Final = 50_000
GAPS: Final = frozenset(" \t\n\v\f\r=,")
QUOTES: Final = frozenset("\"'()")


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its number; `words` are parted by blanks, as mnemonics are."""

    number: int
    text: str

    @property
    def words(self) -> list[str]:
        """What stands between blanks."""
        return self.text.split()

    @property
    def is_skipped(self) -> bool:
        """Whether dcmqrscp passes over it anywhere: empty, or a comment from the first column."""
        return self.text[:1] in ("", "#", "\r")

    @property
    def is_too_long(self) -> bool:
        """Whether dcmqrscp cuts it."""
        return len(self.text.encode()) + 1 > LONGEST_LINE_BYTES


def lines_of(text: str) -> Iterator[Line]:
    """Every line up to the bound; the last one goes without a line end."""
    for number, line in enumerate(text.split("\n", MAXIMUM_LINES)[:MAXIMUM_LINES], start=1):
        yield Line(number, line)


def values_of(text: str) -> Iterator[str]:
    """The values of a line, from its beginning; one whose quote is not closed is none."""
    at, end = 0, len(text)
    while at < end:
        if text[at] in QUOTES:
            close = next((n for n in range(at + 1, end) if text[n] in QUOTES), None)
            if close is None:
                return
            yield text[at + 1 : close]
            at = close + 1
        else:
            stop = next((n for n in range(at, end) if text[n] in GAPS), end)
            yield text[at:stop]
            at = stop
        while at < end and text[at] in GAPS:
            at += 1


def after_mnemonic(text: str) -> str:
    """What follows the first word and the gap behind it."""
    stripped = text.lstrip(" \t\v\f\r=,")
    words = stripped.split(None, 1)
    return words[1].lstrip(" \t\v\f\r=,") if len(words) > 1 else ""


def quoted(value: str) -> str:
    """A value as it may stand at the beginning of a line or after a gap."""
    plain = not any(c in GAPS or c in QUOTES for c in value) and value[:1] != "#"
    return value if plain and not value.endswith("Table") else f'"{value}"'
