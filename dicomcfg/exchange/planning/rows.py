"""What a plan is made of: its rows with their states before and after, and what is asked of all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from django.db.models import Model
from msgspec.structs import replace

from dicomcfg.core.findings import Finding, has_errors
from dicomcfg.exchange.models import Action, RowKind
from dicomcfg.exchange.planning.changes import Change, changes_of
from dicomcfg.inventory.models import AE, Association, Device, Profile
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.association_rows import AssociationData
from dicomcfg.inventory.services.capability_rows import (
    Capabilities,
    Following,
    snapshot,
)
from dicomcfg.inventory.services.devices import DeviceData
from dicomcfg.inventory.services.history import Snapshot
from dicomcfg.inventory.services.profile_rows import ProfileData

Key = tuple[RowKind, str]


class _State(Protocol):
    def snapshot(self) -> Snapshot: ...


Stored = TypeVar("Stored", bound=Model)
State = TypeVar("State", bound=_State)


class AeState(msgspec.Struct, frozen=True):
    """An AE with what it is able to, and the Profile that it follows for that."""

    data: AeData
    capabilities: Capabilities = ()
    following: Following | None = None

    def snapshot(self) -> Snapshot:
        """Plain JSON with the fields of both of the history's subjects."""
        return {**self.data.snapshot(), **snapshot(self.capabilities, self.following)}

    def changes_from(self, before: AeState) -> tuple[Change, ...]:
        """What differs from a state before."""
        changes = self.data.changes_from(before.data)
        able, was = (self.capabilities, self.following), (before.capabilities, before.following)
        return changes if able == was else (*changes, *changes_of(snapshot(*was), snapshot(*able)))


class PlannedRow(msgspec.Struct, Generic[Stored, State], frozen=True):
    """A record of the files beside what is stored.

    `stored` is the row that it means with its state `before`, None for a new one; `after` is what
    applying gives, None where nothing can be said. `row` is what others refer to: the stored row,
    or one not yet saved. `needs` are rows that are to be written with it. `file` and `line` say
    where the files speak of it.
    """

    kind: RowKind
    key: str
    label: str
    action: Action
    findings: tuple[Finding, ...] = ()
    stored: Stored | None = None
    before: State | None = None
    after: State | None = None
    row: Stored | None = None
    changes: tuple[Change, ...] = ()
    needs: tuple[Key, ...] = ()
    file: str = ""
    line: int | None = None

    def made(self) -> State:
        """The state of a row that is written."""
        assert self.after is not None, "what is written has a state"
        return self.after

    def change(self) -> tuple[Stored, State, State]:
        """The stored row with its state before and after, of one that changes."""
        assert self.stored is not None and self.before is not None, "what changes is stored"
        return self.stored, self.before, self.made()

    @property
    def identity(self) -> Key:
        """What tells it from all other rows of the plan."""
        return self.kind, self.key

    @property
    def is_written(self) -> bool:
        """Whether applying would write it."""
        return self.action in (Action.NEW, Action.CHANGED)

    @property
    def has_errors(self) -> bool:
        """Whether it blocks applying while it is included: a conflict is left out anyway."""
        return self.action is not Action.CONFLICT and has_errors(self.findings)


def judged(
    planned: PlannedRow[Stored, State], findings: Iterable[Finding] = ()
) -> PlannedRow[Stored, State]:
    """The row with more findings."""
    more = tuple(findings)
    return replace(planned, findings=(*planned.findings, *more)) if more else planned


def need_of(planned: PlannedRow[Any, Any] | None) -> tuple[Key, ...]:
    """What a row needs that refers to this one: nothing where it is stored and stays as it is."""
    if planned is None or (planned.stored is not None and not planned.is_written):
        return ()
    return (planned.identity,)


PlannedDevice = PlannedRow[Device, DeviceData]
PlannedAe = PlannedRow[AE, AeState]
PlannedProfile = PlannedRow[Profile, ProfileData]
PlannedAssociation = PlannedRow[Association, AssociationData]


@dataclass(frozen=True, slots=True)
class Plan:
    """All rows in the order in which they are written, and what is said about no row alone.

    `unread` are places of the files that could not be read, as rows that a person may exclude.
    """

    devices: Sequence[PlannedDevice] = ()
    profiles: Sequence[PlannedProfile] = ()
    aes: Sequence[PlannedAe] = ()
    associations: Sequence[PlannedAssociation] = ()
    unread: Sequence[PlannedRow[Any, Any]] = ()
    findings: tuple[Finding, ...] = field(default=())

    def rows(self) -> Iterator[PlannedRow[Any, Any]]:
        """Every row."""
        yield from self.unread
        yield from self.devices
        yield from self.profiles
        yield from self.aes
        yield from self.associations
