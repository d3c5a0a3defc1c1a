"""Plans the Devices that the files speak of, and the one chosen for new AEs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from msgspec import structs

from dicomcfg.core import records
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.exchange.choices import NEW, ONLY_NEW, Choices, new_name
from dicomcfg.exchange.models import Action, RowKind
from dicomcfg.exchange.planning.changes import changes_of
from dicomcfg.exchange.planning.known import Known
from dicomcfg.exchange.planning.laying import How, device_after
from dicomcfg.exchange.planning.rows import PlannedDevice
from dicomcfg.inventory.models import Device, State
from dicomcfg.inventory.services.devices import DeviceData
from dicomcfg.inventory.services.fields import too_long

_STATES = frozenset(State.values)
_EMPTY = DeviceData(name="", state="").snapshot()


def plan_devices(
    devices: Iterable[records.Device], choices: Choices, known: Known, how: How
) -> dict[str, PlannedDevice]:
    """By key; of several that bear one name the later ones are left alone, or conflict where they
    say something else."""
    planned: dict[str, PlannedDevice] = {}
    named: dict[str, records.Device] = {}
    keys: dict[str, str] = {}
    for said in devices:
        name = said.name.strip()
        first = named.setdefault(name, said)
        if first is said:
            keys[name] = said.key
            planned[said.key] = _plan(said.key, said, known.devices.get(name), how)
        else:
            planned[said.key] = _again(said, first, planned[keys[name]])
    wanted = new_name(choices.device)
    if wanted is not None and wanted not in named:
        bare = records.Device(NEW + wanted, wanted)
        merging = How(ONLY_NEW, how.knows)
        planned[NEW + wanted] = _plan(NEW + wanted, bare, known.devices.get(wanted), merging)
    return planned


def device_for_new(
    choices: Choices, known: Known, planned: dict[str, PlannedDevice]
) -> PlannedDevice | None:
    """The chosen one as a planned row; None where none is chosen."""
    wanted = new_name(choices.device)
    if wanted is not None:
        return next((p for p in planned.values() if p.label == wanted), None)
    if known.chosen_device is None:
        return None
    row = known.chosen_device
    return PlannedDevice(RowKind.DEVICE, f"#{row.pk}", row.name, Action.SAME, stored=row, row=row)


def _plan(key: str, said: records.Device, stored: Device | None, how: How) -> PlannedDevice:
    before = DeviceData.of(stored) if stored is not None else None
    after = device_after(before, said, how)
    bare = PlannedDevice(RowKind.DEVICE, key, after.name, Action.NEW, after=after)
    if before is None:
        return structs.replace(
            bare,
            row=after.row(),
            changes=changes_of(_EMPTY, after.snapshot(), is_new=True),
            findings=_findings(after),
        )
    if how.mode == ONLY_NEW:
        return structs.replace(bare, action=Action.LEFT, stored=stored, before=before, row=stored)
    changes = changes_of(before.snapshot(), after.snapshot()) if before != after else ()
    return structs.replace(
        bare,
        action=Action.CHANGED if changes else Action.SAME,
        stored=stored,
        before=before,
        row=stored,
        changes=changes,
        findings=_findings(after) if changes else (),
    )


def _again(said: records.Device, first: records.Device, planned: PlannedDevice) -> PlannedDevice:
    same = replace(said, key=first.key) == first
    message = f"The files have a device {said.name[:64]} already, under the key {first.key[:64]}"
    finding = Finding(
        "device-name-repeated",
        Severity.INFO if same else Severity.ERROR,
        said.name[:64],
        message + (", and say the same of it." if same else ", and say something else of it."),
        "" if same else "Give one of the two another name.",
    )
    action = Action.LEFT if same else Action.CONFLICT
    return structs.replace(planned, key=said.key, action=action, changes=(), findings=(finding,))


def _findings(data: DeviceData) -> tuple[Finding, ...]:
    found = [
        Finding(
            "text-too-long",
            Severity.ERROR,
            data.name[:64],
            f"The {field.replace('_', ' ')} of the device {data.name[:64]}: {message}",
            "Shorten it.",
            path=field,
        )
        for field, messages in too_long(Device, data.snapshot()).items()
        for message in messages
    ]
    if not data.name:
        message, remedy = "A device has no name.", "Give it one."
        found.append(Finding("device-without-name", Severity.ERROR, "", message, remedy))
    if data.state not in _STATES:
        message = f"{data.state[:64]!r} is not a state."
        remedy = "Use " + ", ".join(State.values) + "."
        found.append(
            Finding("state-unknown", Severity.ERROR, data.name[:64], message, remedy, path="state")
        )
    return tuple(found)
