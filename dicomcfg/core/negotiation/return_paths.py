"""What comes back: what an association's contexts make the called AE do towards others.

C-MOVE, storage commitment and notifications are asked for on one association and answered on
another, which the called AE opens. So it has to know the caller's title, host and port, and the
caller has to listen. Looks only at what the inventory holds, never at the network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.records import Connection, PresentationContext, RoleSelection
from dicomcfg.core.standard.endpoint import endpoint
from dicomcfg.core.standard.uids import ABSTRACT_SYNTAX, UidEntry, lookup, name_of, registry
from dicomcfg.core.wording import counted, listed

STORAGE_COMMITMENT: Final = "1.2.840.10008.1.20.1"
MPPS: Final = "1.2.840.10008.3.1.2.3.3"
MPPS_NOTIFICATION: Final = "1.2.840.10008.3.1.2.3.5"
UPS_WATCH: Final = "1.2.840.10008.5.1.4.34.6.2"
UPS_EVENT: Final = "1.2.840.10008.5.1.4.34.6.4"
_NAMES_SHOWN = 3


class Need(StrEnum):
    """What the inventory lacks for a return path, and so what a page can offer to make."""

    ACCEPTING = "accepting"
    ADDRESS = "address"
    ASSOCIATION = "association"
    CONTEXT_BACK = "context-back"
    ROLE_BACK = "role-back"
    CONTEXT = "context"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class End:
    """One AE as far as it matters here; `connection` is where it listens first."""

    ae_title: str
    accepts: bool = True
    connection: Connection | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What one configured association proposes."""

    contexts: Sequence[PresentationContext] = ()
    roles: Sequence[RoleSelection] = ()

    @property
    def classes(self) -> dict[str, None]:
        """The abstract syntaxes, each once, in order."""
        return dict.fromkeys(context.abstract_syntax for context in self.contexts)

    def requestor_is_scp(self, sop_class: str) -> bool:
        """Whether the SCP role is proposed for a class; without a role selection it is not."""
        return any(role.scp for role in self.roles if role.sop_class == sop_class)


@dataclass(frozen=True, slots=True)
class Known:
    """An association `calling` -> `called`, and what the inventory holds in other directions.

    `back` is what `called` proposes to `calling`, None without such an association.
    `destinations` are titles of other AEs to which `called` proposes storage, `forwards` of those
    to which it proposes MPPS.
    """

    calling: End
    called: End
    offer: Offer
    back: Offer | None = None
    destinations: Sequence[str] = ()
    forwards: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ReturnPath:
    """A finding about one way back; `need` is what the inventory lacks, None where it has all."""

    finding: Finding
    need: Need | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """A service whose SCP reports events on an association of its own."""

    code: str
    what: str
    asked_by: frozenset[str]
    sop_class: str
    clause: str


REPORTED: Final = (
    Reported(
        "return-path-commitment",
        "the result of storage commitment",
        frozenset({STORAGE_COMMITMENT}),
        STORAGE_COMMITMENT,
        "PS3.4 J.3.3.1.3",
    ),
    Reported(
        "return-path-ups",
        "events of Unified Procedure Steps",
        frozenset({UPS_WATCH, UPS_EVENT}),
        UPS_EVENT,
        "PS3.4 CC.2.4.3",
    ),
    Reported(
        "return-path-notification",
        "notifications of performed procedure steps",
        frozenset({MPPS_NOTIFICATION}),
        MPPS_NOTIFICATION,
        "PS3.4 F.9.2",
    ),
)


def return_paths(known: Known) -> tuple[ReturnPath, ...]:
    """What each side must know beside the association itself, what is missing first.

    A service in which the caller proposes to be the SCP is itself on its way back, and asks for
    nothing more.
    """
    found = [*_moves(known), *_gets(known), *_reports(known), *_forwarded(known)]
    return tuple(sorted(found, key=lambda each: each.need is None))


def is_stored(sop_class: str) -> bool:
    """Whether a SOP Class stores objects, so that C-MOVE and C-GET can bring them."""
    entry = lookup(sop_class)
    return entry is not None and _is_storage(entry)


@cache
def storage_classes() -> frozenset[str]:
    """The registered SOP Classes that store objects."""
    entries = registry().values()
    return frozenset(e.uid for e in entries if e.kind in ABSTRACT_SYNTAX and _is_storage(e))


def _is_storage(entry: UidEntry) -> bool:
    other = entry.service in {"Storage commitment", "Media"}
    return not other and "Storage" in entry.name.split()


@dataclass(frozen=True, slots=True)
class _Told:
    """Builds the findings of one service, which share code, subject and clause."""

    code: str
    known: Known
    clause: str

    def lacking(self, need: Need, message: str, remedy: str) -> ReturnPath:
        """What the inventory lacks."""
        return self._path(Severity.WARNING, message, remedy, need)

    def complete(self, message: str, remedy: str = "") -> ReturnPath:
        """The inventory has all of it; `remedy` is what the systems themselves must know."""
        return self._path(Severity.INFO, message, remedy, None)

    def _path(self, severity: Severity, message: str, remedy: str, need: Need | None) -> ReturnPath:
        title = self.known.called.ae_title
        return ReturnPath(Finding(self.code, severity, title, message, remedy, self.clause), need)

    def unreachable(self, what: str) -> ReturnPath | None:
        """Why the called AE could not reach the caller at all, whatever it wants there."""
        calling, called = self.known.calling, self.known.called.ae_title
        if not calling.accepts:
            return self.lacking(
                Need.ACCEPTING,
                f"{what} But {calling.ae_title} is said not to accept associations.",
                f"If it does, say so and add its address; if not, {called} cannot reach it.",
            )
        if calling.connection is None:
            return self.lacking(
                Need.ADDRESS,
                f"{what} But the inventory has no address of {calling.ae_title}.",
                "Add the host and port where it listens.",
            )
        return None


def _address(end: End) -> str:
    return endpoint(end.connection.hostname, end.connection.port) if end.connection else ""


def _suffixed(offer: Offer, suffix: str) -> list[str]:
    """Classes of an operation, which the registry names at their end, as SCU."""
    return [
        uid
        for uid in offer.classes
        if (entry := registry().get(uid)) is not None
        and entry.name.endswith(suffix)
        and not offer.requestor_is_scp(uid)
    ]


def _moves(known: Known) -> Iterator[ReturnPath]:
    if not _suffixed(known.offer, "- MOVE"):
        return
    calling, called = known.calling, known.called.ae_title
    told = _Told("return-path-move", known, "PS3.4 C.4.2")
    if not calling.accepts and known.destinations:
        yield told.complete(
            f"{calling.ae_title} accepts no associations, so what it has moved goes elsewhere: "
            f"{called} proposes storage to {listed(list(known.destinations), _NAMES_SHOWN)}.",
            f"{called} must know each move destination by title, host and port.",
        )
        return
    what = (
        f"A C-MOVE makes {called} store to its move destination on an association of its own, so "
        f"{called} must know {calling.ae_title} by title, host and port."
    )
    if lacking := told.unreachable(what):
        yield lacking
        return
    address = _address(calling)
    remedy = f"On {called}, register {calling.ae_title} at {address} as a move destination."
    stored = [uid for uid in known.back.classes if is_stored(uid)] if known.back else []
    if known.back is None:
        message = f"{what} The inventory has no association {called} → {calling.ae_title}."
        yield told.lacking(Need.ASSOCIATION, message, remedy)
    elif not stored:
        message = f"{what} The association {called} → {calling.ae_title} proposes no storage."
        yield told.lacking(Need.CONTEXT_BACK, message, remedy)
    else:
        yield told.complete(
            f"What {calling.ae_title} has moved to itself comes back from {called}, which proposes "
            f"{counted(len(stored), 'storage SOP Class', 'storage SOP Classes')} to {address}.",
            remedy,
        )


def _gets(known: Known) -> Iterator[ReturnPath]:
    if not _suffixed(known.offer, "- GET"):
        return
    calling, called = known.calling.ae_title, known.called.ae_title
    told = _Told("return-path-get", known, "PS3.4 C.5.3")
    what = f"A C-GET brings its objects on this same association, in which {called} is their SCU."
    stored = [uid for uid in known.offer.classes if is_stored(uid)]
    without = [uid for uid in stored if not known.offer.requestor_is_scp(uid)]
    if not stored:
        yield told.lacking(
            Need.CONTEXT,
            f"{what} No storage SOP Class is proposed, so nothing can come.",
            f"Add contexts of what {calling} wants to retrieve, with the SCP role.",
        )
    elif without:
        names = listed([name_of(uid) for uid in without], _NAMES_SHOWN)
        yield told.lacking(
            Need.ROLE,
            f"{what} {calling} has to propose the SCP role, which is missing for {names}.",
            "Propose the SCP role for each storage SOP Class that is to be retrieved.",
        )
    else:
        classes = counted(len(stored), "storage SOP Class")
        yield told.complete(f"{what} The SCP role is proposed for {classes}.")


def _reports(known: Known) -> Iterator[ReturnPath]:
    for service in REPORTED:
        asked = [uid for uid in known.offer.classes if uid in service.asked_by]
        if any(not known.offer.requestor_is_scp(uid) for uid in asked):
            yield _report(known, service)


def _report(known: Known, service: Reported) -> ReturnPath:
    calling, called = known.calling.ae_title, known.called.ae_title
    told = _Told(service.code, known, service.clause)
    what = (
        f"{called} may send {service.what} by N-EVENT-REPORT on another association, which it "
        f"opens to {calling} with the SCP role."
    )
    if lacking := told.unreachable(what):
        return lacking
    pair, name = f"{called} → {calling}", name_of(service.sop_class)
    remedy = f"On {called}, register {calling} at {_address(known.calling)} for it."
    if known.back is None:
        message = f"{what} The inventory has no association {pair}."
        return told.lacking(Need.ASSOCIATION, message, remedy)
    if service.sop_class not in known.back.classes:
        message = f"{what} The association {pair} does not propose {name}."
        return told.lacking(Need.CONTEXT_BACK, message, remedy)
    if not known.back.requestor_is_scp(service.sop_class):
        return told.lacking(
            Need.ROLE_BACK,
            f"{what} The association {pair} proposes {name} without that role.",
            f"Propose the SCP role for it there: without one {called} would be the SCU.",
        )
    return told.complete(f"{what} The association {pair} proposes that.", remedy)


def _forwarded(known: Known) -> Iterator[ReturnPath]:
    """MPPS itself has no way back; who else needs to know depends on what is passed on."""
    if MPPS not in known.offer.classes or known.offer.requestor_is_scp(MPPS):
        return
    calling, called = known.calling.ae_title, known.called.ae_title
    told = _Told("return-path-mpps", known, "PS3.4 F.7")
    if known.forwards:
        names = listed(list(known.forwards), _NAMES_SHOWN)
        message = f"What {calling} performs reaches {called}, which passes it on to {names}."
        yield told.complete(message)
    else:
        message = (
            f"What {calling} performs reaches {called} alone: the inventory has no association by "
            f"which {called} passes performed procedure steps on."
        )
        remedy = f"If others need them, have {called} forward them or {calling} send to each."
        yield told.complete(message, remedy)
