"""What the property files of dcm4che's tools have in common: `SOP Class:transfer syntaxes`.

A line reads as contexts of one Profile. dcm4che ends at the first name that it does not know.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.base import Source
from dicomcfg.core.formats.bounded import Findings
from dicomcfg.core.formats.dcm4che.dcm4che_names import (
    ANY,
    former_uid_of,
    name_of,
    uid_of,
    usable_transfer_syntaxes,
)
from dicomcfg.core.formats.losses import losses, not_carried
from dicomcfg.core.formats.syntax.properties import Entry, entries, escaped_key, escaped_value, kept
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Association, Document, PresentationContext, Profile
from dicomcfg.core.standard import uids

KNOWS: Final = frozenset({"profile.presentation_contexts"})
STORAGE_SERVICE: Final = "1.2.840.10008.4.2"
SAID: Final = {
    "store-tcs": "transfer capabilities",
    "storescp": "accepted by storescp",
    "sop-classes": "accepted by an acceptor",
}
"""What a comment says of a file's kind, since the lines of the three may look alike."""
_AMBIGUOUS: Final = "JPEGLossless"


class Contexts:
    """Reads the entries of one file into contexts and gathers findings with their lines."""

    def __init__(self, source: Source) -> None:
        self.entries, found = kept(source.text)
        self.found = Findings()
        self.found.keep(found)
        self.contexts: list[PresentationContext] = []
        self._any: list[int] = []

    def sop_class(self, entry: Entry) -> str | None:
        """The UID of an entry's key; None where there is none to be had."""
        key = entry.key.strip()
        if key == ANY:
            message = "A line for every SOP Class (*) has no place here; it is left out."
            self.found.say("capability-of-anything", Severity.WARNING, key, message, at=entry.line)
            return None
        if key in ("Storage", STORAGE_SERVICE):
            message = "Storage stands for SOP Classes that the requestor says are of the Storage "
            message += "service. It is no abstract syntax and is left out."
            self.found.say("storage-service-class", Severity.INFO, key, message, at=entry.line)
            return None
        return self._uid(key, "SOP Class", uids.ABSTRACT_SYNTAX, entry.line)

    def transfer_syntaxes(self, text: str, line: int) -> tuple[str, ...]:
        """The UIDs of a list parted by commas, `*` for all of them; each once."""
        parts = [part.strip() for part in text.split(",")]
        if parts == [ANY]:
            self._any.append(line)
            return usable_transfer_syntaxes()
        found: dict[str, None] = {}
        for part in parts:
            if not part:
                message = "There is nothing between two commas, or no transfer syntax at all; "
                message += "dcm4che does not start with it."
                remedy = "Remove the comma, or name a transfer syntax."
                warning = Severity.WARNING
                self.found.say("transfer-syntax-missing", warning, text, message, remedy, line)
            elif uid := self._uid(part, "transfer syntax", uids.TRANSFER_SYNTAX, line):
                found[uid] = None
        return tuple(found)

    def document(self, name: str, stem: str) -> Document:
        """The contexts as one Profile named after the file."""
        if self._any:
            count = len(usable_transfer_syntaxes())
            message = "Every transfer syntax (*) is read as the "
            message += f"{count} that are registered and not retired."
            self.found.say("transfer-syntax-any", Severity.INFO, ANY, message, at=self._any[0])
        if not self.contexts:
            message = "No line names a presentation context."
            remedy = "Write SOPClass:TransferSyntax,TransferSyntax on each line."
            self.found.say("no-contexts", Severity.ERROR, "file", message, remedy)
        profile = Profile(stem or "Imported", tuple(self.contexts))
        profiles = (profile,) if self.contexts else ()
        return Document(name, profiles=profiles, findings=self.found.all())

    def _uid(self, text: str, what: str, kinds: frozenset[uids.UidKind], line: int) -> str | None:
        if text[:1].isdigit():
            problem = uids.uid_problem(text)
            if problem is None:
                return self._of_its_kind(text, what, kinds, line)
            message = f"The {what} {clip(text)!r} {problem}."
            self.found.say("uid-invalid", Severity.ERROR, text, message, "Correct the UID.", line)
            return None
        if text == _AMBIGUOUS:
            message = "JPEGLossless is process 14 since dcm4che 5.23, and was process 14 selection "
            message += "value 1 before; it is read as the former."
            remedy = "Write the UID: 1.2.840.10008.1.2.4.57 or 1.2.840.10008.1.2.4.70."
            self.found.say("dcm4che-name-changed", Severity.WARNING, text, message, remedy, line)
        uid = uid_of(text)
        if uid is not None:
            return self._of_its_kind(uid, what, kinds, line)
        uid = former_uid_of(text) or uids.resolve(text, kinds)
        if uid is None:
            message = f"{clip(text)!r} is neither a UID nor a name of a {what}."
            self.found.say("uid-name-unknown", Severity.ERROR, text, message, "Give the UID.", line)
            return None
        message = f"{clip(text)} is no name that dcm4che knows since 5.23, which does not start "
        message += f"with it; it is read as {uids.name_of(uid)}."
        remedy = f"Write {name_of(uid)}."
        self.found.say("dcm4che-name-unknown", Severity.WARNING, text, message, remedy, line)
        return uid

    def _of_its_kind(self, uid: str, what: str, kinds: frozenset[uids.UidKind], line: int) -> str:
        """The UID, with a word where it is registered as something else."""
        entry = uids.lookup(uid)
        if entry is not None and entry.kind not in kinds:
            message = f"{entry.name} ({uid}) is no {what}."
            remedy = "Check whether the file is of another kind."
            self.found.say("uid-of-another-kind", Severity.WARNING, uid, message, remedy, line)
        return uid


def one_list(document: Document) -> tuple[tuple[PresentationContext, ...], list[Finding]]:
    """The contexts that a file of one list holds, and what of their names and places is lost.

    Those of a Document's only profile stay as they are; those of several profiles and of
    associations are merged, one context an abstract syntax.
    """
    holders: tuple[Profile | Association, ...] = (*document.profiles, *document.associations)
    if document.associations or len(document.profiles) > 1:
        message = "The file holds one list of contexts and no names: those of "
        message += f"{len(holders):,} profiles and associations are merged into it."
        every = (each for holder in holders for each in holder.presentation_contexts)
        return merged(every), [not_carried("profiles.merged", message)]
    findings = []
    for profile in document.profiles:
        if profile.presentation_contexts:
            message = f"The file holds no names; read again, {clip(profile.name)} is named after "
            findings.append(not_carried("profile.name.spelling", message + "the file."))
        else:
            message = f"{clip(profile.name)} holds no presentation contexts; nothing is written."
            findings.append(not_carried(f"profiles[{profile.name}]", message))
    return tuple(c for holder in holders for c in holder.presentation_contexts), findings


def merged(contexts: Iterable[PresentationContext]) -> tuple[PresentationContext, ...]:
    """One context an abstract syntax, both in order of first mention."""
    found: dict[str, dict[str, None]] = {}
    for each in contexts:
        syntaxes = found.setdefault(each.abstract_syntax, {})
        syntaxes.update(dict.fromkeys(each.transfer_syntaxes))
    return tuple(PresentationContext(uid, tuple(syntaxes)) for uid, syntaxes in found.items())


def rest_lost(document: Document) -> tuple[Finding, ...]:
    """What a list of contexts has no place for, beyond the names of `one_list`."""
    bare = Document(document.format, document.schema, document.devices, document.aes)
    profiles = Document(document.format, profiles=document.profiles)
    return (*losses(bare, KNOWS), *losses(profiles, KNOWS))


def line_of(sop_class: str, lists: Iterable[tuple[str, ...]]) -> str:
    """One line: the SOP Class and its lists of transfer syntaxes, by dcm4che's names."""
    return f"{escaped_key(name_of(sop_class))}:{escaped_value(';'.join(map(_named, lists)))}\n"


def _named(syntaxes: tuple[str, ...]) -> str:
    if syntaxes == usable_transfer_syntaxes():
        return ANY
    return ",".join(map(name_of, syntaxes))


def kind_said(source: Source) -> str:
    """Which of the three files the comments at its beginning say it is; empty if they do not."""
    opening = ""
    for line in source.text[:2_000].splitlines():
        if line.strip() and line.lstrip()[0] not in "#!":
            break
        opening += line.lower()
    return next((kind for kind, phrase in SAID.items() if phrase in opening), "")


def share_understood(source: Source) -> tuple[float, int, int, int]:
    """How the first entries look: the share of keys that name SOP Classes with transfer syntaxes
    as values, how many such there are, how many have a `;`, and by how many more of them are of the
    Storage service than of others but Verification."""
    known = parted = leaning = count = 0
    for entry in entries(source.text[:20_000]):
        count += 1
        uid = _any_uid(entry.key, uids.ABSTRACT_SYNTAX | {uids.UidKind.OTHER})
        first = entry.value.replace(";", ",").split(",", 1)[0]
        if uid and _any_uid(first, uids.TRANSFER_SYNTAX):
            known += 1
            parted += ";" in entry.value
            found = uids.lookup(uid)
            service = found.service if found else ""
            leaning += (service == "Storage") - (service not in ("", "Storage", "Verification"))
    return (known / count if count else 0.0), known, parted, leaning


def _any_uid(text: str, kinds: frozenset[uids.UidKind]) -> str | None:
    text = text.strip()
    if text == ANY:
        return text
    if text[:1].isdigit():
        uid = text if uids.is_valid_uid(text) else None
    else:
        uid = uid_of(text) or former_uid_of(text)
    entry = uids.lookup(uid) if uid else None
    return uid if entry is None or entry.kind in kinds else None
