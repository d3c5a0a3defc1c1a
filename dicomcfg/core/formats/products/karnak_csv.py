"""Karnak's list of DICOM nodes: `description,aetitle,hostname,port,nodeType,nodeGroup`.

Karnak takes any line whose first cell is `description`, `name` or begins with `#` for no node, a
fifth column for the group where there is no sixth, and `WORKLIST` for its worklists. Only the
header tells this from other tables, so a list without it reads as an AE table.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

from dicomcfg.core.findings import Severity
from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.bounded import Place
from dicomcfg.core.formats.losses import not_carried
from dicomcfg.core.formats.products.ae_entries import Entry, Gathering, left_out, listed
from dicomcfg.core.formats.tables.table_writer import escape_formula, unescape_formula
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Document

NAME: Final = "karnak-csv"
KNOWS: Final = frozenset({"ae.connections", "ae.description"})
_HEADER: Final = ("description", "aetitle", "hostname", "port", "nodetype", "nodegroup")
_LEAST_COLUMNS: Final = 4
_NO_NODE: Final = ("description", "name")
_KEPT_TYPES: Final = ("", "WORKSTATION")


def _header(text: str) -> str | None:
    """The delimiter of a first line that is Karnak's header; None for another line."""
    for line in text[:2_000].split("\n"):
        if not line.strip() or line.startswith("#"):
            continue
        for delimiter in ",;\t":
            cells = [cell.strip().strip('"').strip().lower() for cell in line.split(delimiter)]
            if len(cells) >= _LEAST_COLUMNS and tuple(cells) == _HEADER[: len(cells)]:
                return delimiter
        return None
    return None


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of every row. Raises csv.Error."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    line = 1
    for cells in reader:
        yield line, [unescape_formula(cell.strip()) for cell in cells]
        line = reader.line_num + 1


class _Reader:
    def __init__(self) -> None:
        self.found = Gathering()

    def take(self, line: int, cells: list[str]) -> None:
        """One row."""
        place = Place(line=line)
        if not any(cells) or cells[0].lower() in _NO_NODE or cells[0].startswith("#"):
            self._skipped(cells, place)
            return
        if len(cells) < _LEAST_COLUMNS:
            self.found.is_over(place)
            message = f"The row has {len(cells)} cells; Karnak wants {_LEAST_COLUMNS} and skips it."
            remedy = "Give description, AE title, host and port."
            self.found.say(
                "karnak-row-short", Severity.ERROR, clip(cells[0]), message, remedy, place
            )
            return
        description, title, host, port = cells[:_LEAST_COLUMNS]
        self._kind(cells[_LEAST_COLUMNS:], place)
        self.found.add(Entry(title, host, port, place, description=description))

    def _skipped(self, cells: list[str], place: Place) -> None:
        """Say so where a row that Karnak skips looks like a node."""
        filled = len(cells) >= _LEAST_COLUMNS and cells[3].isdigit()
        if filled and not cells[0].startswith("#"):
            message = f"Karnak takes a row whose description is {clip(cells[0])!r} for a header "
            message += "and skips it; so it is left out here."
            remedy = "Give the node another description."
            self.found.warn("karnak-row-skipped", cells[1], message, remedy, place)

    def _kind(self, cells: list[str], place: Place) -> None:
        kind = cells[0] if cells else ""
        group = cells[1] if len(cells) > 1 else ""
        if len(cells) == 1 and kind.upper() not in (*_KEPT_TYPES, "WORKLIST"):
            message = f"Without a sixth column Karnak takes {clip(kind)!r} for the node's group."
            remedy = "Add nodeGroup if it is meant as the type."
            self.found.say("karnak-type-is-group", Severity.INFO, kind, message, remedy, place)
            kind, group = "", kind
        if kind.upper() not in _KEPT_TYPES:
            self.found.unkept(f"the node type {clip(kind, 30)}", place)
        if group:
            self.found.unkept(f"the node group {clip(group, 30)}", place)


def read(source: Source) -> Document:
    """The nodes as AEs."""
    reader = _Reader()
    try:
        for line, cells in _rows(source.text, _header(source.text) or ","):
            if reader.found.is_done:
                break
            reader.take(line, cells)
    except csv.Error as problem:
        message = f"The table cannot be cut into cells: {problem}."
        remedy = "Look for a quotation mark without its partner."
        reader.found.say("table-malformed", Severity.ERROR, "table", message, remedy)
    return reader.found.document(NAME)


def write(document: Document) -> Written:
    """One node a row, as workstations without a group."""
    kept = listed(document, KNOWS)
    found = list(kept.findings)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["description", "aetitle", "hostname", "port", "nodeType", "nodeGroup"])
    for ae, connection in kept.entries:
        if escape_formula(ae.ae_title) != ae.ae_title:
            # Karnak would keep the apostrophe, which makes another title of it.
            found.append(left_out(ae, "begins as a formula does, which a spreadsheet would run"))
            continue
        description = ae.description
        if description.lower() in _NO_NODE or description.startswith("#"):
            message = f"At the description of {ae.ae_title} Karnak would skip the row; it is left "
            message += "empty."
            found.append(not_carried(f"aes[{ae.key}].description", message))
            description = ""
        cells = [escape_formula(description), ae.ae_title, connection.hostname]
        writer.writerow([*cells, str(connection.port), "WORKSTATION", ""])
    return Written.of(out.getvalue(), tuple(found))


def detect(source: Source) -> float:
    """Sure of Karnak's own header, whose nodeType no other table has."""
    if _header(source.text) is None:
        return 0.0
    head = source.text[:2_000].lower()
    return 0.98 if "nodetype" in head else 0.5


FORMAT: Final = Format(
    name=NAME,
    title="Karnak DICOM nodes (CSV)",
    detect=detect,
    read=read,
    write=write,
    suffix=".csv",
    knows=KNOWS,
)
