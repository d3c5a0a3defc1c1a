"""Rows that are edited one by one as one value: how they are written, with their history.

Models whose rows are written by the thousand have services of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast

from django.db.models import Model, QuerySet

from dicomcfg.inventory.services.errors import StaleRevision
from dicomcfg.inventory.services.history import Recorder, Snapshot, last_change


class PlainData(Protocol):
    """A frozen dataclass of everything that people edit, with a `name`."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def name(self) -> str:
        """What people call the row."""


class PlainRow(Protocol):
    """A row with a revision."""

    pk: int
    name: str
    revision: int


_Data = TypeVar("_Data", bound=PlainData)
_Row = TypeVar("_Row", bound=Model)


class PlainRows(Generic[_Row, _Data]):
    """How rows of one model are inserted, overwritten, removed, and set back by an undo.

    `model` is its name in the history. Fields of the data are those of the row; a subclass says
    otherwise.
    """

    def __init__(self, model: str, row_type: type[_Row], data_type: type[_Data]) -> None:
        self.model = model
        self.row_type = row_type
        self._data_type = data_type

    def data_of(self, row: _Row) -> _Data:
        """The state of a row."""
        return self._data_type(**{f.name: getattr(row, f.name) for f in fields(self._data_type)})

    def snapshot(self, data: _Data) -> Snapshot:
        """Plain JSON for the history."""
        return asdict(data)

    def from_snapshot(self, pk: int, snapshot: Snapshot) -> _Data:
        """The state that a snapshot holds. Raises LookupError, with words for a person, when it
        cannot be had any more."""
        return self._data_type(**snapshot)

    def save(self, row: _Row, data: _Data, *, is_new: bool) -> None:
        """Write a row at `data`."""
        for name, value in self.values(data).items():
            setattr(row, name, value)
        row.save(force_insert=is_new)

    def values(self, data: _Data) -> Mapping[str, Any]:
        """The row's fields at `data`."""
        return asdict(data)

    def insert(self, recorder: Recorder, data: _Data, pk: int | None = None) -> _Row:
        """Save a new row; one that is brought back has its id. Raises IntegrityError."""
        row = self.row_type(pk=pk)
        self.save(row, data, is_new=True)
        recorder.add(self.model, row.pk, data.name, None, self.snapshot(data))
        return row

    def overwrite(self, recorder: Recorder, row: _Row, data: _Data) -> None:
        """Set a locked row to `data` when it differs. Raises IntegrityError."""
        before = self.data_of(row)
        if before == data:
            return
        cast(PlainRow, row).revision += 1
        self.save(row, data, is_new=False)
        recorder.add(self.model, row.pk, data.name, self.snapshot(before), self.snapshot(data))

    def remove(self, recorder: Recorder, row: _Row) -> None:
        """Delete a locked row. Raises ProtectedError for one that others refer to."""
        pk, before = row.pk, self.data_of(row)
        row.delete()
        recorder.add(self.model, pk, before.name, self.snapshot(before), None)

    def load_at(self, row: _Row, revision: int, *, no_key: bool = False) -> _Row:
        """The row, locked; with `no_key`, what refers to it can be written meanwhile. Raises
        StaleRevision when it is gone or no longer at `revision`."""
        held = self._held([row.pk], no_key=no_key).first()
        if held is None or cast(PlainRow, held).revision != revision:
            raise StaleRevision(cast(PlainRow, row).name, last_change(self.model, row.pk))
        return held

    def remove_all(self, recorder: Recorder, ids: list[int]) -> None:
        """Take back that rows were made."""
        for row in self._held(ids):
            self.remove(recorder, row)

    def bring_back(self, recorder: Recorder, before: dict[int, Snapshot]) -> None:
        """Take back that rows were deleted."""
        for pk, snapshot in before.items():
            self.insert(recorder, self.from_snapshot(pk, snapshot), pk)

    def set_back(self, recorder: Recorder, before: dict[int, Snapshot]) -> None:
        """Take back that rows were changed."""
        for row in self._held(list(before), no_key=True):
            self.overwrite(recorder, row, self.from_snapshot(row.pk, before[row.pk]))

    def _held(self, ids: list[int], *, no_key: bool = False) -> QuerySet[_Row]:
        rows = self.row_type._default_manager.filter(pk__in=ids).order_by("pk")
        return rows.select_for_update(no_key=no_key)
