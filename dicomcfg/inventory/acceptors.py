"""Who accepts, and who sends, a SOP Class or a transfer syntax, by the configured capabilities.

There may be a million of them. The AEs that fit are found from the indexes alone, all at once:
with a limit the planner would try the AEs one by one instead, in the order of their titles.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, QuerySet

from dicomcfg.inventory.models import AE, SyntaxListEntry, TransferCapability
from dicomcfg.inventory.selectors import ae_list


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


def who_accepts(wanted: Wanted) -> list[int]:
    """The ids of the AEs with a fitting capability, by title; two queries."""
    fitting = wanted.capabilities().filter(ae=OuterRef("pk"))
    rows = AE.objects.filter(Exists(fitting)).order_by("ae_title", "pk")
    return list(rows.values_list("pk", flat=True))


def accepting(ids: Iterable[int]) -> list[AE]:
    """A page of them as `ae_list` gives them, by title."""
    rows = ae_list().prefetch_related(None).filter(pk__in=list(ids))
    return list(rows.order_by("ae_title", "pk"))


def fitting_of(wanted: Wanted, ids: Iterable[int]) -> dict[int, int]:
    """How many SOP Classes fit for each of a page's AEs, by id; two queries."""
    rows = wanted.capabilities().filter(ae__in=list(ids))
    return dict(rows.values_list("ae").annotate(count=Count("pk")))
