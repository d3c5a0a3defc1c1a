"""Java's `.properties` files: entries with their lines, and the text of one.

The grammar is that of `java.util.Properties.load`: a key ends at `=`, `:` or white space, a
backslash before the end of a line continues it, `\\uXXXX` and `\\t \\n \\r \\f` stand for
characters, any other backslash is dropped. Of a key that stands twice the last one counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.text import clip, lines_of

MAXIMUM_BYTES: Final = 5_000_000
MAXIMUM_ENTRIES: Final = 200_000
_SHOWN: Final = 200
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_BLANK: Final = " \t\f"
_KEY: Final = re.compile(r"(?:[^\\=: \t\f]++|\\.)*+", re.DOTALL)
_SEPARATOR: Final = re.compile(r"[ \t\f]*[=:]?[ \t\f]*")
_ESCAPE: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_BAD_ESCAPE: Final = re.compile(r"(?<!\\)(?:\\\\)*+\\u(?![0-9A-Fa-f]{4})")
_LETTERS: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_TO_ESCAPE: Final = {**{text: f"\\{letter}" for letter, text in _LETTERS.items()}, "\\": "\\\\"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One key with its value, both unescaped, and the 1-based line on which it begins.

    `is_broken` says that it holds a `\\u` without its four digits, at which Java refuses the
    whole file. Such an escape stands here as it was written.
    """

    key: str
    value: str
    line: int
    is_broken: bool = False


def _continues(line: str) -> bool:
    """Whether a line ends in an odd number of backslashes."""
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines with their continuations, without blank ones and comments."""
    rows = enumerate(lines_of(_LINE_END.sub("\n", text) if "\r" in text else text), start=1)
    for number, row in rows:
        line = row.lstrip(_BLANK)
        if not line or line[0] in "#!":
            continue
        parts = [line]
        while _continues(parts[-1]):
            parts[-1] = parts[-1][:-1]
            _, further = next(rows, (0, None))
            if further is None:
                break
            parts.append(further.lstrip(_BLANK))
        yield number, "".join(parts)


def _unescaped(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        what = match[1]
        if what == "u":
            return match[0]
        return chr(int(what[1:], 16)) if len(what) == 5 else _LETTERS.get(what, what)

    plain = _ESCAPE.sub(one, text)
    # Characters beyond the first plane stand as two escapes, one for each surrogate.
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def entries(text: str) -> Iterator[Entry]:
    """Every entry in the order of the file, repeated keys too; at most MAXIMUM_ENTRIES."""
    for count, (number, line) in enumerate(_logical_lines(text), start=1):
        if count > MAXIMUM_ENTRIES:
            return
        match = _KEY.match(line)
        at = match.end() if match else 0
        separator = _SEPARATOR.match(line, at)
        value = line[separator.end() :] if separator else ""
        is_broken = _BAD_ESCAPE.search(line) is not None
        yield Entry(_unescaped(line[:at]), _unescaped(value), number, is_broken)


def last_wins(found: Iterable[Entry]) -> dict[str, Entry]:
    """What Java keeps: the last entry of each key, in the order in which keys first stand."""
    return {entry.key: entry for entry in found}


def kept(text: str) -> tuple[list[Entry], list[Finding]]:
    """The entries as in `last_wins`, and findings about what Java does otherwise than it looks."""
    found = list(entries(text))
    last = last_wins(found)
    findings: list[Finding] = []
    for entry in found:
        if last[entry.key] is not entry and len(findings) < _SHOWN:
            message = f"{clip(entry.key)} stands in line {last[entry.key].line} again; Java keeps "
            message += "that one, and what stands here is left out."
            remedy = "Put both into one line."
            findings.append(_finding("properties-repeated", entry, message, remedy))
        elif entry.is_broken and len(findings) < _SHOWN:
            message = "\\u without four hexadecimal digits: Java refuses the whole file."
            remedy = "Write a backslash twice where one is meant."
            findings.append(_finding("properties-bad-escape", entry, message, remedy))
    if len(found) >= MAXIMUM_ENTRIES:
        message = f"Only the first {MAXIMUM_ENTRIES:,} entries were read."
        findings.append(Finding("too-many-lines", Severity.ERROR, "file", message))
    return list(last.values()), findings


def _finding(code: str, entry: Entry, message: str, remedy: str) -> Finding:
    warning = Severity.WARNING
    return Finding(code, warning, clip(entry.key), message, remedy, line=entry.line)


def _escaped(text: str, also: str) -> str:
    out: list[str] = []
    for character in text:
        if character in also:
            out.append(f"\\{character}")
        elif character in _TO_ESCAPE:
            out.append(_TO_ESCAPE[character])
        elif " " <= character <= "~":
            out.append(character)
        else:
            units = character.encode("utf-16-be", "surrogatepass")
            out += [f"\\u{units[i : i + 2].hex().upper()}" for i in range(0, len(units), 2)]
    return "".join(out)


def escaped_key(key: str) -> str:
    """A key as it is written, in ASCII."""
    return _escaped(key, " =:#!")


def escaped_value(value: str) -> str:
    """A value as it is written, in ASCII; only its leading space needs a backslash."""
    spaces = len(value) - len(value.lstrip(" "))
    return "\\ " * spaces + _escaped(value[spaces:], "")
