"""Conquest's `acrnema.map`: `AET host port [compression]`, one entry a line.

The first entry is the server itself. A title that ends in `*` is a rule for all titles that begin
so, and a `*` at the end of its host or port stands for the rest of the title. Conquest takes the
first entry that fits. Its comments have a trap: one that follows an entry on its line, and one
that begins with `;`, also takes away the end of the line where lines end in LF alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dicomcfg.core.findings import Severity
from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.bounded import Place
from dicomcfg.core.formats.products.ae_entries import Entry, Gathering, left_out, listed
from dicomcfg.core.formats.text import clip, lines_of
from dicomcfg.core.records import Ae, Document

NAME: Final = "conquest-acrnema"
KNOWS: Final = frozenset({"ae.connections"})
_BLOCK: Final = re.compile(r"(?s)/\*.*?(?:\*/|\Z)")
_COMMENT: Final = re.compile(r"//|#|;")
_COMPRESSION: Final = re.compile(r"(?i)[aijknuv][a-z0-9]\d{0,2}")
_HOST_PORT: Final = re.compile(r"[\w.:*\-]+ (?:[0-9]{1,5}\*?|\*)")
_LONGEST: Final = {"AE title": 19, "host": 127, "port": 15, "compression": 15}
_UNWRITABLE: Final = re.compile(r"\s|#|;|//|/\*|\*$")


@dataclass(frozen=True, slots=True)
class _Line:
    """What is left of a line without comments; `comment` is the mark that began one.

    `is_eaten` says that Conquest drops the line's end with the comment.
    """

    number: int
    text: str
    comment: str
    is_eaten: bool


def _lines(text: str) -> Iterator[_Line]:
    text = _BLOCK.sub(lambda match: "\n" * match[0].count("\n"), text)
    for number, raw in enumerate(lines_of(text), start=1):
        line = raw.rstrip("\r")
        comment = _COMMENT.search(line)
        left = line[: comment.start()] if comment else line
        mark = comment[0] if comment else ""
        yield _Line(number, left.strip(), mark, bool(comment) and line == raw)


class _Joined:
    """Follows which line Conquest appends the present one to, None for none."""

    def __init__(self) -> None:
        self.to: int | None = None
        self._entry = 0

    def follow(self, line: _Line) -> int | None:
        """The line that this one is appended to."""
        before = self.to
        if line.text:
            self.to = (before or line.number) if line.is_eaten else None
            self._entry = 0 if line.is_eaten else line.number
            return before
        if not line.is_eaten:
            self.to = None
        elif line.comment == ";" and self._entry == line.number - 1 and self._entry:
            # The comment begins one character before the semicolon: at the end of that line.
            self.to = self._entry
        return None


class _Reader:
    """Reads entry by entry, remembering what earlier ones already catch."""

    def __init__(self) -> None:
        self.found = Gathering()
        self._rules: dict[str, int] = {}
        self._titles: dict[str, int] = {}

    def take(self, number: int, line: str) -> None:
        """One line without its comment."""
        words = line.split()
        place = Place(line=number)
        if not words:
            return
        if len(words) < 3:
            self.found.is_over(place)
            message = (
                "An entry is AE title, host and port; Conquest takes what is missing as empty."
            )
            remedy = "Add what is missing, or remove the line."
            self.found.say(
                "acrnema-incomplete", Severity.ERROR, clip(line.strip()), message, remedy, place
            )
            return
        title, host, port = words[:3]
        self._fits(words, place)
        self._shadowed(title, place)
        if title.endswith("*"):
            self.found.is_over(place)
            self._rule(title, host, port, place)
            return
        self._titles.setdefault(title, number)
        if len(words) > 3 and words[3].lower() != "un":
            self.found.unkept(f"the compression {clip(words[3], 16)}", place)
        self.found.add(Entry(title, host, port, place))

    def _fits(self, words: list[str], place: Place) -> None:
        for (what, longest), word in zip(_LONGEST.items(), words, strict=False):
            if len(word) > longest:
                message = f"Conquest has {longest} characters for the {what}; this one has "
                message += f"{len(word)}, which overwrites its memory."
                self.found.warn("acrnema-field-too-long", word, message, "Shorten it.", place)
        if len(words) > 4:
            message = f"Conquest ignores what follows the fourth word: {clip(words[4])}."
            self.found.warn("acrnema-ignored", words[4], message, "", place)

    def _shadowed(self, title: str, place: Place) -> None:
        """Say so when Conquest never comes to this entry. Rules compare without case."""
        prefix = title.rstrip("*").lower() if title.endswith("*") else title.lower()
        first = next(
            (
                (f"{prefix[:length]}*".upper(), self._rules[prefix[:length]])
                for length in range(min(len(prefix), 64) + 1)
                if prefix[:length] in self._rules
            ),
            None,
        )
        if first is None and title in self._titles:
            first = (title, self._titles[title])
        if first is None:
            return
        message = f"Conquest takes the first entry that fits, which is {clip(first[0])} in line "
        message += f"{first[1]}; it never comes to this one."
        remedy = "Move it up, or remove it."
        self.found.warn("acrnema-shadowed", title, message, remedy, place)

    def _rule(self, title: str, host: str, port: str, place: Place) -> None:
        self._rules.setdefault(title[:-1].lower(), place.line or 0)
        where = f"{clip(host)}:{clip(port)}"
        message = f"{clip(title)} is a rule and no AE: titles that begin so are reached at {where}"
        if host.endswith("*") or port.endswith("*"):
            message += ", where * stands for the rest of the title"
        message += ". It is not kept."
        remedy = "Add an AE for each title that is really in use."
        self.found.say("acrnema-rule", Severity.INFO, title, message, remedy, place)


def read(source: Source) -> Document:
    """The entries as AEs; rules are no AEs and are told only."""
    reader, joined = _Reader(), _Joined()
    for line in _lines(source.text):
        if reader.found.is_done:
            break
        to = joined.follow(line)
        if to is not None:
            message = "Conquest drops a line's end with the comment before it where lines end in "
            message += f"LF alone: it reads this entry as a part of line {to} and loses it."
            remedy = "Put comments on lines of their own, with # and no entry; not with ;."
            place = Place(line=line.number)
            reader.found.warn("acrnema-entry-lost", line.text.split()[0], message, remedy, place)
        reader.take(line.number, line.text)
    return reader.found.document(NAME)


def _problem(ae: Ae) -> str | None:
    if _UNWRITABLE.search(ae.ae_title):
        return "holds what acrnema.map takes for a space, a comment or a rule"
    return None


def write(document: Document) -> Written:
    """One entry a line, uncompressed, with comments on lines of their own."""
    kept = listed(document, KNOWS)
    found = list(kept.findings)
    rows = []
    for ae, connection in kept.entries:
        problem = _problem(ae)
        if problem:
            found.append(left_out(ae, problem))
        else:
            rows.append(f"{ae.ae_title:<16} {connection.hostname:<30} {connection.port:<5} un\n")
    head = "/* AET host port compression */\n"
    return Written.of("".join([head, *rows]), tuple(found))


def detect(source: Source) -> float:
    """Sure where most lines are title, host, port and a compression or a rule."""
    head = source.text[:20_000]
    lines = [line.text.split() for line in _lines(head) if line.text][:200]
    if len(head) < len(source.text):
        lines = lines[:-1]
    if not lines or any("," in word for words in lines for word in words):
        return 0.0
    fits = [_fits_grammar(words) for words in lines]
    share = sum(fit > 0 for fit in fits) / len(fits)
    telling = sum(fit > 1 for fit in fits) / len(fits)
    if share < 0.6:
        return 0.0
    return 0.93 * share if telling > 0.3 else 0.55 * share


def _fits_grammar(words: list[str]) -> int:
    """0 for no entry, 1 for three words that could be one, 2 for one with a compression."""
    if not 3 <= len(words) <= 4 or not _HOST_PORT.fullmatch(" ".join(words[1:3])):
        return 0
    if len(words) == 3:
        return 2 if words[0].endswith("*") else 1
    return 2 if _COMPRESSION.fullmatch(words[3]) else 0


FORMAT: Final = Format(
    name=NAME,
    title="Conquest acrnema.map",
    detect=detect,
    read=read,
    write=write,
    suffix=".map",
    knows=KNOWS,
)
