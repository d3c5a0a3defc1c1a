"""The differences of one AE or association as its page shows them, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator

from dicomcfg.checks.models import Check
from dicomcfg.core.negotiation.drift import Kind, Row, token_of_all
from dicomcfg.core.negotiation.matrix import Cell
from dicomcfg.inventory.models import AE, SeenCapabilities, SeenContexts
from dicomcfg.inventory.services.drift import Owner, drift_of, kept_rows_of
from dicomcfg.web.matrix_view import MARKS

PER_PAGE = 100
LABELS = {
    Kind.MISSING: ("bad", "Missing"),
    Kind.GONE: ("bad", "Gone"),
    Kind.EXTRA: ("warn", "Extra"),
    Kind.ORDER: ("warn", "Another order"),
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


def page_of(owner: Owner, number: str | None) -> dict[str, Any]:
    """The context of a page about the drift of one row."""
    rows = drift_of(owner)
    page = Paginator(rows or (), PER_PAGE).get_page(number)
    seen = _seen(owner)
    newest = Check.objects.filter(pk=seen.check_id).first() if seen else None
    return {
        "owner": owner,
        "is_ae": isinstance(owner, AE),
        "compared": rows is not None,
        "seen": seen,
        "newest": newest,
        "page": page,
        "rows": _with_checks([_shown(row, seen) for row in page.object_list], seen),
        "all_token": token_of_all(rows or ()),
        "kept": [_shown(row, None) for row in kept_rows_of(owner)],
    }


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
