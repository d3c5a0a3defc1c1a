"""What is done to many AEs at once: echo, edit, delete after being shown what refers to them.

A selection is a list of ids, or "all that match" a query string of the table, resolved again
here so that 10,000 ids never travel through a form.
"""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from dicomcfg.accounts.models import Role
from dicomcfg.checks import selectors as checks
from dicomcfg.checks import services as check_services
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE
from dicomcfg.inventory.services import aes as services
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.web.aes.filters import matching
from dicomcfg.web.aes.forms import AeBulkForm
from dicomcfg.web.done import done, page_before
from dicomcfg.web.exports.handing import AES, handed_over
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.refusals import shown_on
from dicomcfg.web.row_ids import row_ids
from dicomcfg.web.sweeps import pages as sweeps

SHOWN = 100


def selected(request: HttpRequest) -> QuerySet[AE]:
    """The AEs that a posted selection means."""
    if request.POST.get("scope") == "all":
        return matching(request.POST.get("query", ""))
    return selectors.ae_list().filter(pk__in=row_ids(request.POST.getlist("ae")))


@requires(Role.OPERATOR)
@require_POST
def ae_bulk(request: HttpRequest) -> HttpResponse:
    """Hand the selection to the action whose button was pressed."""
    aes = selected(request)
    action = request.POST.get("action", "")
    if not aes.exists():
        messages.warning(request, "No AE is selected.")
        return redirect(page_before(request, "ae-list"))
    return ACTIONS.get(action, _edit)(request, aes)


@requires(Role.OPERATOR)
def _echo(request: HttpRequest, aes: QuerySet[AE]) -> HttpResponse:
    run = check_services.start_echo(person(request), aes)
    link = format_html('Started: <a href="{}">{}</a>.', run.get_absolute_url(), run.label)
    messages.info(request, link)
    return redirect(page_before(request, "ae-list"))


@requires(Role.OPERATOR)
def _sweep(request: HttpRequest, _aes: QuerySet[AE]) -> HttpResponse:
    form = sweeps.chosen_in_table(request.POST)
    context = sweeps.page_of(form, sweeps.prospect_of(form), asked=True)
    return render(request, "sweeps/form.html", context)


@requires(Role.VIEWER)
def _export(request: HttpRequest, aes: QuerySet[AE]) -> HttpResponse:
    return handed_over(request, AES, aes, page_before(request, "ae-list"))


@requires(Role.EDITOR)
def _edit(request: HttpRequest, aes: QuerySet[AE]) -> HttpResponse:
    form = AeBulkForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            change = services.bulk_update(Actor.of(person(request)), aes, **form.changes())
            done(request, change, otherwise="Nothing differed.")
            return redirect(page_before(request, "ae-list"))
    return render(request, "aes/bulk_edit.html", _page(request, aes, form=form), status=422)


@requires(Role.EDITOR)
def _confirm(request: HttpRequest, aes: QuerySet[AE]) -> HttpResponse:
    ids = list(aes.values_list("pk", flat=True))
    associations, under_way = services.references_to(aes), checks.in_flight_count_for(ids)
    page = _page(request, aes, associations=associations, under_way=under_way)
    return render(request, "aes/delete.html", page)


@requires(Role.EDITOR)
@require_POST
def ae_delete(request: HttpRequest) -> HttpResponse:
    """Delete the selection, which the confirmation page has shown; never more than it showed."""
    aes = selected(request)
    if request.POST.get("scope") == "all" and request.POST.get("count") != str(aes.count()):
        messages.warning(request, "The table has changed: this is what would be deleted now.")
        return _confirm(request, aes)
    change = services.delete_aes(Actor.of(person(request)), aes)
    done(request, change, otherwise="They were gone already.")
    return redirect("ae-list")


def _page(request: HttpRequest, aes: QuerySet[AE], **more: object) -> dict[str, object]:
    """What a page about a selection shows, and what it posts again."""
    count = aes.count()
    return {
        "aes": aes[:SHOWN],
        "count": count,
        "more": max(0, count - SHOWN),
        "scope": request.POST.get("scope", ""),
        "query": request.POST.get("query", ""),
        "next": page_before(request, "ae-list"),
        **more,
    }


ACTIONS = {"echo": _echo, "sweep": _sweep, "export": _export, "edit": _edit, "delete": _confirm}

urlpatterns = [
    path("aes/bulk/", ae_bulk, name="ae-bulk"),
    path("aes/delete/", ae_delete, name="ae-delete"),
]
