"""The overview of drift: the AEs and the associations that differ from what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import django_filters as filters
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.checks.services import start_discoveries
from dicomcfg.inventory import selectors
from dicomcfg.inventory.drift_selectors import (
    anything_seen,
    drift_counts,
    drifting_aes,
    drifting_associations,
    never_discovered_ids,
)
from dicomcfg.inventory.models import AE, Site
from dicomcfg.probes.target import DiscoverSettings
from dicomcfg.web.bounds import search_words
from dicomcfg.web.discoveries.forms import askable
from dicomcfg.web.permissions import person, requires

PER_PAGE = 50
MOST_AT_ONCE = 100
"""Discoveries that one press begins: each keeps all that it asks for."""

AE_SORTS = {
    "title": ("ae_title",),
    "device": ("device__name",),
    "count": ("drift_count",),
    "since": ("drift_since",),
}
ASSOCIATION_SORTS = {
    "calling": ("calling__ae_title", "called__ae_title"),
    "called": ("called__ae_title", "calling__ae_title"),
    "count": ("drift_count",),
    "since": ("drift_since",),
}


class AeDriftFilter(filters.FilterSet):
    """What the AEs are narrowed to."""

    q = filters.CharFilter(method="having_words", max_length=254)
    site = filters.ModelChoiceFilter(queryset=Site.objects.all(), to_field_name="slug")
    columns: tuple[str, ...] = ("ae_title", "description", "device__name", "device__department")

    def count(self) -> int:
        """How many rows match, without the joins that only a table needs."""
        rows = self.queryset.model._default_manager.filter(drift_since__isnull=False)
        narrowed: QuerySet[Any] = self.qs if self.errors else self.filter_queryset(rows)
        return narrowed.count()

    def having_words(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Rows in which every word stands somewhere."""
        for word in search_words(value):
            found = Q()
            for column in self.columns:
                found |= Q(**{f"{column}__icontains": word})
            rows = rows.filter(found)
        return rows


class AssociationDriftFilter(AeDriftFilter):
    """What the associations are narrowed to; the site is the called AE's."""

    site = filters.ModelChoiceFilter(
        queryset=Site.objects.all(), to_field_name="slug", field_name="called__site"
    )
    columns = (
        "name",
        *(
            f"{end}__{name}"
            for end in ("calling", "called")
            for name in ("ae_title", "device__name")
        ),
    )


@require_safe
def drift_overview(request: HttpRequest) -> HttpResponse:
    """The AEs that differ, those that came last first."""
    found = AeDriftFilter(request.GET, drifting_aes())
    return _overview(request, "aes", found, AE_SORTS)


@require_safe
def drift_associations(request: HttpRequest) -> HttpResponse:
    """The associations that differ, those that came last first."""
    found = AssociationDriftFilter(request.GET, drifting_associations())
    return _overview(request, "associations", found, ASSOCIATION_SORTS)


def _overview(
    request: HttpRequest,
    tab: str,
    found: AeDriftFilter,
    sorts: Mapping[str, tuple[str, ...]],
) -> HttpResponse:
    pages = Paginator(_sorted(found.qs, request.GET.get("sort", ""), sorts), PER_PAGE)
    counts = drift_counts()
    narrowed = any(request.GET.get(name) for name in found.filters)
    pages.count = found.count() if narrowed else getattr(counts, tab)
    page = pages.get_page(request.GET.get("page"))
    ids = list(cast("QuerySet[Any]", page.object_list).values_list("pk", flat=True))
    page.object_list = selectors.in_order(found.queryset.prefetch_related(None), ids)
    context = {
        "tab": tab,
        "counts": counts,
        "page": page,
        "narrowed": narrowed,
        "sites": list(Site.objects.all()) if selectors.several_sites() else [],
        "anything_seen": counts.since is not None or anything_seen(),
        "undiscovered": never_discovered_ids(MOST_AT_ONCE + 1) if tab == "aes" else (),
        "most": MOST_AT_ONCE,
    }
    return render(request, "drift/overview.html", context)


def _sorted(rows: QuerySet[Any], sort: str, sorts: Mapping[str, tuple[str, ...]]) -> QuerySet[Any]:
    """By a key of `sorts`, `-` before it turns it around; by default the newest first."""
    if sort.removeprefix("-") not in sorts:
        # As the index has them: none is null here.
        return rows.order_by("-drift_since", "-id")
    fields, descending = sorts[sort.removeprefix("-")], sort.startswith("-")
    terms = [OrderBy(F(field), descending=descending, nulls_last=True) for field in fields]
    return rows.order_by(*terms, "id")


@requires(Role.OPERATOR)
@require_POST
def drift_discover(request: HttpRequest) -> HttpResponse:
    """Discover AEs that have capabilities on record and never were, up to MOST_AT_ONCE."""
    ids = never_discovered_ids(MOST_AT_ONCE)
    aes = list(AE.objects.filter(pk__in=ids).select_related("site", "device"))
    if not aes:
        messages.info(request, "Every AE with Transfer Capabilities was discovered before.")
        return redirect("drift")
    known = askable()
    settings = DiscoverSettings(known.sop_classes, known.transfer_syntaxes)
    return redirect(start_discoveries(person(request), aes, settings))


urlpatterns = [
    path("drift/", drift_overview, name="drift"),
    path("drift/discover/", drift_discover, name="drift-discover"),
    path("drift/associations/", drift_associations, name="drift-associations"),
]
