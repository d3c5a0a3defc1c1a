"""Creates, changes and deletes devices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from django.db import IntegrityError
from django.db.models import Q

from dicomcfg.core.wording import counted
from dicomcfg.inventory.bulk import insert_with_ids, update_each
from dicomcfg.inventory.models import AE, ChangeSet, Device, State
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

MODEL = "device"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceData:
    """Everything of a device that people edit."""

    name: str
    manufacturer: str = ""
    model_name: str = ""
    software_version: str = ""
    station_name: str = ""
    department: str = ""
    location: str = ""
    contact: str = ""
    state: str = State.LIVE.value
    description: str = ""

    @classmethod
    def of(cls, device: Device) -> DeviceData:
        """The state of a row."""
        return cls(**{name: getattr(device, name) for name in _FIELDS})

    def row(self, pk: int | None = None) -> Device:
        """A row of this state, not yet saved."""
        return Device(pk=pk, **self.snapshot())

    def normalised(self) -> DeviceData:
        """Without outer spaces."""
        return DeviceData(**{name: value.strip() for name, value in self.snapshot().items()})

    def snapshot(self) -> Snapshot:
        """Plain JSON for the history: each field by its name."""
        return {name: getattr(self, name) for name in _FIELDS}


_FIELDS = tuple(field.name for field in fields(DeviceData))


def create_device(actor: Actor, data: DeviceData) -> Device:
    """Add a device. Raises ServiceError for refused fields, also a name that is taken."""
    data = data.normalised()
    _refuse(data, None)
    try:
        with recording(actor, f"Added device {data.name}") as recorder:
            row = data.row()
            insert_devices(recorder, [row])
            return row
    except IntegrityError:
        raise _name_taken(data.name) from None


def update_device(actor: Actor, device: Device, data: DeviceData, revision: int) -> Device:
    """Set a device to `data`. Raises ServiceError for refused fields and StaleRevision."""
    data = data.normalised()
    _refuse(data, device.pk)
    try:
        with recording(actor) as recorder:
            row, before = _load_at(device, revision)
            fields_changed = changed_fields(before.snapshot(), data.snapshot())
            recorder.summary = f"Changed device {data.name}: {fields_changed}"
            overwrite_devices(recorder, [(row, data)])
            return row
    except IntegrityError:
        raise _name_taken(data.name) from None


def delete_device(actor: Actor, device: Device, revision: int) -> ChangeSet | None:
    """Delete a device that has no AEs; returns the act. Raises ServiceError when it has AEs, and
    StaleRevision."""
    with recording(actor, f"Deleted device {device.name}") as recorder:
        row, _ = _load_at(device, revision, no_key=False)
        count = AE.objects.filter(device=row).count()
        if count:
            raise ServiceError.general(
                f"{counted(count, 'AE')} of {row.name} would be left without their device. "
                "Delete them or move them to another device first."
            )
        remove_devices(recorder, [row])
    return recorder.change_set


def insert_devices(recorder: Recorder, rows: Sequence[Device]) -> None:
    """Save new rows; one with an id comes back under it. Raises IntegrityError for a taken name."""
    insert_with_ids(Device, rows)
    for row in rows:
        recorder.add(MODEL, row.pk, row.name, None, DeviceData.of(row).snapshot())


def overwrite_devices(
    recorder: Recorder, changes: Iterable[tuple[Device, DeviceData]]
) -> list[Device]:
    """Set rows to their data where it differs. Raises IntegrityError for a taken name."""
    real = [(row, before, data) for row, data in changes if (before := DeviceData.of(row)) != data]
    for row, before, data in real:
        for name, value in data.snapshot().items():
            setattr(row, name, value)
        row.revision += 1
        recorder.add(MODEL, row.pk, data.name, before.snapshot(), data.snapshot())
    rows = [row for row, _, _ in real]
    if rows:
        columns = ("id", *_FIELDS, "revision")
        update_each(Device, [{name: getattr(row, name) for name in columns} for row in rows])
    return rows


def remove_devices(recorder: Recorder, rows: Sequence[Device]) -> None:
    """Delete rows that no AE belongs to. Raises ProtectedError when one does."""
    Device.objects.filter(pk__in=[row.pk for row in rows]).delete()
    for row in rows:
        recorder.add(MODEL, row.pk, row.name, DeviceData.of(row).snapshot(), None)


def _load_at(device: Device, revision: int, *, no_key: bool = True) -> tuple[Device, DeviceData]:
    row = Device.objects.select_for_update(no_key=no_key).filter(pk=device.pk).first()
    if row is None or row.revision != revision:
        raise StaleRevision(device.name, last_change(MODEL, device.pk))
    return row, DeviceData.of(row)


def _name_taken(name: str) -> ServiceError:
    return ServiceError({"name": [f"There is a device named {name} already."]})


def _refuse(data: DeviceData, own_pk: int | None) -> None:
    messages: dict[str, list[str]] = {}
    if not data.name:
        messages["name"] = ["Give the device a name."]
    elif Device.objects.filter(~Q(pk=own_pk), name=data.name).exists():
        raise _name_taken(data.name)
    messages |= too_long(Device, data.snapshot())
    if data.state not in State.values:
        messages["state"] = [f"{data.state!r} is not a state: use {', '.join(State.values)}."]
    if messages:
        raise ServiceError(messages)
