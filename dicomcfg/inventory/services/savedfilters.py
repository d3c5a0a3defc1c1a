"""Creates, changes and deletes saved filters. What a query means is for the AE table to say."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from django.db import IntegrityError

from dicomcfg.inventory.models import ChangeSet, SavedFilter
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.fields import too_long
from dicomcfg.inventory.services.history import (
    Recorder,
    Snapshot,
    changed_fields,
    last_change,
    recording,
)

MODEL = "savedfilter"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFilterData:
    """Everything of a saved filter that people edit; `query` as the AE table's page wrote it."""

    name: str
    query: str

    @classmethod
    def of(cls, saved: SavedFilter) -> SavedFilterData:
        """The state of a row."""
        return cls(**{field.name: getattr(saved, field.name) for field in fields(cls)})

    def snapshot(self) -> Snapshot:
        """Plain JSON for the history."""
        return asdict(self)


def create_savedfilter(actor: Actor, data: SavedFilterData) -> SavedFilter:
    """Keep a filter. Raises ServiceError for refused fields, also a name that is taken."""
    _refuse(data)
    try:
        with recording(actor, f"Saved filter {data.name}") as recorder:
            row = SavedFilter(**asdict(data))
            insert_savedfilter(recorder, row)
            return row
    except IntegrityError:
        raise _name_taken(data.name) from None


def update_savedfilter(
    actor: Actor, saved: SavedFilter, data: SavedFilterData, revision: int
) -> SavedFilter:
    """Set a filter to `data`. Raises ServiceError for refused fields and StaleRevision."""
    _refuse(data)
    try:
        with recording(actor) as recorder:
            row = _load_at(saved, revision)
            changed = changed_fields(SavedFilterData.of(row).snapshot(), data.snapshot())
            recorder.summary = f"Changed filter {data.name}: {changed}"
            overwrite_savedfilter(recorder, row, data)
            return row
    except IntegrityError:
        raise _name_taken(data.name) from None


def delete_savedfilter(actor: Actor, saved: SavedFilter, revision: int) -> ChangeSet | None:
    """Delete a filter; returns the act. Raises StaleRevision."""
    with recording(actor, f"Deleted filter {saved.name}") as recorder:
        remove_savedfilter(recorder, _load_at(saved, revision))
    return recorder.change_set


def insert_savedfilter(recorder: Recorder, row: SavedFilter) -> None:
    """Save a new row; one with an id comes back under it. Raises IntegrityError."""
    row.save(force_insert=True)
    recorder.add(MODEL, row.pk, row.name, None, SavedFilterData.of(row).snapshot())


def overwrite_savedfilter(recorder: Recorder, row: SavedFilter, data: SavedFilterData) -> None:
    """Set a locked row to `data` when it differs. Raises IntegrityError for a taken name."""
    before = SavedFilterData.of(row)
    if before == data:
        return
    for name, value in asdict(data).items():
        setattr(row, name, value)
    row.revision += 1
    row.save()
    recorder.add(MODEL, row.pk, data.name, before.snapshot(), data.snapshot())


def remove_savedfilter(recorder: Recorder, row: SavedFilter) -> None:
    """Delete a row."""
    pk, before = row.pk, SavedFilterData.of(row)
    row.delete()
    recorder.add(MODEL, pk, before.name, before.snapshot(), None)


def _load_at(saved: SavedFilter, revision: int) -> SavedFilter:
    row = SavedFilter.objects.select_for_update().filter(pk=saved.pk).first()
    if row is None or row.revision != revision:
        raise StaleRevision(saved.name, last_change(MODEL, saved.pk))
    return row


def _name_taken(name: str) -> ServiceError:
    return ServiceError({"name": [f"There is a filter named {name} already."]})


def _refuse(data: SavedFilterData) -> None:
    messages = too_long(SavedFilter, asdict(data))
    if not data.name:
        messages["name"] = ["Give the filter a name."]
    if not data.query:
        messages["query"] = ["Choose at least one thing to filter by."]
    if messages:
        raise ServiceError(messages)
