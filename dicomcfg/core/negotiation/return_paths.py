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

    def unreachable(self, what: str, why: str) -> ReturnPath | None:
        """That the called AE cannot reach the caller at all with `what`, if so."""
        calling, called = self.known.calling, self.known.called.ae_title
        if not calling.accepts:
            return self.lacking(
                Need.ACCEPTING,
                f"{calling.ae_title} is said not to accept associations, so {called} cannot bring "
                f"{what}.",
                f"{why} If {calling.ae_title} listens, say so and add its address.",
            )
        if calling.connection is None:
            return self.lacking(
                Need.ADDRESS,
                f"The inventory has no address of {calling.ae_title}, where {called} has to bring "
                f"{what}.",
                f"{why} Add the host and port where {calling.ae_title} listens.",
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
    why = (
        f"A C-MOVE makes {called} store to its move destination on an association of its own, so "
        f"it must know {calling.ae_title} by title, host and port."
    )
    if lacking := told.unreachable("what is moved", why):
        yield lacking
        return
    address, pair = _address(calling), f"{called} → {calling.ae_title}"
    remedy = f"On {called}, register {calling.ae_title} at {address} as a move destination."
    stored = [uid for uid in known.back.classes if is_stored(uid)] if known.back else []
    if known.back is None:
        message = f"The inventory has no association {pair} to bring what is moved."
        yield told.lacking(Need.ASSOCIATION, message, f"{why} {remedy}")
    elif not stored:
        message = f"The association {pair} proposes no storage, so nothing can be moved by it."
        yield told.lacking(Need.CONTEXT_BACK, message, f"{why} {remedy}")
    else:
        classes = counted(len(stored), "storage SOP Class")
        message = f"What is moved comes by the association {pair}, which proposes {classes}."
        yield told.complete(message, remedy)


def _gets(known: Known) -> Iterator[ReturnPath]:
    if not _suffixed(known.offer, "- GET"):
        return
    calling, called = known.calling.ae_title, known.called.ae_title
    told = _Told("return-path-get", known, "PS3.4 C.5.3")
    why = f"A C-GET brings its objects on this same association, in which {called} is their SCU."
    stored = [uid for uid in known.offer.classes if is_stored(uid)]
    without = [uid for uid in stored if not known.offer.requestor_is_scp(uid)]
    if not stored:
        yield told.lacking(
            Need.CONTEXT,
            "No storage SOP Class is proposed, so a C-GET can bring nothing.",
            f"{why} Add contexts of what {calling} retrieves, with the SCP role.",
        )
    elif without:
        names = listed([name_of(uid) for uid in without], _NAMES_SHOWN)
        yield told.lacking(
            Need.ROLE,
            f"The SCP role is not proposed for {names}, so a C-GET cannot bring such objects.",
            f"{why} Propose the SCP role for each storage SOP Class that is to be retrieved.",
        )
    else:
        classes = counted(len(stored), "storage SOP Class")
        yield told.complete(f"A C-GET can bring objects of {classes}, with the SCP role.", why)


def _reports(known: Known) -> Iterator[ReturnPath]:
    for service in REPORTED:
        asked = [uid for uid in known.offer.classes if uid in service.asked_by]
        if any(not known.offer.requestor_is_scp(uid) for uid in asked):
            yield _report(known, service)


def _report(known: Known, service: Reported) -> ReturnPath:
    calling, called = known.calling.ae_title, known.called.ae_title
    told = _Told(service.code, known, service.clause)
    why = (
        f"{called} may send {service.what} by N-EVENT-REPORT on another association, which it "
        f"opens to {calling} with the SCP role."
    )
    if lacking := told.unreachable(service.what, why):
        return lacking
    pair, name = f"{called} → {calling}", name_of(service.sop_class)
    remedy = f"On {called}, register {calling} at {_address(known.calling)} for it."
    if known.back is None:
        message = f"The inventory has no association {pair} to bring {service.what}."
        return told.lacking(Need.ASSOCIATION, message, f"{why} {remedy}")
    if service.sop_class not in known.back.classes:
        message = f"The association {pair} does not propose {name}."
        return told.lacking(Need.CONTEXT_BACK, message, f"{why} {remedy}")
    if not known.back.requestor_is_scp(service.sop_class):
        message = f"The association {pair} proposes {name} without the SCP role."
        remedy = f"Propose the SCP role there: without one {called} would be the SCU."
        return told.lacking(Need.ROLE_BACK, message, f"{why} {remedy}")
    message = f"The association {pair} can bring {service.what}."
    return told.complete(message, remedy)


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
