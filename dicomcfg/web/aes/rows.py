"""The rows of the AE table: drawn for a page of them, alone after an echo, and as a form.

Everything a row shows stands on the AE itself or comes in one query for the whole page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import path
from django.utils.safestring import SafeString
from msgspec import structs

from dicomcfg.accounts.models import Role
from dicomcfg.checks import selectors as checks
from dicomcfg.checks.models import Check, CheckState
from dicomcfg.core.records import Connection
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE
from dicomcfg.inventory.services import aes as services
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.web.aes.forms import AeRowForm
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.polling import Fragments, renders, table_row
from dicomcfg.web.refusals import shown_on


@dataclass(frozen=True, slots=True)
class Row:
    """An AE as the table shows it: with its check in flight, and whether a worker will take it."""

    ae: AE
    check: Check | None
    unserved: bool


def table_rows(aes: QuerySet[AE]) -> list[Row]:
    """Rows for AEs of `ae_list`; two queries more, and one about workers while something waits.

    What is in flight is asked before the AEs are read: a check that ends in between then shows
    as running once more, where the other way round its row would keep the old outcome for good.
    """
    ids = list(aes.values_list("pk", flat=True))
    flights = checks.in_flight_for(ids)
    shown = selectors.in_order(selectors.ae_list(), ids)
    waiting = any(check.state == CheckState.QUEUED for check in flights.values())
    unserved = {site.pk for site in checks.sites_without_worker()} if waiting else set()
    return [Row(ae, flights.get(ae.pk), ae.site_id in unserved) for ae in shown]


def render_row(request: HttpRequest, row: Row, *, oob: bool = False) -> SafeString:
    """One row alone; with `oob` for htmx to put in the place of the one that stands there."""
    return render_to_string("aes/row.html", {"row": row, "oob": oob}, request)


@renders("row")
def live_rows(request: HttpRequest, ids: Sequence[int]) -> Fragments:
    """Rows whose checks are in flight, by the AEs' ids."""
    rows = table_rows(selectors.ae_list().filter(pk__in=ids))
    done = [row.ae for row in rows if row.check is None]
    return Fragments(
        [table_row(render_row(request, row, oob=True)) for row in rows],
        [f"{ae.ae_title}: {ae.latest_headline}" for ae in done],
    )


@requires(Role.EDITOR)
def ae_cell(request: HttpRequest, pk: int) -> HttpResponse:
    """The row as a form, its saving, and with `?show` the plain row again."""
    ae = get_object_or_404(selectors.ae_list(), pk=pk)
    if "show" in request.GET:
        return HttpResponse(render_row(request, table_rows(selectors.ae_list().filter(pk=pk))[0]))
    form = AeRowForm(request.POST or None, initial=_initial(ae), auto_id=f"row_{pk}_%s")
    if form.is_valid():
        with shown_on(form):
            services.update_ae(
                Actor.of(person(request)), ae, _edited(ae, form), form.cleaned_data["revision"]
            )
            saved = table_rows(selectors.ae_list().filter(pk=pk))[0]
            return HttpResponse(render_row(request, saved))
    status = 422 if form.is_bound else 200
    return render(request, "aes/row_form.html", {"ae": ae, "form": form}, status=status)


def _initial(ae: AE) -> dict[str, object]:
    names = ("ae_title", "hostname", "port", "tls", "device", "state", "revision")
    return {name: getattr(ae, name) for name in names}


def _edited(ae: AE, form: AeRowForm) -> AeData:
    """The AE with the row's values; clearing the host removes the first connection."""
    data, values = AeData.of(ae), form.cleaned_data
    first = Connection(values["hostname"], values["port"] or 104, values["tls"] or None)
    return structs.replace(
        data,
        ae_title=values["ae_title"],
        device=values["device"],
        state=values["state"],
        connections=((first,) if values["hostname"] else ()) + data.connections[1:],
    )


urlpatterns = [path("aes/<int:pk>/row/", ae_cell, name="ae-cell")]
