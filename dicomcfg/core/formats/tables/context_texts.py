"""Texts that mean abstract and transfer syntaxes, and what is to be said of them and of contexts.

What a text means is worked out once however often it stands in a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.text import clip
from dicomcfg.core.negotiation.proposal import CONTEXTS_PER_REQUEST
from dicomcfg.core.records import PresentationContext
from dicomcfg.core.standard import uids

MAXIMUM_TEXTS: Final = 200_000
ADVISED_SYNTAXES: Final = 32
Meaning = tuple[str | None, tuple[Finding, ...]]
"""The UID that a text means, or None, and findings that name no place yet."""


class UidTexts:
    """Reads texts as abstract and transfer syntaxes; one for the reading of one file."""

    def __init__(self) -> None:
        self._abstract: dict[str, Meaning] = {}
        self._transfer: dict[str, Meaning] = {}

    @property
    def is_full(self) -> bool:
        """Whether there are more texts than any file needs, so that reading on is in vain."""
        return len(self._abstract) + len(self._transfer) > MAXIMUM_TEXTS

    def abstract(self, text: str) -> Meaning:
        """The abstract syntax that a UID, name or keyword means."""
        known = self._abstract.get(text)
        if known is None:
            known = _meaning(text, "abstract syntax", uids.ABSTRACT_SYNTAX)
            self._abstract[text] = known
        return known

    def transfer(self, text: str) -> Meaning:
        """The transfer syntax that a UID, name or keyword means."""
        known = self._transfer.get(text)
        if known is None:
            known = _meaning(text, "transfer syntax", uids.TRANSFER_SYNTAX)
            self._transfer[text] = known
        return known


def too_many_texts() -> Finding:
    """What is said where reading ends since `UidTexts` is full."""
    message = f"More than {MAXIMUM_TEXTS:,} different syntaxes are named; what follows is not read."
    return Finding("too-many-contexts", Severity.ERROR, "file", message, "Split the file.")


def _meaning(text: str, what: str, kinds: frozenset[uids.UidKind]) -> Meaning:
    uid = text if uids.is_valid_uid(text) else uids.resolve(text[:500], kinds)
    if uid is None:
        return None, (_unreadable(text, what),)
    return uid, _doubts(uid, what, kinds)


def _unreadable(text: str, what: str) -> Finding:
    looks_like_uid = text[:1].isdigit() and "." in text
    if looks_like_uid or not text:
        message = f"The {what} {clip(text)!r} {uids.uid_problem(text)}."
        remedy = "Correct the UID, or remove the line."
        return Finding("uid-invalid", Severity.ERROR, clip(text), message, remedy, "PS3.5 9.1")
    return Finding(
        "uid-name-unknown",
        Severity.ERROR,
        clip(text),
        f"{clip(text)!r} is neither a UID nor the name or keyword of a registered {what}.",
        "Give the UID; part abstract and transfer syntax by a backslash.",
    )


def _doubts(uid: str, what: str, kinds: frozenset[uids.UidKind]) -> tuple[Finding, ...]:
    """Warnings about a well-formed UID: unknown, of another kind, not for associations, retired."""
    entry = uids.lookup(uid)
    clause = None
    if entry is None:
        code = "uid-unknown"
        message = f"{uid} is not in the registry, so it is taken for a private {what}."
        remedy = "Check it against the device's conformance statement."
    elif entry.kind not in kinds:
        code, clause = "uid-of-another-kind", "PS3.6 A"
        kind = "another kind of UID" if entry.kind is uids.UidKind.OTHER else entry.kind
        message = f"{entry.name} ({uid}) is {_with_article(kind)}, not {_with_article(what)}."
        remedy = "Check whether the columns were swapped."
    elif not entry.usable:
        code, remedy = "uid-not-negotiable", ""
        message = f"{entry.name} ({uid}) cannot be negotiated in an association."
    elif entry.retired:
        code, clause = "uid-retired", "PS3.6 A"
        message = f"{entry.name} ({uid}) is retired; current products may refuse it."
        remedy = "Keep it only if the device needs it."
    else:
        return ()
    return (Finding(code, Severity.WARNING, uid, message, remedy, clause),)


def _with_article(what: str) -> str:
    """The thing with its article, for a sentence."""
    return f"an {what}" if what[0] in "aeiouA" else f"a {what}"


def size_findings(contexts: Sequence[PresentationContext]) -> list[Finding]:
    """What is to be said of the number of contexts in one list, and of their width."""
    found = []
    if len(contexts) > CONTEXTS_PER_REQUEST:
        message = f"{len(contexts)} presentation contexts need more than one association: "
        message += f"a request holds {CONTEXTS_PER_REQUEST}."
        remedy = "Nothing needs doing for a test; a device will propose only the first 128."
        found.append(
            Finding("contexts-will-be-split", Severity.INFO, "file", message, remedy, "PS3.8 9.3.2")
        )
    return found + _width_findings(contexts)


def _width_findings(contexts: Sequence[PresentationContext]) -> list[Finding]:
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
