"""A table's text or workbook cut into sheets of rows, and each sheet's header and columns found."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dicomcfg.core.findings import Finding, Severity, has_errors
from dicomcfg.core.formats.base import Source
from dicomcfg.core.formats.tables import workbook
from dicomcfg.core.formats.tables.table_columns import (
    HEADER_ROWS,
    Column,
    Kind,
    columns_as_given,
    columns_from_header,
    folded_header,
    header_index,
    titled_index,
)
from dicomcfg.core.formats.text import clip

MAXIMUM_ROWS: Final = 20_000
MAXIMUM_COLUMNS: Final = 100
DELIMITERS: Final = ("\t", ";", ",", "|")
_SAMPLE_ROWS: Final = 50
Record = tuple[int, int | None, Sequence[str]]
"""Row number as a spreadsheet counts, first line in a text, cells."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows that hold anything, within the bounds. `name` stands before the findings' cells and is
    empty where there is one sheet only; in a text, formulas are `escaped` by an apostrophe."""

    name: str
    records: tuple[Record, ...]
    findings: tuple[Finding, ...] = ()
    escaped: bool = False

    def cell(self, letter: str, number: int) -> str:
        """A cell's name: `C7`, or `Sheet2!C7` among several sheets."""
        return workbook.cell_name(self.name, f"{letter}{number}")


@dataclass(frozen=True, slots=True)
class Layout:
    """A sheet with its columns; `records` are the data rows, `header` the header's or None.

    `fits` says that the columns are those that are needed, and that there are rows.
    """

    sheet: Sheet
    columns: tuple[Column, ...]
    records: tuple[Record, ...]
    header: Record | None
    findings: tuple[Finding, ...]
    fits: bool = False

    @property
    def fields(self) -> frozenset[str]:
        """What its columns say something about."""
        return frozenset(column.field for column in self.columns if column.field)


def layouts(source: Source, kind: Kind) -> tuple[list[Layout], tuple[Finding, ...]]:
    """The sheets that can be read, and what is to be said of the whole and of those that cannot.

    A sheet without a header that fits is left out as long as another one fits.
    """
    sheets, findings = sheets_of(source, kind)
    found = [layout_of(sheet, kind, source.columns) for sheet in sheets]
    fitting = [layout for layout in found if layout.fits]
    if not fitting:
        return [], (*findings, *(f for layout in found[:1] for f in layout.findings))
    for layout in found:
        if layout not in fitting and layout.sheet.records:
            name = clip(layout.sheet.name)
            message = f"The sheet {name!r} has no header for this and is left out."
            remedy = "Say what its columns are, or read the workbook as another kind of table."
            left = Finding("sheet-left-out", Severity.WARNING, name, message, remedy)
            findings = (*findings, left)
    return fitting, (*findings, *(f for layout in fitting for f in layout.findings))


def sheets_of(source: Source, kind: Kind) -> tuple[list[Sheet], tuple[Finding, ...]]:
    """Every sheet that holds anything, at least one where nothing is wrong with the whole."""
    if source.text:
        return [_sheet_of_text(source.text, kind)], ()
    book = workbook.read(source.data)
    several = len(book.sheets) > 1
    sheets = [
        _bounded(page.name if several else "", ((n, None, cells) for n, cells in page.rows))
        for page in book.sheets
    ]
    return sheets, book.findings


def _sheet_of_text(text: str, kind: Kind) -> Sheet:
    delimiter = sniff_delimiter(text, kind)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)

    def records() -> Iterator[Record]:
        line = 1
        for number, cells in enumerate(reader, start=1):
            yield number, line, cells
            line = reader.line_num + 1

    return replace(_bounded("", records()), escaped=True)


def _error(code: str, message: str, remedy: str = "", line: int | None = None) -> Finding:
    return Finding(code, Severity.ERROR, "table", message, remedy, line=line)


def _bounded(name: str, records: Iterable[Record]) -> Sheet:
    """The records that hold anything, up to the bounds."""
    kept: list[Record] = []
    said: list[Finding] = []
    try:
        for record in records:
            number, line, cells = record
            if not any(cells) or not any(cell.strip() for cell in cells):
                continue
            if len(kept) > MAXIMUM_ROWS:
                message = f"Only the first {MAXIMUM_ROWS:,} rows were read."
                said.append(_error("too-many-rows", message, "Split the table.", line))
                break
            if len(cells) > MAXIMUM_COLUMNS:
                message = f"Row {number} has {len(cells):,} cells; at most {MAXIMUM_COLUMNS} are "
                message += "read."
                said.append(_error("too-many-columns", message, "Check the delimiter.", line))
                break
            kept.append(record)
    except csv.Error as problem:
        remedy = "Look for a quotation mark without its partner."
        message = f"The table cannot be cut into cells: {problem}."
        said.append(_error("table-malformed", message, remedy, kept[-1][1] if kept else 1))
    return Sheet(name, tuple(kept), tuple(said))


def sniff_delimiter(text: str, kind: Kind) -> str:
    """The delimiter that cuts the first rows best: known headings count, then even widths."""

    def score(delimiter: str) -> tuple[int, float, int]:
        rows = _first_rows(text, delimiter)
        if not rows:
            return (0, 0.0, 0)
        header = header_index(kind, rows)
        width, count = Counter(len(row) for row in rows[header or 0 :]).most_common(1)[0]
        named = 0 if header is None else len(kind.fields_in(rows[header]))
        return (named, count / len(rows) if width > 1 else 0.0, width)

    return max(DELIMITERS, key=score)


def _first_rows(text: str, delimiter: str) -> list[list[str]]:
    """The first rows that hold anything; none where the text cannot be cut so."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text[:100_000], newline=""), delimiter=delimiter):
            if len(row) <= MAXIMUM_COLUMNS and any(cell.strip() for cell in row):
                rows.append(row)
            if len(rows) >= _SAMPLE_ROWS:
                break
    except csv.Error:
        return []
    return rows


def layout_of(sheet: Sheet, kind: Kind, given: Sequence[tuple[str, str | None]] = ()) -> Layout:
    """The header found, or the columns told by their content, or those that a person named."""
    records = sheet.records
    rows = [cells for _, _, cells in records]
    if not rows:
        return Layout(
            sheet, (), (), None, (*sheet.findings, _error("table-empty", "The table has no rows."))
        )
    index = _given_header(rows, given) if given else None
    if index is not None:
        number = records[max(index, 0)][0]
        columns, said = columns_as_given(kind, given, lambda letter: sheet.cell(letter, number))
        return _laid_out(sheet, columns, said, index)
    misfit = [_misfit()] if given else []
    index = header_index(kind, rows)
    if index is None:
        index = titled_index(kind, rows)
    if index is None:
        columns, said = kind.guess(rows)
        return _laid_out(sheet, columns, said + misfit, -1)
    number = records[index][0]
    columns, said = columns_from_header(
        kind, rows[index], lambda letter: sheet.cell(letter, number)
    )
    return _laid_out(sheet, columns, said + misfit, index)


def _misfit() -> Finding:
    message = "The columns that were named are not those of this table; its own header is used."
    return Finding("columns-do-not-fit", Severity.WARNING, "table", message, "Name them again.")


def _given_header(
    rows: Sequence[Sequence[str]], given: Sequence[tuple[str, str | None]]
) -> int | None:
    """Where the headings of the given columns stand; -1 for a table without any, None where it
    is another table."""
    headings = [heading.strip() for heading, _ in given]
    if not any(headings):
        return -1 if max(len(row) for row in rows[:_SAMPLE_ROWS]) <= len(given) else None
    wanted = folded_header(headings)
    for index, row in enumerate(rows[:HEADER_ROWS]):
        if folded_header(row) == wanted:
            return index
    return None


def _laid_out(sheet: Sheet, columns: list[Column], said: list[Finding], index: int) -> Layout:
    """`index` is the header's among the records, -1 for none."""
    records = sheet.records
    header = records[index] if index >= 0 else None
    findings = [*sheet.findings, *said]
    if index > 0 and header:
        message = f"The header stands in row {header[0]}; what is above it is left out."
        cell = sheet.cell("A", header[0])
        findings.append(
            Finding("rows-above-header", Severity.INFO, "table", message, line=header[1], cell=cell)
        )
    if len(records) == index + 1:
        findings.append(_error("table-empty", "The table has a header and no rows."))
    fits = len(records) > index + 1 and not has_errors(said)
    return Layout(sheet, tuple(columns), records[index + 1 :], header, tuple(findings), fits)


def looks_like(kind: Kind, layout: Layout) -> bool:
    """Whether a sheet without known headings looks like a table of a kind by its content."""
    if layout.header is None:
        return not has_errors(layout.findings)
    return not has_errors(kind.guess([cells for _, _, cells in layout.records])[1])


def column_index(layout: Layout) -> dict[str, tuple[int, ...]]:
    """Field -> places of its columns."""
    found: dict[str, tuple[int, ...]] = {}
    for index, column in enumerate(layout.columns):
        if column.field:
            found[column.field] = (*found.get(column.field, ()), index)
    return found
