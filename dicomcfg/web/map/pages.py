"""The map: AEs and associations as a picture, of the whole inventory or around one AE."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_safe

from dicomcfg.inventory import topology
from dicomcfg.inventory.models import AE, Site
from dicomcfg.inventory.topology import Group, Grouping
from dicomcfg.web.map.focus import around
from dicomcfg.web.map.query import Asked, asked_of
from dicomcfg.web.map.view import overview

_BY = {
    Grouping.SITE: "By site",
    Grouping.DEPARTMENT: "By department",
    Grouping.DEVICE: "By device",
}
_CAPTIONS = ("Calling", "Calling and called", "Called")
_ZOOMS = (("small", "75 %"), ("", "100 %"), ("large", "140 %"))


@require_safe
def map_page(request: HttpRequest) -> HttpResponse:
    """The map; `?find=TITLE` leads to the one around that AE."""
    asked = asked_of(request)
    if found := request.GET.get("find", "").strip()[:64]:
        return _found(request, asked, found)
    context = _around(asked) if asked.ae is not None else _overview(asked)
    picture = context["picture"]
    context |= {
        "asked": asked,
        "width": picture.width * asked.percent // 100,
        "height": picture.height * asked.percent // 100,
        "captions": [(x, _CAPTIONS[c]) for x, c in picture.captions if asked.ae is None],
        "zooms": [(replace(asked, size=k).url(), w, k == asked.size) for k, w in _ZOOMS],
    }
    return render(request, "map/map.html", context)


def _found(request: HttpRequest, asked: Asked, title: str) -> HttpResponse:
    ae = AE.objects.filter(ae_title__iexact=title).order_by("id").first()
    if ae is None:
        messages.warning(request, f"No AE has the title {title}.")
        return redirect(asked.url())
    return redirect(asked.around(ae.pk))


def _overview(asked: Asked) -> dict[str, Any]:
    shown = overview(asked)
    sites = list(Site.objects.order_by("name")[:200])
    return {
        "picture": shown.picture,
        "shown": shown,
        "names": shown.names,
        "ways": [(by.value, words, by == asked.by) for by, words in _BY.items()],
        "sites": [(Group(Grouping.SITE, site.pk).key, site.name) for site in sites],
        "path": _path(asked),
    }


def _around(asked: Asked) -> dict[str, Any]:
    ae = get_object_or_404(AE.objects.select_related("device", "site"), pk=asked.ae)
    picture, page, names = around(asked, ae)
    return {"picture": picture, "ae": ae, "page": page, "names": names}


def _path(asked: Asked) -> list[tuple[str, str]]:
    """From the whole to what is drawn, as (words, address); the last one is drawn."""
    if asked.within is None:
        return []
    steps = [asked.within]
    if asked.within.by == Grouping.DEPARTMENT:
        steps.insert(0, Group(Grouping.SITE, asked.within.pk))
    names = topology.names_of(steps)
    found = [(names.get(step, "Nothing"), asked.inside(step)) for step in steps]
    return [("All AEs", replace(asked, within=None, by=None, opened=()).url()), *found]


urlpatterns = [path("map/", map_page, name="map")]
