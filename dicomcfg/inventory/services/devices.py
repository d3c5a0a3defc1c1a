"""Creates, changes and deletes devices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields

from django.db import IntegrityError
from django.db.models import Q

from dicomcfg.inventory.models import AE, Device, State
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.fields import too_long
from dicomcfg.inventory.services.history import (
    Recorder,
    Snapshot,
    changed_fields,
    counted,
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
        return cls(**{field.name: getattr(device, field.name) for field in fields(cls)})

    def normalised(self) -> DeviceData:
        """Without outer spaces."""
        return DeviceData(**{name: value.strip() for name, value in asdict(self).items()})

    def snapshot(self) -> Snapshot:
        """Plain JSON for the history."""
        return asdict(self)


def create_device(actor: Actor, data: DeviceData) -> Device:
    """Add a device. Raises ServiceError for refused fields, also a name that is taken."""
    data = data.normalised()
    _refuse(data, None)
    try:
        with recording(actor, f"Added device {data.name}") as recorder:
            return insert_devices(recorder, [data])[0]
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
            overwrite_device(recorder, row, data)
            return row
    except IntegrityError:
        raise _name_taken(data.name) from None


def delete_device(actor: Actor, device: Device, revision: int) -> None:
    """Delete a device that has no AEs. Raises ServiceError when it has, and StaleRevision."""
    with recording(actor, f"Deleted device {device.name}") as recorder:
        row, _ = _load_at(device, revision, no_key=False)
        count = AE.objects.filter(device=row).count()
        if count:
            raise ServiceError.general(
                f"{counted(count, 'AE')} of {row.name} would be left without their device. "
                "Delete them or move them to another device first."
            )
        remove_devices(recorder, [row])


def insert_devices(
    recorder: Recorder, datas: Sequence[DeviceData], ids: Sequence[int] | None = None
) -> list[Device]:
    """New rows in the order given; `ids` brings deleted ones back. Raises IntegrityError."""
    rows = [
        Device(pk=ids[index] if ids else None, **asdict(data)) for index, data in enumerate(datas)
    ]
    Device.objects.bulk_create(rows)
    for row, data in zip(rows, datas, strict=True):
        recorder.add(MODEL, row.pk, data.name, None, data.snapshot())
    return rows


def overwrite_device(recorder: Recorder, row: Device, data: DeviceData) -> None:
    """Set a locked row to `data` when it differs. Raises IntegrityError for a taken name."""
    before = DeviceData.of(row)
    if before == data:
        return
    for name, value in asdict(data).items():
        setattr(row, name, value)
    row.revision += 1
    row.save(update_fields=[*asdict(data), "revision"])
    recorder.add(MODEL, row.pk, data.name, before.snapshot(), data.snapshot())


def remove_devices(recorder: Recorder, rows: Iterable[Device]) -> None:
    """Delete rows that no AE belongs to. Raises ProtectedError when one does."""
    for row in rows:
        pk, data = row.pk, DeviceData.of(row)
        row.delete()
        recorder.add(MODEL, pk, data.name, data.snapshot(), None)


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
    messages |= too_long(Device, asdict(data))
    if data.state not in State.values:
        messages["state"] = [f"{data.state!r} is not a state: use {', '.join(State.values)}."]
    if messages:
        raise ServiceError(messages)
