"""Writes the included rows of a plan, in the order in which they refer to each other.

Call inside `recording`, with a plan that was made with its rows locked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from django.db.models import Q

from dicomcfg.exchange.models import Action
from dicomcfg.exchange.planning.rows import AeState, Key, Plan, PlannedRow, State, Stored
from dicomcfg.inventory.models import AE, Profile
from dicomcfg.inventory.services.ae_rows import insert_aes, overwrite_aes
from dicomcfg.inventory.services.association_rows import (
    AssociationData,
    insert_associations,
    load_associations,
    overwrite_associations,
)
from dicomcfg.inventory.services.capability_rows import (
    Capabilities,
    Following,
    overwrite_capabilities,
)
from dicomcfg.inventory.services.devices import insert_devices, overwrite_devices
from dicomcfg.inventory.services.followers import carry_to_followers
from dicomcfg.inventory.services.history import Recorder
from dicomcfg.inventory.services.profile_rows import insert_profiles, overwrite_profiles


def write(recorder: Recorder, plan: Plan, wanted: Collection[Key]) -> None:
    """Write those of the rows whose identities are wanted."""
    writer = _Writer(recorder, wanted)
    writer.devices(plan)
    writer.profiles(plan)
    writer.aes(plan)
    writer.associations(plan)


class _Writer:
    """Remembers what was made for those that refer to it."""

    def __init__(self, recorder: Recorder, wanted: Collection[Key]) -> None:
        self._recorder = recorder
        self._wanted = wanted
        self._made_profiles: dict[str, Profile] = {}
        self._carried: set[int] = set()
        self._made_aes: dict[int, AE] = {}

    def _split(
        self, rows: Iterable[PlannedRow[Stored, State]]
    ) -> tuple[list[PlannedRow[Stored, State]], list[tuple[Stored, State, State]]]:
        """The wanted rows that are new, and (row, before, after) of those that change."""
        here = [row for row in rows if row.identity in self._wanted]
        return (
            [row for row in here if row.action is Action.NEW],
            [row.change() for row in here if row.action is Action.CHANGED],
        )

    def devices(self, plan: Plan) -> None:
        """The rows that AEs refer to get their ids here."""
        new, changed = self._split(plan.devices)
        if new:
            insert_devices(self._recorder, [row.row for row in new if row.row is not None])
        overwrite_devices(self._recorder, [(row, after) for row, _, after in changed])

    def profiles(self, plan: Plan) -> None:
        """Profiles, and what follows those that change."""
        new, changed = self._split(plan.profiles)
        if new:
            made = insert_profiles(self._recorder, [row.made() for row in new])
            self._made_profiles = {row.name: row for row in made}
        overwrite_profiles(self._recorder, changed)
        moved = {
            row.pk: after.proposed
            for row, before, after in changed
            if before.proposed != after.proposed
        }
        carry_to_followers(self._recorder, moved)
        self._carried = set(moved)

    def aes(self, plan: Plan) -> None:
        """AEs, then what they are able to."""
        new, changed = self._split(plan.aes)
        made = insert_aes(self._recorder, [row.made().data for row in new]) if new else []
        able: list[tuple[AE, AeState]] = []
        for row, ae in zip(new, made, strict=True):
            self._made_aes[id(row.row)] = ae
            state = row.made()
            if state.capabilities or state.following:
                able.append((ae, state))
        overwrite_aes(
            self._recorder, [(row, before.data, after.data) for row, before, after in changed]
        )
        able += [
            (row, after)
            for row, before, after in changed
            if (before.capabilities, before.following) != (after.capabilities, after.following)
        ]
        self._capabilities(able)

    def _capabilities(self, able: list[tuple[AE, AeState]]) -> None:
        if not able:
            return
        wanted: Mapping[int, Capabilities] = {ae.pk: state.capabilities for ae, state in able}
        following = {ae.pk: self._followed(state.following) for ae, state in able}
        overwrite_capabilities(self._recorder, [ae for ae, _ in able], wanted, following)

    def _followed(self, following: Following | None) -> Following | None:
        if following is None or following.profile.pk is not None:
            return following
        return Following(self._made_profiles[following.profile.name], following.role)

    def associations(self, plan: Plan) -> None:
        """Pairs with what they propose, between AEs that are stored by now."""
        new, changed = self._split(plan.associations)
        if new:
            insert_associations(self._recorder, [self._settled(row.made()) for row in new])
        stale = [row.pk for row, _, _ in changed if row.profile_id in self._carried]
        fresh = {row.pk: (row, data) for row, data in load_associations(Q(pk__in=stale))}
        changes = []
        for row, before, after in changed:
            stored, present = fresh.get(row.pk, (row, before))
            changes.append((stored, present, self._settled(after)))
        overwrite_associations(self._recorder, changes)

    def _settled(self, data: AssociationData) -> AssociationData:
        profile = data.profile
        if profile is not None and profile.pk is None:
            profile = self._made_profiles[profile.name]
        return replace(
            data,
            calling=self._made_aes.get(id(data.calling), data.calling),
            called=self._made_aes.get(id(data.called), data.called),
            profile=profile,
        )
