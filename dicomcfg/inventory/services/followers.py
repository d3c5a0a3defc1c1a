"""Keeps what follows a Profile in step with it: the copies that associations and AEs hold.

The one rule: whatever follows a Profile holds what the Profile holds now, however it came to
follow it: chosen, brought back by an undo, or there while the Profile changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from django.db.models import Q

from dicomcfg.core.negotiation.capabilities import capabilities_of_contexts, with_role
from dicomcfg.inventory.models import AE, Profile
from dicomcfg.inventory.services.association_rows import (
    AssociationData,
    load_associations,
    overwrite_associations,
)
from dicomcfg.inventory.services.capability_rows import (
    Capabilities,
    Following,
    followed_by,
    load_capabilities,
    overwrite_capabilities,
)
from dicomcfg.inventory.services.drift_rows import callers_of, hold_associations
from dicomcfg.inventory.services.errors import ServiceError
from dicomcfg.inventory.services.history import Recorder
from dicomcfg.inventory.services.profile_rows import load_profiles
from dicomcfg.inventory.services.proposed_sets import ProposedSet


def associations_in_step(states: Sequence[AssociationData]) -> list[AssociationData]:
    """The states with what their Profiles hold now, which are locked until the end.

    One whose Profile was deleted follows none and keeps what it has.
    """
    sets = _sets_of({state.profile.pk for state in states if state.profile})
    return [
        replace(state, **sets[state.profile.pk].fields())
        if state.profile and state.profile.pk in sets
        else replace(state, profile=None)
        for state in states
    ]


def capabilities_in_step(
    states: Mapping[int, Capabilities], following: Mapping[int, Following | None]
) -> dict[int, Capabilities]:
    """The same for what AEs are able to, by their ids."""
    sets = _sets_of({each.profile.pk for each in following.values() if each})
    found = dict(states)
    for pk, followed in following.items():
        if followed and followed.profile.pk in sets:
            found[pk] = governed(states[pk], sets[followed.profile.pk], followed.role)
    return found


def governed(present: Capabilities, proposed: ProposedSet, role: str) -> Capabilities:
    """The capabilities of an AE that follows a Profile of `proposed` in `role`."""
    return with_role(present, capabilities_of_contexts(proposed.contexts, role), role)


def _sets_of(profile_ids: Iterable[int]) -> dict[int, ProposedSet]:
    ids = list(profile_ids)
    return {row.pk: data.proposed for row, data in load_profiles(ids)} if ids else {}


def carry_to_followers(recorder: Recorder, wanted: Mapping[int, ProposedSet]) -> None:
    """Write what locked Profiles hold, by their ids, to all that follow them.

    The number of statements grows only with the batches of the database.
    """
    if not wanted:
        return
    aes = _followers(wanted)
    hold_associations(Q(profile__in=list(wanted)) | callers_of(ae.pk for ae in aes))
    followed, present = followed_by(aes), load_capabilities([ae.pk for ae in aes])
    capabilities = {
        ae.pk: governed(
            present.get(ae.pk, ()), wanted[followed[ae.pk].profile.pk], followed[ae.pk].role
        )
        for ae in aes
    }
    overwrite_capabilities(recorder, aes, capabilities)
    overwrite_associations(
        recorder,
        [
            (row, before, replace(before, **wanted[before.profile.pk].fields()))
            for row, before in load_associations(Q(profile__in=list(wanted)))
            if before.profile
        ],
    )


def release_followers(recorder: Recorder, profiles: Iterable[Profile]) -> tuple[int, int]:
    """Let all that follow locked Profiles follow none; they keep what they hold.

    Returns how many associations and how many AEs there were.
    """
    ids = [row.pk for row in profiles]
    aes = _followers(ids)
    present = load_capabilities([ae.pk for ae in aes])
    overwrite_capabilities(
        recorder,
        aes,
        {ae.pk: present.get(ae.pk, ()) for ae in aes},
        dict.fromkeys([ae.pk for ae in aes]),
    )
    loaded = load_associations(Q(profile__in=ids))
    overwrite_associations(
        recorder, [(row, before, replace(before, profile=None)) for row, before in loaded]
    )
    return len(loaded), len(aes)


def _followers(profile_ids: Iterable[int]) -> list[AE]:
    """The AEs that follow, locked; before any association, as wherever both are."""
    rows = AE.objects.filter(profile__in=list(profile_ids)).order_by("pk")
    return list(rows.select_for_update(no_key=True))


def refuse_governed_association(before: AssociationData, after: AssociationData) -> None:
    """Raise ServiceError when the change is one that the association's Profile has to make."""
    if before.profile and before.profile == after.profile and before.proposed != after.proposed:
        raise ServiceError.general(
            f"{before.label} follows Profile {before.profile.name}, which says what it proposes. "
            "Change the Profile, or stop following it first."
        )


def refuse_governed_capabilities(
    ae: AE, followed: Following | None, before: Capabilities, after: Capabilities
) -> None:
    """The same for what an AE is able to in the role in which it follows."""
    if followed is None:
        return
    kept, wanted = (
        [each for each in state if each.role == followed.role] for state in (before, after)
    )
    if kept != wanted:
        raise ServiceError.general(
            f"{ae.ae_title} follows Profile {followed.profile.name}, which says what it is able "
            f"to as {followed.role}. Change the Profile, or stop following it first."
        )
