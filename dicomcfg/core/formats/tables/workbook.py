"""Workbooks (.xlsx): their sheets as rows of text, secrets blanked, within bounds.

Only the parts that hold cells are read: pictures and macros never are. Formulas give the values
that were stored with them.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Final
from xml.sax import SAXException

from defusedxml import DefusedXmlException

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats import archive
from dicomcfg.core.formats.base import MAXIMUM_BYTES
from dicomcfg.core.formats.secrets import BLANK, secret_at, secret_columns, without_secrets
from dicomcfg.core.formats.syntax.xml_text import BeyondError
from dicomcfg.core.formats.tables.table_columns import HEADER_ROWS, letter_of
from dicomcfg.core.formats.tables.workbook_parts import EnoughError, Parts
from dicomcfg.core.formats.text import clip

MAXIMUM_SHEETS: Final = 50
MAXIMUM_ROWS: Final = 20_002
MAXIMUM_CELLS: Final = 600_000
_SHOWN: Final = 50
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PARTS: Final = re.compile(
    r"xl/(?:workbook|sharedStrings|styles)\.xml|xl/_rels/workbook\.xml\.rels"
    r"|xl/worksheets/[\w.\- ]+\.xml"
)
_STRING: Final = re.compile(rb"<t(?:\s[^>]*)?>([^<]{1,400})</t>")
_NO_TEXT: Final = ("styles.xml", ".rels", "workbook.xml")


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
        members = [
            member
            for member in packed.infolist()
            if _PARTS.fullmatch(member.filename)
            and not member.filename.endswith(_NO_TEXT)
            and member.compress_type in archive.METHODS
        ]
        for member in members[:10]:
            try:
                with packed.open(member) as opened:
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
    parts = _parts(data)
    if isinstance(parts, Finding):
        return Book((), (parts,))
    findings: list[Finding] = []
    pages: list[Page] = []
    try:
        _read_pages(Parts(parts), pages, findings)
    except BeyondError as problem:
        message = f"The workbook {problem}; the rest is not read."
        findings.append(_error("workbook-too-large", message, "Split it."))
    except DefusedXmlException:
        message = "The workbook declares a document type, which no spreadsheet writes."
        remedy = "Do not open it; ask who sent it."
        return Book((), (_error("workbook-unreadable", message, remedy),))
    except (SAXException, ValueError, LookupError) as problem:
        message = f"The workbook cannot be read ({type(problem).__name__})."
        return Book((), (_error("workbook-unreadable", message, _PLAIN),))
    several = len(pages) > 1
    for page in pages:
        _blank_secrets(page, several, findings)
    if not pages and not findings:
        findings.append(_error("table-empty", "The workbook has no rows.", ""))
    return Book(tuple(pages), tuple(findings))


_PLAIN: Final = "Open it in a spreadsheet and save it again as .xlsx, or as CSV."


def _error(code: str, message: str, remedy: str) -> Finding:
    return Finding(code, Severity.ERROR, "file", message, remedy)


def _parts(data: bytes) -> dict[str, bytes] | Finding:
    """The parts that hold cells, or why there are none."""
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
    parts = {name: content for name, content in members if _PARTS.fullmatch(name)}
    inflated = sum(map(len, parts.values()))
    if inflated > MAXIMUM_BYTES:
        message = f"The sheets would unpack to {inflated:,} bytes; at most {MAXIMUM_BYTES:,} are "
        message += "read."
        return _error("workbook-too-large", message, "Split it.")
    return parts


def _old_or_encrypted(data: bytes) -> Finding:
    if "EncryptedPackage".encode("utf-16-le") in data:
        message = "The workbook is protected by a password."
        remedy = "Save it without one, or export the table as CSV."
        return _error("workbook-encrypted", message, remedy)
    message = "This is a file of an old Office program (.xls); only .xlsx can be read."
    return _error("workbook-old", message, "Save it as .xlsx or CSV.")


def _read_pages(parts: Parts, pages: list[Page], findings: list[Finding]) -> None:
    """Add the sheets that hold anything, as far as the bounds allow."""
    rows: list[tuple[int, list[str]]] = []
    rows_left, cells_left = MAXIMUM_ROWS, MAXIMUM_CELLS

    def take(number: int, cells: list[str]) -> None:
        nonlocal rows_left, cells_left
        rows_left, cells_left = rows_left - 1, cells_left - len(cells)
        if rows_left < 0 and pages:
            raise BeyondError(f"has more than {MAXIMUM_ROWS:,} rows in all its sheets")
        if cells_left < 0:
            raise BeyondError(f"has more than {MAXIMUM_CELLS:,} cells")
        if rows_left < 0:
            raise EnoughError  # of one sheet's rows the table itself says that there are more
        rows.append((number, cells))

    for title, path in parts.sheets[:MAXIMUM_SHEETS]:
        rows = []
        try:
            parts.read(path, take)
        finally:
            if rows:
                pages.append(Page(title, tuple(rows)))
    if len(parts.sheets) > MAXIMUM_SHEETS:
        message = f"Only the first {MAXIMUM_SHEETS} sheets were read."
        findings.append(_error("workbook-too-large", message, "Split it."))


def _blank_secrets(page: Page, several: bool, findings: list[Finding]) -> None:
    """Blank columns whose heading speaks of a secret, and texts that hold one."""
    secret: set[int] = set()
    name = page.name if several else ""
    blanked_text = cache(lambda text: without_secrets(text)[0])  # many cells may share a text
    for place, (number, cells) in enumerate(page.rows):
        for index, cell in enumerate(cells):
            after = cell
            if cell and index in secret:
                after = BLANK
            elif ":" in cell or "=" in cell or "<" in cell:
                after = blanked_text(cell)
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
