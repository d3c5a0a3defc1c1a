"""Which column of a table means what: by its heading, or as a person said."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.text import clip

_TITLED_ROWS: Final = 50
HEADER_ROWS: Final = 20
"""A header is looked for in so many rows from the top."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its spreadsheet letter, its heading as found, the field it is taken for."""

    letter: str
    heading: str
    field: str | None


Guess = Callable[[Sequence[Sequence[str]]], tuple[list[Column], list[Finding]]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What the rows of a table are about.

    `headings` are those of each field, of which the first is written and shown; every row needs
    one of the fields `needed`, which people know as `name`. `several` columns may mean one of
    those fields. `is_data` says of a cell that it never stands in a header. `guess` tells columns
    by their content where there is no header.
    """

    name: str
    missing: str
    headings: Mapping[str, tuple[str, ...]]
    needed: frozenset[str]
    several: frozenset[str]
    is_data: Callable[[str], bool]
    guess: Guess
    by_heading: Mapping[str, str]

    def field_of(self, heading: str) -> str | None:
        """The field that a heading names, whatever its case, accents, spaces and punctuation;
        a number at its end tells columns of one field apart."""
        text = folded(heading)
        field = self.by_heading.get(text)
        if field is None:
            field = self.by_heading.get(text.rstrip("0123456789"))
            return field if field in self.several else None
        return field

    def fields_in(self, cells: Sequence[str]) -> set[str]:
        """The fields that a row names if it is a header."""
        return {field for cell in cells if cell and (field := self.field_of(cell))}

    def is_header(self, cells: Sequence[str]) -> bool:
        """Whether a row holds headings: the needed one, or any two, and nothing that is data."""
        fields = self.fields_in(cells)
        if not (fields & self.needed or len(fields) >= 2):
            return False
        return not any(self.is_data(cell) for cell in cells)


def headings_by_fold(headings: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Folded heading -> field."""
    return {folded(text): field for field, texts in headings.items() for text in texts}


@lru_cache(maxsize=4096)
def folded(heading: str) -> str:
    """A heading without what does not tell headings apart: case, accents, punctuation."""
    plain = unicodedata.normalize("NFKD", heading[:200].casefold())
    return "".join(c for c in plain if c.isalnum())


def folded_header(headings: Sequence[str]) -> list[str]:
    """Every heading folded, without empty ones at the end: what tells headers apart."""
    said = [folded(heading) for heading in headings]
    while said and not said[-1]:
        said.pop()
    return said


def letter_of(index: int) -> str:
    """The spreadsheet's name of a column counted from 0: A, B ... Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def header_index(kind: Kind, rows: Sequence[Sequence[str]]) -> int | None:
    """The header's place among the first rows: of those that look like one the row that names
    most fields, the first of several; None where there is none."""
    found = [
        (len(kind.fields_in(cells)), -index)
        for index, cells in enumerate(rows[:HEADER_ROWS])
        if kind.is_header(cells)
    ]
    return -max(found)[1] if found else None


def titled_index(kind: Kind, rows: Sequence[Sequence[str]]) -> int | None:
    """The place of headings that nobody knows, told by the title above them; None for none.

    A title fills one cell, or fewer cells than the table has columns where a delimiter in it cuts
    a line of text. The headings are the first row of the table's width, if none of it is data.
    """
    widths = Counter(len(cells) for cells in rows[:_TITLED_ROWS])
    width, _ = max(widths.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
    for index, cells in enumerate(rows[:HEADER_ROWS]):
        filled = sum(not cell.isspace() for cell in cells if cell)
        if filled > 1 and len(cells) >= width:
            return index if index and not any(map(kind.is_data, cells)) else None
    return None


def columns_from_header(
    kind: Kind, cells: Sequence[str], cell_of: Callable[[str], str]
) -> tuple[list[Column], list[Finding]]:
    """A column for every heading; `cell_of` gives the name of the header's cell in a column."""
    return _settled(kind, [(cell.strip(), kind.field_of(cell)) for cell in cells], cell_of)


def columns_as_given(
    kind: Kind, given: Sequence[tuple[str, str | None]], cell_of: Callable[[str], str]
) -> tuple[list[Column], list[Finding]]:
    """The columns that a person named; a field that the kind does not have means none."""
    known = [(heading, field if field in kind.headings else None) for heading, field in given]
    columns, findings = _settled(kind, known, cell_of)
    return columns, [finding for finding in findings if finding.code != "column-ignored"]


def _settled(
    kind: Kind, pairs: Sequence[tuple[str, str | None]], cell_of: Callable[[str], str]
) -> tuple[list[Column], list[Finding]]:
    columns: list[Column] = []
    findings = []
    taken: dict[str, str] = {}
    for index, (heading, meant) in enumerate(pairs):
        letter, field = letter_of(index), meant
        if field is None and heading:
            message = f"The column {clip(heading)!r} is not known; it is left out."
            findings.append(_info("column-ignored", heading, message, cell_of(letter)))
        elif field in taken and field not in kind.several:
            first = clip(taken[field])
            message = f"{clip(heading)!r} means the same as {first!r}; the first is used."
            findings.append(_info("column-repeated", heading, message, cell_of(letter)))
            field = None
        elif field is not None:
            taken.setdefault(field, heading)
        columns.append(Column(letter, heading, field))
    if not kind.needed & taken.keys():
        heading = next(texts[0] for field, texts in kind.headings.items() if field in kind.needed)
        message = f"No column is headed as the {kind.name}."
        remedy = f"Head it {heading}, or say which column it is."
        findings.append(Finding(kind.missing, Severity.ERROR, "table", message, remedy))
    return columns, findings


def _info(code: str, subject: str, message: str, cell: str) -> Finding:
    return Finding(code, Severity.INFO, clip(subject), message, cell=cell)


def first_fit(
    columns: Mapping[int, Sequence[str]], test: Callable[[str], bool], share: float = 0.8
) -> int | None:
    """The first column most of whose filled cells pass."""
    for index, cells in columns.items():
        if cells and sum(test(cell) for cell in cells) >= share * len(cells):
            return index
    return None


def sampled(rows: Sequence[Sequence[str]], most: int = 50) -> dict[int, list[str]]:
    """The filled cells of the first rows by column, of at most 50 columns."""
    width = max((len(row) for row in rows[:most]), default=0)
    return {
        index: [text for row in rows[:most] if index < len(row) and (text := row[index].strip())]
        for index in range(min(width, 50))
    }


def guessed(width: int, found: Mapping[int, str]) -> list[Column]:
    """Columns without headings, by what they were taken for."""
    return [Column(letter_of(index), "", found.get(index)) for index in range(width)]


_ROLE_WORDS: Final = {
    "scu": "scu",
    "user": "scu",
    "requestor": "scu",
    "initiator": "scu",
    "client": "scu",
    "scp": "scp",
    "provider": "scp",
    "acceptor": "scp",
    "server": "scp",
}
_BOTH: Final = {"both", "beide", "beides", "lesdeux", "ambos", "entrambi"}
_NEITHER: Final = {"none", "neither", "-"}


def roles_in(text: str) -> tuple[bool, bool] | None:
    """(SCU, SCP) as a cell says it: `SCU`, `SCP`, `SCU/SCP`, `both`, `none`; else None."""
    plain = text.strip().casefold()
    if plain in _NEITHER:
        return (False, False)
    if folded(plain) in _BOTH:
        return (True, True)
    words = re.findall(r"[a-z]+", plain[:100])
    roles = {_ROLE_WORDS.get(word) for word in words if word not in ("and", "or", "und", "et")}
    if not roles or None in roles:
        return None
    return ("scu" in roles, "scp" in roles)


def roles_text(scu: bool, scp: bool) -> str:
    """What `roles_in` reads back."""
    return "/".join(word for word, is_so in (("SCU", scu), ("SCP", scp)) if is_so) or "none"
