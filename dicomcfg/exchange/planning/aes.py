"""Plans the AEs of the files, with what they are able to and the Profile they follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from msgspec import structs

from dicomcfg.core import records
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.exchange.choices import ONLY_NEW, Choices
from dicomcfg.exchange.models import Action, RowKind
from dicomcfg.exchange.planning.changes import changes_of
from dicomcfg.exchange.planning.known import Known
from dicomcfg.exchange.planning.laying import How, ae_after, capabilities_after, new_ae
from dicomcfg.exchange.planning.rows import (
    AeState,
    Key,
    PlannedAe,
    PlannedDevice,
    PlannedProfile,
    PlannedRow,
    judged,
    need_of,
)
from dicomcfg.inventory.models import AE, CapabilityRole, Profile, Site
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.ae_findings import field_findings, neighbour_findings
from dicomcfg.inventory.services.capabilities import check_capabilities
from dicomcfg.inventory.services.capability_rows import Following
from dicomcfg.inventory.services.followers import governed
from dicomcfg.inventory.services.history import Snapshot
from dicomcfg.inventory.services.proposed_sets import ProposedSet


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the AEs of a plan refer to."""

    known: Known
    choices: Choices
    how: How
    devices: dict[str, PlannedDevice]
    device_for_new: PlannedDevice | None
    profiles: dict[str, PlannedProfile]
    has_pairs: bool


def plan_aes(aes: Iterable[records.Ae], around: Surroundings) -> dict[str, PlannedAe]:
    """By key, each with what the services and the rest of the inventory have against it."""
    planner = _Planner(around)
    planned: dict[str, PlannedAe] = {}
    said = {ae.key: ae for ae in aes}
    repeated = around.known.matches.repeated
    for ae in said.values():
        planned[ae.key] = planner.plan(ae)
    for key, first in repeated.items():
        planned[first], planned[key] = _again(said[key], said[first], planned[first])
    return _with_neighbours(planned)


def blank(site: Site) -> Snapshot:
    """The state with which a new AE is compared."""
    return AeState(AeData(site=site, ae_title="")).snapshot()


class _Planner:
    """Plans AE by AE over what was asked of the database once for all."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._blanks: dict[int, Snapshot] = {}

    def plan(self, said: records.Ae) -> PlannedAe:
        known, matches = self._around.known, self._around.known.matches
        site = known.sites.of(said)
        # Not by its alias, which is several times as slow.
        bare: PlannedAe = PlannedRow(RowKind.AE, said.key, said.ae_title, Action.CONFLICT)
        if site is None:
            message = f"There is no site {(said.site or '')[:64]!r}."
            remedy = "Add the site first, or correct the file."
            return judged(bare, [_error("site-unknown", said, message, remedy, "site")])
        if said.key in matches.ambiguous:
            return judged(bare, [_ambiguous(said, site)])
        found = matches.of(said.key)
        if found is None:
            return self._new(bare, said, site)
        row, data = found
        pk = row.pk
        before = AeState(data, known.capabilities.get(pk, ()), known.following.get(pk))
        bare = structs.replace(bare, stored=row, row=row, before=before)
        if self._around.how.mode == ONLY_NEW:
            return structs.replace(bare, action=Action.LEFT)
        return self._laid_over(bare, said, before)

    def _new(self, bare: PlannedAe, said: records.Ae, site: Site) -> PlannedAe:
        around = self._around
        device = around.devices.get(said.device or "", around.device_for_new)
        data = new_ae(said, site, device.row if device else None, around.choices.tags)
        following = self._followed(said)
        chosen, role = around.known.chosen_profile, around.choices.profile_role
        if following is None and chosen is not None and role:
            following = Following(chosen[0], role)
        capabilities = capabilities_after((), said.transfer_capabilities, around.how)
        after = self._in_step(AeState(data, capabilities, following))
        if site.pk not in self._blanks:
            self._blanks[site.pk] = blank(site)
        return structs.replace(
            bare,
            action=Action.NEW,
            label=data.ae_title,
            after=after,
            row=AE(ae_title=data.ae_title, site=site) if around.has_pairs else None,
            changes=changes_of(self._blanks[site.pk], after.snapshot(), is_new=True),
            needs=self._needs(device, after),
            findings=tuple(_findings(after)),
        )

    def _laid_over(self, bare: PlannedAe, said: records.Ae, before: AeState) -> PlannedAe:
        around = self._around
        device = around.devices.get(said.device or "")
        data = ae_after(before.data, said, device.row if device else None, around.how)
        capabilities = capabilities_after(
            before.capabilities, said.transfer_capabilities, around.how
        )
        following = self._followed(said)
        if following is None and not around.how.sets("ae.profile", said.profile):
            following = before.following
        wanted = AeState(data, capabilities, following)
        after = self._in_step(wanted)
        if after == before:
            return structs.replace(bare, action=Action.SAME, after=after)
        changed = structs.replace(
            bare,
            action=Action.CHANGED,
            after=after,
            changes=after.changes_from(before),
            needs=self._needs(device, after),
            findings=tuple(_findings(after)),
        )
        if _is_governed(before, after, around.profiles):
            return judged(
                structs.replace(changed, action=Action.CONFLICT), [_governed(said, before)]
            )
        return changed

    def _followed(self, said: records.Ae) -> Following | None:
        planned = self._around.profiles.get(said.profile or "")
        role = said.profile_role or ""
        if planned is None or planned.row is None or role not in CapabilityRole.values:
            return None
        return Following(planned.row, role)

    def _needs(self, device: PlannedDevice | None, after: AeState) -> tuple[Key, ...]:
        followed = after.following
        planned = self._around.profiles.get(followed.profile.name) if followed else None
        return (*need_of(device), *need_of(planned))

    def _in_step(self, state: AeState) -> AeState:
        """With the capabilities that a Profile of the plan or the chosen one gives."""
        followed = state.following
        proposed = self._proposed_of(followed.profile) if followed else None
        if followed is None or proposed is None:
            return state
        return structs.replace(
            state, capabilities=governed(state.capabilities, proposed, followed.role)
        )

    def _proposed_of(self, profile: Profile) -> ProposedSet | None:
        planned = self._around.profiles.get(profile.name)
        if planned is not None and planned.after is not None and planned.row == profile:
            return planned.after.proposed
        chosen = self._around.known.chosen_profile
        return chosen[1].proposed if chosen is not None and chosen[0] == profile else None


def _is_governed(before: AeState, after: AeState, profiles: dict[str, PlannedProfile]) -> bool:
    """Whether a Profile that the files do not change says otherwise."""
    followed = before.following
    if followed is None or after.following != followed or followed.profile.name in profiles:
        return False
    kept, wanted = (
        [each for each in state.capabilities if each.role == followed.role]
        for state in (before, after)
    )
    return kept != wanted


def _governed(said: records.Ae, before: AeState) -> Finding:
    followed = before.following
    assert followed is not None, "only a follower is governed"
    return _error(
        "ae-follows-profile",
        said,
        f"{said.ae_title} follows Profile {followed.profile.name}, which says what it is able to "
        f"as {followed.role}.",
        "Change the Profile, or let the AE stop following it first.",
        "transfer_capabilities",
    )


def _again(said: records.Ae, first: records.Ae, planned: PlannedAe) -> tuple[PlannedAe, PlannedAe]:
    """The first record of an AE and a later one: a repeat, or two that disagree."""
    later = structs.replace(
        planned, key=said.key, label=said.ae_title, changes=(), needs=(), findings=()
    )
    if replace(said, key=first.key) == first:
        message = f"The files speak of {said.ae_title} twice, and say the same."
        finding = Finding("ae-described-twice", Severity.INFO, said.ae_title, message)
        return planned, judged(structs.replace(later, action=Action.LEFT), [finding])
    message = f"The files speak of {said.ae_title} at one address twice, and say different things."
    finding = _error("ae-described-twice", said, message, "Keep one of the two.", None)
    conflict = Action.CONFLICT
    return (
        judged(structs.replace(planned, action=conflict), [finding]),
        judged(structs.replace(later, action=conflict), [finding]),
    )


def _with_neighbours(planned: dict[str, PlannedAe]) -> dict[str, PlannedAe]:
    beside = [
        (key, row.stored.pk if row.stored else None, row.after.data)
        for key, row in planned.items()
        if row.after is not None and row.action is not Action.LEFT
    ]
    found = neighbour_findings([(pk, data) for _, pk, data in beside])
    for (key, _, _), findings in zip(beside, found, strict=True):
        if findings:
            planned[key] = judged(planned[key], findings)
    return planned


def _findings(state: AeState) -> Iterator[Finding]:
    yield from field_findings(state.data)
    if state.capabilities:
        yield from check_capabilities(state.capabilities)


def _error(code: str, said: records.Ae, message: str, remedy: str, path: Any) -> Finding:
    return Finding(code, Severity.ERROR, said.ae_title[:64], message, remedy, path=path)


def _ambiguous(said: records.Ae, site: Site) -> Finding:
    message = f"More than one record or AE of {site.name} bears the title {said.ae_title}, "
    message += "and none that is left has this address, so it could mean either."
    remedy = "Match by title and address, or change that AE on its own page."
    return _error("ae-ambiguous", said, message, remedy, "ae_title")
