"""What can be tried on one AE beyond the echo: where it starts, and why it cannot where not."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from dicomcfg.accounts.models import Role
from dicomcfg.checks.services import start_ladder, start_refusal
from dicomcfg.checks.skipping import Skip, skip_words
from dicomcfg.core.standard.ae_title import variants
from dicomcfg.inventory.models import AE
from dicomcfg.web.permissions import person, requires


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the menu; `why_not` is empty where it can be done. Some need more choices."""

    label: str
    hint: str
    url: str
    asks_first: bool
    why_not: str = ""


def acts_on(ae: AE) -> list[Act]:
    """The menu of an AE of `ae_list`, but Diagnose, which has a button of its own."""
    none = hindrance(ae)
    not_find = "" if ae.allows_find else "This AE does not allow it; its form can."
    not_store = "" if ae.allows_store else "This AE does not allow it; its form can."
    rows = (
        ("Discover", "Everything it accepts, as a matrix", "ae-discover", True, ""),
        ("How does it refuse", "Offers what it has to refuse", "ae-refusal", False, ""),
        ("Find", "A query that no record can match", "ae-find", True, not_find),
        ("Store", "One small object, marked as a test", "ae-store", True, not_store),
    )
    return [
        Act(label, hint, reverse(name, args=[ae.pk]), asks, none or why_not)
        for label, hint, name, asks, why_not in rows
    ]


def hindrance(ae: AE) -> str:
    """Why nothing at all can be sent to an AE of `ae_list`; empty where it can."""
    if ae.do_not_probe:
        return skip_words(Skip.DO_NOT_PROBE, ae.do_not_probe_reason)
    return "" if getattr(ae, "hostname", None) else "It has no address."


@requires(Role.OPERATOR)
@require_POST
def ae_diagnose(request: HttpRequest, pk: int) -> HttpResponse:
    """Climb the ladder; with `other_titles` also under the usual variants of a refused title."""
    ae = get_object_or_404(AE.objects.select_related("site", "device"), pk=pk)
    titles: tuple[str, ...] = ()
    if "other_titles" in request.POST:
        maker, station = (ae.device.manufacturer, ae.device.station_name) if ae.device else ("", "")
        titles = variants(ae.ae_title, maker, station)
    run = start_ladder(person(request), ae, other_titles=titles)
    return redirect(run.checks.get())


@requires(Role.OPERATOR)
@require_POST
def ae_refusal(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer an AE what it has to refuse."""
    ae = get_object_or_404(AE.objects.select_related("site"), pk=pk)
    return redirect(start_refusal(person(request), ae).checks.get())


urlpatterns = [
    path("aes/<int:pk>/diagnose/", ae_diagnose, name="ae-diagnose"),
    path("aes/<int:pk>/refusal/", ae_refusal, name="ae-refusal"),
]
