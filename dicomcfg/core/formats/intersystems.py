"""InterSystems' ImportAssociation file: a SOP Class UID a line, or `SOPClass\\TransferSyntax`.

Reading is liberal: blank lines, `#` comments, spaces, several syntaxes on a line, names or
keywords instead of UIDs. Writing gives the exact form. A line without a transfer syntax means
Implicit VR Little Endian; lines of one abstract syntax merge into one context, in order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.bounded import Findings
from dicomcfg.core.formats.losses import losses, not_carried
from dicomcfg.core.formats.tables.context_texts import UidTexts, size_findings, too_many_texts
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Association, Document, PresentationContext, Profile
from dicomcfg.core.standard import uids

NAME: Final = "intersystems"
MAXIMUM_LINES: Final = 200_000
MAXIMUM_LINE_CHARACTERS: Final = 8_192
KNOWS: Final = frozenset({"profile.presentation_contexts"})
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_IMPLIED: Final = (uids.IMPLICIT_VR_LITTLE_ENDIAN,)


class _Reader:
    """Reads line after line into contexts and findings."""

    def __init__(self) -> None:
        self.findings = Findings()
        self.contexts: dict[str, dict[str, int]] = {}
        self.texts = UidTexts()

    def read(self, number: int, text: str) -> None:
        """Take one line."""
        if len(text) > MAXIMUM_LINE_CHARACTERS:
            message = f"The line has {len(text):,} characters, which no presentation context needs."
            self.findings.say("line-too-long", Severity.ERROR, text, message, at=number)
            return
        first, *others = text.partition("#")[0].split("\\")
        given = [field for other in others if (field := _trimmed(other))]
        first = _trimmed(first)
        if not first and not others:
            return
        abstract, said = self.texts.abstract(first)
        self.findings.keep(said, number)
        found: Sequence[str] = _IMPLIED
        if given:
            meant = []
            for field in given:
                uid, said = self.texts.transfer(field)
                self.findings.keep(said, number)
                if uid is not None:
                    meant.append(uid)
            found = meant
        if abstract is not None and found:
            self._take(number, abstract, found)

    def _take(self, number: int, abstract: str, found: Sequence[str]) -> None:
        syntaxes = self.contexts.setdefault(abstract, {})
        for uid in found:
            first = syntaxes.setdefault(uid, number)
            if first == number:
                continue
            if not self.findings.has_room:
                self.findings.count(Severity.INFO)
                continue
            message = f"{uids.name_of(abstract)} with {uids.name_of(uid)} stands in line {first} "
            message += "already; it counts once."
            self.findings.keep([Finding("pair-repeated", Severity.INFO, abstract, message)], number)


def _trimmed(field: str) -> str:
    """Without blanks and quotation marks around it."""
    return field.strip().strip("\"'").strip()


def _lines(text: str) -> list[str]:
    """The lines up to the bound, and what follows as if it were one more."""
    most = MAXIMUM_LINES
    rows = _LINE_END.split(text, most) if "\r" in text else text.split("\n", most)
    if rows[-1] == "":
        rows.pop()
    return rows


def read(source: Source) -> Document:
    """The file as a Document with one Profile named after the file's stem."""
    reader = _Reader()
    rows = _lines(source.text)
    for number, row in enumerate(rows[:MAXIMUM_LINES], start=1):
        if reader.texts.is_full:
            reader.findings.keep([too_many_texts()], number)
            break
        reader.read(number, row)
    findings = reader.findings
    contexts = tuple(
        PresentationContext(uid, tuple(syntaxes)) for uid, syntaxes in reader.contexts.items()
    )
    findings.keep(size_findings(contexts))
    if len(rows) > MAXIMUM_LINES:
        message = f"Only the first {MAXIMUM_LINES:,} lines were read."
        remedy = "Split the file."
        line = MAXIMUM_LINES + 1
        findings.say("too-many-lines", Severity.ERROR, "file", message, remedy, line)
    if not contexts:
        message = "No line names a presentation context."
        remedy = "Write one SOP Class UID a line, with a transfer syntax UID after a backslash."
        findings.say("no-contexts", Severity.ERROR, "file", message, remedy)
    profiles = (Profile(source.stem or "Imported", contexts),) if contexts else ()
    return Document(NAME, profiles=profiles, findings=findings.all())


def write(document: Document) -> Written:
    """The contexts of the Document's only profile or association, one pair a line.

    With several, all are merged and a finding says so: the format has no names.
    """
    holders: tuple[Profile | Association, ...] = (*document.profiles, *document.associations)
    lines = [
        f"{context.abstract_syntax}\\{syntax}"
        for holder in holders
        for context in holder.presentation_contexts
        for syntax in context.transfer_syntaxes
    ]
    unique = list(dict.fromkeys(lines))
    findings = _merging(document) + losses(replace(document, associations=()), KNOWS)
    return Written.of("".join(f"{line}\n" for line in unique), findings)


def _merging(document: Document) -> tuple[Finding, ...]:
    """What becomes of names, of several lists, and of several contexts of one abstract syntax."""
    profiles, pairs = document.profiles, document.associations
    if pairs or len(profiles) > 1:
        count = len(profiles) + len(pairs)
        message = "This form holds one list of contexts and no names: "
        if count > 1:
            message += f"the contexts of {count:,} profiles and associations are merged into one."
        else:
            message += "the AEs of the association and all but its contexts are left out."
        return (not_carried("profiles.merged", message),)
    found = []
    for profile in profiles:
        syntaxes = [context.abstract_syntax for context in profile.presentation_contexts]
        if not syntaxes:
            message = f"{clip(profile.name)} holds no presentation contexts, so nothing is written."
            found.append(not_carried(f"profiles[{profile.name}]", message))
            continue
        message = f"This form holds no names; read again, {clip(profile.name)} is named after the "
        found.append(not_carried("profile.name.spelling", message + "file."))
        if len(set(syntaxes)) < len(syntaxes):
            message = "Contexts of one abstract syntax are merged into one."
            found.append(not_carried("profile.presentation_contexts.merged", message))
    return tuple(found)


def detect(source: Source) -> float:
    """The share of the first lines whose first field is a UID or an abstract syntax's name."""
    firsts = [
        line.split("#", 1)[0].split("\\", 1)[0].strip()
        for line in _LINE_END.split(source.text[:100_000])[:200]
    ]
    firsts = [first for first in firsts if first]
    if not firsts:
        return 0.0
    # A colon ends a name in other files, and `resolve` takes no notice of it.
    named = (first for first in firsts if len(first) < 200 and ":" not in first)
    good = sum(uids.resolve(first) is not None for first in named)
    return 0.95 * good / len(firsts)


FORMAT: Final = Format(
    name=NAME,
    title="InterSystems association file",
    detect=detect,
    read=read,
    write=write,
    knows=KNOWS,
)
