"""Which modalities of a server are ours to write: marking those that are there, adding AEs,
taking marks away."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.views.decorators.http import require_POST

from dicomcfg.accounts.models import Role
from dicomcfg.exchange import orthanc_calls as calls
from dicomcfg.inventory.models import AE, ChangeSet, OrthancServer
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.orthanc_servers import manage, stop_managing
from dicomcfg.web.done import done
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.row_ids import row_ids

MOST_AES = 1_000


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
def server_add_aes(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark modalities that the server does not hold yet, named after AEs that were chosen."""
    server = get_object_or_404(OrthancServer, pk=pk)
    chosen = AE.objects.filter(pk__in=row_ids(request.POST.getlist("ae"))[:MOST_AES])
    present = set(server.managed.values_list("ae", flat=True))
    aes = [ae for ae in chosen if ae.pk not in present]
    if not aes:
        messages.error(request, "Choose AEs that are not managed there yet.")
        return redirect(server)
    wanted = _named(aes, _taken(server))
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
    titles = {name: str(held[name].get("AET", ""))[:16] for name in names if name in held}
    bearers: dict[str, list[AE]] = {}
    for ae in AE.objects.filter(site=server.site_id, ae_title__in=titles.values()):
        bearers.setdefault(ae.ae_title, []).append(ae)
    return {
        name: bearers[title][0]
        for name, title in titles.items()
        if len(bearers.get(title, ())) == 1
    }


def _taken(server: OrthancServer) -> set[str]:
    fetched = calls.latest_fetch(server)
    held = fetched.result["modalities"] if fetched else {}
    return {*held, *server.managed.values_list("name", flat=True)}


def _named(aes: Iterable[AE], taken: Collection[str]) -> dict[str, AE]:
    """AEs by names that Orthanc takes and has not."""
    named: dict[str, AE] = {}
    for ae in aes:
        stem = re.sub(r"[^A-Za-z0-9_-]", "_", ae.ae_title)
        name, number = stem, 1
        while name in named or name in taken:
            number += 1
            name = f"{stem}_{number}"
        named[name] = ae
    return named


def _actor(request: HttpRequest) -> Actor:
    return Actor.of(person(request))


urlpatterns = [
    path("orthanc/<int:pk>/manage/", server_manage, name="orthancserver-manage"),
    path("orthanc/<int:pk>/add-aes/", server_add_aes, name="orthancserver-add-aes"),
    path("orthanc/<int:pk>/unmanage/", server_unmanage, name="orthancserver-unmanage"),
]
