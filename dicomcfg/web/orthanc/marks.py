"""Which modalities of a server are ours to write: marking those that are there, adding AEs,
taking marks away."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from itertools import chain, count

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.views.decorators.http import require_POST

from dicomcfg.accounts.models import Role
from dicomcfg.exchange.orthanc import calls
from dicomcfg.exchange.orthanc.plan import title_of
from dicomcfg.inventory.models import AE, ChangeSet, OrthancServer
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.orthanc_servers import manage, stop_managing
from dicomcfg.web.done import done
from dicomcfg.web.orthanc.pages import AddAeForm, bearers_of, page
from dicomcfg.web.permissions import person, requires


@requires(Role.EDITOR)
@require_POST
def server_manage(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark the chosen modalities as ours where one AE of the Site bears their title."""
    server = get_object_or_404(OrthancServer, pk=pk)
    wanted = _there(server, request.POST.getlist("name"))
    if not wanted:
        messages.error(
            request, "No AE bears the title of what you chose. Import what the server holds first."
        )
        return redirect(server)
    return _acted(request, server, lambda: manage(_actor(request), server, wanted, server.revision))


@requires(Role.EDITOR)
@require_POST
def server_add_ae(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a modality that the server does not hold yet, named after the AE that it is to hold."""
    server = get_object_or_404(OrthancServer, pk=pk)
    form = AddAeForm(request.POST)
    if not form.is_valid():
        return page(request, server, form)
    ae: AE = form.cleaned_data["ae"]
    if server.managed.filter(ae=ae).exists():
        form.add_error("ae", f"{ae.ae_title} is managed there already.")
        return page(request, server, form)
    wanted = {_free_name(ae.ae_title, _taken(server)): ae}
    return _acted(request, server, lambda: manage(_actor(request), server, wanted, server.revision))


@requires(Role.EDITOR)
@require_POST
def server_unmanage(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the marks of the chosen modalities away; they stay on the server."""
    server = get_object_or_404(OrthancServer, pk=pk)
    names = request.POST.getlist("name")
    return _acted(
        request, server, lambda: stop_managing(_actor(request), server, names, server.revision)
    )


def _acted(
    request: HttpRequest, server: OrthancServer, act: Callable[[], ChangeSet | None]
) -> HttpResponse:
    try:
        done(request, act(), otherwise="It was so already.")
    except (ServiceError, StaleRevision) as refusal:
        messages.error(request, str(refusal))
    return redirect(server)


def _there(server: OrthancServer, names: Iterable[str]) -> dict[str, AE]:
    """The chosen names that the server holds, each with the one AE that bears its title."""
    fetched = calls.latest_fetch(server)
    held = fetched.result["modalities"] if fetched else {}
    titles = {name: title_of(held[name]) for name in names if name in held}
    bearers = bearers_of(server, set(titles.values()))
    return {
        name: bearers[title][0]
        for name, title in titles.items()
        if len(bearers.get(title, ())) == 1
    }


def _taken(server: OrthancServer) -> set[str]:
    fetched = calls.latest_fetch(server)
    held = fetched.result["modalities"] if fetched else {}
    return {*held, *server.managed.values_list("name", flat=True)}


def _free_name(ae_title: str, taken: Collection[str]) -> str:
    """A title as a name that Orthanc takes and has not."""
    stem = re.sub(r"[^A-Za-z0-9_-]", "_", ae_title)
    numbered = (f"{stem}_{number}" for number in count(2))
    return next(name for name in chain([stem], numbered) if name not in taken)


def _actor(request: HttpRequest) -> Actor:
    return Actor.of(person(request))


urlpatterns = [
    path("orthanc/<int:pk>/manage/", server_manage, name="orthancserver-manage"),
    path("orthanc/<int:pk>/add-ae/", server_add_ae, name="orthancserver-add-ae"),
    path("orthanc/<int:pk>/unmanage/", server_unmanage, name="orthancserver-unmanage"),
]
