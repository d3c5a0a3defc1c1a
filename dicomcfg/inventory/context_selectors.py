"""Questions about presentation contexts. Nothing here writes; queries never grow with rows."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Greatest

from dicomcfg.core import records
from dicomcfg.core.negotiation.advice import Load
from dicomcfg.core.negotiation.proposal import CONTEXTS_PER_REQUEST
from dicomcfg.inventory.models import Association, Profile, ProfileContext
from dicomcfg.inventory.selectors import associations_list

_MOST_PROFILES = 500


def profile_contexts(pk: int) -> list[records.PresentationContext]:
    """The contexts of a Profile in order; one query."""
    rows = ProfileContext.objects.filter(profile=pk).select_related("syntax_list")
    return [row.record() for row in rows.order_by("position")]


def profile_names() -> list[tuple[int, str]]:
    """Ids and names of Profiles to choose from, in order."""
    return list(Profile.objects.values_list("pk", "name")[:_MOST_PROFILES])


@dataclass(frozen=True, slots=True)
class Loads:
    """The associations that all configured ones open at once, at either end of one of them."""

    out_of_calling: Load
    into_called: Load

    @property
    def both(self) -> tuple[Load, Load]:
        """For advice."""
        return self.out_of_calling, self.into_called


def loads_of(association: Association) -> Loads:
    """What the calling AE opens and the called AE accepts at once; two queries."""
    calling, called = association.calling, association.called
    out = _at_once(associations_list().filter(calling=calling))
    into = _at_once(associations_list().filter(called=called))
    return Loads(
        Load(calling.ae_title, "out", out, calling.maximum_associations_out),
        Load(called.ae_title, "in", into, called.maximum_associations_in),
    )


def _at_once(rows: QuerySet[Association]) -> int:
    """Associations at once times the requests that their contexts are split into."""
    requests = (F("context_count") + CONTEXTS_PER_REQUEST - 1) / CONTEXTS_PER_REQUEST
    counted = rows.annotate(open_at_once=F("associations_at_once") * Greatest(requests, 1))
    total = counted.aggregate(total=Sum("open_at_once"))["total"]
    return int(total or 0)
