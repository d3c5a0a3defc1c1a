"""What an AE showed in all its discoveries: for each pair the newest answer that there is.

A discovery may ask for one SOP Class only, or end before it has asked for all. So a later one
replaces an earlier one cell by cell: a cell without an answer takes nothing away. Which check a
row comes from, and when that ended, is kept for each SOP Class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dicomcfg.core.negotiation.matrix import Cell, Matrix
from dicomcfg.core.records import RoleSelection

MOST_UIDS, MOST_CELLS = 4_000, 400_000
"""What one AE's sighting may hold: twice what one discovery may ask for."""

Gone = Mapping[str, Mapping[str, str]]
"""{SOP Class: {transfer syntax: the ISO time at which it was seen accepted last}}."""


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """The check that answered, and the ISO time at which it ended."""

    check_id: int
    at: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """`sources[i]` is where the newest answers of `matrix.sop_classes[i]` are from.

    `roles` are the peer's answers to a selection of both roles, `silent_roles` the classes for
    which it left them out, so that an older answer counts no more.
    """

    matrix: Matrix
    sources: tuple[Source, ...]
    roles: tuple[RoleSelection, ...] = ()
    silent_roles: tuple[str, ...] = ()
    gone: Gone = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        matrix: Matrix,
        source: Source,
        roles: Sequence[RoleSelection] = (),
        silent_roles: Sequence[str] = (),
    ) -> Sighting:
        """What one discovery showed."""
        sources = (source,) * len(matrix.sop_classes)
        return cls(matrix, sources, tuple(roles), tuple(silent_roles))


def merged(kept: Sighting, fresh: Sighting) -> Sighting:
    """Both as one, whichever of them is the newer; of what is too much, `kept` gives way."""
    syntaxes = _union(fresh.matrix.transfer_syntaxes, kept.matrix.transfer_syntaxes)[:MOST_UIDS]
    room = max(len(fresh.matrix.sop_classes), MOST_CELLS // max(1, len(syntaxes)))
    classes = _union(fresh.matrix.sop_classes, kept.matrix.sop_classes)[: min(room, MOST_UIDS)]
    ours, theirs = _rows(kept), _rows(fresh)
    rows = {uid: _newest(ours.get(uid), theirs.get(uid)) for uid in classes}
    gone = {uid: _gone(rows[uid], uid, (kept.gone, fresh.gone)) for uid in classes}
    texts = ("".join(rows[uid].cells.get(s, Cell.UNKNOWN) for s in syntaxes) for uid in classes)
    return Sighting(
        Matrix(classes, syntaxes, tuple(texts)),
        tuple(rows[uid].source for uid in classes),
        _roles(rows, kept, fresh),
        gone={uid: times for uid, times in gone.items() if times},
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """The answered cells of one class; `lost` is what was accepted in the older of two rows and
    refused in the newer, with the time of the older one.
    """

    cells: Mapping[str, str]
    source: Source
    lost: Mapping[str, str] = field(default_factory=dict)


def _rows(sighting: Sighting) -> dict[str, _Row]:
    matrix = sighting.matrix
    return {
        uid: _Row(
            {
                syntax: cell
                for syntax, cell in zip(matrix.transfer_syntaxes, text, strict=True)
                if cell != Cell.UNKNOWN
            },
            source,
        )
        for uid, text, source in zip(matrix.sop_classes, matrix.rows, sighting.sources, strict=True)
    }


def _newest(one: _Row | None, other: _Row | None) -> _Row:
    both = sorted((row for row in (one, other) if row), key=lambda row: row.source)
    older, newer = both[0], both[-1]
    if not newer.cells:
        return older
    lost = {
        syntax: older.source.at
        for syntax, cell in older.cells.items()
        if cell == Cell.ACCEPTED and newer.cells.get(syntax, cell) != Cell.ACCEPTED
    }
    return _Row({**older.cells, **newer.cells}, newer.source, lost)


def _gone(row: _Row, sop_class: str, known: Iterable[Gone]) -> dict[str, str]:
    """What is refused now and was accepted once, with the last time that it was."""
    times: dict[str, str] = {}
    for each in (*(gone.get(sop_class, {}) for gone in known), row.lost):
        for syntax, at in each.items():
            times[syntax] = max(at, times.get(syntax, ""))
    refused = (Cell.ACCEPTED, Cell.UNKNOWN)
    return {s: at for s, at in times.items() if row.cells.get(s, Cell.UNKNOWN) not in refused}


def _roles(rows: Mapping[str, _Row], kept: Sighting, fresh: Sighting) -> tuple[RoleSelection, ...]:
    """The newer answer for each class, where the newer sighting asked for roles at all."""
    sides = sorted((kept, fresh), key=lambda each: max(each.sources, default=Source(0, "")))
    answers: dict[str, RoleSelection] = {}
    for side in sides:
        for uid in side.silent_roles:
            answers.pop(uid, None)
        answers |= {role.sop_class: role for role in side.roles}
    return tuple(answers[uid] for uid in rows if uid in answers)


def _union(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))
