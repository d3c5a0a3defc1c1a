"""Type-ahead over the AE table, for fields that choose one AE out of 10,000."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Case, IntegerField, Q, Value, When
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from dicomcfg.inventory import selectors

SUGGESTIONS = 12
COLUMNS = ("pk", "ae_title", "hostname", "port", "device__name", "site__name", "description")


@require_safe
def ae_search(request: HttpRequest) -> JsonResponse:
    """AEs by title, host, device or description; titles that begin with the text stand first."""
    text = request.GET.get("q", "").strip()
    somewhere = (
        Q(ae_title__icontains=text)
        | Q(first_connection__hostname__icontains=text)
        | Q(device__name__icontains=text)
        | Q(description__icontains=text)
    )
    rank = Case(
        When(ae_title__istartswith=text, then=Value(0)),
        When(ae_title__icontains=text, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    found = selectors.ae_list().filter(somewhere).order_by(rank, "ae_title", "id")
    rows = found.prefetch_related(None).values(*COLUMNS)[:SUGGESTIONS]
    results = [
        {"value": str(row["pk"]), "text": row["ae_title"], "detail": _detail(row)} for row in rows
    ]
    return JsonResponse({"results": results})


def _detail(row: Mapping[str, Any]) -> str:
    """Where it listens, its device and site: what tells AEs of one title apart."""
    address = f"{row['hostname']}:{row['port']}" if row["hostname"] else "no address"
    parts = (address, row["device__name"], row["site__name"], row["description"])
    return " · ".join(part for part in parts if part)


urlpatterns = [path("aes/search/", ae_search, name="ae-search")]
