"""The inventory, or a part of it, as a Document: what every format is written from.

The number of queries does not depend on how much there is, and the same inventory gives the same
Document: sites by name, AEs by title within them, whatever the store's own order is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Q, QuerySet

from dicomcfg.core import records
from dicomcfg.core.formats.base import Format
from dicomcfg.core.formats.document import document_json
from dicomcfg.core.formats.keys import unique_keys
from dicomcfg.core.formats.output import is_context_format
from dicomcfg.inventory.models import (
    AE,
    Association,
    Connection,
    Device,
    PresentationContext,
    Profile,
    ProfileContext,
    Site,
    TransferCapability,
)
from dicomcfg.inventory.services.proposed_sets import (
    OF_ASSOCIATIONS,
    OF_PROFILES,
    ProposedSet,
    load_sets,
)

MOST_AT_ONCE: Final = 60_000
"""How many capabilities and contexts a page writes while its person waits, which makes some 20 MB;
the command takes any number."""
_CHUNK: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What of the inventory is meant.

    An association brings its two AEs with it, an AE its Device, and both the Profile that they
    follow, since nothing may refer to what the Document does not hold.
    """

    aes: QuerySet[AE] = field(default_factory=AE.objects.none)
    associations: QuerySet[Association] = field(default_factory=Association.objects.none)
    profiles: QuerySet[Profile] = field(default_factory=Profile.objects.none)
    devices: QuerySet[Device] = field(default_factory=Device.objects.none)

    @classmethod
    def everything(cls) -> Selection:
        """All that there is."""
        return cls(
            aes=AE.objects.all(),
            associations=Association.objects.all(),
            profiles=Profile.objects.all(),
            devices=Device.objects.all(),
        )

    @classmethod
    def of_site(cls, site: Site) -> Selection:
        """The AEs of a site with the associations of which both ends belong to it."""
        inside = Association.objects.filter(calling__site=site, called__site=site)
        return cls(aes=AE.objects.filter(site=site), associations=inside)

    @classmethod
    def of_devices(cls, devices: QuerySet[Device]) -> Selection:
        """Devices with their AEs."""
        return cls(devices=devices, aes=AE.objects.filter(device__in=_ids(devices)))


@dataclass(frozen=True, slots=True)
class Depth:
    """Whether all capabilities and all contexts are wanted, or the first of each list only.

    A format without a place for them has but to say so, for which the first is enough; an archive
    has hundreds.
    """

    capabilities: bool = True
    contexts: bool = True

    @classmethod
    def for_format(cls, chosen: Format) -> Depth:
        """What a format needs; one of contexts may make them of capabilities."""
        of_contexts = is_context_format(chosen)
        ends = {name.partition(".")[2] for name in chosen.knows}
        return cls(
            capabilities=of_contexts or "transfer_capabilities" in ends,
            contexts=of_contexts or "presentation_contexts" in ends,
        )


def document_of(selection: Selection, depth: Depth = Depth()) -> records.Document:
    """Everything that the inventory knows of a selection, but for what `depth` leaves out; at most
    seventeen queries.

    What is deleted between two of them is left out together with what refers to it.
    """
    sites = dict(Site.objects.values_list("pk", "name"))
    pairs = Association.objects.filter(pk__in=_ids(selection.associations)).order_by()
    aes = AE.objects.filter(
        Q(pk__in=_ids(selection.aes))
        | Q(pk__in=pairs.values("calling"))
        | Q(pk__in=pairs.values("called"))
    ).order_by()
    owned = Q(pk__in=_ids(selection.devices)) | Q(pk__in=aes.values("device"))
    followed = (
        Q(pk__in=_ids(selection.profiles))
        | Q(pk__in=aes.values("profile"))
        | Q(pk__in=pairs.values("profile"))
    )
    devices = {row.pk: row for row in Device.objects.filter(owned).order_by()}
    profiles = {row.pk: row for row in Profile.objects.filter(followed).order_by()}
    ae_records = _aes(aes, sites, devices, profiles, depth)
    return records.Document(
        format=document_json.NAME,
        devices=_by_name(_device(row) for row in devices.values()),
        aes=tuple(ae_records.values()),
        associations=_associations(pairs, ae_records, profiles, depth),
        profiles=_profiles(profiles, depth),
    )


def weight_of(selection: Selection, depth: Depth = Depth()) -> int:
    """How many capabilities and contexts are wanted, which make most of the size; at most three
    queries."""
    weight = 0
    if depth.capabilities:
        ends = Q(pk__in=_ids(selection.aes))
        for side in ("calling", "called"):
            ends |= Q(pk__in=selection.associations.order_by().values(side))
        capable = TransferCapability.objects.filter(ae__in=AE.objects.filter(ends).values("pk"))
        weight += capable.count()
    if depth.contexts:
        paired = PresentationContext.objects.filter(association__in=_ids(selection.associations))
        held = ProfileContext.objects.filter(profile__in=_ids(selection.profiles))
        weight += paired.count() + held.count()
    return weight


def _ids(rows: QuerySet[Any]) -> QuerySet[Any, dict[str, Any]]:
    return rows.order_by().values("pk")


def _by_name(found: Iterable[Any]) -> tuple[Any, ...]:
    """Sorted here, since the two stores sort letters differently."""
    return tuple(sorted(found, key=lambda each: each.name))


def _device(row: Device) -> records.Device:
    return records.Device(
        key=row.name,
        name=row.name,
        manufacturer=row.manufacturer,
        model_name=row.model_name,
        software_version=row.software_version,
        station_name=row.station_name,
        department=row.department,
        location=row.location,
        state=row.state,
        description=row.description,
        contact=row.contact,
    )


def _aes(
    rows: QuerySet[AE],
    sites: Mapping[int, str],
    devices: Mapping[int, Device],
    profiles: Mapping[int, Profile],
    depth: Depth,
) -> dict[int, records.Ae]:
    """By id, in the order of the Document."""
    ids = rows.values("pk")
    connections: dict[int, list[records.Connection]] = {}
    for each in Connection.objects.filter(ae__in=ids).order_by("ae_id", "position"):
        connections.setdefault(each.ae_id, []).append(each.record())
    tags: dict[int, list[str]] = {}
    tagged = AE.tags.through._default_manager.filter(ae__in=ids).order_by()
    for ae_id, name in tagged.values_list("ae_id", "tag__name"):
        tags.setdefault(ae_id, []).append(name)
    capabilities = _capabilities(ids, whole=depth.capabilities)
    ordered = sorted(rows, key=lambda row: (sites.get(row.site_id, ""), row.ae_title, row.pk))
    found = [
        _ae(
            row,
            site=sites.get(row.site_id) if len(sites) > 1 else None,
            device=_name(devices, row.device_id),
            profile=_name(profiles, row.profile_id),
            tags=tuple(sorted(tags.get(row.pk, ()))),
            connections=tuple(connections.get(row.pk, ())),
            transfer_capabilities=tuple(capabilities.get(row.pk, ())),
        )
        for row in ordered
    ]
    keyed = unique_keys(found)
    return {row.pk: ae for row, ae in zip(ordered, keyed, strict=True)}


def _ae(row: AE, *, profile: str | None, **found: Any) -> records.Ae:
    """`site` is None where there is one only: nobody chose its name."""
    allowed = (("find", row.allows_find), ("store", row.allows_store))
    return records.Ae(
        key=row.ae_title,
        ae_title=row.ae_title,
        description=row.description,
        state=row.state,
        do_not_probe=row.do_not_probe_reason if row.do_not_probe else None,
        association_initiator=row.association_initiator,
        association_acceptor=row.association_acceptor,
        allowed_probes=tuple(name for name, allows in allowed if allows),
        profile=profile,
        profile_role=row.profile_role if profile is not None else None,
        maximum_associations_in=row.maximum_associations_in,
        maximum_associations_out=row.maximum_associations_out,
        **found,
    )


def _capabilities(
    ids: QuerySet[Any, Any], *, whole: bool
) -> dict[int, list[records.TransferCapability]]:
    """In order, by the AE's id. Equal ones are one object: AEs of a model have the same ones."""
    rows = TransferCapability.objects.filter(ae__in=ids).order_by("ae_id", "position")
    if not whole:
        rows = rows.filter(position=0)
    columns = rows.values_list("ae_id", "sop_class", "role", "syntax_list__uids")
    made: dict[tuple[str, str, str], records.TransferCapability] = {}
    found: dict[int, list[records.TransferCapability]] = {}
    for ae_id, sop_class, role, uids in columns.iterator(chunk_size=_CHUNK):
        key = (sop_class, role, uids)
        if key not in made:
            made[key] = records.TransferCapability(sop_class, role, tuple(uids.split()))
        found.setdefault(ae_id, []).append(made[key])
    return found


def _name(rows: Mapping[int, Any], pk: int | None) -> str | None:
    row = rows.get(pk) if pk is not None else None
    return None if row is None else str(row.name)


def _associations(
    rows: QuerySet[Association],
    aes: Mapping[int, records.Ae],
    profiles: Mapping[int, Profile],
    depth: Depth,
) -> tuple[records.Association, ...]:
    proposed = load_sets(OF_ASSOCIATIONS, rows.values_list("pk", flat=True), whole=depth.contexts)
    place = {pk: number for number, pk in enumerate(aes)}
    whole = [row for row in rows if row.calling_id in place and row.called_id in place]
    whole.sort(key=lambda row: (place[row.calling_id], place[row.called_id]))
    return tuple(
        records.Association(
            calling=aes[row.calling_id].key,
            called=aes[row.called_id].key,
            name=row.name,
            description=row.description,
            profile=_name(profiles, row.profile_id),
            associations_at_once=row.associations_at_once,
            **_sets(proposed[row.pk]),
        )
        for row in whole
    )


def _profiles(rows: Mapping[int, Profile], depth: Depth) -> tuple[records.Profile, ...]:
    proposed = load_sets(OF_PROFILES, rows, whole=depth.contexts)
    return _by_name(
        records.Profile(
            name=row.name,
            description=row.description,
            **_sets(proposed[row.pk]),
        )
        for row in rows.values()
    )


def _sets(proposed: ProposedSet) -> dict[str, Any]:
    return {
        "presentation_contexts": proposed.contexts,
        "role_selections": proposed.role_selections,
        "extended_negotiations": proposed.extended_negotiations,
    }
