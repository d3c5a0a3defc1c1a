"""What the inventory holds of all that a plan speaks of, asked for once and, for applying, locked.

Devices, then Profiles, AEs and associations, each in the order of their ids, as all services lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Count, Q

from dicomcfg.core.records import Document
from dicomcfg.exchange.choices import TO_ASSOCIATION, Choices, chosen_id, new_name
from dicomcfg.exchange.planning.matching import Matches, Sites, candidates, ends_among
from dicomcfg.inventory.models import AE, Association, Device, Profile
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.ae_rows import load_aes
from dicomcfg.inventory.services.association_rows import AssociationData, load_associations
from dicomcfg.inventory.services.capability_rows import (
    Capabilities,
    Following,
    followed_by,
    load_capabilities,
)
from dicomcfg.inventory.services.drift_rows import callers_of, hold_associations
from dicomcfg.inventory.services.profile_rows import ProfileData, load_profiles

StoredProfile = tuple[Profile, ProfileData]
Pair = tuple[int, int]


@dataclass(slots=True)
class Known:
    """Stored rows with their states: devices and Profiles by name and the chosen ones, AEs by
    record and by id, associations by the ids of their AEs."""

    sites: Sites
    matches: Matches
    devices: dict[str, Device]
    chosen_device: Device | None
    profiles: dict[str, StoredProfile]
    chosen_profile: StoredProfile | None
    aes: dict[int, tuple[AE, AeData]]
    capabilities: dict[int, Capabilities] = field(default_factory=dict)
    following: dict[int, Following] = field(default_factory=dict)
    associations: dict[Pair, tuple[Association, AssociationData]] = field(default_factory=dict)
    followers: dict[int, int] = field(default_factory=dict)


def load(document: Document, choices: Choices, *, lock: bool) -> Known:
    """Ask for everything; the number of queries grows only with the database's batches."""
    sites = Sites(choices.site)
    names = {device.key: device.name.strip() for device in document.devices}
    devices, chosen_device = _devices(names, choices, lock)
    profiles, chosen_profile = _profiles(document, choices, lock)
    ids = candidates(document.aes, sites, choices.match, names)
    ends = {chosen_id(choice) for choice in (choices.calling, choices.called)} - {None}
    profile_ids = [row.pk for row, _ in profiles.values()]
    if profile_ids and lock:
        following = AE.objects.filter(profile__in=profile_ids)
        ids |= set(following.order_by().values_list("pk", flat=True))
    loaded = load_aes(ids | {pk for pk in ends if pk is not None}, lock=lock)
    known = Known(
        sites,
        Matches(document.aes, sites, choices.match, names, loaded),
        devices,
        chosen_device,
        profiles,
        chosen_profile,
        {row.pk: (row, data) for row, data in loaded},
    )
    rows = [row for row, _ in loaded]
    if any(ae.transfer_capabilities or ae.profile for ae in document.aes) or (
        "ae.transfer_capabilities" in (document.knows or ())
    ):
        known.capabilities = load_capabilities(row.pk for row in rows)
        known.following = followed_by(rows)
    _associations(known, document, choices, profile_ids, lock=lock)
    known.followers = _followers(profile_ids)
    return known


def _devices(
    names: Mapping[str, str], choices: Choices, lock: bool
) -> tuple[dict[str, Device], Device | None]:
    wanted = {*names.values(), new_name(choices.device) or ""} - {""}
    chosen = chosen_id(choices.device)
    rows = Device.objects.filter(Q(name__in=wanted) | Q(pk=chosen)).order_by("pk")
    found = list(rows.select_for_update(no_key=True) if lock else rows) if wanted or chosen else []
    return (
        {row.name: row for row in found},
        next((row for row in found if row.pk == chosen), None),
    )


def _profiles(
    document: Document, choices: Choices, lock: bool
) -> tuple[dict[str, StoredProfile], StoredProfile | None]:
    names = {each.name.strip() for each in document.profiles}
    if not names and choices.profile is None:
        return {}, None
    ids = Profile.objects.filter(Q(name__in=names) | Q(pk=choices.profile))
    loaded = load_profiles(ids.order_by().values_list("pk", flat=True), lock=lock)
    return (
        {row.name: (row, data) for row, data in loaded if row.name in names},
        next((each for each in loaded if each[0].pk == choices.profile), None),
    )


def _associations(
    known: Known, document: Document, choices: Choices, profile_ids: list[int], *, lock: bool
) -> None:
    """The pairs that the files speak of, and for applying all that may be written with them."""
    is_target = choices.target == TO_ASSOCIATION and document.profiles
    pairs = bool(document.associations or is_target)
    if lock and (pairs or profile_ids or known.capabilities or known.following):
        reached = Q(profile__in=profile_ids) | callers_of(known.aes)
        hold_associations(reached | ends_among(known.aes) if pairs else reached)
    if not pairs:
        return
    wanted = _pairs(known, document)
    if is_target:
        ends = chosen_id(choices.calling), chosen_id(choices.called)
        if ends[0] is not None and ends[1] is not None:
            wanted.add((ends[0], ends[1]))
    if not wanted:
        return
    here = Association.objects.filter(
        calling__in={pair[0] for pair in wanted}, called__in={pair[1] for pair in wanted}
    )
    found = here.order_by().values_list("pk", "calling_id", "called_id")
    ids = [pk for pk, calling, called in found if (calling, called) in wanted]
    loaded = load_associations(Q(pk__in=ids), lock=lock)
    known.associations = {data.pair: (row, data) for row, data in loaded}


def _pairs(known: Known, document: Document) -> set[Pair]:
    repeated = known.matches.repeated

    def pk_of(key: str) -> int | None:
        found = known.matches.of(repeated.get(key, key))
        return found[0].pk if found else None

    pairs = ((pk_of(each.calling), pk_of(each.called)) for each in document.associations)
    return {(a, b) for a, b in pairs if a is not None and b is not None}


def _followers(profile_ids: list[int]) -> dict[int, int]:
    """How many associations and AEs follow each of the Profiles that anything follows."""
    counts: dict[int, int] = {}
    for model in (Association, AE) if profile_ids else ():
        rows = model._default_manager.filter(profile__in=profile_ids).order_by()
        grouped = rows.values("profile").annotate(count=Count("pk"))
        for pk, count in grouped.values_list("profile", "count"):
            counts[pk] = counts.get(pk, 0) + count
    return counts
