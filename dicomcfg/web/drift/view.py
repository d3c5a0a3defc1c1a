"""The differences of one AE or association as its page shows them, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator

from dicomcfg.checks.models import Check
from dicomcfg.core.negotiation.drift import Kind, Row, token_of_all
from dicomcfg.core.negotiation.matrix import Cell
from dicomcfg.inventory.models import AE, SeenCapabilities, SeenContexts
from dicomcfg.inventory.selectors import capabilities_of_all
from dicomcfg.inventory.services.drift import Owner, drift_of, kept_rows_of
from dicomcfg.web.discoveries.view import MARKS

PER_PAGE = 100
LABELS = {
    Kind.GONE: ("bad", "Gone"),
    Kind.MISSING: ("bad", "Missing"),
    Kind.ORDER: ("warn", "Another order"),
    Kind.EXTRA: ("warn", "Extra"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One difference for the page: what is configured, what was found instead, when, by which
    check; `check` is None where that is no longer kept.
    """

    row: Row
    tone: str
    label: str
    configured: tuple[str, ...]
    found: tuple[str, ...]
    refused: str
    last_seen: datetime | None
    at: datetime | None
    check: Check | None = None


def narrowed(rows: Iterable[Row], kind: str) -> list[Row]:
    """The rows of a kind, or all where it is none; what was lost first."""
    order = list(LABELS)
    of_kind = [row for row in rows if kind not in LABELS or row.kind == kind]
    return sorted(of_kind, key=lambda row: order.index(row.kind))


def page_of(owner: Owner, number: str | None, kind: str) -> dict[str, Any]:
    """The context of a page about the drift of one row."""
    rows = drift_of(owner)
    shown = narrowed(rows or (), kind)
    page = Paginator(shown, PER_PAGE).get_page(number)
    seen = _seen(owner)
    newest = Check.objects.filter(pk=seen.check_id).first() if seen else None
    return {
        "owner": owner,
        "is_ae": isinstance(owner, AE),
        "compared": rows is not None,
        "seen": seen,
        "newest": newest,
        "page": page,
        "rows": _with_checks(_with_configured(owner, list(page), seen), seen),
        "kind": kind if kind in LABELS else "",
        "kinds": _counts(rows or ()),
        "total": len(rows or ()),
        "all_token": token_of(rows or (), kind),
        "kept": [_shown(row, None) for row in kept_rows_of(owner)],
    }


def token_of(rows: Sequence[Row], kind: str) -> str:
    """What stands for all rows of a kind, or for all, in the service's order."""
    return token_of_all(row for row in rows if kind not in LABELS or row.kind == kind)


def _counts(rows: Iterable[Row]) -> list[tuple[str, str, str, int]]:
    """Kind, tone, label and number of the kinds that there are."""
    numbers = Counter(row.kind for row in rows)
    return [(kind, *words, numbers[kind]) for kind, words in LABELS.items() if numbers[kind]]


def _with_configured(
    owner: Owner, rows: Sequence[Row], seen: SeenCapabilities | SeenContexts | None
) -> list[Shown]:
    """The rows; one that is extra with the syntaxes that its capability has; one query."""
    extra = {row.sop_class for row in rows if row.kind is Kind.EXTRA}
    found = capabilities_of_all([owner.pk], sop_class__in=extra) if extra else {}
    lists = {(c.sop_class, c.role): c.transfer_syntaxes for c in found.get(owner.pk, ())}
    return [
        replace(each, configured=lists.get((each.row.sop_class, each.row.role), ()))
        if each.row.kind is Kind.EXTRA
        else each
        for each in (_shown(row, seen) for row in rows)
    ]


def _seen(owner: Owner) -> SeenCapabilities | SeenContexts | None:
    if isinstance(owner, AE):
        return SeenCapabilities.objects.filter(pk=owner.pk).first()
    return SeenContexts.objects.filter(pk=owner.pk).first()


def _shown(row: Row, seen: SeenCapabilities | SeenContexts | None) -> Shown:
    tone, label = LABELS[row.kind]
    return Shown(
        row=row,
        tone=tone,
        label=label,
        configured=row.transfer_syntaxes if row.lacks else row.forecast,
        found=() if row.lacks else row.transfer_syntaxes,
        refused=_refusal(row),
        last_seen=datetime.fromisoformat(row.last_seen) if row.last_seen else None,
        at=_source(row, seen)[1],
    )


def _refusal(row: Row) -> str:
    """Why what is configured was refused, in the words of PS3.8 Table 9-18."""
    known = {int(cell): mark.words for cell, mark in MARKS.items() if cell is not Cell.UNKNOWN}
    if row.lacks and not row.results:
        return "the peer is no SCP of it"
    return ", ".join(known.get(result, f"result {result}") for result in row.results)


def _source(
    row: Row, seen: SeenCapabilities | SeenContexts | None
) -> tuple[int | None, datetime | None]:
    """Which check a row's answers are from, and when that ended."""
    if seen is None:
        return None, None
    if isinstance(seen, SeenCapabilities) and row.sop_class in seen.earlier:
        check_id, at = seen.earlier[row.sop_class]
        return check_id, datetime.fromisoformat(at)
    return seen.check_id, seen.at


def _with_checks(
    shown: Sequence[Shown], seen: SeenCapabilities | SeenContexts | None
) -> Iterable[Shown]:
    """The same with the checks that are still kept; one query for all."""
    ids = {_source(each.row, seen)[0] for each in shown} - {None}
    checks = Check.objects.in_bulk(ids) if ids else {}
    return [replace(each, check=checks.get(_source(each.row, seen)[0])) for each in shown]
