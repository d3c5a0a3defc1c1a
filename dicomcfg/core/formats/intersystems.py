"""InterSystems' ImportAssociation file: a SOP Class UID a line, or `SOPClass\\TransferSyntax`.

Reading is liberal: blank lines, `#` comments, spaces, several syntaxes on a line, names or
keywords instead of UIDs. Writing gives the exact form. A line without a transfer syntax means
Implicit VR Little Endian; lines of one abstract syntax merge into one context, in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.text import clip
from dicomcfg.core.negotiation.proposal import CONTEXTS_PER_REQUEST
from dicomcfg.core.records import Association, Document, PresentationContext, Profile
from dicomcfg.core.standard import uids

NAME: Final = "intersystems"
MAXIMUM_LINES: Final = 20_000
MAXIMUM_LINE_CHARACTERS: Final = 8_192
ADVISED_SYNTAXES: Final = 32
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class NamedUid:
    """A UID with its registered name; the name is the UID itself where none is known."""

    uid: str
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file as the preview shows it.

    `abstract_syntax` is None for blank and comment lines and where it could not be understood.
    `implied` says that the line names no transfer syntax and means Implicit VR Little Endian.
    """

    number: int
    text: str
    abstract_syntax: NamedUid | None
    transfer_syntaxes: tuple[NamedUid, ...]
    implied: bool
    findings: tuple[Finding, ...]


def _named(uid: str) -> NamedUid:
    return NamedUid(uid, uids.name_of(uid))


def _unreadable(text: str, what: str, number: int) -> Finding:
    looks_like_uid = text[:1].isdigit() and "." in text
    if looks_like_uid or not text:
        message = f"The {what} {clip(text)!r} {uids.uid_problem(text)}."
        return Finding(
            "uid-invalid",
            Severity.ERROR,
            clip(text),
            message,
            "Correct the UID, or remove the line.",
            "PS3.5 9.1",
            line=number,
        )
    return Finding(
        "uid-name-unknown",
        Severity.ERROR,
        clip(text),
        f"{clip(text)!r} is neither a UID nor the name or keyword of a registered {what}.",
        "Give the UID; part abstract and transfer syntax by a backslash.",
        line=number,
    )


def _doubts(uid: str, what: str, kinds: frozenset[uids.UidKind], number: int) -> list[Finding]:
    """Warnings about a well-formed UID: unknown, of another kind, not for associations, retired."""
    entry = uids.lookup(uid)
    if entry is None:
        message = f"{uid} is not in the registry, so it is taken for a private {what}."
        return [
            Finding(
                "uid-unknown",
                Severity.WARNING,
                uid,
                message,
                "Check it against the device's conformance statement.",
                line=number,
            )
        ]
    if entry.kind not in kinds:
        kind = "another kind of UID" if entry.kind is uids.UidKind.OTHER else entry.kind
        message = f"{entry.name} ({uid}) is {_with_article(kind)}, not {_with_article(what)}."
        return [
            Finding(
                "uid-of-another-kind",
                Severity.WARNING,
                uid,
                message,
                "Check whether the columns were swapped.",
                "PS3.6 A",
                line=number,
            )
        ]
    if not entry.usable:
        message = f"{entry.name} ({uid}) cannot be negotiated in an association."
        return [Finding("uid-not-negotiable", Severity.WARNING, uid, message, line=number)]
    if entry.retired:
        message = f"{entry.name} ({uid}) is retired; current products may refuse it."
        remedy = "Keep it only if the device needs it."
        return [
            Finding("uid-retired", Severity.WARNING, uid, message, remedy, "PS3.6 A", line=number)
        ]
    return []


def _with_article(what: str) -> str:
    """The thing with its article, for a sentence."""
    return f"an {what}" if what[0] in "aeiouA" else f"a {what}"


def _take(
    text: str, what: str, kinds: frozenset[uids.UidKind], number: int
) -> tuple[str | None, list[Finding]]:
    """The UID a field means, with what is to be said about it; None when it means nothing."""
    uid = text if uids.is_valid_uid(text) else uids.resolve(text, kinds)
    if uid is None:
        return None, [_unreadable(text, what, number)]
    return uid, _doubts(uid, what, kinds, number)


def _read_line(number: int, text: str) -> Line:
    if len(text) > MAXIMUM_LINE_CHARACTERS:
        message = f"The line has {len(text):,} characters, which no presentation context needs."
        finding = Finding("line-too-long", Severity.ERROR, clip(text), message, line=number)
        return Line(number, clip(text, 200), None, (), False, (finding,))
    fields = [field.strip().strip("\"'").strip() for field in text.split("#", 1)[0].split("\\")]
    if fields == [""]:
        return Line(number, text, None, (), False, ())
    abstract, findings = _take(fields[0], "abstract syntax", uids.ABSTRACT_SYNTAX, number)
    given = [field for field in fields[1:] if field]
    transfers: dict[str, None] = {}
    for field in given:
        uid, said = _take(field, "transfer syntax", uids.TRANSFER_SYNTAX, number)
        findings += said
        if uid is not None:
            transfers[uid] = None
    if not given:
        transfers[uids.IMPLICIT_VR_LITTLE_ENDIAN] = None
    return Line(
        number,
        text,
        _named(abstract) if abstract else None,
        tuple(_named(uid) for uid in transfers),
        not given,
        tuple(findings),
    )


def read_lines(text: str) -> list[Line]:
    """Every line in order, blank ones and comments too; at most MAXIMUM_LINES of them.

    Lines that repeat a pair of an earlier line say so. Beyond the bound the last Line carries an
    error finding.
    """
    lines: list[Line] = []
    seen: dict[tuple[str, str], int] = {}
    rows = _LINE_END.split(text)
    if rows[-1] == "":
        rows.pop()
    for number, raw in enumerate(rows, start=1):
        if number > MAXIMUM_LINES:
            message = f"Only the first {MAXIMUM_LINES:,} lines were read."
            finding = Finding("too-many-lines", Severity.ERROR, "file", message, line=number)
            lines.append(Line(number, clip(raw, 200), None, (), False, (finding,)))
            break
        line = _read_line(number, raw)
        lines.append(_noting_repeats(line, seen))
    return lines


def _noting_repeats(line: Line, seen: dict[tuple[str, str], int]) -> Line:
    if line.abstract_syntax is None:
        return line
    repeats = []
    for syntax in line.transfer_syntaxes:
        first = seen.setdefault((line.abstract_syntax.uid, syntax.uid), line.number)
        if first != line.number:
            message = f"{line.abstract_syntax.name} with {syntax.name} stands in line {first} "
            message += "already; it counts once."
            repeats.append(
                Finding(
                    "pair-repeated",
                    Severity.INFO,
                    line.abstract_syntax.uid,
                    message,
                    line=line.number,
                )
            )
    return replace(line, findings=line.findings + tuple(repeats))


def contexts_of(lines: Iterable[Line]) -> tuple[PresentationContext, ...]:
    """The lines merged: one context an abstract syntax, both in order of first mention."""
    merged: dict[str, dict[str, None]] = {}
    for line in lines:
        if line.abstract_syntax is not None and line.transfer_syntaxes:
            syntaxes = merged.setdefault(line.abstract_syntax.uid, {})
            syntaxes.update({syntax.uid: None for syntax in line.transfer_syntaxes})
    return tuple(PresentationContext(uid, tuple(syntaxes)) for uid, syntaxes in merged.items())


def _size_findings(contexts: tuple[PresentationContext, ...]) -> list[Finding]:
    found = []
    if not contexts:
        message = "No line names a presentation context."
        remedy = "Write one SOP Class UID a line, with a transfer syntax UID after a backslash."
        found.append(Finding("no-contexts", Severity.ERROR, "file", message, remedy))
    if len(contexts) > CONTEXTS_PER_REQUEST:
        message = f"{len(contexts)} presentation contexts need more than one association: "
        message += f"a request holds {CONTEXTS_PER_REQUEST}."
        remedy = "Nothing needs doing for a test; a device will propose only the first 128."
        found.append(
            Finding("contexts-will-be-split", Severity.INFO, "file", message, remedy, "PS3.8 9.3.2")
        )
    return found + _width_findings(contexts)


def _width_findings(contexts: tuple[PresentationContext, ...]) -> list[Finding]:
    """One finding however many contexts it is about: a whole discovery makes hundreds of them."""
    wide = [each for each in contexts if len(each.transfer_syntaxes) > ADVISED_SYNTAXES]
    if not wide:
        return []
    widest = max(wide, key=lambda each: len(each.transfer_syntaxes))
    message = f"{uids.name_of(widest.abstract_syntax)} has {len(widest.transfer_syntaxes)} "
    message += "transfer syntaxes"
    if len(wide) > 1:
        message += f", one of {len(wide)} contexts with more than {ADVISED_SYNTAXES}"
    message += "; some acceptors stop answering at more than 50 in one context."
    remedy = f"Keep a context at {ADVISED_SYNTAXES} or fewer."
    subject = widest.abstract_syntax
    return [Finding("many-transfer-syntaxes", Severity.WARNING, subject, message, remedy)]


def read(source: Source) -> Document:
    """The file as a Document with one Profile named after the file's stem."""
    lines = read_lines(source.text)
    contexts = contexts_of(lines)
    findings = [finding for line in lines for finding in line.findings]
    findings += _size_findings(contexts)
    profiles = (Profile(source.stem or "Imported", contexts),) if contexts else ()
    return Document(NAME, profiles=profiles, findings=tuple(findings))


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
    findings = []
    if len(holders) > 1:
        findings.append(_lost(f"{len(holders)} profiles and associations", "merged into one list"))
    if any(holder.role_selections for holder in holders):
        findings.append(_lost("role selections", "left out"))
    if any(holder.extended_negotiations for holder in holders):
        findings.append(_lost("extended negotiation", "left out"))
    if document.aes:
        findings.append(_lost(f"{len(document.aes)} AEs", "left out"))
    return Written.of("".join(f"{line}\n" for line in unique), tuple(findings))


def _lost(what: str, how: str) -> Finding:
    message = f"This form cannot carry {what}: {how}."
    return Finding("not-carried", Severity.WARNING, NAME, message)


def detect(source: Source) -> float:
    """The share of the first lines whose first field is a UID or an abstract syntax's name."""
    firsts = [
        line.split("#", 1)[0].split("\\", 1)[0].strip()
        for line in _LINE_END.split(source.text[:100_000])[:200]
    ]
    firsts = [first for first in firsts if first]
    if not firsts:
        return 0.0
    good = sum(uids.resolve(first) is not None for first in firsts if len(first) < 200)
    return 0.95 * good / len(firsts)


FORMAT: Final = Format(
    name=NAME,
    title="InterSystems association file",
    detect=detect,
    read=read,
    write=write,
    knows=frozenset({"profile.presentation_contexts"}),
)
