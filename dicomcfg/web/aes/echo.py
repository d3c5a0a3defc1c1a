"""Echo by a press of a button: on a row, on an AE's page, and in the form before saving."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from dicomcfg.accounts.models import Role
from dicomcfg.checks import services
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE
from dicomcfg.probes.target import Target
from dicomcfg.web.aes.forms import AeWithConnections, EchoForm
from dicomcfg.web.aes.pages import status_of
from dicomcfg.web.aes.rows import render_row, table_rows
from dicomcfg.web.checks.cards import render_card
from dicomcfg.web.partials import is_partial
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.polling import Fragments, renders


@requires(Role.OPERATOR)
@require_POST
def echo_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Echo one AE; answers with its row or the status on its page, without script by that page."""
    ae = get_object_or_404(selectors.ae_list(), pk=pk)
    form = EchoForm(request.POST, ae=ae)
    scripted = is_partial(request)
    if not form.is_valid():
        if not scripted:
            return _told(request, ae, form)
        context = {"ae": ae, "echo_errors": form.errors, **status_of(ae)}
        return render(request, "aes/status.html", context, status=422)
    services.start_echo(person(request), [ae], **form.cleaned_data)
    if not scripted:
        return redirect(ae)
    if "status" in request.POST:
        return HttpResponse(_status(request, ae))
    return HttpResponse(render_row(request, table_rows(selectors.ae_list().filter(pk=pk))[0]))


@requires(Role.OPERATOR)
@require_POST
def echo_unsaved(request: HttpRequest) -> HttpResponse:
    """Echo what the form holds; the result appears beside it."""
    both = AeWithConnections(request.POST)
    if not both.is_valid() or not (connections := both.rows.connections()):
        return render(request, "aes/unsaved_refused.html", {"both": both}, status=422)
    data, first = both.data().normalised(), connections[0]
    target = Target(
        hostname=first.hostname,
        port=first.port,
        called_ae_title=data.ae_title,
        calling_ae_title=data.site.calling_ae_title,
        tls=first.tls,
    )
    run = services.start_echo_unsaved(person(request), data.site, target)
    return HttpResponse(render_card(request, run.checks.select_related("site").get()))


@renders("ae")
def live_statuses(request: HttpRequest, ids: Sequence[int]) -> Fragments:
    """What changes on AEs' pages while checks run, by the AEs' ids."""
    fragments = Fragments()
    for ae in selectors.ae_list().filter(pk__in=ids):
        context = {"ae": ae, **status_of(ae), "oob": True}
        for part in ("aes/status.html", "aes/_beyond.html"):
            fragments.html.append(render_to_string(part, context, request))
        if context["in_flight"] is None:
            fragments.said.append(f"{ae.ae_title}: {ae.latest_headline}")
    return fragments


def _told(request: HttpRequest, ae: AE, form: EchoForm) -> HttpResponse:
    """What is wrong with the form, for a browser that loads whole pages."""
    for errors in form.errors.values():
        messages.error(request, " ".join(map(str, errors)))
    return redirect(ae)


def _status(request: HttpRequest, ae: AE) -> SafeString:
    return render_to_string("aes/status.html", {"ae": ae, **status_of(ae)}, request)


urlpatterns = [
    path("aes/<int:pk>/echo/", echo_start, name="echo-start"),
    path("echo/unsaved/", echo_unsaved, name="echo-unsaved"),
]
