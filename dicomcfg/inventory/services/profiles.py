"""Creates, changes, copies and deletes Profiles, and with them all that follows them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db import IntegrityError

from dicomcfg.core.wording import counted
from dicomcfg.inventory.models import AE, Association, ChangeSet, Profile
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.association_findings import check_proposed
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision, refuse_errors
from dicomcfg.inventory.services.fields import length_of, too_long
from dicomcfg.inventory.services.followers import carry_to_followers, release_followers
from dicomcfg.inventory.services.following import follow_within
from dicomcfg.inventory.services.history import changed_fields, last_change, recording
from dicomcfg.inventory.services.profile_rows import (
    MODEL,
    ProfileData,
    insert_profiles,
    load_profiles,
    overwrite_profiles,
    remove_profiles,
)

_NAME_LENGTH = length_of(Profile, "name") or 0
SHOWN_FOLLOWERS = 20


@dataclass(frozen=True, slots=True)
class Followers:
    """What follows a Profile: how many there are, the first of each, and a key that changes when
    others follow."""

    associations: int
    aes: int
    shown_associations: tuple[Association, ...]
    shown_aes: tuple[AE, ...]
    key: str

    @property
    def total(self) -> int:
        """How many in all."""
        return self.associations + self.aes

    @property
    def words(self) -> str:
        """`3 associations and 1 AE`."""
        both = ((self.associations, "association"), (self.aes, "AE"))
        return " and ".join(counted(number, word) for number, word in both if number) or "nothing"


def followers_of(profiles: Iterable[Profile]) -> Followers:
    """Whom a change of the Profiles affects; four queries."""
    ids = [row.pk for row in profiles]
    associations = Association.objects.filter(profile__in=ids)
    aes = AE.objects.filter(profile__in=ids)
    association_ids = list(associations.order_by("pk").values_list("pk", flat=True))
    ae_ids = list(aes.order_by("pk").values_list("pk", "profile_role"))
    shown = associations.select_related("calling", "called", "profile")[:SHOWN_FOLLOWERS]
    return Followers(
        len(association_ids),
        len(ae_ids),
        tuple(shown),
        tuple(aes.select_related("profile", "site")[:SHOWN_FOLLOWERS]),
        hashlib.sha256(repr((association_ids, ae_ids)).encode()).hexdigest(),
    )


def create_profile(
    actor: Actor,
    data: ProfileData,
    *,
    follower: Association | AE | None = None,
    revision: int = 0,
    role: str = "",
) -> Profile:
    """Add a Profile, which `follower` follows from the start (an AE in `role`).

    Raises ServiceError for refused fields, also a name that is taken, and StaleRevision when the
    follower no longer stands at `revision`.
    """
    data = data.normalised()
    _refuse(data)
    try:
        with recording(actor, f"Added Profile {data.name}") as recorder:
            row = insert_profiles(recorder, [data])[0]
            if follower is not None:
                recorder.summary += f", which {follower} follows"
                follow_within(recorder, follower, row, revision, role)
            return row
    except IntegrityError:
        raise _name_taken(data.name) from None


def update_profile(
    actor: Actor, profile: Profile, data: ProfileData, revision: int, seen: str = ""
) -> Profile:
    """Set a Profile to `data`, and with it all that follows it, in one act.

    `seen` is the key of the Followers that the person was shown, where any were. Raises
    ServiceError for refused fields and when others follow by now, and StaleRevision.
    """
    data = data.normalised()
    _refuse(data)
    try:
        with recording(actor) as recorder:
            row, before = _load_at(profile, revision)
            followers = followers_of([row])
            if seen and followers.key != seen:
                raise ServiceError.general(
                    "What follows this Profile is no longer what it was: look at whom the change "
                    "affects again."
                )
            fields = changed_fields(before.snapshot(), data.snapshot())
            recorder.summary = f"Changed Profile {data.name}: {fields}"
            overwrite_profiles(recorder, [(row, before, data)])
            if before.proposed != data.proposed and followers.total:
                recorder.summary += f", for {followers.words}"
                carry_to_followers(recorder, {row.pk: data.proposed})
            return row
    except IntegrityError:
        raise _name_taken(data.name) from None


def duplicate_profile(actor: Actor, profile: Profile) -> Profile:
    """Add a copy that nothing follows, under the next free name (`Storage` becomes `Storage 2`)."""
    with recording(actor) as recorder:
        loaded = load_profiles([profile.pk], lock=False)
        if not loaded:
            raise StaleRevision(profile.name, last_change(MODEL, profile.pk))
        data = loaded[0][1]
        copy = replace(data, name=_free_name(data.name))
        recorder.summary = f"Duplicated Profile {data.name} as {copy.name}"
        return insert_profiles(recorder, [copy])[0]


def delete_profiles(actor: Actor, profiles: Iterable[Profile]) -> ChangeSet | None:
    """Delete Profiles; None when all were gone already. What followed them keeps what it holds."""
    with recording(actor) as recorder:
        loaded = load_profiles([row.pk for row in profiles])
        rows = [row for row, _ in loaded]
        followers = followers_of(rows)
        release_followers(recorder, rows)
        remove_profiles(recorder, loaded)
        only = f"Profile {rows[0].name}" if len(rows) == 1 else counted(len(rows), "Profile")
        recorder.summary = f"Deleted {only}"
        if followers.total:
            recorder.summary += f", which {followers.words} followed"
    return recorder.change_set


def _refuse(data: ProfileData) -> None:
    """Raise ServiceError, by field, for what forbids saving."""
    messages = too_long(Profile, {"name": data.name, "description": data.description})
    if not data.name:
        messages["name"] = ["Give the Profile a name."]
    if messages:
        raise ServiceError(messages)
    refuse_errors(check_proposed(data.proposed))


def _free_name(name: str) -> str:
    stem, _, number = name.rpartition(" ")
    if not (stem and number.isdecimal()):
        stem = name
    taken = set(Profile.objects.values_list("name", flat=True))
    suffixes = (f" {n}" for n in range(2, len(taken) + 3))
    names = (stem[: _NAME_LENGTH - len(suffix)] + suffix for suffix in suffixes)
    return next(name for name in names if name not in taken)


def _load_at(profile: Profile, revision: int) -> tuple[Profile, ProfileData]:
    """The locked row and its state, if it still stands at `revision`."""
    loaded = load_profiles([profile.pk])
    if not loaded or loaded[0][0].revision != revision:
        raise StaleRevision(f"Profile {profile.name}", last_change(MODEL, profile.pk))
    return loaded[0]


def _name_taken(name: str) -> ServiceError:
    return ServiceError({"name": [f"There is a Profile named {name} already."]})
