"""The cells of one row by field, with findings that name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.tables.table_columns import letter_of
from dicomcfg.core.formats.tables.table_sheets import Layout, Record, column_index
from dicomcfg.core.formats.tables.table_writer import unescape_formula
from dicomcfg.core.formats.text import clip

_LENGTHS: Final = {"description": 1024, "do_not_probe": 254, "tags": 1024}
_DEFAULT_LENGTH: Final = 128
# Checked by the standard's rules, which say more than that they are too long.
_UNCUT: Final = frozenset(
    {
        *("ae_title", "calling", "called", "hostname", "port", "sop_class", "sop_class_uid"),
        *("transfer_syntaxes", "transfer_syntax_names"),
    }
)


class RowCells:
    """Reads one row after another of a sheet and gathers findings with their cells."""

    def __init__(self, layout: Layout):
        self.findings: list[Finding] = []
        self.number = 0
        self.line: int | None = None
        self._sheet = layout.sheet
        self._width = len(layout.columns)
        self._index = column_index(layout)
        self._escaped = layout.sheet.escaped
        self._cells: Sequence[str] = ()

    def take(self, record: Record) -> None:
        """Turn to a row; findings of the one before are given up."""
        self.number, self.line, self._cells = record
        self.findings = []
        if len(self._cells) > self._width and any(c.strip() for c in self._cells[self._width :]):
            message = f"The row has {len(self._cells)} cells where the table has {self._width} "
            message += "columns."
            remedy = "Quote cells that hold the delimiter."
            self.say("row-too-wide", Severity.WARNING, "", self._cells[0], message, remedy)

    @property
    def at(self) -> str:
        """The name of the row's first cell."""
        return self._sheet.cell("A", self.number)

    def has(self, field: str) -> bool:
        """Whether the table has a column for it."""
        return field in self._index

    def text(self, field: str) -> str:
        """The cell of a field without surrounding blanks; empty where the table has none."""
        if field not in self._index:
            return ""
        return next(iter(self.texts(field)), "")

    def texts(self, field: str) -> list[str]:
        """The filled cells of the columns that mean a field."""
        found = []
        for index in self._index.get(field, ()):
            if index < len(self._cells) and (text := self._cells[index].strip()):
                if self._escaped and text[0] == "'":
                    text = unescape_formula(text)
                found.append(self._cut(field, text))
        return found

    def _cut(self, field: str, text: str) -> str:
        limit = _LENGTHS.get(field, _DEFAULT_LENGTH)
        if len(text) <= limit or field in _UNCUT:
            return text
        message = f"The cell has {len(text):,} characters; the first {limit} are kept."
        self.say("cell-too-long", Severity.WARNING, field, text, message)
        return text[:limit]

    def place(self, field: str, findings: Sequence[Finding]) -> None:
        """Keep findings of the standard's checks, at the field's cell."""
        if findings:
            index = self._index.get(field)
            cell = self._sheet.cell(letter_of(index[0]), self.number) if index else None
            self.findings += [replace(finding, line=self.line, cell=cell) for finding in findings]

    def say(
        self,
        code: str,
        severity: Severity,
        field: str,
        subject: str,
        message: str,
        remedy: str = "",
    ) -> None:
        """Keep one finding of our own at the field's cell."""
        self.place(field, [Finding(code, severity, clip(subject), message, remedy)])

    def stripped(self) -> tuple[str, ...]:
        """All cells without surrounding blanks, to tell rows that repeat one another."""
        return tuple(cell.strip() for cell in self._cells)
