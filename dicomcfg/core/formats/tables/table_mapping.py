"""What a person sees and says of the columns of a table, whatever format it is in.

Formats that are tables are those of `TABLES`. What is said goes back into `Source.columns` as
(heading, field or None) of every column in order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dicomcfg.core.formats.base import Source
from dicomcfg.core.formats.tables import ae_columns, context_columns
from dicomcfg.core.formats.tables.table_columns import Column, Kind, folded_header, letter_of
from dicomcfg.core.formats.tables.table_sheets import Layout, layout_of, sheets_of

TABLES: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        **dict.fromkeys(("ae-table", "ae-tsv", "ae-xlsx"), ae_columns.KIND),
        **dict.fromkeys(("context-table", "context-tsv", "context-xlsx"), context_columns.KIND),
    }
)
_SAMPLE_ROWS: Final = 5
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Sample:
    """The first table of a source: its columns as they are taken, and its first data rows, cut to
    what can be shown; `header_row` counts as a spreadsheet does and is None without a header."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    header_row: int | None


def sample_of(source: Source, format_name: str, rows: int = _SAMPLE_ROWS) -> Sample:
    """What a form for the columns shows. Raises KeyError for a format that is no table."""
    layout = _first_layout(source, TABLES[format_name])
    if layout is None:
        return Sample((), (), None)
    shown = [
        tuple(cell.strip()[:_SHOWN] for cell in cells) for _, _, cells in layout.records[:rows]
    ]
    width = max(len(layout.columns), *map(len, shown)) if shown else len(layout.columns)
    missing = [Column(letter_of(i), "", None) for i in range(len(layout.columns), width)]
    padded = tuple(row + ("",) * (width - len(row)) for row in shown)
    header = layout.header[0] if layout.header else None
    return Sample((*layout.columns, *missing), padded, header)


def columns_of(source: Source, format_name: str) -> tuple[Column, ...]:
    """The columns as they are taken, with `source.columns` where it names them; none where there
    is no table. Raises KeyError for a format that is no table."""
    return sample_of(source, format_name, 0).columns


def fields_of(format_name: str) -> dict[str, str]:
    """What a column may be taken for: field -> title. Raises KeyError for what is no table."""
    return {field: texts[0] for field, texts in TABLES[format_name].headings.items()}


def header_key(format_name: str, headings: Sequence[str]) -> str:
    """The SHA-256 in hex under which the columns of such a header are remembered: formats of one
    kind of table share it, and case, accents, spaces, punctuation and empty headings at the end do
    not matter. Raises KeyError for a format that is no table."""
    kind = TABLES[format_name].name
    text = json.dumps([kind, *folded_header(headings)], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _first_layout(source: Source, kind: Kind) -> Layout | None:
    """Of the first sheet with a header, one of known headings if there is one; else of the first
    sheet."""
    sheets, _ = sheets_of(source, kind)
    found = [layout_of(sheet, kind, source.columns) for sheet in sheets]
    headed = [layout for layout in found if layout.header is not None]
    known = [layout for layout in headed if layout.header and kind.is_header(layout.header[2])]
    return next(iter(known or headed or found), None)
