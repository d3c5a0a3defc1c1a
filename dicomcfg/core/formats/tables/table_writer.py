"""Rows of text as CSV, TSV or a workbook; nothing in them runs as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dicomcfg.core.findings import Finding
from dicomcfg.core.formats.base import Written
from dicomcfg.core.formats.losses import not_carried
from dicomcfg.core.formats.tables import workbook
from dicomcfg.core.records import Document

MAXIMUM_CELL: Final = 32_767
"""Characters that a cell of a workbook can hold."""
# A spreadsheet runs cells that begin so; an apostrophe in front makes them text.
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")


def escape_formula(text: str) -> str:
    """Disarm what a spreadsheet would run."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescape_formula(text: str) -> str:
    """Undo `escape_formula`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


@dataclass(frozen=True, slots=True)
class Rows:
    """A table to write: its name, its headings, (place, cells) of its rows, what it lost.

    `place` names the record of a row as a finding about its loss does.
    """

    name: str
    headings: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]
    findings: tuple[Finding, ...]


Shape = Callable[[Document], Rows]


def as_text(shape: Shape, delimiter: str) -> Callable[[Document], Written]:
    """A writer of delimited text with a header and lines that end with CR LF."""

    def write(document: Document) -> Written:
        rows = shape(document)
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
        writer.writerow(rows.headings)
        writer.writerows([escape_formula(cell) for cell in cells] for _, cells in rows.rows)
        return Written.of(out.getvalue(), rows.findings)

    return write


def as_workbook(shape: Shape) -> Callable[[Document], Written]:
    """A writer of a workbook with one sheet, whose cells are text."""

    def write(document: Document) -> Written:
        rows = shape(document)
        kept: list[tuple[int, Sequence[str]]] = [(1, rows.headings)]
        findings = list(rows.findings)
        for place, cells in rows.rows:
            if max(map(len, cells)) > MAXIMUM_CELL:
                message = f"A cell of a workbook holds {MAXIMUM_CELL:,} characters at most."
                findings.append(not_carried(place, message))
                continue
            kept.append((len(kept) + 1, cells))
        return Written(workbook.written([(rows.name, kept)]), tuple(findings))

    return write
