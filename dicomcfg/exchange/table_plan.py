"""Compares a read AE table with the inventory: which row is new, changed or the same.

What the table does not say stays as it is: a missing column and an empty cell change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from dicomcfg.core import records
from dicomcfg.core.findings import Finding, Severity, has_errors
from dicomcfg.core.formats.ae_table import Table
from dicomcfg.core.formats.table_columns import Column
from dicomcfg.core.formats.table_rows import DEVICE_FIELDS, Row
from dicomcfg.exchange.table_match import Matches, Sites, Stored
from dicomcfg.inventory.models import Device, Site
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.ae_findings import field_findings, neighbour_findings
from dicomcfg.inventory.services.devices import DeviceData
from dicomcfg.inventory.services.fields import too_long


class Action(StrEnum):
    """What applying does with a row."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One row of the preview.

    `action` is None for rows that are left out (repeated or not understood). `stored` is the AE
    that the row means with its state, None for a new one; `after` the state that applying gives.
    Each finding names its `line` and, where it belongs to one, its `cell`.
    """

    row: Row
    findings: tuple[Finding, ...]
    action: Action | None = None
    stored: Stored | None = None
    after: AeData | None = None

    @property
    def changed_fields(self) -> tuple[str, ...]:
        """The names of the fields that a changed row changes."""
        if self.stored is None or self.after is None:
            return ()
        before, after = self.stored[1].snapshot(), self.after.snapshot()
        return tuple(name for name in after if before[name] != after[name])


@dataclass(frozen=True, slots=True)
class PlannedDevice:
    """A device that the table speaks of: its row, not yet saved when new, and its state."""

    row: Device
    after: DeviceData
    is_new: bool


@dataclass(frozen=True, slots=True)
class TablePreview:
    """The whole table as applying it would be; nothing has changed yet."""

    columns: tuple[Column, ...]
    rows: tuple[PlannedRow, ...]
    devices: tuple[PlannedDevice, ...]
    findings: tuple[Finding, ...]

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """Those of the table, then those of its rows."""
        return (*self.findings, *(f for row in self.rows for f in row.findings))

    @property
    def blocked(self) -> bool:
        """Whether an error anywhere keeps the table from being applied."""
        return has_errors(self.all_findings)

    def count(self, action: Action | None) -> int:
        """How many rows are new, changed, the same, or (None) left out."""
        return sum(row.action is action for row in self.rows)


def plan_table(table: Table, site: Site, *, lock: bool = False) -> TablePreview:
    """Compare; `lock` holds the stored rows until the transaction's end, for applying."""
    devices = _plan_devices(table.devices)
    planner = _Planner(table, site, {d.after.name: d.row for d in devices}, lock=lock)
    rows = [planner.plan(row) for row in table.rows]
    findings = (*table.findings, *(f for device in devices for f in _device_findings(device)))
    return TablePreview(table.columns, planner.judged(rows), devices, findings)


def _plan_devices(devices: Iterable[records.Device]) -> tuple[PlannedDevice, ...]:
    said = {device.name: device for device in devices}
    stored = Device.objects.in_bulk(list(said), field_name="name")
    return tuple(_plan_device(device, stored.get(name)) for name, device in said.items())


def _plan_device(device: records.Device, stored: Device | None) -> PlannedDevice:
    said = {name: value for name in DEVICE_FIELDS if (value := getattr(device, name))}
    if stored is not None:
        return PlannedDevice(stored, replace(DeviceData.of(stored), **said), is_new=False)
    data = DeviceData(name=device.name, state=device.state)
    data = replace(data, **said)
    return PlannedDevice(data.row(), data, is_new=True)


def _device_findings(device: PlannedDevice) -> list[Finding]:
    name = device.after.name
    return [
        Finding(
            "text-too-long",
            Severity.ERROR,
            name[:64],
            f"The {field.replace('_', ' ')} of the device {name[:64]}: {message}",
            "Shorten it in every row of this device.",
        )
        for field, messages in too_long(Device, asdict(device.after)).items()
        for message in messages
    ]


class _Planner:
    """Plans row by row over what was asked of the database once for all rows."""

    def __init__(
        self, table: Table, site: Site, devices: Mapping[str, Device], *, lock: bool
    ) -> None:
        self._sites = Sites(site)
        self._matches = Matches(table.rows, self._sites, lock=lock)
        self._devices = devices
        self._columns = {
            column.field: index for index, column in enumerate(table.columns) if column.field
        }
        self._letters = [column.letter for column in table.columns]

    def plan(self, row: Row) -> PlannedRow:
        """What applying does with one row; the look at its neighbours comes after."""
        if row.ae is None:
            return PlannedRow(row, row.findings)
        site = self._sites.of(row.ae)
        if site is None:
            message = f"There is no site {row.ae.site!r}."
            remedy = "Add the site first, or correct the cell."
            finding = Finding("site-unknown", Severity.ERROR, row.ae.ae_title, message, remedy)
            return PlannedRow(row, (*row.findings, self._placed(finding, row, "site")))
        if row.number in self._matches.ambiguous:
            message = f"More than one row or AE of {site.name} bears the title {row.ae.ae_title}, "
            message += "and none that is left has this address, so it could mean either."
            remedy = "Change that AE on its own page, and take the row out of the table."
            finding = Finding("ae-ambiguous", Severity.ERROR, row.ae.ae_title, message, remedy)
            return PlannedRow(row, (*row.findings, self._placed(finding, row, "ae_title")))
        stored = self._matches.of(row)
        if stored is None:
            acceptor = row.ae.association_acceptor
            blank = AeData(site=site, ae_title=row.ae.ae_title, association_acceptor=acceptor)
            after = self._merged(blank, row, row.ae)
            return PlannedRow(row, row.findings, Action.NEW, None, after)
        after = self._merged(stored[1], row, row.ae)
        action = Action.SAME if after == stored[1] else Action.CHANGED
        return PlannedRow(row, row.findings, action, stored, after)

    def _says(self, row: Row, field: str) -> bool:
        index = self._columns.get(field, len(row.cells))
        return index < len(row.cells) and bool(row.cells[index].strip())

    def _merged(self, before: AeData, row: Row, said: records.Ae) -> AeData:
        """The state before with what the row says laid over it."""
        connections = before.connections
        if said.connections:
            first = said.connections[0]
            if connections and not self._says(row, "tls"):
                first = replace(first, tls=connections[0].tls)
            connections = (first, *connections[1:])
        return replace(
            before,
            device=self._devices[row.device.name] if row.device else before.device,
            description=said.description or before.description,
            state=said.state if self._says(row, "state") else before.state,
            tags=said.tags or before.tags,
            do_not_probe=before.do_not_probe or said.do_not_probe is not None,
            do_not_probe_reason=said.do_not_probe or before.do_not_probe_reason,
            connections=connections,
        ).normalised()

    def judged(self, rows: list[PlannedRow]) -> tuple[PlannedRow, ...]:
        """The rows with what the services and the rest of the inventory have against them."""
        states = [
            (row.stored[0].pk if row.stored else None, row.after)
            for row in rows
            if row.after is not None
        ]
        neighbours = iter(neighbour_findings(states))
        judged = []
        for row in rows:
            if row.after is not None:
                known = {finding.code for finding in row.row.findings}
                own = [f for f in field_findings(row.after) if f.code not in known]
                said = [self._placed(f, row.row, f.path) for f in (*own, *next(neighbours))]
                row = replace(row, findings=(*row.findings, *said))
            judged.append(row)
        return tuple(judged)

    def _placed(self, finding: Finding, row: Row, path: str | None) -> Finding:
        field = (path or "").removeprefix("connections.0.")
        index = self._columns.get(field)
        cell = None if index is None else f"{self._letters[index]}{row.number}"
        return replace(finding, line=row.line, path=None, cell=cell)
