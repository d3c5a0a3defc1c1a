"""Creates, changes and deletes saved filters. What a query means is for the AE table to say."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db import IntegrityError

from dicomcfg.inventory.models import ChangeSet, SavedFilter
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError
from dicomcfg.inventory.services.fields import too_long
from dicomcfg.inventory.services.history import changed_fields, recording
from dicomcfg.inventory.services.plain_rows import PlainRows

MODEL = "savedfilter"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFilterData:
    """Everything of a saved filter that people edit; `query` as the AE table's page wrote it."""

    name: str
    query: str


ROWS = PlainRows(MODEL, SavedFilter, SavedFilterData)


def create_savedfilter(actor: Actor, data: SavedFilterData) -> SavedFilter:
    """Keep a filter. Raises ServiceError for refused fields, also a name that is taken."""
    _refuse(data)
    try:
        with recording(actor, f"Saved filter {data.name}") as recorder:
            return ROWS.insert(recorder, data)
    except IntegrityError:
        raise _name_taken(data.name) from None


def update_savedfilter(
    actor: Actor, saved: SavedFilter, data: SavedFilterData, revision: int
) -> SavedFilter:
    """Set a filter to `data`. Raises ServiceError for refused fields and StaleRevision."""
    _refuse(data)
    try:
        with recording(actor) as recorder:
            row = ROWS.load_at(saved, revision)
            changed = changed_fields(ROWS.snapshot(ROWS.data_of(row)), ROWS.snapshot(data))
            recorder.summary = f"Changed filter {data.name}: {changed}"
            ROWS.overwrite(recorder, row, data)
            return row
    except IntegrityError:
        raise _name_taken(data.name) from None


def delete_savedfilter(actor: Actor, saved: SavedFilter, revision: int) -> ChangeSet | None:
    """Delete a filter; returns the act. Raises StaleRevision."""
    with recording(actor, f"Deleted filter {saved.name}") as recorder:
        ROWS.remove(recorder, ROWS.load_at(saved, revision))
    return recorder.change_set


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
