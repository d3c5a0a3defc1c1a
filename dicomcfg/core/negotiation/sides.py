"""Who proposes what and who takes what, out of any Document: the two sides of a forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dicomcfg.core.negotiation.capabilities import SCP, SCU, capabilities_of_contexts
from dicomcfg.core.negotiation.forecast import (
    Acceptable,
    ContextForecast,
    Policy,
    acceptable_of,
    forecast,
    proposed_of,
)
from dicomcfg.core.records import (
    Document,
    PresentationContext,
    Profile,
    RoleSelection,
    TransferCapability,
)


@dataclass(frozen=True, slots=True)
class Proposing:
    """What a requestor proposes."""

    contexts: tuple[PresentationContext, ...]
    roles: tuple[RoleSelection, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepting:
    """What an acceptor takes as SCP and, where a role selection asks for it, as SCU."""

    as_scp: Acceptable = field(default_factory=dict)
    as_scu: Acceptable = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of it, so that a forecast would say nothing."""
        return not (self.as_scp or self.as_scu)


def foreseen(
    proposing: Proposing, accepting: Accepting, policy: Policy, preferred: tuple[str, ...] = ()
) -> tuple[ContextForecast, ...]:
    """The forecast of both sides under one policy."""
    return forecast(
        proposing.contexts,
        accepting.as_scp,
        policy,
        preferred,
        roles=proposing.roles,
        acceptable_as_scu=accepting.as_scu,
    )


def proposals_in(document: Document) -> dict[str, Proposing]:
    """By `profile NAME`, `association CALLING:CALLED` or `AE KEY`: each that proposes something.

    An AE proposes what it is an SCU of.
    """
    found: dict[str, Proposing] = {}
    for profile in document.profiles:
        found[f"profile {profile.name}"] = Proposing(
            profile.presentation_contexts, profile.role_selections
        )
    for pair in document.associations:
        found[f"association {pair.calling}:{pair.called}"] = Proposing(
            pair.presentation_contexts, pair.role_selections
        )
    for ae in document.aes:
        found[f"AE {ae.key}"] = Proposing(proposed_of(ae.transfer_capabilities))
    return {name: side for name, side in found.items() if side.contexts}


def acceptances_in(document: Document) -> dict[str, Accepting]:
    """By `profile NAME` or `AE KEY`: each that takes something."""
    found = {f"profile {each.name}": _of_profile(each) for each in document.profiles}
    found |= {f"AE {ae.key}": accepting_of(ae.transfer_capabilities) for ae in document.aes}
    return {name: side for name, side in found.items() if not side.is_empty}


def accepting_of(capabilities: Sequence[TransferCapability]) -> Accepting:
    """What an AE takes by its Transfer Capabilities."""
    return Accepting(acceptable_of(capabilities, SCP), acceptable_of(capabilities, SCU))


def _of_profile(profile: Profile) -> Accepting:
    """A Profile read as an acceptor's: its role selections are the roles that a requestor gets.

    DCMTK reads its association configuration files so; a class without one is taken as SCP.
    """
    roles = {role.sop_class: role for role in profile.role_selections}
    as_scp, as_scu = [], []
    for context in profile.presentation_contexts:
        role = roles.get(context.abstract_syntax)
        if role is None or role.scu:
            as_scp.append(context)
        if role is not None and role.scp:
            as_scu.append(context)
    capabilities = *capabilities_of_contexts(as_scp, SCP), *capabilities_of_contexts(as_scu, SCU)
    return accepting_of(capabilities)
