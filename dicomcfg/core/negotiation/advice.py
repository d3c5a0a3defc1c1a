"""What is to be said about a list of presentation contexts before anything is sent.

Facts about the list, not about a peer: whether the standard asks for more, what weak acceptors are
known to choke on, and what is proposed twice. One finding however many contexts it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.negotiation.proposal import CONTEXTS_PER_REQUEST
from dicomcfg.core.records import PresentationContext
from dicomcfg.core.standard.uid_groups import may_be_lossy
from dicomcfg.core.standard.uids import (
    ABSTRACT_SYNTAX,
    IMPLICIT_VR_LITTLE_ENDIAN,
    TRANSFER_SYNTAX,
    VERIFICATION,
    UidKind,
    lookup,
    short_of,
)
from dicomcfg.core.wording import counted, listed

# DCMTK-based acceptors answer 50 transfer syntaxes in a context and never 51.
SAFE_SYNTAXES = 32
# (bytes, what acceptors that read no more do, how grave it is), the largest first.
_SIZES = (
    (65_536, "acceptors with a buffer of 64 kB break off or stay silent", Severity.WARNING),
    (32_768, "acceptors that read 32 kB at most break off or stay silent", Severity.WARNING),
    (16_384, "a few old acceptors read no more than 16 kB", Severity.INFO),
)
_STANDARD_ROOT = "1.2.840.10008."
_PROPOSING = "PS3.8 9.3.2.2"


@dataclass(frozen=True, slots=True)
class Load:
    """Associations that are configured to be open at once at one AE, beside its maximum.

    `direction` is `in` or `out`; the maximum is None where nobody said one.
    """

    ae_title: str
    direction: str
    at_once: int
    maximum: int | None


def advise(
    contexts: Sequence[PresentationContext],
    request_sizes: Sequence[int] = (),
    loads: Iterable[Load] = (),
) -> tuple[Finding, ...]:
    """What is odd about proposing `contexts` in requests of these sizes, the gravest first."""
    found = [
        *_verification(contexts),
        *_without_implicit(contexts),
        *_wide(contexts),
        *_repeated(contexts),
        *_uids(contexts),
        *_split(contexts),
        *_large(request_sizes),
        *(finding for load in loads for finding in _over(load)),
    ]
    order = list(Severity)
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def _verification(contexts: Sequence[PresentationContext]) -> Iterator[Finding]:
    if contexts and VERIFICATION not in {each.abstract_syntax for each in contexts}:
        yield Finding(
            "verification-not-proposed",
            Severity.INFO,
            VERIFICATION,
            "Verification is not proposed, so this pair cannot be tested by a C-ECHO in an "
            "association of its own.",
            "Add the Verification SOP Class with Implicit VR Little Endian: every acceptor "
            "supports it.",
            "PS3.4 A.1",
        )


def _without_implicit(contexts: Sequence[PresentationContext]) -> Iterator[Finding]:
    """The duty, and apart from it the classes of which all that is proposed may be lossy."""
    offered: dict[str, set[str]] = {}
    for context in contexts:
        offered.setdefault(context.abstract_syntax, set()).update(context.transfer_syntaxes)
    lacking = {u: s for u, s in offered.items() if s and IMPLICIT_VR_LITTLE_ENDIAN not in s}
    lossy = [uid for uid, syntaxes in lacking.items() if all(map(may_be_lossy, syntaxes))]
    others = [uid for uid in lacking if uid not in lossy]
    if others:
        yield Finding(
            "implicit-not-proposed",
            Severity.WARNING,
            others[0],
            f"No context has Implicit VR Little Endian for {_names(others)}.",
            "Add it to one context of each: a requestor has to offer it for every abstract "
            "syntax, unless it holds the pixel data only in lossy compressed form, or in a form "
            "too long to be encoded uncompressed.",
            "PS3.5 10.1",
        )
    if lossy:
        yield Finding(
            "implicit-not-proposed-lossy",
            Severity.INFO,
            lossy[0],
            f"Only lossy compression is proposed for {_names(lossy)}.",
            "Right for a sender that holds the pixel data only so: it need not offer Implicit VR "
            "Little Endian. Another one adds it.",
            "PS3.5 10.1",
        )


def _wide(contexts: Sequence[PresentationContext]) -> Iterator[Finding]:
    wide = [each for each in contexts if len(each.transfer_syntaxes) > SAFE_SYNTAXES]
    if not wide:
        return
    most = max(len(each.transfer_syntaxes) for each in wide)
    words = f"{counted(len(wide), 'context')} with more than {SAFE_SYNTAXES} transfer syntaxes"
    yield Finding(
        "many-transfer-syntaxes",
        Severity.WARNING,
        wide[0].abstract_syntax,
        f"{words}, {most} at most: acceptors built on DCMTK answer 50 in a context and never 51.",
        "Divide the transfer syntaxes over several contexts of the class.",
        _PROPOSING,
    )


def _repeated(contexts: Sequence[PresentationContext]) -> Iterator[Finding]:
    """One abstract syntax in several contexts: the same again, or with other syntaxes."""
    lists: dict[str, list[frozenset[str]]] = {}
    for context in contexts:
        lists.setdefault(context.abstract_syntax, []).append(frozenset(context.transfer_syntaxes))
    several = {uid: sets for uid, sets in lists.items() if len(sets) > 1}
    same = [uid for uid, sets in several.items() if len(set(sets)) < len(sets)]
    again = [uid for uid in several if uid not in same]
    overlapping = [uid for uid in again if _overlap(several[uid])]
    if same:
        yield Finding(
            "context-repeated",
            Severity.WARNING,
            same[0],
            f"The same transfer syntaxes stand in more than one context for {_names(same)}.",
            "Delete all but one: the acceptor answers each of them alike, and each takes one of "
            f"the {CONTEXTS_PER_REQUEST} places.",
            _PROPOSING,
        )
    if again:
        shared = (
            f" Some transfer syntaxes stand twice for {_names(overlapping)}." if overlapping else ""
        )
        yield Finding(
            "abstract-syntax-in-several-contexts",
            Severity.INFO,
            again[0],
            f"Several contexts are proposed for {_names(again)}.{shared}",
            "Legal, and right for a sender that wants more than one transfer syntax accepted: "
            "the acceptor takes one in each context. Otherwise put them into one context.",
            _PROPOSING,
        )


def _uids(contexts: Sequence[PresentationContext]) -> Iterator[Finding]:
    """Retired, private, unknown and misplaced UIDs, each kind once."""
    abstract = dict.fromkeys(each.abstract_syntax for each in contexts)
    transfer = dict.fromkeys(uid for each in contexts for uid in each.transfer_syntaxes)
    both = [*abstract, *transfer]
    for words, uids, kinds in (
        ("abstract syntax", abstract, ABSTRACT_SYNTAX),
        ("transfer syntax", transfer, TRANSFER_SYNTAX),
    ):
        yield from _misplaced(words, [*uids], kinds)
    retired = [uid for uid in both if (entry := lookup(uid)) is not None and entry.retired]
    if retired:
        yield Finding(
            "uid-retired",
            Severity.INFO,
            retired[0],
            f"Retired in the standard: {_names(retired)}.",
            "Keep what old devices need; new ones do not accept it.",
            "PS3.6 A",
        )
    private = [uid for uid in both if not uid.startswith(_STANDARD_ROOT)]
    if private:
        yield Finding(
            "uid-private",
            Severity.INFO,
            private[0],
            f"Private: {_names(private)}.",
            "Only peers of the same vendor accept it; see the conformance statements of both.",
            "PS3.5 9.2",
        )
    unknown = [uid for uid in both if uid.startswith(_STANDARD_ROOT) and lookup(uid) is None]
    if unknown:
        yield Finding(
            "uid-unknown",
            Severity.WARNING,
            unknown[0],
            f"DICOM's own root, and not in the registry: {_names(unknown)}.",
            "Check the digits; it may also be newer than the registry.",
            "PS3.6 A",
        )


def _misplaced(words: str, uids: list[str], kinds: frozenset[UidKind]) -> Iterator[Finding]:
    entries = [entry for uid in uids if (entry := lookup(uid)) is not None]
    wrong = [entry.uid for entry in entries if entry.kind not in kinds]
    if wrong:
        yield Finding(
            "uid-of-another-kind",
            Severity.WARNING,
            wrong[0],
            f"Registered as something else than {words}: {_names(wrong)}.",
            f"Replace it: no acceptor takes it as {words}.",
            "PS3.6 A",
        )
    unusable = [entry.uid for entry in entries if entry.kind in kinds and not entry.usable]
    if unusable:
        yield Finding(
            "uid-not-negotiable",
            Severity.WARNING,
            unusable[0],
            f"Cannot stand in an association: {_names(unusable)}.",
            "Remove it.",
            "PS3.6 A",
        )


def _split(contexts: Sequence[PresentationContext]) -> Iterator[Finding]:
    if len(contexts) > CONTEXTS_PER_REQUEST:
        requests = -(-len(contexts) // CONTEXTS_PER_REQUEST)
        yield Finding(
            "contexts-will-be-split",
            Severity.WARNING,
            "contexts",
            f"{len(contexts):,} contexts need {requests} associations: a request holds "
            f"{CONTEXTS_PER_REQUEST}.",
            "Propose what is needed. A test is split by itself; a device proposes the first "
            f"{CONTEXTS_PER_REQUEST} or opens {requests} associations.",
            _PROPOSING,
        )


def _large(sizes: Sequence[int]) -> Iterator[Finding]:
    largest = max(sizes, default=0)
    for limit, effect, severity in _SIZES:
        if largest > limit:
            yield Finding(
                "request-large",
                severity,
                "A-ASSOCIATE-RQ",
                f"The largest request has {largest:,} bytes: {effect}.",
                "Propose fewer contexts, or fewer transfer syntaxes in each.",
                "PS3.8 9.3.2",
            )
            return


def _over(load: Load) -> Iterator[Finding]:
    if load.maximum is None or load.at_once <= load.maximum:
        return
    act = "accept" if load.direction == "in" else "open"
    yield Finding(
        "associations-over-maximum",
        Severity.WARNING,
        load.ae_title,
        f"{load.ae_title} is to {act} {counted(load.at_once, 'association')} at once in all, "
        f"and its maximum is {load.maximum}.",
        "Raise the maximum, have fewer associations open at once, or propose no more than "
        f"{CONTEXTS_PER_REQUEST} contexts in each.",
        "PS3.8 9.3.4",
    )


def _overlap(sets: Sequence[frozenset[str]]) -> bool:
    return len(frozenset().union(*sets)) < sum(map(len, sets))


def _names(uids: Sequence[str]) -> str:
    return listed([short_of(uid) for uid in uids])
