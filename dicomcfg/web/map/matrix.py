"""The matrix: calling AEs down, called AEs across, and how each pair's last negotiation ended.

A page has so many calling AEs, and those that they call; where these are more than fit across,
they go on on further pages of columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from dicomcfg.inventory import topology
from dicomcfg.inventory.models import AE, Association, Site
from dicomcfg.inventory.selectors import in_order
from dicomcfg.inventory.topology import Group, Grouping, group_of
from dicomcfg.web.row_ids import row_ids

ROWS: Final = 50
COLUMNS: Final = 24
_TONES: Final = {
    "ok": Q(latest_tone="ok"),
    "trouble": Q(latest_tone__in=["warn", "bad"]),
    "never": Q(latest_tone=""),
}
_STATUSES: Final = (("ok", "Accepted"), ("trouble", "Needs a look"), ("never", "Never negotiated"))


@dataclass(frozen=True, slots=True)
class End:
    """What calling or called AEs are narrowed to: a group, or one AE by its id."""

    key: str
    name: str
    wanted: Group | int


@require_safe
def matrix_page(request: HttpRequest) -> HttpResponse:
    """The pairs of `calling` and `called`, each a group's key or an AE's (`a7`)."""
    ends = {name: _end(request.GET.get(name, "")) for name in ("calling", "called")}
    status = request.GET.get("status", "")
    rows = _narrowed(ends, _TONES.get(status))
    page = _callers(rows, request.GET.get("page"))
    callers = list(page)
    across = _called(rows, callers, request.GET.get("cols"))
    columns = list(across)
    cells = _cells(rows, callers, columns)
    context = {
        "page": page,
        "across": across,
        "columns": columns,
        "rows": [(ae, [cells.get((ae.pk, other.pk)) for other in columns]) for ae in callers],
        "ends": ends,
        "statuses": _STATUSES,
        "narrowed": any(ends.values()) or status in _TONES,
        "sites": [_site(site) for site in Site.objects.order_by("name")[:200]],
    }
    return render(request, "map/matrix.html", context)


def _site(site: Site) -> tuple[str, str]:
    return Group(Grouping.SITE, site.pk).key, site.name


def _end(key: str) -> End | None:
    """What a key stands for; None for one that stands for nothing."""
    if key.startswith("a") and (ids := row_ids([key[1:]])):
        ae = AE.objects.filter(pk=ids[0]).first()
        return End(key, ae.ae_title, ae.pk) if ae else None
    group = group_of(key)
    name = topology.names_of([group]).get(group) if group else None
    return End(key, name, group) if group and name else None


def _narrowed(ends: dict[str, End | None], tone: Q | None) -> QuerySet[Association]:
    rows = Association.objects.order_by()
    for side, end in ends.items():
        if end is not None:
            wanted = end.wanted
            one = Q(**{side: wanted}) if isinstance(wanted, int) else wanted.holds(f"{side}__")
            rows = rows.filter(one)
    return rows if tone is None else rows.filter(tone)


def _callers(rows: QuerySet[Association], number: str | None) -> Page[AE]:
    """Calling AEs by site and title, so that those of one archive stand together."""
    calling = AE.objects.filter(Exists(rows.filter(calling=OuterRef("pk"))))
    pages = Paginator(calling.order_by("site_id", "ae_title", "id"), ROWS)
    pages.count = rows.values("calling").distinct().count()
    return pages.get_page(number)


def _called(rows: QuerySet[Association], callers: Sequence[AE], number: str | None) -> Page[AE]:
    """Whom these call, those called by most first."""
    there = rows.filter(calling__in=[ae.pk for ae in callers])
    counted = there.values("called").annotate(count=Count("pk"))
    pages = Paginator(counted.order_by("-count", "called__ae_title", "called"), COLUMNS)
    page: Page[Any] = pages.get_page(number)
    page.object_list = in_order(AE.objects.all(), [row["called"] for row in page.object_list])
    return page


def _cells(
    rows: QuerySet[Association], callers: Sequence[AE], called: Sequence[AE]
) -> dict[tuple[int, int], Association]:
    there = rows.filter(calling__in=[ae.pk for ae in callers], called__in=[ae.pk for ae in called])
    shown = there.only("calling", "called", "latest_tone", "latest_headline")
    return {(row.calling_id, row.called_id): row for row in shown}


urlpatterns = [path("map/matrix/", matrix_page, name="map-matrix")]
