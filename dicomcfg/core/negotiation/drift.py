"""Drift: what is configured against what was found, as differences that a person can settle.

Only what was asked is compared: a pair without an answer and a context that was not proposed are
no difference. A discovery shows neither what an AE requests by itself nor what it prefers, so an
SCU capability is never missing (dicomcfg.core.negotiation.capabilities) and an AE's order shows
in the negotiations of those who call it alone.

Adopting a difference changes the settings so that it is one no more; the functions that do so
take and give whole lists, as the services save them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from dicomcfg.core.negotiation.capabilities import SCP, SCU
from dicomcfg.core.negotiation.forecast import Acceptable, Policy, forecast
from dicomcfg.core.negotiation.matrix import Cell, Matrix
from dicomcfg.core.negotiation.sighting import Gone
from dicomcfg.core.records import PresentationContext, RoleSelection, TransferCapability

Key = tuple[str, str, str]
"""Kind, SOP Class, role: what a row is remembered by; the role of an association's is empty."""

Capabilities = Sequence[TransferCapability]


class Kind(StrEnum):
    """How what is configured and what was found differ.

    GONE is MISSING of what was found earlier. ORDER is a context accepted with another transfer
    syntax than the called AE's list forecasts under either side's order.
    """

    MISSING = "missing"
    GONE = "gone"
    EXTRA = "extra"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Row:
    """One difference: transfer syntaxes of a SOP Class in a role.

    `results` are the codes of PS3.8 Table 9-18 by which they were refused. `last_seen` is the ISO
    time at which what is gone was found last. `forecast` is what ORDER was expected to give,
    where `transfer_syntaxes` is what was accepted instead.
    """

    kind: Kind
    sop_class: str
    role: str
    transfer_syntaxes: tuple[str, ...]
    results: tuple[int, ...] = ()
    last_seen: str | None = None
    forecast: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """What the row is remembered by."""
        return self.kind.value, self.sop_class, self.role

    @property
    def token(self) -> str:
        """A word that stands for this row as it is: another one once its syntaxes are others."""
        text = " ".join((*self.key, *self.transfer_syntaxes))
        return hashlib.sha256(text.encode()).hexdigest()[:20]

    @property
    def lacks(self) -> bool:
        """Whether it is about something configured that was refused."""
        return self.kind in (Kind.MISSING, Kind.GONE)


@dataclass(frozen=True, slots=True)
class SeenContext:
    """A proposed context and its answer; `accepted` is the transfer syntax of result 0."""

    abstract_syntax: str
    proposed: tuple[str, ...]
    result: int
    accepted: str | None

    @property
    def context(self) -> PresentationContext:
        """What was proposed."""
        return PresentationContext(self.abstract_syntax, self.proposed)

    @property
    def is_telling(self) -> bool:
        """Whether it shows an order: another syntax than the first proposed was accepted."""
        return self.accepted is not None and self.accepted != self.proposed[0]


def capability_drift(
    configured: Capabilities, matrix: Matrix, roles: Iterable[RoleSelection], gone: Gone
) -> tuple[Row, ...]:
    """What an AE is said to be able to against what it showed, in the order of the matrix."""
    answers = {role.sop_class: role for role in roles}
    lists = {(each.sop_class, each.role): each.transfer_syntaxes for each in configured}
    rows: list[Row] = []
    for sop_class, text in zip(matrix.sop_classes, matrix.rows, strict=True):
        as_scp, as_scu = lists.get((sop_class, SCP), ()), lists.get((sop_class, SCU), ())
        if not as_scp and Cell.ACCEPTED not in text:
            continue
        cells = dict(zip(matrix.transfer_syntaxes, text, strict=True))
        accepted = tuple(uid for uid, cell in cells.items() if cell == Cell.ACCEPTED)
        answer = answers.get(sop_class)
        if answer is not None and accepted and not answer.scu:
            if as_scp:
                rows.append(Row(Kind.MISSING, sop_class, SCP, as_scp))
        else:
            rows += _refused(sop_class, as_scp, cells, gone.get(sop_class, {}))
            rows += _extra(sop_class, SCP, accepted, as_scp)
        if answer is not None and answer.scp:
            rows += _extra(sop_class, SCU, accepted, as_scu)
    return tuple(rows)


def _refused(
    sop_class: str, configured: Sequence[str], cells: Mapping[str, str], gone: Mapping[str, str]
) -> Iterator[Row]:
    unanswered = (Cell.ACCEPTED, Cell.UNKNOWN)
    refused = [u for u in configured if cells.get(u, Cell.UNKNOWN) not in unanswered]
    for kind, uids in (
        (Kind.MISSING, tuple(uid for uid in refused if uid not in gone)),
        (Kind.GONE, tuple(uid for uid in refused if uid in gone)),
    ):
        if uids:
            results = tuple(sorted({int(cells[uid]) for uid in uids}))
            last = max(gone[uid] for uid in uids) if kind is Kind.GONE else None
            yield Row(kind, sop_class, SCP, uids, results, last)


def _extra(
    sop_class: str, role: str, accepted: Sequence[str], configured: Sequence[str]
) -> Iterator[Row]:
    if more := tuple(uid for uid in accepted if uid not in configured):
        yield Row(Kind.EXTRA, sop_class, role, more)


def context_drift(
    configured: Sequence[PresentationContext],
    seen: Iterable[SeenContext],
    gone: Mapping[str, str],
    acceptable: Acceptable,
) -> tuple[Row, ...]:
    """What an association proposes against the answers it got, in the order of its contexts.

    A context counts while it is configured as it was proposed. `gone` is {abstract syntax: the
    ISO time at which a context of it was accepted last}, `acceptable` what the called AE is an
    SCP of, where it matters: for the contexts that are telling.
    """
    by_context = {each.context: each for each in seen}
    answers = [by_context[context] for context in configured if context in by_context]
    accepted = {each.abstract_syntax for each in answers if each.result == 0}
    rows: dict[Key, Row] = {}
    for each in answers:
        uid = each.abstract_syntax
        if each.result:
            is_gone = uid in gone and uid not in accepted
            kind, last = (Kind.GONE, gone[uid]) if is_gone else (Kind.MISSING, None)
            _add(rows, Row(kind, uid, "", each.proposed, (each.result,), last))
    for each, expected in _in_another_order(answers, acceptable):
        _add(
            rows,
            Row(Kind.ORDER, each.abstract_syntax, "", (each.accepted or "",), (), None, expected),
        )
    return tuple(rows.values())


def _add(rows: dict[Key, Row], row: Row) -> None:
    """One row a key: what several contexts of a class have in common."""
    was = rows.get(row.key, row)
    rows[row.key] = replace(
        row,
        transfer_syntaxes=_union(was.transfer_syntaxes, row.transfer_syntaxes),
        results=tuple(sorted({*was.results, *row.results})),
        forecast=_union(was.forecast, row.forecast),
    )


def _in_another_order(
    answers: Iterable[SeenContext], acceptable: Acceptable
) -> Iterator[tuple[SeenContext, tuple[str, ...]]]:
    """The contexts accepted with a syntax that the called AE has, but that neither order gives."""
    telling = [
        each
        for each in answers
        if each.is_telling and each.accepted in acceptable.get(each.abstract_syntax, ())
    ]
    contexts = [each.context for each in telling]
    by_requestor = forecast(contexts, acceptable, Policy.REQUESTOR)
    by_acceptor = forecast(contexts, acceptable, Policy.ACCEPTOR)
    for each, *foreseen in zip(telling, by_requestor, by_acceptor, strict=True):
        expected = tuple(dict.fromkeys(one.accepted for one in foreseen if one.accepted))
        if each.accepted not in expected:
            yield each, expected


def token_of_all(rows: Iterable[Row]) -> str:
    """A word that stands for exactly these rows."""
    text = " ".join(row.token for row in rows)
    return f"all-{hashlib.sha256(text.encode()).hexdigest()[:20]}"


def without_kept(rows: Iterable[Row], kept: Mapping[Key, Sequence[str]]) -> tuple[Row, ...]:
    """The rows without the transfer syntaxes whose difference was chosen to stay."""
    left = (
        replace(
            row,
            transfer_syntaxes=tuple(
                uid for uid in row.transfer_syntaxes if uid not in kept.get(row.key, ())
            ),
        )
        for row in rows
    )
    return tuple(row for row in left if row.transfer_syntaxes)


def adopt_capabilities(
    present: Capabilities, rows: Iterable[Row]
) -> tuple[TransferCapability, ...]:
    """An AE's capabilities once its `rows` are adopted: what it lacks goes, with a class that
    keeps no syntax; what it has beyond comes last.
    """
    lists = {(each.sop_class, each.role): each.transfer_syntaxes for each in present}
    for row in rows:
        place = row.sop_class, row.role
        was = lists.get(place, ())
        if row.kind is Kind.EXTRA:
            lists[place] = _union(was, row.transfer_syntaxes)
        elif row.lacks:
            lists[place] = tuple(uid for uid in was if uid not in row.transfer_syntaxes)
    return tuple(
        TransferCapability(sop_class, role, syntaxes)
        for (sop_class, role), syntaxes in lists.items()
        if syntaxes
    )


def adopt_contexts(
    configured: Iterable[PresentationContext], seen: Iterable[SeenContext], rows: Iterable[Row]
) -> tuple[PresentationContext, ...]:
    """An association's contexts without those that were refused, of the `rows` that say so."""
    lacking = {row.sop_class: row.transfer_syntaxes for row in rows if row.lacks}
    refused = {
        each.context
        for each in seen
        if each.result and set(each.proposed) <= set(lacking.get(each.abstract_syntax, ()))
    }
    return tuple(context for context in configured if context not in refused)


def adopt_order(
    present: Capabilities, seen: Iterable[SeenContext], rows: Iterable[Row]
) -> tuple[TransferCapability, ...]:
    """The called AE's capabilities with each accepted syntax before the others that were proposed
    with it, so that a forecast under its order says what was seen.
    """
    shown = {
        (row.sop_class, uid)
        for row in rows
        if row.kind is Kind.ORDER
        for uid in row.transfer_syntaxes
    }
    lists = {(each.sop_class, each.role): each.transfer_syntaxes for each in present}
    for each in seen:
        place = each.abstract_syntax, SCP
        if each.accepted and (each.abstract_syntax, each.accepted) in shown and place in lists:
            lists[place] = _before_others(lists[place], each.accepted, each.proposed)
    return tuple(
        TransferCapability(sop_class, role, syntaxes)
        for (sop_class, role), syntaxes in lists.items()
    )


def _before_others(syntaxes: Sequence[str], first: str, others: Sequence[str]) -> tuple[str, ...]:
    rest = [uid for uid in syntaxes if uid != first]
    place = next((n for n, uid in enumerate(rest) if uid in others), len(rest))
    return (*rest[:place], first, *rest[place:])


def _union(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))
