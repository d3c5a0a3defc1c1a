"""Which column of a table means what: by its heading, or by its content where there is none."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dicomcfg.core.findings import Finding, Severity
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


def _share(values: list[str], good: int) -> float:
    return good / len(values) if values else 0.0


def columns_from_content(rows: Sequence[Sequence[str]]) -> tuple[list[Column], list[Finding]]:
    """Columns of a table without headings, told by what the cells of the first rows look like."""
    width = max((len(row) for row in rows), default=0)
    sample = [
        [row[index].strip() for row in rows[:_SAMPLE_ROWS] if index < len(row)]
        for index in range(min(width, 50))
    ]
    filled = [[cell for cell in column if cell] for column in sample]

    def first(test: dict[int, float]) -> int | None:
        likely = [index for index, share in test.items() if share >= 0.8 and index not in found]
        return likely[0] if likely else None

    found: dict[int, str] = {}
    tests = {
        "port": {i: _share(c, sum(parse_port(v) is not None for v in c)) for i, c in enum(filled)},
        "hostname": {i: _share(c, sum(_looks_like_host(v) for v in c)) for i, c in enum(filled)},
        "ae_title": {i: _share(c, sum(_could_be_title(v) for v in c)) for i, c in enum(filled)},
    }
    for field, shares in tests.items():
        index = first(shares)
        if index is not None:
            found[index] = field
    missing = {"port", "ae_title"} - set(found.values())
    if "hostname" not in found.values() and not missing:
        rest = [i for i, c in enum(filled) if i not in found and c and _all_hosts(c)]
        if rest:
            found[rest[0]] = "hostname"
    columns = [Column(letter_of(i), "", found.get(i)) for i in range(width)]
    if set(found.values()) != {"port", "hostname", "ae_title"}:
        message = "There is no header, and AE title, host and port could not be told apart."
        remedy = "Add a first row: AE Title, Host, Port."
        return columns, [
            Finding("columns-not-recognised", Severity.ERROR, "table", message, remedy)
        ]
    names = ", ".join(
        f"{HEADINGS[field][0]} in column {letter_of(i)}" for i, field in sorted(found.items())
    )
    message = f"There is no header; by their content: {names}."
    return columns, [
        Finding(
            "table-without-header",
            Severity.WARNING,
            "table",
            message,
            "Add a header to be certain and to carry the other columns.",
        )
    ]


def enum(columns: list[list[str]]) -> list[tuple[int, list[str]]]:
    """Columns with their index."""
    return list(enumerate(columns))


def _looks_like_host(text: str) -> bool:
    return is_address(text) or ("." in text and not check_hostname(text))


def _could_be_title(text: str) -> bool:
    return not is_address(text) and not any(f.severity == "error" for f in check_ae_title(text))


def _all_hosts(cells: list[str]) -> bool:
    return all(not any(f.severity == "error" for f in check_hostname(cell)) for cell in cells)
