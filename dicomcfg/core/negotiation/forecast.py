"""The negotiation on paper: what becomes of each proposed context, and why.

The standard lets an acceptor take at most one of the transfer syntaxes proposed for a context and
leaves it open which (PS3.8 7.1.1.14, 9.3.3.2). So products differ, and a forecast names its policy:

- `requestor`: the first proposed that the acceptor takes. dcm4che does so, our own acceptor, too.
- `acceptor`: the first of the acceptor's list that is proposed. DCMTK does so with the lists of an
  association configuration file, and pynetdicom; Orthanc by a list that no configuration names.
- `preferred`: the first of one list for all classes that is both proposed and taken, else the
  requestor's order. dcm4che does so where preferred transfer syntaxes are configured.

Whether a context fails does not depend on the policy: a SOP Class that the acceptor does not have
is result 3, no syntax in common is result 4 (PS3.8 Table 9-18). Without a role selection the
acceptor has to be the SCP (PS3.7 D.3.3.4); with one, each role that both sides have is granted,
and a class that is left without a role is refused with 3, as dcm4che does (pynetdicom says 1,
DCMTK does not look). Titles, addresses and limits are not foreseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dicomcfg.core.negotiation.capabilities import SCP, SCU, merged
from dicomcfg.core.negotiation.proposal import CONTEXTS_PER_REQUEST
from dicomcfg.core.records import PresentationContext, RoleSelection, TransferCapability
from dicomcfg.core.standard import uids
from dicomcfg.core.wording import listed

ACCEPTED, CLASS_REFUSED, SYNTAXES_REFUSED = 0, 3, 4
"""The results of PS3.8 Table 9-18 that a forecast gives."""

Acceptable = Mapping[str, tuple[str, ...]]
"""Transfer syntaxes by SOP Class, in the acceptor's order."""


class Policy(StrEnum):
    """Whose order decides among the transfer syntaxes that both sides have."""

    REQUESTOR = "requestor"
    ACCEPTOR = "acceptor"
    PREFERRED = "preferred"


@dataclass(frozen=True, slots=True)
class ContextForecast:
    """What one proposed context gets.

    `result` is a code of PS3.8 Table 9-18, `accepted` the transfer syntax of result 0, `why` a
    sentence. `role` is the acceptor's answer to a role selection for the class, None where none
    was proposed. `request` counts the associations that the contexts are split into, from 1.
    """

    abstract_syntax: str
    proposed: tuple[str, ...]
    result: int
    accepted: str | None
    why: str
    role: RoleSelection | None = None
    request: int = 1


def acceptable_of(capabilities: Iterable[TransferCapability], role: str = SCP) -> Acceptable:
    """What an AE takes in one role, by SOP Class; a class that stands there twice has both."""
    each_once = merged((), capabilities)
    return {each.sop_class: each.transfer_syntaxes for each in each_once if each.role == role}


def proposed_of(capabilities: Iterable[TransferCapability]) -> tuple[PresentationContext, ...]:
    """The contexts by which an AE proposes what it is an SCU of, one a class, in its order."""
    acceptable = acceptable_of(capabilities, SCU)
    return tuple(PresentationContext(uid, syntaxes) for uid, syntaxes in acceptable.items())


def forecast(
    proposed: Sequence[PresentationContext],
    acceptable: Acceptable,
    policy: Policy,
    preferred: Sequence[str] = (),
    *,
    roles: Iterable[RoleSelection] = (),
    acceptable_as_scu: Acceptable | None = None,
) -> tuple[ContextForecast, ...]:
    """What each of `proposed` gets, in their order.

    `acceptable` is what the acceptor is an SCP of, `acceptable_as_scu` what it is an SCU of, which
    matters where `roles` propose that the requestor be the SCP. `preferred` serves the policy of
    that name alone.
    """
    selected = {role.sop_class: role for role in roles}
    as_scu = acceptable_as_scu or {}
    found = []
    for place, context in enumerate(proposed):
        uid = context.abstract_syntax
        role = _granted(selected.get(uid), acceptable, as_scu)
        taken = _taken(role, uid, acceptable, as_scu)
        result, accepted, why = _answer(context, taken, policy, preferred)
        if result == CLASS_REFUSED:
            why = _class_refused(role, uid, acceptable, as_scu)
        request = place // CONTEXTS_PER_REQUEST + 1
        found.append(
            ContextForecast(uid, context.transfer_syntaxes, result, accepted, why, role, request)
        )
    return tuple(found)


def _granted(
    proposed: RoleSelection | None, as_scp: Acceptable, as_scu: Acceptable
) -> RoleSelection | None:
    """The roles of the requestor that the acceptor has the other end of (PS3.7 D.3.3.4)."""
    if proposed is None:
        return None
    uid = proposed.sop_class
    return RoleSelection(uid, proposed.scu and uid in as_scp, proposed.scp and uid in as_scu)


def _taken(
    role: RoleSelection | None, uid: str, as_scp: Acceptable, as_scu: Acceptable
) -> tuple[str, ...] | None:
    """The acceptor's transfer syntaxes for a class in the role that it is left with."""
    if role is None or role.scu:
        return as_scp.get(uid)
    return as_scu.get(uid) if role.scp else None


def _answer(
    context: PresentationContext,
    taken: tuple[str, ...] | None,
    policy: Policy,
    preferred: Sequence[str],
) -> tuple[int, str | None, str]:
    """Result, transfer syntax and the reason, for an acceptor of `taken`; None is no such class."""
    if taken is None:
        return CLASS_REFUSED, None, ""
    common = [uid for uid in context.transfer_syntaxes if uid in taken]
    if not common:
        return SYNTAXES_REFUSED, None, _nothing_common(context, taken)
    if len(set(common)) == 1:
        return ACCEPTED, common[0], "The one transfer syntax that both have."
    match policy:
        case Policy.REQUESTOR:
            return ACCEPTED, common[0], "The first proposed that the acceptor takes."
        case Policy.ACCEPTOR:
            first = next(uid for uid in taken if uid in common)
            return ACCEPTED, first, "The first of the acceptor's list that is proposed."
        case Policy.PREFERRED:
            liked = next((uid for uid in preferred if uid in common), None)
            if liked is not None:
                return ACCEPTED, liked, "The first preferred that is both proposed and taken."
            why = "None of the preferred is in common: the first proposed that the acceptor takes."
            return ACCEPTED, common[0], why


def _nothing_common(context: PresentationContext, taken: Sequence[str]) -> str:
    return (
        "No transfer syntax in common: proposed "
        f"{_names(context.transfer_syntaxes)}; the acceptor takes {_names(taken)}."
    )


def _class_refused(
    role: RoleSelection | None, uid: str, as_scp: Acceptable, as_scu: Acceptable
) -> str:
    if role is not None and (uid in as_scp or uid in as_scu):
        has = "SCP" if uid in as_scp else "SCU"
        return f"The acceptor is {has} of this SOP Class, and the role selection leaves no role."
    if uid in as_scu:
        return "The acceptor is no SCP of this SOP Class, only SCU."
    return "The acceptor is no SCP of this SOP Class."


def _names(syntaxes: Sequence[str]) -> str:
    return listed([uids.short_of(uid) for uid in syntaxes]) or "none"
