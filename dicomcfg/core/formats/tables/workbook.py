"""Workbooks (.xlsx): their sheets as rows of text, secrets blanked, within bounds.

Only what holds cells is handed to openpyxl, in an archive made anew of bounded members: what a
member's entry lies about, pictures and macros never reach it. Formulas give the values that were
stored with them.
"""

from __future__ import annotations

import html
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final

import openpyxl

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats import archive
from dicomcfg.core.formats.secrets import BLANK, secret_at, secret_columns, without_secrets
from dicomcfg.core.formats.tables.table_columns import HEADER_ROWS, letter_of
from dicomcfg.core.formats.text import clip

MAXIMUM_SHEETS: Final = 50
MAXIMUM_ROWS: Final = 20_002
MAXIMUM_ROW_NUMBER: Final = 100_000
MAXIMUM_CELLS: Final = 600_000
_BLANK_RUN: Final = 5_000
_SHOWN: Final = 50
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PARTS: Final = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/(workbook|sharedStrings|styles)\.xml"
    r"|xl/_rels/workbook\.xml\.rels|xl/worksheets/[\w.\- ]+\.xml"
)
_STRING: Final = re.compile(rb"<t(?:\s[^>]*)?>([^<]{1,400})</t>")
_NO_TEXT: Final = ("styles.xml", "Types].xml", ".rels", "workbook.xml")


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet: its name, and (number, cells) of its rows, trailing empty cells left out."""

    name: str
    rows: tuple[tuple[int, list[str]], ...]


@dataclass(frozen=True, slots=True)
class Book:
    """The sheets that hold anything; none where a finding says why."""

    sheets: tuple[Page, ...]
    findings: tuple[Finding, ...] = ()


def is_workbook(data: bytes) -> bool:
    """Whether these bytes are a workbook, or the container of an old or encrypted one."""
    return data.startswith(_OLE) or (
        archive.is_archive(data) and b"xl/workbook.xml" in data[-200_000:]
    )


def first_texts(data: bytes) -> list[str]:
    """Texts near the beginning of the workbook's parts, for detection; no sheet is read."""
    if not archive.is_archive(data) or archive.problem_of(data) is not None:
        return []
    texts: list[bytes] = []
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        names = [name for name in packed.namelist() if _PARTS.fullmatch(name)]
        for name in [name for name in names if not name.endswith(_NO_TEXT)][:10]:
            try:
                with packed.open(name) as opened:
                    texts += _STRING.findall(opened.read(100_000))[:2_000]
            except archive.BROKEN:
                continue
    return [html.unescape(text.decode("utf-8", "replace")).strip() for text in texts]


def cell_name(sheet: str, cell: str) -> str:
    """`C7`, or `Sheet2!C7` with a sheet's name, which is quoted as a spreadsheet does."""
    if not sheet:
        return cell
    plain = re.fullmatch(r"[A-Za-z_]\w*", sheet)
    name = sheet if plain else "'" + clip(sheet).replace("'", "''") + "'"
    return f"{name}!{cell}"


def read(data: bytes) -> Book:
    """The sheets with their secrets blanked; nothing is raised."""
    packed = _repacked(data)
    if isinstance(packed, Finding):
        return Book((), (packed,))
    findings: list[Finding] = []
    try:
        with warnings.catch_warnings():
            # What openpyxl does not support (validation, extensions) is no part of a table.
            warnings.simplefilter("ignore")
            pages = _pages(packed, findings)
    except Exception as problem:  # whatever a foreign parser makes of a hostile file
        return Book((), (_error("workbook-unreadable", _broken(problem), _PLAIN),))
    several = len(pages) > 1
    for page in pages:
        _blank_secrets(page, several, findings)
    if not pages and not findings:
        findings.append(_error("table-empty", "The workbook has no rows.", ""))
    return Book(tuple(pages), tuple(findings))


_PLAIN: Final = "Open it in a spreadsheet and save it again as .xlsx, or as CSV."


def _broken(problem: Exception) -> str:
    return f"The workbook cannot be read ({type(problem).__name__})."


def _error(code: str, message: str, remedy: str) -> Finding:
    return Finding(code, Severity.ERROR, "file", message, remedy)


def _repacked(data: bytes) -> bytes | Finding:
    """The parts that hold cells in an archive of our own, or why there is none."""
    if data.startswith(_OLE):
        return _old_or_encrypted(data)
    if not is_workbook(data):
        return _error("workbook-unreadable", "This is not a workbook (.xlsx).", _PLAIN)
    problem = archive.problem_of(data)
    if problem is not None:
        return problem
    members, said = archive.members_of(data)
    unread = [finding for finding in said if _PARTS.fullmatch(finding.subject)]
    if unread:
        return _error("workbook-unreadable", unread[0].message, _PLAIN)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, content in dict(members).items():
            if not _PARTS.fullmatch(name):
                continue
            if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
                message = "The workbook declares a document type, which no spreadsheet writes."
                return _error("workbook-unreadable", message, "Do not open it; ask who sent it.")
            packed.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def _old_or_encrypted(data: bytes) -> Finding:
    if "EncryptedPackage".encode("utf-16-le") in data:
        message = "The workbook is protected by a password."
        remedy = "Save it without one, or export the table as CSV."
        return _error("workbook-encrypted", message, remedy)
    message = "This is a file of an old Office program (.xls); only .xlsx can be read."
    return _error("workbook-old", message, "Save it as .xlsx or CSV.")


def _pages(packed: bytes, findings: list[Finding]) -> list[Page]:
    book = openpyxl.load_workbook(
        io.BytesIO(packed), read_only=True, data_only=True, keep_links=False
    )
    pages: list[Page] = []
    cells_left = MAXIMUM_CELLS
    for sheet in book.worksheets[:MAXIMUM_SHEETS]:
        sheet.reset_dimensions()
        rows = []
        for number, cells in _rows(sheet.iter_rows(max_row=MAXIMUM_ROW_NUMBER, values_only=True)):
            cells_left -= len(cells)
            if cells_left < 0:
                message = f"The workbook has more than {MAXIMUM_CELLS:,} cells; the rest is not "
                message += "read."
                findings.append(_error("workbook-too-large", message, "Split it."))
                break
            rows.append((number, cells))
        if rows:
            pages.append(Page(sheet.title, tuple(rows)))
        if cells_left < 0:
            break
    if len(book.worksheets) > MAXIMUM_SHEETS:
        message = f"Only the first {MAXIMUM_SHEETS} sheets were read."
        findings.append(_error("workbook-too-large", message, "Split it."))
    return pages


def _rows(values: Iterator[tuple[Any, ...]]) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold anything with their numbers; ends after many blank ones and at the bound."""
    filled, blank = 0, 0
    for number, row in enumerate(values, start=1):
        cells = [_text(value) for value in row]
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            filled, blank = filled + 1, 0
            yield number, cells
        else:
            blank += 1
        if filled >= MAXIMUM_ROWS or blank >= _BLANK_RUN:
            return


def _text(value: object) -> str:
    """A cell as a person sees it who has not formatted it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _blank_secrets(page: Page, several: bool, findings: list[Finding]) -> None:
    """Blank columns whose heading speaks of a secret, and texts that hold one."""
    secret: set[int] = set()
    name = page.name if several else ""
    for place, (number, cells) in enumerate(page.rows):
        for index, cell in enumerate(cells):
            after = cell
            if cell and index in secret:
                after = BLANK
            elif ":" in cell or "=" in cell or "<" in cell:
                after = without_secrets(cell)[0]
            if after != cell:
                cells[index] = after
                if len(findings) < _SHOWN:
                    findings.append(secret_at(cell=cell_name(name, f"{letter_of(index)}{number}")))
        if place < HEADER_ROWS:
            secret |= secret_columns([cell.strip() for cell in cells])


def blanked(data: bytes) -> bytes:
    """The workbook as it may be kept: the same bytes where nothing is secret in it, otherwise its
    cells in a workbook of ours with the secrets blanked, or nothing where it cannot be read."""
    book = read(data)
    if not book.sheets:
        return b""
    if not any(finding.code == "secret-blanked" for finding in book.findings):
        return data
    return written([(page.name, page.rows) for page in book.sheets])


def written(sheets: Sequence[tuple[str, Sequence[tuple[int, Sequence[str]]]]]) -> bytes:
    """A workbook of sheets with (row number, cells), all of them text; the same for the same."""
    # Imported here: reading a text format need not pay for it.
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_urls": False})
    # Without a fixed time the clock would be in the bytes.
    book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})
    head = book.add_format({"bold": True})
    for name, rows in sheets:
        sheet = book.add_worksheet(name or None)
        widths: dict[int, int] = {}
        for place, (number, cells) in enumerate(rows):
            for index, cell in enumerate(cells):
                if cell:
                    sheet.write_string(number - 1, index, cell, None if place else head)
                    if place < 200:
                        widest = max(len(line) for line in cell[:200].split("\n"))
                        widths[index] = max(widths.get(index, 8), min(60, widest + 2))
        for index, width in widths.items():
            sheet.set_column(index, index, width)
        if rows:
            sheet.freeze_panes(rows[0][0], 0)
    book.close()
    return out.getvalue()
