"""Questions about drift: which rows have any, how many, and whether anything was ever compared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Min, OuterRef, QuerySet

from dicomcfg.inventory.models import (
    AE,
    Association,
    SeenCapabilities,
    SeenContexts,
    State,
    TransferCapability,
)
from dicomcfg.inventory.selectors import ae_list, associations_list


@dataclass(frozen=True, slots=True)
class DriftCounts:
    """How many rows differ from what was found, and since when the first of them does."""

    aes: int
    associations: int
    since: datetime | None


def drift_counts() -> DriftCounts:
    """The figures of the board and of the overview; two queries over indexed columns."""
    found = [
        model._default_manager.filter(drift_since__isnull=False).aggregate(
            count=Count("pk"), since=Min("drift_since")
        )
        for model in (AE, Association)
    ]
    sinces = [each["since"] for each in found if each["since"] is not None]
    return DriftCounts(found[0]["count"], found[1]["count"], min(sinces, default=None))


def drifting_aes() -> QuerySet[AE]:
    """The AEs that differ, as the table of AEs has them."""
    return ae_list().filter(drift_since__isnull=False)


def drifting_associations() -> QuerySet[Association]:
    """The associations that differ, with both AEs, their devices and `context_count`."""
    return (
        associations_list()
        .filter(drift_since__isnull=False)
        .select_related("calling__device", "called__device", "called__site")
    )


def anything_seen() -> bool:
    """Whether any discovery or negotiation ever showed something; up to two queries."""
    return SeenCapabilities.objects.exists() or SeenContexts.objects.exists()


def never_discovered_ids(most: int) -> list[int]:
    """AEs that accept associations and have capabilities on record, of which no discovery showed
    anything; at most so many, in the order of their ids.
    """
    able = Exists(TransferCapability.objects.filter(ae=OuterRef("pk")))
    rows = AE.objects.filter(able, seen=None, association_acceptor=True, do_not_probe=False)
    return list(
        rows.exclude(state=State.RETIRED).order_by("pk").values_list("pk", flat=True)[:most]
    )
