"""Associations: the list, a new pair, and the pages of one, except its contexts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import path
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.checks.selectors import (
    checks_of_association,
    in_flight_for_associations,
    latest_negotiation_of,
    with_hosts,
)
from dicomcfg.checks.services import start_negotiate
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, Association
from dicomcfg.inventory.services import associations as services
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.web.associations.filters import APART, STATUSES, AssociationFilter, sorted_rows
from dicomcfg.web.associations.forms import AssociationForm, NewAssociationForm
from dicomcfg.web.associations.return_paths import shown_return_paths
from dicomcfg.web.done import done, done_to
from dicomcfg.web.filter_sets import active_chips, filter_query
from dicomcfg.web.partials import is_partial
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.polling import Fragments, renders
from dicomcfg.web.refusals import shown_on
from dicomcfg.web.row_ids import row_ids

PER_PAGE = 50


@require_safe
def association_list(request: HttpRequest) -> HttpResponse:
    """The configured pairs: searched, filtered, sorted, with their last negotiation and drift."""
    found = AssociationFilter(request.GET, selectors.associations_list())
    pages = Paginator(sorted_rows(found.qs, request.GET.get("sort", "")), PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    ids = list(cast("QuerySet[Association]", page.object_list).values_list("pk", flat=True))
    # Asked before the rows are read, for the reason that `ae_rows.table_rows` gives.
    in_flight = in_flight_for_associations(ids)
    shown = selectors.in_order(selectors.associations_list(), ids)
    context = {
        "page": page,
        "rows": [(row, in_flight.get(row.pk)) for row in shown],
        "filter": found,
        "chips": active_chips(found, request.GET, APART),
        "statuses": STATUSES,
        "status": request.GET.get("status", ""),
        "several_sites": selectors.several_sites(),
        "asked": filter_query(found) if found.is_valid() else "",
        "with_profiles": Association.objects.exclude(profile=None).exists(),
    }
    partial = is_partial(request)
    template = "associations/results.html" if partial else "associations/list.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@requires(Role.EDITOR)
def association_create(request: HttpRequest) -> HttpResponse:
    """A new pair; `?calling=ID` or `?called=ID` fills one end in."""
    form = NewAssociationForm(request.POST or None, initial=ends_named_in(request))
    if form.is_valid():
        with shown_on(form), transaction.atomic():
            made = services.create_association(Actor.of(person(request)), **form.cleaned_data)
            done_to(request, made, then="" if made.profile_id else "Now add what it proposes.")
            return redirect("association-contexts", made.pk)
    return render(request, "associations/add.html", {"form": form})


@require_safe
def association_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The Association tab: the pair, its name and description, its last negotiation."""
    context = tab("detail", pk)
    context |= {
        "form": AssociationForm(instance=context["association"]),
        "latest": latest_negotiation_of(context["association"]),
        "return_paths": shown_return_paths(context["association"]),
    }
    return render(request, "associations/detail.html", context)


@requires(Role.EDITOR)
@require_POST
def association_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Save name and description; the pair is fixed."""
    association = association_or_404(pk)
    form = AssociationForm(request.POST, instance=association_or_404(pk))
    if form.is_valid():
        with shown_on(form), transaction.atomic():
            actor = Actor.of(person(request))
            row = services.update_association(actor, association, **form.cleaned_data)
            done_to(request, row, since=form.cleaned_data["revision"])
            return redirect(association)
    context = tab("detail", pk) | {"form": form}
    context["latest"] = latest_negotiation_of(association)
    context["return_paths"] = shown_return_paths(association)
    return render(request, "associations/detail.html", context, status=422)


@requires(Role.EDITOR)
def association_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask first; then delete it with its contexts. The history can bring both back."""
    association = association_or_404(pk)
    if request.method == "POST":
        change = services.delete_associations(Actor.of(person(request)), [association])
        done(request, change, otherwise=f"{association} was gone already.")
        return redirect("association-list")
    context = tab("delete", pk) | {"checks_kept": checks_of_association(association).count()}
    return render(request, "associations/delete.html", context)


@renders("association")
def live_statuses(request: HttpRequest, ids: Sequence[int]) -> Fragments:
    """The status of associations under way, as lists and headings show it."""
    in_flight = in_flight_for_associations(ids)
    fragments = Fragments()
    for row in Association.objects.filter(pk__in=ids).select_related("calling", "called"):
        context = {"association": row, "in_flight": in_flight.get(row.pk), "oob": True}
        fragments.html.append(render_to_string("associations/_status.html", context, request))
        if row.pk not in in_flight:
            fragments.said.append(f"{row}: {row.latest_headline}")
    return fragments


@renders("association-latest")
def live_latest(request: HttpRequest, ids: Sequence[int]) -> Fragments:
    """The card of the last negotiation on an association's own page."""
    fragments = Fragments()
    for row in Association.objects.filter(pk__in=ids[:1]):
        context = tab("detail", row.pk) | {"oob": True}
        context["latest"] = latest_negotiation_of(row)
        fragments.html.append(render_to_string("associations/_latest.html", context, request))
    return fragments


@require_safe
def association_checks(request: HttpRequest, pk: int) -> HttpResponse:
    """Every negotiation kept, newest first."""
    context = tab("checks", pk)
    checks = Paginator(with_hosts(checks_of_association(context["association"])), PER_PAGE)
    context["page"] = checks.get_page(request.GET.get("page"))
    return render(request, "associations/checks.html", context)


@require_safe
def association_history(request: HttpRequest, pk: int) -> HttpResponse:
    """Who changed what about this pair."""
    changes = Paginator(selectors.object_history("association", pk), PER_PAGE)
    context = tab("history", pk) | {"page": changes.get_page(request.GET.get("page"))}
    return render(request, "associations/history.html", context)


@requires(Role.OPERATOR)
@require_POST
def negotiate_start(request: HttpRequest) -> HttpResponse:
    """Negotiate the associations named by `association`; one leads to its page, more to the run."""
    ids = row_ids(request.POST.getlist("association"))
    chosen = list(Association.objects.select_related("calling", "called__site").filter(pk__in=ids))
    if not chosen:
        messages.warning(request, "Choose at least one association.")
        return redirect("association-list")
    run = start_negotiate(person(request), chosen)
    return redirect(chosen[0] if len(chosen) == 1 else run)


def ends_named_in(request: HttpRequest) -> dict[str, AE | None]:
    """The AEs of `?calling=ID&called=ID`, as a form's initial values."""
    return {
        name: AE.objects.filter(pk__in=row_ids(request.GET.getlist(name))).first()
        for name in ("calling", "called")
    }


def association_or_404(pk: int) -> Association:
    """The association with both ends and the count of its contexts."""
    return get_object_or_404(selectors.associations_list(), pk=pk)


def tab(name: str, pk: int) -> dict[str, Any]:
    """What every page of one association shows around its own content.

    What is in flight is asked before the association is read, as for the list.
    """
    in_flight = in_flight_for_associations(row_ids([str(pk)])).get(pk)
    return {"tab": name, "in_flight": in_flight, "association": association_or_404(pk)}


urlpatterns = [
    path("associations/", association_list, name="association-list"),
    path("associations/add/", association_create, name="association-create"),
    path("associations/negotiate/", negotiate_start, name="negotiate-start"),
    path("associations/<int:pk>/", association_detail, name="association-detail"),
    path("associations/<int:pk>/edit/", association_edit, name="association-edit"),
    path("associations/<int:pk>/delete/", association_delete, name="association-delete"),
    path("associations/<int:pk>/checks/", association_checks, name="association-checks"),
    path("associations/<int:pk>/history/", association_history, name="association-history"),
]
