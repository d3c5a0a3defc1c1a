"""A matrix as a table and as lists: SOP Classes by service, transfer syntaxes by family.

18,000 cells are written as one character each, without closing tags, and what a class refuses as
a whole is one cell. The legend is the only place that names the marks; the script reads it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from dicomcfg.core.negotiation.comparison import Comparison
from dicomcfg.core.negotiation.matrix import Cell, Matrix
from dicomcfg.core.standard import uids
from dicomcfg.core.standard.uid_groups import FAMILIES, PRIVATE, family_of

CELL_PX, NAME_PX = 15, 320
# Families of one or two columns have no room for their names.
_SHORT_FAMILIES = {
    "Uncompressed": "Uncomp.",
    "JPEG-LS": "LS",
    "RLE": "R",
    "Deflated": "Def",
    "JPEG XL": "XL",
    "Other": "O",
    PRIVATE: "P",
}
# What most people look for first; the rest follows in the registry's order.
_FIRST_SERVICES = (
    "Verification",
    "Storage",
    "Query/Retrieve",
    "Storage commitment",
    "Worklist",
    "Performed procedure step",
)


@dataclass(frozen=True, slots=True)
class Mark:
    """How a result looks: a class of the style sheet, one character, and its words."""

    style: str
    sign: str
    words: str


_STORED = re.compile(r"( Image)? Storage\b")

MARKS = {
    Cell.ACCEPTED: Mark("a", "●", "accepted"),
    Cell.ABSTRACT_SYNTAX_REFUSED: Mark("x", "×", "SOP Class not supported"),
    Cell.TRANSFER_SYNTAX_REFUSED: Mark("t", "–", "transfer syntax not supported"),
    Cell.USER_REJECTION: Mark("u", "▲", "refused by the user"),
    Cell.NO_REASON: Mark("n", "◇", "refused without a reason"),
    Cell.UNKNOWN: Mark("q", "?", "unknown, no answer"),
}
CAME, WENT = "came", "went"


@dataclass(frozen=True, slots=True)
class Column:
    """One transfer syntax; `place` is where it stands in the matrix."""

    uid: str
    place: int
    name: str
    retired: bool
    starts_family: bool


@dataclass(frozen=True, slots=True)
class Family:
    """Neighbouring columns of one family."""

    name: str
    columns: tuple[Column, ...]

    @property
    def label(self) -> str:
        """The name as far as the columns give it room."""
        return _SHORT_FAMILIES.get(self.name, self.name)


@dataclass(frozen=True, slots=True)
class Row:
    """One SOP Class: its cells in the order of the columns, and what it accepts in words.

    `label` is the name without what the heading of its service says already. `marks` says which
    columns came or went; `as_one` that all cells are alike and shown as one; `as_scu` that the
    peer would also be the SCU of it.
    """

    uid: str
    place: int
    name: str
    label: str
    retired: bool
    cells: str
    accepted: str
    marks: Mapping[int, str]
    as_one: bool
    as_scu: bool

    @property
    def refused(self) -> bool:
        """Whether nothing is accepted and nothing is unknown."""
        return not {Cell.ACCEPTED, Cell.UNKNOWN} & set(self.cells)

    @property
    def changed(self) -> bool:
        """Whether a cell came or went."""
        return bool(self.marks)

    @property
    def kinds(self) -> str:
        """A letter for each filter that it passes: accepts, holds unknown, refused, changed."""
        facts = (
            ("a", Cell.ACCEPTED in self.cells),
            ("q", Cell.UNKNOWN in self.cells),
            ("r", self.refused),
            ("c", self.changed),
        )
        return "".join(letter for letter, is_so in facts if is_so)


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one service; `folded` are those that are refused as a whole."""

    name: str
    shown: tuple[Row, ...]
    folded: tuple[Row, ...]

    @property
    def accepting(self) -> int:
        """How many of its classes accept something."""
        return sum(Cell.ACCEPTED in row.cells for row in self.shown)

    @property
    def size(self) -> int:
        """How many classes it has."""
        return len(self.shown) + len(self.folded)


@dataclass(frozen=True, slots=True)
class MatrixView:
    """All that the page shows of a matrix."""

    families: tuple[Family, ...]
    groups: tuple[Group, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns in order."""
        return tuple(column for family in self.families for column in family.columns)

    @property
    def span(self) -> int:
        """The number of columns with that of the names."""
        return len(self.columns) + 1

    @property
    def width(self) -> int:
        """The table's width in pixels."""
        return NAME_PX + CELL_PX * len(self.columns)


@dataclass(frozen=True, slots=True)
class Summary:
    """A discovery in figures; `accepting` counts SOP Classes, the rest pairs."""

    accepting: int
    classes: int
    accepted: int
    unknown: int
    pairs: int

    @classmethod
    def of(cls, matrix: Matrix) -> Summary:
        """Count."""
        return cls(
            accepting=sum(Cell.ACCEPTED in row for row in matrix.rows),
            classes=len(matrix.sop_classes),
            accepted=matrix.count(Cell.ACCEPTED),
            unknown=matrix.count(Cell.UNKNOWN),
            pairs=len(matrix.sop_classes) * len(matrix.transfer_syntaxes),
        )

    @property
    def decided(self) -> int:
        """Pairs that have an answer."""
        return self.pairs - self.unknown


def view_of(
    matrix: Matrix,
    comparison: Comparison | None = None,
    *,
    as_scu: Collection[str] = (),
    fold: bool = True,
) -> MatrixView:
    """Group and order a matrix; a discovery under way is not folded, since its cells fill in.

    `as_scu` are the SOP Classes that the peer would also be the SCU of.
    """
    families = _families(matrix.transfer_syntaxes)
    rows: dict[str, list[Row]] = {service: [] for service in _FIRST_SERVICES}
    for place, (sop_class, cells) in enumerate(zip(matrix.sop_classes, matrix.rows, strict=True)):
        entry = uids.lookup(sop_class)
        service = entry.service if entry and entry.service else PRIVATE
        rows.setdefault(service, []).append(
            _row(sop_class, place, cells, families, comparison, fold, sop_class in as_scu)
        )
    groups = []
    for name, found in rows.items():
        if not found:
            continue
        folded = [row for row in found if fold and row.refused and not row.changed]
        kept = [row for row in found if row not in folded] if folded else found
        groups.append(Group(name, tuple(kept), tuple(folded)))
    return MatrixView(families, tuple(groups))


def _families(transfer_syntaxes: Sequence[str]) -> tuple[Family, ...]:
    named = sorted(
        (
            FAMILIES.index(family_of(uid)),
            # Current ones first: the retired processes of JPEG are many and rarely met.
            (entry := uids.lookup(uid)) is not None and entry.retired,
            place,
            uid,
        )
        for place, uid in enumerate(transfer_syntaxes)
    )
    families = []
    for index, group in groupby(named, key=lambda each: each[0]):
        columns = [
            Column(uid, place, uids.short_of(uid), retired, starts_family=number == 0)
            for number, (_, retired, place, uid) in enumerate(group)
        ]
        families.append(Family(FAMILIES[index], tuple(columns)))
    return tuple(families)


def _row(
    sop_class: str,
    place: int,
    cells: str,
    families: Iterable[Family],
    comparison: Comparison | None,
    fold: bool,
    as_scu: bool,
) -> Row:
    entry = uids.lookup(sop_class)
    name = uids.short_of(sop_class)
    came = comparison.came.get(sop_class, ()) if comparison else ()
    went = comparison.went.get(sop_class, ()) if comparison else ()
    columns = [column for family in families for column in family.columns]
    marks = {
        number: CAME if column.uid in came else WENT
        for number, column in enumerate(columns)
        if column.uid in came or column.uid in went
    }
    return Row(
        uid=sop_class,
        place=place,
        name=name,
        label=_STORED.sub("", name) if entry and entry.service == "Storage" else name,
        retired=bool(entry and entry.retired),
        cells="".join(cells[column.place] for column in columns),
        accepted=_accepted(cells, families),
        marks=marks,
        as_one=fold and not marks and cells[:1] != Cell.ACCEPTED and len(set(cells)) == 1,
        as_scu=as_scu,
    )


def _accepted(cells: str, families: Iterable[Family]) -> str:
    """The accepted syntaxes in words, a family that is accepted as a whole by its name alone."""
    texts, everything = [], Cell.ACCEPTED * len(cells) == cells
    if everything:
        return f"everything offered ({len(cells)})"
    for family in families:
        names = [c.name for c in family.columns if cells[c.place] == Cell.ACCEPTED]
        if len(names) == len(family.columns) > 2:
            texts.append(f"all {len(names)} of {family.name}")
        elif names:
            texts.append(", ".join(names))
    return " · ".join(texts)


def in_words(transfer_syntaxes: Iterable[str]) -> str:
    """Transfer syntaxes by their short names."""
    return ", ".join(map(uids.short_of, transfer_syntaxes))


def row_html(row: Row, starts: frozenset[int]) -> SafeString:
    """The row's `<tr>`: `starts` are the columns that begin a family."""
    head = (
        f'<tr data-i={row.place} data-k="{row.kinds}"{" data-scu" if row.as_scu else ""}>'
        f'<th scope=row title="{escape(row.name)} {escape(row.uid)}"'
        f"{' class=old' if row.retired else ''}><span>{escape(row.label)}</span>"
    )
    if row.as_one:
        mark = MARKS[Cell(row.cells[0])]
        cell = f'<td class="{mark.style} whole" colspan={len(row.cells)}>{mark.sign}'
        return mark_safe(head + cell)  # noqa: S308 - escaped above
    parts = [
        _marked(cell, row.marks[number], number in starts)
        if number in row.marks
        else (_FIRST_CELLS if number in starts else _CELLS)[cell]
        for number, cell in enumerate(row.cells)
    ]
    return mark_safe(head + "".join(parts))  # noqa: S308 - escaped above


def _cell(mark: Mark, *more: str) -> str:
    styles = " ".join((mark.style, *more))
    return f'<td class="{styles}">{mark.sign}' if more else f"<td class={styles}>{mark.sign}"


def _marked(cell: str, change: str, first: bool) -> str:
    return _cell(MARKS[Cell(cell)], change, *(("f",) if first else ()))


_CELLS = {cell.value: _cell(mark) for cell, mark in MARKS.items()}
_FIRST_CELLS = {cell.value: _cell(mark, "f") for cell, mark in MARKS.items()}
