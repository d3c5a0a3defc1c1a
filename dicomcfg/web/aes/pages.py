"""The AE table and an AE's page: showing, adding, editing, copying."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.checks import selectors as checks
from dicomcfg.checks.models import Check, Kind
from dicomcfg.checks.tls_settings import missing_settings
from dicomcfg.core.findings import Finding
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, SavedFilter
from dicomcfg.inventory.services import aes as services
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.web.aes.actions import acts_on, hindrance
from dicomcfg.web.aes.filters import LAYERS, AeFilter, sorted_rows
from dicomcfg.web.aes.forms import AeBulkForm, AeWithConnections
from dicomcfg.web.aes.rows import table_rows
from dicomcfg.web.checks.cards import check_card
from dicomcfg.web.filter_sets import active_chips, filter_query
from dicomcfg.web.partials import is_partial
from dicomcfg.web.permissions import person, requires

ROWS = 50
RESULTS = 20
CHANGES = 10
ASSOCIATIONS = 12


@require_safe
def ae_list(request: HttpRequest) -> HttpResponse:
    """The table: searched, filtered, sorted, 50 rows a page."""
    found = AeFilter(request.GET, queryset=selectors.ae_list())
    sort = request.GET.get("sort", "")
    pages = Paginator(sorted_rows(found.qs, sort), ROWS)
    pages.count = found.count()
    page = pages.get_page(request.GET.get("page"))
    saved, asked = list(SavedFilter.objects.all()), filter_query(found) if found.is_valid() else ""
    context = {
        "page": page,
        "rows": table_rows(cast("QuerySet[AE]", page.object_list)),
        "filter": found,
        "chips": active_chips(found, request.GET, apart=("q", "layer")),
        "layers": LAYERS,
        "layer": request.GET.get("layer", ""),
        "bulk_form": AeBulkForm(),
        "saved_filters": saved,
        "asked": asked,
        "is_saved": any(each.query == asked for each in saved),
        "several_sites": selectors.several_sites(),
    }
    partial = is_partial(request)
    response = render(request, "aes/results.html" if partial else "aes/list.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def ae_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """An AE: its settings, how it stands, every kept result, who refers to it, its history."""
    ae = get_object_or_404(selectors.ae_list(), pk=pk)
    associations = selectors.associations_list().filter(Q(calling=ae) | Q(called=ae))
    context = {
        "ae": ae,
        "connections": list(ae.connections.all()),
        "findings": _findings(AeData.of(ae), ae.pk),
        "associations": list(associations[:ASSOCIATIONS]),
        "association_count": associations.count(),
        "marks": ae.managed_modalities.select_related("server").order_by("server__name"),
        "changes": selectors.object_history("ae", pk)[:CHANGES],
        "several_sites": selectors.several_sites(),
        "acts": acts_on(ae),
        **status_of(ae, request.GET.get("page")),
    }
    return render(request, "aes/detail.html", context)


def status_of(ae: AE, number: str | None = None) -> dict[str, Any]:
    """The context of `aes/status.html` and `aes/_beyond.html`, which change while checks run.

    A check under a borrowed title stands beside the AE's own, never in its place.
    """
    kept = checks.checks_of(ae).select_related("run", "site")
    echoes = kept.filter(kind=Kind.ECHO)
    own, borrowed = (echoes.filter(borrowed=b).first() for b in (False, True))
    return {
        "page": Paginator(checks.with_hosts(kept), RESULTS).get_page(number),
        "hindrance": hindrance(ae),
        "latest": _beyond_echo(ae),
        "in_flight": checks.in_flight_for([ae.pk]).get(ae.pk),
        "card": check_card(own) if own else None,
        "borrowed": check_card(borrowed) if borrowed else None,
    }


def _beyond_echo(ae: AE) -> list[Check]:
    """The latest result of each kind that is no status, in the order of the kinds."""
    latest = checks.latest_by_kind(ae)
    return [latest[kind] for kind in Kind.values if kind in latest and kind != Kind.ECHO]


@requires(Role.EDITOR)
def ae_create(request: HttpRequest) -> HttpResponse:
    """Add an AE; `?device=NAME` fills its device in."""
    both = AeWithConnections(request.POST or None, device=request.GET.get("device", ""))
    if both.is_valid() and (
        ae := both.save(lambda data: services.create_ae(_actor(request), data))
    ):
        messages.success(request, f"Added {ae.ae_title}.")
        return redirect(ae)
    status = 422 if request.method == "POST" else 200
    return render(request, "aes/form.html", {"both": both, "ae": None}, status=status)


@requires(Role.EDITOR)
def ae_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit an AE with all its connections."""
    ae = get_object_or_404(selectors.ae_list(), pk=pk)
    both = AeWithConnections(request.POST or None, ae)
    if both.is_valid() and both.save(
        lambda data: services.update_ae(_actor(request), ae, data, both.revision)
    ):
        messages.success(request, f"Saved {both.form.cleaned_data['ae_title']}.")
        return redirect(ae)
    status = 422 if request.method == "POST" else 200
    return render(request, "aes/form.html", {"both": both, "ae": ae}, status=status)


@requires(Role.EDITOR)
@require_POST
def ae_findings(request: HttpRequest) -> HttpResponse:
    """What is unwise about the AE in the form, without saving it."""
    both = AeWithConnections(request.POST)
    found = _findings(both.data(), both.pk) if both.is_valid() and both.touched else []
    if not both.form["ae_title"].value():  # the field itself says so once the form is sent
        found = [finding for finding in found if finding.path != "ae_title"]
    return render(request, "aes/form_findings.html", {"findings": found})


def _findings(data: AeData, pk: int | None) -> list[Finding]:
    return services.check_ae(data, pk) + missing_settings(data.site, data.connections)


@requires(Role.EDITOR)
@require_POST
def ae_duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """Copy an AE under the next free title, and open the copy for editing."""
    ae = get_object_or_404(AE, pk=pk)
    copy = services.duplicate_ae(_actor(request), ae)
    messages.success(request, f"Copied {ae.ae_title} as {copy.ae_title}. Change what differs.")
    return redirect("ae-edit", copy.pk)


def _actor(request: HttpRequest) -> Actor:
    return Actor.of(person(request))


urlpatterns = [
    path("aes/", ae_list, name="ae-list"),
    path("aes/add/", ae_create, name="ae-create"),
    path("aes/findings/", ae_findings, name="ae-findings"),
    path("aes/<int:pk>/", ae_detail, name="ae-detail"),
    path("aes/<int:pk>/edit/", ae_edit, name="ae-edit"),
    path("aes/<int:pk>/duplicate/", ae_duplicate, name="ae-duplicate"),
]
