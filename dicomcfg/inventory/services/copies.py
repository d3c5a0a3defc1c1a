"""New pairs out of an existing association: a copy for other AEs, and the reverse."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from django.db.models import Q

from dicomcfg.core.records import RoleSelection
from dicomcfg.core.standard.uids import VERIFICATION
from dicomcfg.inventory.models import AE, Association
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.association_rows import (
    MODEL,
    AssociationData,
    load_associations,
)
from dicomcfg.inventory.services.associations import record_association
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.history import last_change


class Roles(StrEnum):
    """What a reversed association proposes as roles.

    LEFT_OUT: none, so that the new calling AE is SCU of every SOP Class. SWAPPED: each AE stays
    what it was, so that the new calling AE is SCP where it was SCP before. PROFILE: what the
    Profile says that the association follows, and goes on following.
    """

    LEFT_OUT = "left-out"
    SWAPPED = "swapped"
    PROFILE = "profile"


def duplicate_association(
    actor: Actor,
    association: Association,
    calling: AE,
    called: AE,
    name: str,
    description: str,
    *,
    follow: bool,
) -> Association:
    """Add a pair that proposes what `association` does; with `follow` by its Profile, if any.

    Raises StaleRevision where it is gone, ServiceError as `create_association` does.
    """
    source = _load(association)
    copy = replace(
        source,
        calling=calling,
        called=called,
        name=name,
        description=description,
        profile=source.profile if follow else None,
    )
    summary = f"Duplicated association {source.label} as {copy.label}"
    return record_association(actor, copy, summary)


def reverse_association(
    actor: Actor, association: Association, roles: Roles, revision: int
) -> Association:
    """Add the pair called -> calling with the same contexts and extended negotiation.

    Raises StaleRevision where it no longer stands at `revision`, and ServiceError for one that has
    no reverse or has one already.
    """
    source = _load(association, revision)
    if source.calling == source.called:
        raise ServiceError.general(f"{source.label} is its own reverse.")
    if roles == Roles.PROFILE and source.profile is None:
        raise ServiceError.general(f"{source.label} follows no Profile.")
    reverse = replace(
        source,
        calling=source.called,
        called=source.calling,
        role_selections=reversed_roles(source, roles),
        profile=source.profile if roles == Roles.PROFILE else None,
        associations_at_once=1,
    )
    return record_association(actor, reverse, f"Reversed association {source.label}")


def reversed_roles(source: AssociationData, roles: Roles) -> tuple[RoleSelection, ...]:
    """The role selections of the reverse, in the order of the contexts.

    Without a role selection the requestor is SCU and the acceptor SCP (PS3.7 D.3.3.4), which
    turned around is 0/1. Verification is left out: either side may verify the other.
    """
    if roles == Roles.PROFILE:
        return source.role_selections
    if roles == Roles.LEFT_OUT:
        return ()
    bits = {role.sop_class: (role.scu, role.scp) for role in source.role_selections}
    classes = dict.fromkeys(context.abstract_syntax for context in source.contexts)
    turned = []
    for uid in classes:
        scu, scp = bits.get(uid, (True, False))
        if uid != VERIFICATION:
            turned.append(RoleSelection(uid, scu=scp, scp=scu))
    return tuple(turned)


def _load(association: Association, revision: int | None = None) -> AssociationData:
    """The state, not locked: a copy does not hold up who changes the original."""
    loaded = load_associations(Q(pk=association.pk), lock=False)
    if not loaded or revision not in (None, loaded[0][0].revision):
        raise StaleRevision(str(association), last_change(MODEL, association.pk))
    return loaded[0][1]
