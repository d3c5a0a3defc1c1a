"""Who accepts, and who sends, a SOP Class or a transfer syntax, by the configured capabilities.

There may be a million of them, and nearly all may fit. So many are gathered from the indexes and
no more; beyond that, enough AEs fit to try them one by one in the order of their titles, and to
stop at so many.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Exists, OuterRef, QuerySet

from dicomcfg.inventory.models import AE, SyntaxListEntry, TransferCapability
from dicomcfg.inventory.selectors import ae_list, in_order

MOST_GATHERED: Final = 100_000
"""Capabilities that are gathered by themselves."""
MOST_LISTED: Final = 500
"""AEs that are listed where more capabilities fit than that."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: a SOP Class, any of some transfer syntaxes, or one in the others; and
    the role. No transfer syntax stands for all."""

    sop_class: str
    transfer_syntaxes: tuple[str, ...]
    role: str

    def capabilities(self) -> QuerySet[TransferCapability]:
        """Those that fit, of all AEs."""
        rows = TransferCapability.objects.filter(role=self.role).order_by()
        if self.sop_class:
            rows = rows.filter(sop_class=self.sop_class)
        if self.transfer_syntaxes:
            # Named here, not joined: the lists are few, and the index is by list.
            lists = SyntaxListEntry.objects.filter(uid__in=self.transfer_syntaxes).order_by()
            ids = list(lists.values_list("syntax_list", flat=True).distinct())
            rows = rows.filter(syntax_list__in=ids)
        return rows


@dataclass(frozen=True, slots=True)
class Acceptors:
    """The ids of AEs with a fitting capability, by title, and how many they are.

    Without `complete` they are only the first of them.
    """

    ids: QuerySet[AE, int] | list[int]
    count: int
    complete: bool = True


def who_accepts(wanted: Wanted, most: int = MOST_GATHERED, listed: int = MOST_LISTED) -> Acceptors:
    """The AEs that fit: all, unless more than `most` capabilities fit and more than `listed` AEs.

    Three queries at most, and one whenever ids are taken.
    """
    fitting = wanted.capabilities()
    by_title = AE.objects.order_by("ae_title", "pk").values_list("pk", flat=True)
    gathered = fitting.values("ae")[: most + 1].count()
    if gathered <= most:
        # An AE has a SOP Class once in a role.
        count = gathered if wanted.sop_class else fitting.values("ae").distinct().count()
        # With a bound, the store reads them from the index as a whole; without one it may try
        # each of the AEs.
        return Acceptors(by_title.filter(pk__in=fitting.values("ae")[:most]), count)
    rows = by_title.filter(Exists(fitting.filter(ae=OuterRef("pk"))))
    found = list(rows[: listed + 1])
    return Acceptors(found[:listed], min(len(found), listed), complete=len(found) <= listed)


def accepting(ids: Sequence[int]) -> list[AE]:
    """A page of them as `ae_list` gives them, in that order; one query."""
    return in_order(ae_list().prefetch_related(None), ids)


def fitting_of(wanted: Wanted, ids: Iterable[int]) -> dict[int, int]:
    """How many SOP Classes fit for each of a page's AEs, by id; two queries."""
    rows = wanted.capabilities().filter(ae__in=list(ids))
    return dict(rows.values_list("ae").annotate(count=Count("pk")))
