"""Reads and writes the Transfer Capabilities of many AEs at once, with their history.

They are a subject of their own in the history, under the id of their AE, so that whoever edits
the AEs themselves loads none of them: an archive has some hundreds. Which Profile an AE follows
is kept with them, since the Profile says what they are in its role.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F

from dicomcfg.core import records
from dicomcfg.inventory.models import AE, Profile, SyntaxList, TransferCapability
from dicomcfg.inventory.selectors import capabilities_of_all
from dicomcfg.inventory.services.drift_rows import recompute_aes, recompute_callers
from dicomcfg.inventory.services.history import Recorder, Snapshot

MODEL = "capabilities"
Capabilities = tuple[records.TransferCapability, ...]


@dataclass(frozen=True, slots=True)
class Following:
    """The Profile that an AE follows, and the role (`SCU` or `SCP`) in which it does."""

    profile: Profile
    role: str


def load_capabilities(ae_ids: Iterable[int]) -> dict[int, Capabilities]:
    """The capabilities in order of each AE that has any, by its id; two queries."""
    found = capabilities_of_all(ae_ids)
    return {ae_id: tuple(capabilities) for ae_id, capabilities in found.items()}


def followed_by(aes: Iterable[AE]) -> dict[int, Following]:
    """What each of the AEs follows that follows a Profile, by its id; at most one query."""
    followers = [ae for ae in aes if ae.profile_id is not None]
    profiles = Profile.objects.in_bulk({ae.profile_id for ae in followers}) if followers else {}
    return {
        ae.pk: Following(profiles[ae.profile_id], ae.profile_role)
        for ae in followers
        if ae.profile_id is not None
    }


def overwrite_capabilities(
    recorder: Recorder,
    aes: Sequence[AE],
    wanted: Mapping[int, Capabilities],
    following: Mapping[int, Following | None] | None = None,
) -> None:
    """Set the whole list of each of the locked AEs, by its id, count up the revision of those
    whose list really changes, and compare them anew with what was found.

    `following` says whom the AEs in it follow from now on; the others follow whom they did.
    """
    present, followed = load_capabilities(wanted), followed_by(aes)
    before = {ae.pk: snapshot(present.get(ae.pk, ()), followed.get(ae.pk)) for ae in aes}
    after_all = {**followed, **(following or {})}
    after = {ae.pk: snapshot(wanted[ae.pk], after_all.get(ae.pk)) for ae in aes}
    real = [ae for ae in aes if before[ae.pk] != after[ae.pk]]
    if not real:
        return
    for ae in real:
        ae.revision += 1
    AE.objects.filter(pk__in=[ae.pk for ae in real]).update(revision=F("revision") + 1)
    _follow(real, after_all)
    changed = [ae.pk for ae in real if wanted[ae.pk] != present.get(ae.pk, ())]
    _write({pk: wanted[pk] for pk in changed})
    for ae in real:
        recorder.add(MODEL, ae.pk, ae.ae_title, before[ae.pk], after[ae.pk])
    touched = {c.sop_class for pk in changed for c in {*present.get(pk, ())} ^ {*wanted[pk]}}
    recompute_aes(changed)
    recompute_callers(changed, touched)


def record_removal(recorder: Recorder, aes: Sequence[AE]) -> None:
    """Note the capabilities that go with AEs about to be deleted."""
    found, followed = load_capabilities([ae.pk for ae in aes]), followed_by(aes)
    for ae in aes:
        if ae.pk in found or ae.pk in followed:
            state = snapshot(found.get(ae.pk, ()), followed.get(ae.pk))
            recorder.add(MODEL, ae.pk, ae.ae_title, state, None)


def snapshot(capabilities: Capabilities, following: Following | None = None) -> Snapshot:
    """Plain JSON for the history."""
    return {
        "profile": (
            {"id": following.profile.pk, "name": following.profile.name} if following else None
        ),
        "profile_role": following.role if following else None,
        "transfer_capabilities": [
            {
                "sop_class": each.sop_class,
                "role": each.role,
                "transfer_syntaxes": list(each.transfer_syntaxes),
            }
            for each in capabilities
        ],
    }


def from_snapshot(data: Snapshot) -> Capabilities:
    """The capabilities that a snapshot holds."""
    return tuple(
        records.TransferCapability(
            each["sop_class"], each["role"], tuple(each["transfer_syntaxes"])
        )
        for each in data["transfer_capabilities"]
    )


def following_from(data: Snapshot, profiles: Mapping[int, Profile]) -> Following | None:
    """Whom a snapshot says that the AE follows; None too where that Profile is gone."""
    profile = profiles.get((data.get("profile") or {}).get("id", 0))
    return Following(profile, data["profile_role"]) if profile else None


def _follow(aes: Iterable[AE], following: Mapping[int, Following | None]) -> None:
    """Write whom each of the AEs follows where that changes: a statement for each Profile."""
    by_target: dict[tuple[int | None, str], list[int]] = {}
    for ae in aes:
        target = following.get(ae.pk)
        pair = (target.profile.pk, target.role) if target else (None, "")
        if pair != (ae.profile_id, ae.profile_role):
            by_target.setdefault(pair, []).append(ae.pk)
            ae.profile_id, ae.profile_role = pair
    for (profile_id, role), ids in by_target.items():
        AE.objects.filter(pk__in=ids).update(profile_id=profile_id, profile_role=role)


def _write(wanted: Mapping[int, Capabilities]) -> None:
    """The rows are replaced: nothing refers to a capability by its id."""
    TransferCapability.objects.filter(ae__in=list(wanted)).delete()
    lists = SyntaxList.intern(
        each.transfer_syntaxes for capabilities in wanted.values() for each in capabilities
    )
    TransferCapability.objects.bulk_create(
        TransferCapability(
            ae_id=pk,
            position=position,
            sop_class=each.sop_class,
            role=each.role,
            syntax_list=lists[each.transfer_syntaxes],
        )
        for pk, capabilities in wanted.items()
        for position, each in enumerate(capabilities)
    )
