"""AE tables as CSV, TSV and workbooks; one AE a row.

The delimiter and the columns are recognised, every cell is checked, and each finding names its
cell as a spreadsheet does (`C7`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.base import Format, Source
from dicomcfg.core.formats.bounded import MAXIMUM_FINDINGS, Findings
from dicomcfg.core.formats.tables import workbook
from dicomcfg.core.formats.tables.ae_columns import KIND
from dicomcfg.core.formats.tables.ae_rows import DEVICE_COLUMNS, Row, read_row
from dicomcfg.core.formats.tables.ae_table_writer import KNOWS, rows_of
from dicomcfg.core.formats.tables.table_cells import RowCells
from dicomcfg.core.formats.tables.table_sheets import (
    Layout,
    layout_of,
    layouts,
    looks_like,
    sheets_of,
)
from dicomcfg.core.formats.tables.table_writer import as_text, as_workbook
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Ae, Connection, Device, Document
from dicomcfg.core.standard.endpoint import endpoint

NAME: Final = "ae-table"
# What a column says: the fields of the Document that it makes known.
_SAYS: Final = {
    "hostname": ("ae.connections",),
    "port": ("ae.connections",),
    "tls": ("ae.connections.tls",),
    "role": ("ae.association_initiator", "ae.association_acceptor"),
    "modality": ("ae.tags",),
    "device": ("ae.device",),
    "device_state": ("device.state",),
    **{column: ("ae.device", f"device.{field}") for column, field in DEVICE_COLUMNS.items()},
}


class _Settler:
    """What needs sight of all rows: unique keys, repeats, devices that disagree."""

    def __init__(self, rows: Iterable[Row]):
        distinct = {row.cells: row.ae.ae_title for row in rows if row.ae}
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
        first = self._cells.setdefault(row.cells, row.number)
        if first != row.number:
            message = f"The row is the same as row {first}; it is left out."
            said = self._warning(row, "row-repeated", ae.ae_title, message)
            return replace(row, ae=None, device=None, findings=(*row.findings, said))
        more = [*self._place_findings(row, ae), *self._device_findings(row)]
        key = self._key(ae)
        if key == ae.key and not more:
            return row
        return replace(row, ae=replace(ae, key=key), findings=(*row.findings, *more))

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
            cell=row.at,
        )


def _filled(first: Device, other: Device) -> Device:
    gaps = {
        field.name: getattr(other, field.name)
        for field in fields(Device)
        if not getattr(first, field.name)
    }
    return replace(first, **gaps)


def _rows(found: Iterable[Layout], said: Findings) -> list[Row]:
    """The rows as read; findings with as many before them as are listed are counted only."""
    rows = []
    before = 0
    for layout in found:
        cells = RowCells(layout)
        for record in layout.records:
            cells.take(record)
            row = read_row(cells)
            if before >= MAXIMUM_FINDINGS:
                for finding in row.findings:
                    said.count(finding.severity)
                row = replace(row, findings=())
            before += len(row.findings)
            rows.append(row)
    return rows


def _knows(found: Iterable[Layout]) -> frozenset[str]:
    named = frozenset(field for layout in found for field in layout.fields)
    said = (name for field in named for name in _SAYS.get(field, (f"ae.{field}",)))
    return frozenset(said) & KNOWS


def _reader(name: str) -> Callable[[Source], Document]:
    def read(source: Source) -> Document:
        """The table as a Document of AEs and their Devices."""
        found, findings = layouts(source, KIND)
        said = Findings()
        said.keep(findings)
        rows = _rows(found, said)
        settler = _Settler(rows)
        aes = []
        places: dict[str, int | str] = {}
        for row in map(settler.settle, rows):
            said.keep(row.findings)
            if row.ae is not None:
                aes.append(row.ae)
                if row.line is not None:
                    places[row.ae.key] = row.line
        return Document(
            name,
            devices=settler.devices(),
            aes=tuple(aes),
            findings=said.all(),
            knows=_knows(found) if found else None,
            places=places,
        )

    return read


def detect(source: Source) -> float:
    """Sure of a header with an AE title; fairly sure of columns that look like a table's."""
    head = replace(source.decoded, text=source.text[:20_000])
    if not head.text or head.text.lstrip()[:1] in ("{", "[", "<"):
        return 0.0
    sheets, _ = sheets_of(replace(source, decoded=head), KIND)
    layout = layout_of(sheets[0], KIND)
    if layout.header is None or not KIND.is_header(layout.header[2]):
        return 0.7 if looks_like(KIND, layout) else 0.0
    return 0.9 if KIND.needed & layout.fields else 0.4


def detect_tsv(source: Source) -> float:
    """As an AE table; the commoner name comes first."""
    return 0.5 * detect(source)


def detect_workbook(source: Source) -> float:
    """A workbook among whose first texts are an AE title's heading and an address's."""
    if not workbook.is_workbook(source.data):
        return 0.0
    named = KIND.fields_in(workbook.first_texts(source.data))
    if "ae_title" in named:
        return 0.9 if named & {"hostname", "port"} else 0.6
    return 0.4


FORMAT: Final = Format(
    name=NAME,
    title="AE table (CSV)",
    detect=detect,
    read=_reader(NAME),
    write=as_text(rows_of, ","),
    suffix=".csv",
    knows=KNOWS,
)
TSV: Final = Format(
    name="ae-tsv",
    title="AE table (TSV)",
    detect=detect_tsv,
    read=_reader("ae-tsv"),
    write=as_text(rows_of, "\t"),
    suffix=".tsv",
    knows=KNOWS,
)
XLSX: Final = Format(
    name="ae-xlsx",
    title="AE table (Excel workbook)",
    detect=detect_workbook,
    read=_reader("ae-xlsx"),
    write=as_workbook(rows_of),
    suffix=".xlsx",
    knows=KNOWS,
    is_binary=True,
)
