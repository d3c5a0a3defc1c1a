"""Rows of a preview as the table shows them: what would become of each, field by field.

A page holds a bounded number of rows, a row a bounded number of lines, whatever the files hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Q, When
from django.http import QueryDict
from django.urls import reverse

from dicomcfg.exchange.models import Action, Import, ImportRow, RowKind
from dicomcfg.exchange.selectors import rows_of
from dicomcfg.inventory.models import Change, State
from dicomcfg.web.bounds import search_words
from dicomcfg.web.diffs import field_name, lines_of
from dicomcfg.web.imports.sources import SourceFile

PER_PAGE = 100
LINES_SHOWN = 60
OPENED = 5
"""Lists stand open on a page of no more rows than this."""
ONE_LINE = 60
"""A list no longer than this many characters stands on one line."""
FINDINGS_SHOWN = 5
_PAGES = {
    RowKind.DEVICE: "device-detail",
    RowKind.AE: "ae-detail",
    RowKind.PROFILE: "profile-detail",
    RowKind.ASSOCIATION: "association-detail",
}
AT_REST = Q(action=Action.SAME) | Q(action=Action.LEFT, has_errors=False)
WRITTEN = (Action.NEW, Action.CHANGED)
TONES = {
    Action.NEW: "ok",
    Action.CHANGED: "warn",
    Action.SAME: "idle",
    Action.CONFLICT: "bad",
    Action.LEFT: "idle",
}


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which rows are shown, as an address or a form says; what it does not know is left out."""

    kind: str = ""
    action: str = ""
    found: bool = False
    q: str = ""

    @classmethod
    def of(cls, sent: QueryDict) -> Narrowing:
        """Out of a query string."""
        kind, action = sent.get("kind", ""), sent.get("action", "")
        return cls(
            kind if kind in RowKind.values else "",
            action if action in Action.values else "",
            bool(sent.get("found")),
            " ".join(search_words(sent.get("q", ""))),
        )

    def __bool__(self) -> bool:
        return bool(self.kind or self.action or self.found or self.q)

    def filters(self) -> dict[str, Any]:
        """As the exchange's selectors and services take it."""
        return {
            "kind": self.kind,
            "action": self.action,
            "with_findings": self.found,
            "text": self.q,
        }

    def query(self) -> str:
        """As a query string again."""
        kept = QueryDict(mutable=True)
        said = {"kind": self.kind, "action": self.action, "q": self.q}
        kept.update({name: value for name, value in said.items() if value})
        if self.found:
            kept["found"] = "1"
        return kept.urlencode()


@dataclass(frozen=True, slots=True)
class ShownField:
    """One field of a row. A short one stands on its line: `before` and `after`. A list gives
    what is `added` and `removed`, as many lines as are shown, with the counts of all."""

    name: str
    before: str = ""
    after: str = ""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    added_count: int = 0
    removed_count: int = 0
    moved: bool = False

    @property
    def is_list(self) -> bool:
        """Whether it opens instead of standing on one line."""
        return bool(self.added_count or self.removed_count or self.moved)

    @property
    def not_shown(self) -> int:
        """How many lines are left out."""
        return self.added_count + self.removed_count - len(self.added) - len(self.removed)


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row: the stored row, its fields, as many of its findings as are shown.

    `where` says which place of the files speaks of it and `source` leads there; `url` leads to
    the page of what is stored.
    """

    row: ImportRow
    fields: tuple[ShownField, ...]
    findings: Sequence[Mapping[str, Any]]
    where: str
    source: str
    url: str

    @property
    def tone(self) -> str:
        """The pill's tone."""
        return "bad" if self.is_unread else TONES[Action(self.row.action)]

    @property
    def words(self) -> str:
        """The pill's words."""
        return "not read" if self.is_unread else Action(self.row.action).label

    @property
    def is_unread(self) -> bool:
        """Whether it stands for a place of the files that could not be read."""
        return self.row.has_errors and self.row.action == Action.LEFT

    @property
    def more_findings(self) -> int:
        """How many findings are left out."""
        return len(self.row.findings) - len(self.findings)

    @property
    def can_be_taken(self) -> bool:
        """Whether there is something to apply or to leave out."""
        return self.row.action in WRITTEN or self.row.has_errors


def page_of(kept: Import, narrowing: Narrowing, page: str | None) -> Page[ImportRow]:
    """A page of the rows: those that leave things as they are come after all others."""
    rows = rows_of(kept, **narrowing.filters())
    ordered = rows.order_by(Case(When(AT_REST, then=1), default=0), "position")
    return Paginator(ordered, PER_PAGE).get_page(page)


def made_by(kept: Import, rows: Iterable[ImportRow]) -> dict[int, int]:
    """By the positions of new rows the ids of what applying made of them, where its history tells;
    one query, none before it is applied."""
    if not kept.change_set_id:
        return {}
    asked = {(row.kind, row.label): row.position for row in rows if row.stored_id is None}
    made = Change.objects.filter(
        change_set=kept.change_set_id, before__isnull=True, label__in={label for _, label in asked}
    ).values_list("model", "label", "object_id")
    return {asked[kind, label]: pk for kind, label, pk in made if (kind, label) in asked}


def shown(
    rows: Iterable[ImportRow], files: Sequence[SourceFile], made: Mapping[int, int]
) -> list[ShownRow]:
    """The rows beside the files that speak of them, and what was `made_by` applying."""
    alone = files[0] if len(files) == 1 else None
    by_name = {file.row.name: file for file in files}
    return [
        _shown(
            row,
            alone or by_name.get(row.file),
            len(files) > 1,
            row.stored_id or made.get(row.position),
        )
        for row in rows
    ]


def _shown(row: ImportRow, file: SourceFile | None, several: bool, pk: int | None) -> ShownRow:
    name = row.file if several else ""
    line = f"line {row.line:,}" if row.line else ""
    return ShownRow(
        row,
        tuple(shown_field(*change) for change in row.changes if not _is_plain(row, *change)),
        row.findings[:FINDINGS_SHOWN],
        ", ".join(part for part in (name, line) if part),
        file.line_url(row.line) if file and row.line else file.source_url if file else "",
        reverse(_PAGES[RowKind(row.kind)], args=[pk]) if pk else "",
    )


def _is_plain(row: ImportRow, name: str, before: Any, after: Any) -> bool:
    """Whether a field goes without saying: what the label says, and a new row's first state."""
    return after == row.label or (name == "state" and row.stored_id is None and after == State.LIVE)


def shown_field(name: str, before: Any, after: Any) -> ShownField:
    """One [field, before, after] of a row."""
    old, new = lines_of(before), lines_of(after)
    was, becomes = ", ".join(old), ", ".join(new)
    if (len(old) <= 1 and len(new) <= 1) or max(len(was), len(becomes)) <= ONE_LINE:
        return ShownField(field_name(name), was, becomes)
    added, removed = _not_in(new, old), _not_in(old, new)
    return ShownField(
        field_name(name),
        added=tuple(added[:LINES_SHOWN]),
        removed=tuple(removed[:LINES_SHOWN]),
        added_count=len(added),
        removed_count=len(removed),
        moved=not added and not removed,
    )


def _not_in(lines: Sequence[str], others: Sequence[str]) -> list[str]:
    known = set(others)
    return [line for line in lines if line not in known]
