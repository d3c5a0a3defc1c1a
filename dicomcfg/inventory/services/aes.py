"""Creates, changes, copies and deletes AEs, one or many, each act in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from django.db.models import Q, QuerySet
from msgspec import structs

from dicomcfg.core.findings import has_errors
from dicomcfg.core.standard.ae_title import MAXIMUM_LENGTH_BYTES
from dicomcfg.core.wording import counted
from dicomcfg.inventory.models import AE, Association, ChangeSet, Device
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.ae_findings import check_ae, field_findings
from dicomcfg.inventory.services.ae_rows import (
    MODEL,
    insert_aes,
    load_aes,
    overwrite_aes,
    remove_aes,
)
from dicomcfg.inventory.services.association_rows import load_associations, remove_associations
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision, refuse_errors
from dicomcfg.inventory.services.history import changed_fields, last_change, recording

__all__ = [
    "UNCHANGED",
    "AeData",
    "bulk_update",
    "check_ae",
    "create_ae",
    "delete_aes",
    "duplicate_ae",
    "references_to",
    "update_ae",
]


class Unchanged:
    """The type of UNCHANGED: None means "no device", so leaving it alone needs its own word."""


UNCHANGED: Final = Unchanged()


def create_ae(actor: Actor, data: AeData) -> AE:
    """Add an AE. Raises ServiceError for refused fields."""
    data = data.normalised()
    refuse_errors(field_findings(data))
    with recording(actor, f"Added AE {data.ae_title}") as recorder:
        return insert_aes(recorder, [data])[0]


def update_ae(actor: Actor, ae: AE, data: AeData, revision: int) -> AE:
    """Set an AE to `data`, if it still stands at `revision`; nothing is written if nothing differs.

    Raises ServiceError for refused fields and StaleRevision.
    """
    data = data.normalised()
    refuse_errors(field_findings(data))
    with recording(actor) as recorder:
        row, before = _load_at(ae, revision)
        recorder.summary = (
            f"Changed AE {data.ae_title}: {changed_fields(before.snapshot(), data.snapshot())}"
        )
        overwrite_aes(recorder, [(row, before, data)])
    return row


def duplicate_ae(actor: Actor, ae: AE) -> AE:
    """Add a copy under the next free title (`PACS` becomes `PACS_2`), without its associations."""
    with recording(actor) as recorder:
        loaded = load_aes([ae.pk], lock=False)
        if not loaded:
            raise StaleRevision(ae.ae_title, last_change(MODEL, ae.pk))
        data = loaded[0][1]
        copy = structs.replace(data, ae_title=_free_title(data))
        recorder.summary = f"Duplicated AE {data.ae_title} as {copy.ae_title}"
        return insert_aes(recorder, [copy])[0]


def _free_title(data: AeData) -> str:
    stem, _, number = data.ae_title.rpartition("_")
    if not (stem and number.isdecimal()):
        stem = data.ae_title
    taken = set(AE.objects.filter(site=data.site).values_list("ae_title", flat=True))
    suffixes = (f"_{n}" for n in range(2, len(taken) + 3))
    titles = (stem[: MAXIMUM_LENGTH_BYTES - len(suffix)] + suffix for suffix in suffixes)
    return next(title for title in titles if title not in taken)


def bulk_update(
    actor: Actor,
    aes: Iterable[AE],
    *,
    state: str | None = None,
    device: Device | Unchanged | None = UNCHANGED,
    add_tags: Iterable[str] = (),
    remove_tags: Iterable[str] = (),
    hostname: str | None = None,
    port: int | None = None,
) -> ChangeSet | None:
    """Set the same on many AEs; None when nothing differed.

    `hostname` and `port` go to the first connection of each (a PACS moved); an AE without a
    connection does not listen and keeps none. Raises ServiceError for refused values, under the
    names of the arguments.
    """
    added, removed = set(add_tags), set(remove_tags)

    def changed(data: AeData) -> AeData:
        connections = data.connections
        if connections and (hostname or port):
            first = connections[0]
            moved = replace(first, hostname=hostname or first.hostname, port=port or first.port)
            connections = (moved, *connections[1:])
        return structs.replace(
            data,
            state=state or data.state,
            device=data.device if isinstance(device, Unchanged) else device,
            tags=tuple((set(data.tags) | added) - removed),
            connections=connections,
        ).normalised()

    ids = _ids(aes)
    with recording(actor) as recorder:
        changes = [(row, before, changed(before)) for row, before in load_aes(ids)]
        _refuse_new_errors(changes)
        rows = overwrite_aes(recorder, changes)
        what = [
            f"state {state}" if state else "",
            "" if isinstance(device, Unchanged) else f"device {device or 'none'}",
            f"tags +{', '.join(sorted(added))}" if added else "",
            f"tags -{', '.join(sorted(removed))}" if removed else "",
            f"host {hostname}" if hostname else "",
            f"port {port}" if port else "",
        ]
        recorder.summary = f"Set {'; '.join(filter(None, what))} on {counted(len(rows), 'AE')}"
    return recorder.change_set


def _refuse_new_errors(changes: list[tuple[AE, AeData, AeData]]) -> None:
    """Refuse by the first AE that the change would break: all get the same values."""
    for _, before, after in changes:
        if not has_errors(found := field_findings(after)):
            continue
        known = {(f.code, f.path) for f in field_findings(before)}
        new = (f for f in found if (f.code, f.path) not in known)
        try:
            refuse_errors(new)
        except ServiceError as error:
            messages = {
                name.removeprefix("connections.0.").replace("tags", "add_tags"): texts
                for name, texts in error.messages.items()
            }
            raise ServiceError(messages) from None


def references_to(aes: Iterable[AE]) -> list[Association]:
    """The associations that would be deleted with these AEs."""
    ids = _ids(aes)
    associations = Association.objects.filter(Q(calling__in=ids) | Q(called__in=ids))
    return list(associations.select_related("calling", "called"))


def delete_aes(actor: Actor, aes: Iterable[AE]) -> ChangeSet | None:
    """Delete AEs and the associations from and to them; None when all were gone already.

    Kept checks stay, and are the AE's again when an undo brings it back.
    """
    ids = _ids(aes)
    with recording(actor) as recorder:
        loaded = load_aes(ids)
        ids = [row.pk for row, _ in loaded]
        associations = load_associations(Q(calling__in=ids) | Q(called__in=ids))
        remove_associations(recorder, associations)
        remove_aes(recorder, loaded)
        only = f"AE {loaded[0][1].ae_title}" if len(loaded) == 1 else counted(len(loaded), "AE")
        recorder.summary = f"Deleted {only}"
        if associations:
            recorder.summary += f" and {counted(len(associations), 'association')}"
    return recorder.change_set


def _ids(aes: Iterable[AE]) -> list[int]:
    if isinstance(aes, QuerySet):
        return list(aes.values_list("pk", flat=True))
    return [ae.pk for ae in aes]


def _load_at(ae: AE, revision: int) -> tuple[AE, AeData]:
    """The locked row and its state, if it still stands at `revision`."""
    loaded = load_aes([ae.pk])
    if not loaded or loaded[0][0].revision != revision:
        raise StaleRevision(ae.ae_title, last_change(MODEL, ae.pk))
    return loaded[0]
