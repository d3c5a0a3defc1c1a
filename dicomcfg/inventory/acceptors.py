"""Who accepts, and who sends, a SOP Class or a transfer syntax, by the configured capabilities.

There may be a million of them, so nothing here counts them all or sorts them: AEs are read in the
order of their titles until a page is full, and what stands beside them is asked for that page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, QuerySet

from dicomcfg.inventory.models import AE, SyntaxListEntry, TransferCapability
from dicomcfg.inventory.selectors import ae_list


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: a SOP Class, a transfer syntax, or one in the other; and the role."""

    sop_class: str
    transfer_syntax: str
    role: str

    def capabilities(self) -> QuerySet[TransferCapability]:
        """Those that fit, of all AEs."""
        rows = TransferCapability.objects.filter(role=self.role).order_by()
        if self.sop_class:
            rows = rows.filter(sop_class=self.sop_class)
        if self.transfer_syntax:
            # Named here, not joined: the lists are few, and the index is by list.
            lists = SyntaxListEntry.objects.filter(uid=self.transfer_syntax).order_by()
            ids = list(lists.values_list("syntax_list", flat=True).distinct())
            rows = rows.filter(syntax_list__in=ids)
        return rows


def who_accepts(wanted: Wanted) -> QuerySet[AE]:
    """The AEs with a fitting capability, by title; as `ae_list` gives them."""
    fitting = wanted.capabilities()
    rows = ae_list().prefetch_related(None).filter(Exists(fitting.filter(ae=OuterRef("pk"))))
    return rows.order_by("ae_title", "pk")


def how_many_accept(wanted: Wanted) -> int:
    """The number of these AEs."""
    fitting = wanted.capabilities().filter(ae=OuterRef("pk"))
    return AE.objects.filter(Exists(fitting)).count()


def fitting_of(wanted: Wanted, aes: Iterable[AE]) -> dict[int, int]:
    """How many SOP Classes fit for each of a page's AEs, by id."""
    rows = wanted.capabilities().filter(ae__in=[ae.pk for ae in aes])
    return dict(rows.values_list("ae").annotate(count=Count("pk")))
