"""Conquest's `dgatesop.lst`: what the server accepts, `name value kind` a line.

Kinds, without case: `sop` or `abstract`, `transfer`, `application`, `RemoteAE` (who may call) and
`LocalAE` (as what the server may be called). A kind without entries accepts anything. Every SOP
Class is accepted with every transfer syntax of the file, in no order. A `RemoteAE` reads as an AE
of unknown address, a `LocalAE` as one that does not initiate.
"""

from __future__ import annotations

import re
from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.bounded import Expansion, Place
from dicomcfg.core.formats.losses import losses, not_carried
from dicomcfg.core.formats.products.ae_entries import Entry, Gathering, left_out
from dicomcfg.core.formats.text import clip, lines_of
from dicomcfg.core.records import Ae, Association, Document, PresentationContext, Profile
from dicomcfg.core.standard import uids

NAME: Final = "conquest-dgatesop"
KNOWS: Final = frozenset({"profile.presentation_contexts", "ae.association_initiator"})
MAXIMUM_LINES: Final = 20_000
_KINDS: Final = {
    "sop": "sop",
    "abstract": "sop",
    "transfer": "transfer",
    "application": "application",
    "remoteae": "remote",
    "localae": "local",
}
_LONGEST_LINE: Final = 253
_APPLICATION: Final = "1.2.840.10008.3.1.1.1"


class _Reader:
    """Sorts the lines by kind."""

    def __init__(self) -> None:
        self.found = Gathering()
        self.values: dict[str, dict[str, int]] = {kind: {} for kind in _KINDS.values()}

    def take(self, number: int, line: str) -> None:
        """One line that is no comment."""
        words = line.split()
        place = Place(line=number)
        if not words:
            return
        if len(line) > _LONGEST_LINE:
            message = f"Conquest reads {_LONGEST_LINE} characters of a line and takes the rest for "
            message += "a line of its own."
            self.found.warn("dgatesop-line-too-long", words[0], message, "Shorten it.", place)
        kind = _KINDS.get(words[2].lower()) if len(words) > 2 else None
        if kind is None:
            message = "Conquest ignores this line: it is no name, value and kind that it knows."
            remedy = "Kinds are sop, transfer, application, RemoteAE and LocalAE; a comment begins "
            remedy += "with # in the first column."
            self.found.warn("dgatesop-ignored", line.strip(), message, remedy, place)
            return
        value = words[1]
        first = self.values[kind].get(value)
        if first is not None:
            message = f"{clip(value)} stands in line {first} already."
            self.found.say("dgatesop-repeated", Severity.INFO, value, message, at=place)
        elif kind in ("remote", "local"):
            self.values[kind][value] = number
            entry = Entry(value, None, "", place, initiator=kind == "remote")
            self.found.add(entry)
        else:
            self._uid(kind, value, number)

    def _uid(self, kind: str, value: str, number: int) -> None:
        problem = uids.uid_problem(value)
        if problem is None:
            self.values[kind][value] = number
            return
        message = f"The UID {clip(value)!r} {problem}."
        remedy = "The second word is the UID; the first is only a name."
        self.found.say(
            "uid-invalid", Severity.ERROR, value, message, remedy, Place(line=number), "PS3.5 9.1"
        )


def _contexts(reader: _Reader) -> tuple[PresentationContext, ...]:
    classes, syntaxes = tuple(reader.values["sop"]), tuple(reader.values["transfer"])
    if not classes:
        message = "No line has the kind sop, so Conquest accepts every SOP Class."
        remedy = "Give the SOP Classes by hand where you need them."
        reader.found.warn("dgatesop-any-class", "sop", message, remedy)
    if classes and not syntaxes:
        message = "No line has the kind transfer, so Conquest accepts every transfer syntax; "
        message += "Implicit VR Little Endian is kept, which every AE accepts."
        reader.found.warn("dgatesop-any-transfer", "transfer", message)
        syntaxes = (uids.IMPLICIT_VR_LITTLE_ENDIAN,)
    place = Place(line=max(reader.values["sop"].values(), default=1))
    if not Expansion(reader.found).has_room_for(len(classes) * len(syntaxes), "sop", place):
        return ()
    return tuple(PresentationContext(uid, syntaxes) for uid in classes)


def read(source: Source) -> Document:
    """A Profile of what is accepted, named after the file's stem, and the AEs named."""
    reader = _Reader()
    text = source.text.replace("\r\n", "\n")
    last = text[text.rfind("\n") + 1 :]
    if last.strip() and not last.startswith("#"):
        message = "Conquest ignores the last line, since no line end follows it."
        place = Place(line=text.count("\n") + 1)
        reader.found.warn("dgatesop-last-line", last.strip(), message, "Add one.", place)
    for number, line in enumerate(lines_of(text), start=1):
        if number > MAXIMUM_LINES:
            message = f"Only the first {MAXIMUM_LINES:,} lines were read."
            place = Place(line=number)
            reader.found.say("too-many-lines", Severity.ERROR, "file", message, at=place)
            break
        if not line.startswith("#"):
            reader.take(number, line)
    others = [uid for uid in reader.values["application"] if uid != _APPLICATION]
    if others:
        place = Place(line=reader.values["application"][others[0]])
        reader.found.unkept(f"the application context {clip(others[0])}", place)
    contexts = _contexts(reader)
    profiles = (Profile(source.stem or "Imported", contexts),) if contexts else ()
    return reader.found.document(NAME, profiles)


def _uid_lines(document: Document) -> tuple[list[str], list[Finding]]:
    """SOP Classes and transfer syntaxes of all Profiles and associations."""
    holders: tuple[Profile | Association, ...] = (*document.profiles, *document.associations)
    accepted: dict[str, dict[str, None]] = {}
    for holder in holders:
        for context in holder.presentation_contexts:
            syntaxes = accepted.setdefault(context.abstract_syntax, {})
            syntaxes.update(dict.fromkeys(context.transfer_syntaxes))
    every = dict.fromkeys(uid for syntaxes in accepted.values() for uid in syntaxes)
    rows = [_row(_name(uid), uid, "sop") for uid in accepted]
    rows += [_row(_name(uid), uid, "transfer") for uid in every]
    if not holders:
        return rows, []
    if all(list(syntaxes) == list(every) for syntaxes in accepted.values()):
        message = "The list has no names: all Profiles and associations are written as one."
        return rows, [not_carried("profiles.merged", message)]
    message = "Conquest accepts every SOP Class of the list with every transfer syntax of it, so "
    message += "which of them belong together is lost."
    sections = [name for name in ("profiles", "associations") if getattr(document, name)]
    return rows, [not_carried(place, message) for place in (*sections, "profiles.added")]


def _ae_lines(document: Document) -> tuple[list[str], list[Finding]]:
    rows: list[str] = []
    found: list[Finding] = []
    titles: set[str] = set()
    for ae in document.aes:
        if " " in ae.ae_title:
            found.append(left_out(ae, "holds a space, at which Conquest cuts titles"))
        elif ae.ae_title in titles:
            found.append(left_out(ae, "stands in the list already"))
        else:
            titles.add(ae.ae_title)
            rows.append(_row("AE", ae.ae_title, _kind(ae)))
    if any(row.endswith("RemoteAE\n") for row in rows):
        message = "With RemoteAE lines Conquest rejects every calling title that is not listed."
        remedy = "Take them out if anyone may call."
        found.append(Finding("dgatesop-restricts", Severity.WARNING, "RemoteAE", message, remedy))
    return rows, found


def _kind(ae: Ae) -> str:
    return "RemoteAE" if ae.association_initiator else "LocalAE"


def _row(name: str, value: str, kind: str) -> str:
    return f"{name:<52} {value:<46} {kind}\n"


def _name(uid: str) -> str:
    entry = uids.lookup(uid)
    return re.sub(r"\W+", "", entry.keyword or entry.name)[:60] if entry else "Private"


def write(document: Document) -> Written:
    """AEs, SOP Classes and transfer syntaxes, each in the Document's order."""
    aes, said = _ae_lines(document)
    lists, lost = _uid_lines(document)
    found = (*losses(document, KNOWS | {"association.presentation_contexts"}), *said, *lost)
    head = "# name, value, kind: a kind without lines accepts anything\n"
    return Written.of("".join([head, *aes, *lists]), found)


def detect(source: Source) -> float:
    """The share of the first lines whose third word is a kind."""
    lines = [line.split() for line in source.text[:20_000].split("\n") if line[:1] != "#"][:200]
    lines = [words for words in lines if words]
    known = sum(len(words) > 2 and words[2].lower() in _KINDS for words in lines)
    return 0.95 * known / len(lines) if known else 0.0


FORMAT: Final = Format(
    name=NAME,
    title="Conquest dgatesop.lst",
    detect=detect,
    read=read,
    write=write,
    suffix=".lst",
    knows=KNOWS,
)
