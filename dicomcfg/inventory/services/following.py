"""Lets associations and AEs follow a Profile, and stop following it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from django.db.models import Q

from dicomcfg.core.wording import counted
from dicomcfg.inventory.models import AE, Association, CapabilityRole, ChangeSet, Profile
from dicomcfg.inventory.services import ae_rows, association_rows, profile_rows
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.association_rows import (
    load_associations,
    overwrite_associations,
)
from dicomcfg.inventory.services.capability_rows import (
    Following,
    followed_by,
    load_capabilities,
    overwrite_capabilities,
)
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.followers import governed
from dicomcfg.inventory.services.history import Recorder, last_change, recording
from dicomcfg.inventory.services.profile_rows import ProfileData, load_profiles


def follow(
    actor: Actor,
    subject: Association | AE,
    profile: Profile,
    revision: int,
    role: str = "",
    *,
    shown: int | None = None,
) -> None:
    """Let an association propose, or an AE be able to in `role`, what a Profile holds.

    What it had there before is replaced, and is kept by the history. Raises StaleRevision when
    the subject no longer stands at `revision`, the Profile not at the one `shown` if any was, or
    is gone, and ServiceError for a role that is neither SCU nor SCP.
    """
    with recording(actor) as recorder:
        follow_within(recorder, subject, profile, revision, role, shown)


def follow_within(
    recorder: Recorder,
    subject: Association | AE,
    profile: Profile,
    revision: int,
    role: str = "",
    shown: int | None = None,
) -> None:
    """The same as part of a larger act; call inside `recording`."""
    loaded = load_profiles([profile.pk])
    if not loaded or shown not in (None, loaded[0][0].revision):
        raise StaleRevision(f"Profile {profile.name}", last_change(profile_rows.MODEL, profile.pk))
    row, data = loaded[0]
    recorder.summary = recorder.summary or f"Let {subject} follow Profile {data.name}"
    if isinstance(subject, Association):
        _follow_with_association(recorder, subject, row, data, revision)
    else:
        _follow_with_ae(recorder, subject, Following(row, role), data, revision)


def stop_following(actor: Actor, subject: Association | AE, revision: int) -> None:
    """Let it follow no Profile: it keeps what it has and may be changed by itself again.

    Nothing is written if it follows none. Raises StaleRevision.
    """
    with recording(actor) as recorder:
        if isinstance(subject, Association):
            association, before = _association_at(subject, revision)
            _stopped(recorder, subject, before.profile)
            overwrite_associations(recorder, [(association, before, replace(before, profile=None))])
        else:
            ae = _ae_at(subject, revision)
            followed = followed_by([ae]).get(ae.pk)
            _stopped(recorder, subject, followed.profile if followed else None)
            capabilities = {ae.pk: load_capabilities([ae.pk]).get(ae.pk, ())}
            overwrite_capabilities(recorder, [ae], capabilities, {ae.pk: None})


def follow_all(
    actor: Actor, associations: Iterable[Association], profile: Profile
) -> ChangeSet | None:
    """Let many associations follow a Profile in one act; None where all did already.

    Raises StaleRevision where the Profile is gone.
    """
    with recording(actor) as recorder:
        loaded = load_profiles([profile.pk])
        if not loaded:
            change = last_change(profile_rows.MODEL, profile.pk)
            raise StaleRevision(f"Profile {profile.name}", change)
        row, data = loaded[0]
        states = load_associations(Q(pk__in=[each.pk for each in associations]))
        wanted = data.proposed.fields()
        changed = overwrite_associations(
            recorder,
            [(each, before, replace(before, profile=row, **wanted)) for each, before in states],
        )
        recorder.summary = f"Let {counted(len(changed), 'association')} follow Profile {data.name}"
    return recorder.change_set


def stop_all(actor: Actor, associations: Iterable[Association]) -> ChangeSet | None:
    """Let many associations follow no Profile, keeping what they have; None where none did."""
    with recording(actor) as recorder:
        states = load_associations(Q(pk__in=[each.pk for each in associations]))
        changed = overwrite_associations(
            recorder, [(each, before, replace(before, profile=None)) for each, before in states]
        )
        count = counted(len(changed), "association")
        recorder.summary = f"Let {count} no longer follow a Profile"
    return recorder.change_set


def _stopped(recorder: Recorder, subject: Association | AE, profile: Profile | None) -> None:
    recorder.summary = f"Let {subject} no longer follow Profile {profile}"


def _follow_with_association(
    recorder: Recorder, subject: Association, row: Profile, data: ProfileData, revision: int
) -> None:
    association, before = _association_at(subject, revision)
    after = replace(before, profile=row, **data.proposed.fields())
    overwrite_associations(recorder, [(association, before, after)])


def _follow_with_ae(
    recorder: Recorder, subject: AE, following: Following, data: ProfileData, revision: int
) -> None:
    if following.role not in CapabilityRole.values:
        raise ServiceError({"role": ["Say whether the AE follows it as SCU or as SCP."]})
    ae = _ae_at(subject, revision)
    present = load_capabilities([ae.pk]).get(ae.pk, ())
    wanted = governed(present, data.proposed, following.role)
    overwrite_capabilities(recorder, [ae], {ae.pk: wanted}, {ae.pk: following})


def _association_at(
    subject: Association, revision: int
) -> tuple[Association, association_rows.AssociationData]:
    loaded = load_associations(Q(pk=subject.pk))
    if not loaded or loaded[0][0].revision != revision:
        raise StaleRevision(str(subject), last_change(association_rows.MODEL, subject.pk))
    return loaded[0]


def _ae_at(subject: AE, revision: int) -> AE:
    row = AE.objects.select_for_update(no_key=True).filter(pk=subject.pk).first()
    if row is None or row.revision != revision:
        raise StaleRevision(subject.ae_title, last_change(ae_rows.MODEL, subject.pk))
    return row
