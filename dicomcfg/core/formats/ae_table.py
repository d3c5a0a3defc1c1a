"""AE tables: CSV, TSV, semicolon CSV and a spreadsheet's clipboard; one AE a row.

The delimiter and the columns are recognised, every cell is checked, and each finding names its
cell as a spreadsheet does (`C7`).
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Final

from dicomcfg.core.findings import Finding, Severity, has_errors
from dicomcfg.core.formats.ae_table_writer import write
from dicomcfg.core.formats.base import Format, Source
from dicomcfg.core.formats.table_columns import (
    Column,
    columns_from_content,
    columns_from_header,
    is_header,
    sniff_delimiter,
)
from dicomcfg.core.formats.table_rows import DEVICE_FIELDS, Row, read_row
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Ae, Connection, Device, Document
from dicomcfg.core.standard.endpoint import endpoint

NAME: Final = "ae-table"
MAXIMUM_ROWS: Final = 20_000
MAXIMUM_COLUMNS: Final = 100


@dataclass(frozen=True, slots=True)
class Table:
    """The columns, every data row in order, the Devices, findings about it all."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    devices: tuple[Device, ...]
    findings: tuple[Finding, ...]


def _records(text: str, delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
    """(row number, first line, cells) of every record, blank ones included. Raises csv.Error."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    for number, cells in enumerate(reader, start=1):
        yield number, line, cells
        line = reader.line_num + 1


def _error(code: str, message: str, remedy: str = "", line: int | None = None) -> Finding:
    return Finding(code, Severity.ERROR, "table", message, remedy, line=line)


def _bounded_records(text: str) -> tuple[list[tuple[int, int, list[str]]], list[Finding]]:
    """The records that hold anything, up to the bounds."""
    kept: list[tuple[int, int, list[str]]] = []
    try:
        for number, line, cells in _records(text, sniff_delimiter(text)):
            if not any(cell.strip() for cell in cells):
                continue
            if len(kept) > MAXIMUM_ROWS:
                message = f"Only the first {MAXIMUM_ROWS:,} rows were read."
                return kept, [_error("too-many-rows", message, "Split the table.", line)]
            if len(cells) > MAXIMUM_COLUMNS:
                message = f"The row has {len(cells):,} cells; at most {MAXIMUM_COLUMNS} are read."
                return kept, [_error("too-many-columns", message, "Check the delimiter.", line)]
            kept.append((number, line, cells))
    except csv.Error as problem:
        remedy = "Look for a quotation mark without its partner."
        message = f"The table cannot be cut into cells: {problem}."
        return kept, [_error("table-malformed", message, remedy, kept[-1][1] if kept else 1)]
    return kept, []


def read_table(text: str) -> Table:
    """The whole table for a preview: columns, rows with their findings, findings about it all."""
    records, findings = _bounded_records(text)
    if not records:
        return Table((), (), (), (*findings, _error("table-empty", "The table has no rows.")))
    first_number, _, first_cells = records[0]
    if is_header(first_cells):
        columns, said = columns_from_header(first_cells, first_number)
        del records[0]
        if not records:
            said.append(_error("table-empty", "The table has a header and no rows."))
    else:
        columns, said = columns_from_content([cells for _, _, cells in records])
    findings += said
    if has_errors(said):
        bare = (Row(number, line, tuple(cells), None, None, ()) for number, line, cells in records)
        return Table(tuple(columns), tuple(bare), (), tuple(findings))
    rows = [read_row(columns, *record) for record in records]
    settler = _Settler(rows)
    settled = tuple(settler.settle(row) for row in rows)
    return Table(tuple(columns), settled, settler.devices(), tuple(findings))


class _Settler:
    """What needs sight of all rows: unique keys, repeats, devices that disagree."""

    def __init__(self, rows: list[Row]):
        distinct = {_stripped(row): row.ae.ae_title for row in rows if row.ae}
        titles = Counter(distinct.values())
        self._shared = {title for title, count in titles.items() if count > 1}
        self._keys: Counter[str] = Counter()
        self._cells: dict[tuple[str, ...], int] = {}
        self._places: dict[tuple[str, Connection], int] = {}
        self._devices: dict[str, tuple[Device, int]] = {}

    def settle(self, row: Row) -> Row:
        """The row with its final key and findings; an exact repeat loses its AE."""
        ae = row.ae
        if ae is None:
            return row
        first = self._cells.setdefault(_stripped(row), row.number)
        if first != row.number:
            message = f"The row is the same as row {first}; it is left out."
            said = self._warning(row, "row-repeated", ae.ae_title, message)
            return replace(row, ae=None, device=None, findings=(*row.findings, said))
        findings = [*row.findings, *self._place_findings(row, ae), *self._device_findings(row)]
        return replace(row, ae=replace(ae, key=self._key(ae)), findings=tuple(findings))

    def _key(self, ae: Ae) -> str:
        key = ae.ae_title
        if key in self._shared:
            key += "".join(f" @ {c.hostname}:{c.port}" for c in ae.connections)
            self._keys[key] += 1
            if self._keys[key] > 1:
                key += f" #{self._keys[key]}"
        return key

    def _place_findings(self, row: Row, ae: Ae) -> list[Finding]:
        title = ae.ae_title
        for connection in ae.connections:
            first = self._places.setdefault((title, connection), row.number)
            if first != row.number:
                place = endpoint(connection.hostname, connection.port)
                message = f"{title} at {place} stands in row {first} already."
                return [self._warning(row, "ae-repeated", title, message, "Keep one of the two.")]
        return []

    def _device_findings(self, row: Row) -> list[Finding]:
        if row.device is None:
            return []
        known, first = self._devices.setdefault(row.device.key, (row.device, row.number))
        if known == row.device:
            return []
        message = f"The device {clip(known.name)} is described otherwise in row {first}; "
        message += "what that row says is used, and gaps in it are filled from here."
        self._devices[known.key] = (_filled(known, row.device), first)
        return [self._warning(row, "device-described-twice", known.name, message)]

    def devices(self) -> tuple[Device, ...]:
        """Every Device of the rows settled so far, in order of first mention."""
        return tuple(device for device, _ in self._devices.values())

    @staticmethod
    def _warning(row: Row, code: str, subject: str, message: str, remedy: str = "") -> Finding:
        return Finding(
            code,
            Severity.WARNING,
            clip(subject),
            message,
            remedy,
            line=row.line,
            cell=f"A{row.number}",
        )


def _stripped(row: Row) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in row.cells)


def _filled(first: Device, other: Device) -> Device:
    gaps = {
        field.name: getattr(other, field.name)
        for field in fields(Device)
        if not getattr(first, field.name)
    }
    return replace(first, **gaps)


def read(source: Source) -> Document:
    """The table as a Document of AEs and their Devices."""
    table = read_table(source.text)
    findings = [*table.findings, *(finding for row in table.rows for finding in row.findings)]
    return Document(
        NAME,
        devices=table.devices,
        aes=tuple(row.ae for row in table.rows if row.ae),
        findings=tuple(findings),
    )


KNOWS: Final = frozenset(
    {
        "ae.connections",
        "ae.connections.tls",
        "ae.description",
        "ae.device",
        "ae.do_not_probe",
        "ae.site",
        "ae.state",
        "ae.tags",
        *(f"device.{name}" for name in DEVICE_FIELDS),
    }
)


def detect(source: Source) -> float:
    """Sure of a header with an AE title; fairly sure of columns that look like a table's."""
    head = source.text[:20_000]
    if head.lstrip()[:1] in ("{", "[", "<"):
        return 0.0
    records, _ = _bounded_records(head)
    if not records:
        return 0.0
    if is_header(records[0][2]):
        return 0.9 if not has_errors(columns_from_header(records[0][2], 1)[1]) else 0.4
    _, said = columns_from_content([cells for _, _, cells in records])
    return 0.0 if has_errors(said) else 0.7


FORMAT: Final = Format(
    name=NAME,
    title="AE table (CSV, TSV)",
    detect=detect,
    read=read,
    write=write,
    suffix=".csv",
    knows=KNOWS,
)
