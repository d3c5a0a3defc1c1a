"""Which column of a table means what: by its heading, or by its content where there is none."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dicomcfg.core.findings import Finding, Severity, has_errors
from dicomcfg.core.formats.text import clip
from dicomcfg.core.standard.ae_title import check_ae_title
from dicomcfg.core.standard.endpoint import check_hostname, is_address, parse_port

DELIMITERS: Final = ("\t", ";", ",", "|")
_SAMPLE_ROWS = 50

# The first heading of each field is the one that is written.
HEADINGS: Final[dict[str, tuple[str, ...]]] = {
    "ae_title": (
        "AE Title",
        "AET",
        "AE",
        "Title",
        "Calling AE",
        "Calling AE Title",
        "Calling AET",
        "Called AE",
        "Called AE Title",
        "Called AET",
        "DICOM AE Title",
        "Application Entity",
        "Application Entity Title",
    ),
    "hostname": (
        "Host",
        "IP",
        "IP Address",
        "Hostname",
        "Host Name",
        "Address",
        "Host/IP",
        "IP/Host",
        "IP or Hostname",
        "Hostname or IP",
        "Server",
        "Network Address",
        "IPv4",
    ),
    "port": ("Port", "TCP Port", "DICOM Port", "Port Number", "Port No", "Listening Port"),
    "tls": ("TLS", "Use TLS", "Secure", "SSL"),
    "device": ("Device", "System", "Device Name", "System Name", "Equipment"),
    "manufacturer": ("Manufacturer", "Vendor", "Make"),
    "model_name": ("Model", "Model Name", "Product", "Manufacturer Model Name"),
    "software_version": ("Software Version", "Software", "Version"),
    "station_name": ("Station Name", "Station"),
    "department": ("Department", "Dept", "Ward", "Unit"),
    "location": ("Location", "Room", "Place"),
    "site": ("Site", "Hospital", "Facility", "Campus"),
    "state": ("State", "Status", "Lifecycle"),
    "tags": ("Tags", "Tag", "Labels"),
    "description": ("Description", "Comment", "Comments", "Note", "Notes", "Remarks", "Name"),
    "do_not_probe": ("Do not probe", "No probe", "Do not test", "Do not echo"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its spreadsheet letter, its heading as found, the field it is taken for."""

    letter: str
    heading: str
    field: str | None


def letter_of(index: int) -> str:
    """The spreadsheet's name of a column counted from 0: A, B ... Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _folded(heading: str) -> str:
    return re.sub(r"[^a-z0-9]", "", heading.casefold())


_FIELDS = {_folded(heading): field for field, headings in HEADINGS.items() for heading in headings}


def field_of(heading: str) -> str | None:
    """The field that a heading names, whatever its case, spaces and punctuation."""
    return _FIELDS.get(_folded(heading))


def is_header(cells: Sequence[str]) -> bool:
    """Whether a row holds headings: an AE title's, or any two, and nothing that is data."""
    if any(parse_port(cell) or is_address(cell) for cell in cells):
        return False
    fields = {field_of(cell) for cell in cells} - {None}
    return "ae_title" in fields or len(fields) >= 2


def sniff_delimiter(text: str) -> str:
    """The delimiter that cuts the first rows best: known headings count, then even widths."""

    def score(delimiter: str) -> tuple[int, float, int]:
        sample = io.StringIO(text[:100_000], newline="")
        rows: list[list[str]] = []
        try:
            for row in csv.reader(sample, delimiter=delimiter):
                if any(cell.strip() for cell in row):
                    rows.append(row)
                if len(rows) >= _SAMPLE_ROWS:
                    break
        except csv.Error:
            return (0, 0.0, 0)
        if not rows:
            return (0, 0.0, 0)
        width, count = Counter(len(row) for row in rows).most_common(1)[0]
        named = sum(field_of(cell) is not None for cell in rows[0]) if is_header(rows[0]) else 0
        return (named, count / len(rows) if width > 1 else 0.0, width)

    return max(DELIMITERS, key=score)


def columns_from_header(cells: Sequence[str], row: int) -> tuple[list[Column], list[Finding]]:
    """A column for every heading; `row` is its number, for the findings' cells."""
    columns: list[Column] = []
    findings = []
    taken: dict[str, str] = {}
    for index, cell in enumerate(cells):
        heading, letter = cell.strip(), letter_of(index)
        field = field_of(heading)
        where = f"{letter}{row}"
        if field is None and heading:
            message = f"The column {clip(heading)!r} is not known; it is left out."
            findings.append(_info("column-ignored", heading, message, where))
        elif field in taken:
            message = f"{clip(heading)!r} means the same as {taken[field]!r}; the first is used."
            findings.append(_info("column-repeated", heading, message, where))
            field = None
        elif field is not None:
            taken[field] = heading
        columns.append(Column(letter, heading, field))
    if "ae_title" not in taken:
        message = "No column is headed as the AE title."
        remedy = "Head it AE Title or AET."
        findings.append(Finding("no-ae-title-column", Severity.ERROR, "table", message, remedy))
    return columns, findings


def _info(code: str, subject: str, message: str, cell: str | None = None) -> Finding:
    return Finding(code, Severity.INFO, clip(subject), message, cell=cell)


def _first_fit(
    columns: dict[int, list[str]], test: Callable[[str], bool], share: float = 0.8
) -> int | None:
    """The first column most of whose filled cells pass."""
    for index, cells in columns.items():
        if cells and sum(test(cell) for cell in cells) >= share * len(cells):
            return index
    return None


def columns_from_content(rows: Sequence[Sequence[str]]) -> tuple[list[Column], list[Finding]]:
    """Columns of a table without headings, told by what the cells of the first rows look like.

    Ports and dotted hosts are sure signs; then the first column of possible titles is the AE
    title, and a bare host name may only be what is left.
    """
    width = max((len(row) for row in rows), default=0)
    left = {
        index: [row[index].strip() for row in rows[:_SAMPLE_ROWS] if row[index : index + 1]]
        for index in range(min(width, 50))
    }
    left = {index: [cell for cell in cells if cell] for index, cells in left.items()}
    found: dict[int, str] = {}
    for field, test, share in (
        ("port", _is_port, 0.8),
        ("hostname", _looks_like_host, 0.8),
        ("ae_title", _could_be_title, 0.8),
        ("hostname", _could_be_host, 1.0),
    ):
        index = None if field in found.values() else _first_fit(left, test, share)
        if index is not None:
            found[index] = field
            del left[index]
    columns = [Column(letter_of(i), "", found.get(i)) for i in range(width)]
    if len(found) < 3:
        message = "There is no header, and AE title, host and port could not be told apart."
        remedy = "Add a first row: AE Title, Host, Port."
        code = "columns-not-recognised"
        return columns, [Finding(code, Severity.ERROR, "table", message, remedy)]
    names = ", ".join(
        f"{HEADINGS[field][0]} in column {letter_of(i)}" for i, field in sorted(found.items())
    )
    message = f"There is no header; by their content: {names}."
    remedy = "Add a header to be certain and to carry the other columns."
    return columns, [Finding("table-without-header", Severity.WARNING, "table", message, remedy)]


def _is_port(text: str) -> bool:
    return parse_port(text) is not None


def _looks_like_host(text: str) -> bool:
    return is_address(text) or ("." in text and not check_hostname(text))


def _could_be_title(text: str) -> bool:
    return not is_address(text) and not has_errors(check_ae_title(text))


def _could_be_host(text: str) -> bool:
    return not has_errors(check_hostname(text))
