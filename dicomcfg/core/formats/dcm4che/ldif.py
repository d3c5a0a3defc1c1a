"""LDIF (RFC 2849): the entries that a file gives, its change records applied in their order.

Knows nothing of DICOM. Values that a file only points at (`:<`) are not fetched.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from dicomcfg.core.findings import Severity
from dicomcfg.core.formats.bounded import Findings
from dicomcfg.core.formats.dcm4che.ldap_names import Rdn, compared, parsed
from dicomcfg.core.formats.secrets import BLANK
from dicomcfg.core.formats.text import clip

MAXIMUM_ENTRIES: Final = 30_000
MAXIMUM_LINES: Final = 1_000_000
MAXIMUM_VALUES: Final = 300_000
MAXIMUM_VALUES_OF_ONE: Final = 100_000
MAXIMUM_STEPS: Final = 5_000_000
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_LINE: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9.;_\-]*)(::|:<|:) *(.*)", re.DOTALL)

Name = tuple[Rdn, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """One value: the attribute's name as written, the text, its 1-based line.

    `problem` is empty, `base64` (it cannot be decoded to text) or `url` (it stands elsewhere).
    """

    name: str
    text: str
    line: int
    problem: str = ""


@dataclass(slots=True)
class Entry:
    """One entry of the directory; values by the attribute's name in small letters."""

    name: Name
    line: int
    values: dict[str, list[Value]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Directory:
    """What a file amounts to: entries in their order, findings with lines."""

    entries: tuple[Entry, ...]
    findings: Findings


class _TooMuchError(Exception):
    """The bound on work is reached."""


class _Reader:
    """The entries so far by the one spelling of their names, and what was noticed."""

    def __init__(self) -> None:
        self.entries: dict[Name, Entry] = {}
        self.found = Findings("RFC 2849")
        self._steps = 0
        self._values = 0
        self._strangers: list[int] = []

    def take(self, record: list[Value]) -> None:
        """One record: an entry or a change to one. Raises _TooMuchError."""
        self._values += len(record)
        if self._values > MAXIMUM_VALUES:
            raise _TooMuchError
        first, rest = record[0], record[1:]
        name = parsed(first.text) if not first.problem else None
        if name is None:
            message = f"{clip(first.text)!r} is no distinguished name; the record is left out."
            self.found.say("ldap-name-invalid", Severity.ERROR, first.text, message, at=first.line)
            return
        rest = [value for value in rest if value.name.lower() != "control"]
        if not rest or rest[0].name.lower() != "changetype":
            self._add(name, first.line, rest)
            return
        change, rest = rest[0].text.strip().lower(), rest[1:]
        if change == "add":
            self._add(name, first.line, rest)
        elif change not in ("delete", "modify", "modrdn", "moddn"):
            message = f"There is no change {clip(change)!r}; the record is left out."
            self.found.say("ldif-change-unknown", Severity.ERROR, change, message, at=first.line)
        elif compared(name) not in self.entries:
            self._strangers.append(first.line)
        elif change == "delete":
            del self.entries[compared(name)]
        elif change == "modify":
            self._modify(self.entries[compared(name)], rest)
        else:
            self._rename(compared(name), rest, first.line)

    def _add(self, name: Name, line: int, rest: list[Value]) -> None:
        key = compared(name)
        if key in self.entries:
            message = f"The entry stands in line {self.entries[key].line} already; a directory "
            message += "refuses the second one, which is left out."
            subject = "=".join(name[0][0])
            self.found.say("ldif-entry-repeated", Severity.WARNING, subject, message, at=line)
            return
        if len(self.entries) >= MAXIMUM_ENTRIES:
            raise _TooMuchError
        entry = Entry(name, line)
        for value in rest:
            entry.values.setdefault(value.name.lower(), []).append(value)
        self.entries[key] = entry

    def _modify(self, entry: Entry, rest: list[Value]) -> None:
        block: list[Value] = []
        for value in [*rest, Value("-", "", 0)]:
            if value.name != "-":
                block.append(value)
                continue
            if block:
                self._change(entry, block[0], block[1:])
            block = []

    def _change(self, entry: Entry, what: Value, values: list[Value]) -> None:
        how, name = what.name.lower(), what.text.strip().lower()
        before = entry.values.get(name, [])
        self._spend(len(before) + 1)
        if how == "add":
            entry.values[name] = before
            before += values
        elif how == "replace" or (how == "delete" and not values):
            entry.values[name] = values
        elif how == "delete":
            gone = {value.text for value in values}
            entry.values[name] = [value for value in before if value.text not in gone]
        else:
            message = f"A change is to add, delete or replace; {clip(what.name)!r} is left out."
            self.found.say("ldif-change-unknown", Severity.ERROR, what.name, message, at=what.line)

    def _rename(self, old: Name, rest: list[Value], line: int) -> None:
        said = {value.name.lower(): value.text for value in rest}
        step = parsed(said.get("newrdn", ""))
        above = parsed(said["newsuperior"]) if said.get("newsuperior") else None
        if step is None or len(step) != 1 or (above is None and said.get("newsuperior")):
            message = "The record gives no usable new name; it is left out."
            self.found.say("ldap-name-invalid", Severity.ERROR, "newrdn", message, at=line)
            return
        # Names that move are compared anew, which costs far more than a look at the others.
        self._spend(10 * len(self.entries))
        entry = self.entries[old]
        new = step + (entry.name[1:] if above is None else above)
        moved: dict[Name, Entry] = {}
        for key, each in self.entries.items():
            if key[-len(old) :] == old:
                each.name = each.name[: len(key) - len(old)] + new
                key = compared(each.name)
            moved[key] = each
        self.entries = moved
        for kind, value in entry.name[0]:
            entry.values[kind] = [Value(kind, value, line)]

    def _spend(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MAXIMUM_STEPS:
            raise _TooMuchError

    def end(self) -> None:
        """What only shows when all has been read."""
        if self._strangers:
            count = len(self._strangers)
            message = f"{count:,} change record{'s' if count > 1 else ''} would change entries "
            message += "that the file does not hold; nothing is known of them."
            remedy = "Export the whole directory instead (slapcat, ldapsearch)."
            self.found.say(
                "ldif-change-without-entry",
                Severity.WARNING,
                "changetype",
                message,
                remedy,
                self._strangers[0],
            )


def read(text: str) -> Directory:
    """The entries of a file in its order; never raises."""
    reader = _Reader()
    try:
        for record in _records(text, reader):
            reader.take(record)
    except _TooMuchError:
        message = f"The file holds more than {MAXIMUM_LINES:,} lines, {MAXIMUM_ENTRIES:,} entries "
        message += f"or {MAXIMUM_VALUES:,} values, more than {MAXIMUM_VALUES_OF_ONE:,} values in "
        message += "one entry, or too many changes; the rest is not read."
        reader.found.say("ldif-too-large", Severity.ERROR, "file", message, "Split the file.")
    reader.end()
    return Directory(tuple(reader.entries.values()), reader.found)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their folds undone; blank lines too, comments not. Raises _TooMuchError."""
    first, parts = 1, [""]
    for number, row in enumerate(_LINE_END.split(text, MAXIMUM_LINES), start=1):
        if number > MAXIMUM_LINES:
            raise _TooMuchError
        if row.startswith(" ") and parts != [""]:
            parts.append(row[1:])
            continue
        if not parts[0].startswith("#"):
            yield first, "".join(parts)
        first, parts = number, [row if row.strip(" ") else ""]
    if not parts[0].startswith("#"):
        yield first, "".join(parts)


def _records(text: str, reader: _Reader) -> Iterator[list[Value]]:
    """The records, each with its `dn` first; lines that are none are said."""
    record: list[Value] = []
    for line, content in _logical_lines(text):
        if not content:
            if record:
                yield record
            record = []
            continue
        value = _value(line, content)
        if value is None:
            message = f"{clip(content)!r} is no line of an LDIF file: it has no attribute's name "
            message += "with a colon behind."
            remedy = "A line that goes on begins with one space."
            reader.found.say("ldif-malformed", Severity.ERROR, content, message, remedy, line)
        elif value.name.lower() == "dn":
            if record:
                _say_unparted(reader, line)
                yield record
            record = [value]
        elif record:
            if len(record) >= MAXIMUM_VALUES_OF_ONE:
                raise _TooMuchError
            record.append(value)
        else:
            _say_stray(reader, value)
    if record:
        yield record


def _say_stray(reader: _Reader, value: Value) -> None:
    name = value.name.lower()
    if name == "version":
        message = "ldapadd takes a file that begins with its version, slapadd refuses it."
        remedy = "Remove the line before loading the file with slapadd."
        reader.found.say("ldif-version", Severity.INFO, name, message, remedy, value.line)
    elif name not in ("search", "result"):
        message = f"{value.name} stands outside of any entry: a record begins with its dn."
        reader.found.say("ldif-malformed", Severity.ERROR, name, message, at=value.line)


def _say_unparted(reader: _Reader, line: int) -> None:
    message = "No empty line stands before this entry; a directory server takes it for a part "
    message += "of the entry above and refuses both. They are read as two."
    remedy = "Put an empty line before it, one without spaces."
    reader.found.say("ldif-not-parted", Severity.WARNING, "dn", message, remedy, line)


def _value(line: int, content: str) -> Value | None:
    if content.rstrip(" ") == "-":
        return Value("-", "", line)
    match = _LINE.fullmatch(content)
    if match is None:
        return None
    name, kind, text = match.groups()
    value = Value(name, text, line)
    if kind == ":<":
        return replace(value, problem="url")
    if kind == "::" and text != BLANK:
        try:
            decoded = base64.b64decode(text, validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            return replace(value, problem="base64")
        return replace(value, text=decoded)
    return value


def written(name: str, text: str) -> str:
    """One line of an attribute and its value, not folded; base64 where the text needs it."""
    plain = all(" " <= character <= "~" for character in text)
    if plain and text[:1] not in (" ", ":", "<") and text[-1:] != " ":
        return f"{name}: {text}"
    return f"{name}:: {base64.b64encode(text.encode('utf-8', 'replace')).decode()}"
