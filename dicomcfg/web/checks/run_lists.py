"""Lists of check runs: how each stands in a few words, kept up to date while it is under way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path
from django.views.decorators.http import require_safe

from dicomcfg.checks.models import Check, CheckRun, CheckState, Kind
from dicomcfg.web.polling import Fragments, renders

PER_PAGE = 50
# In the order in which a person wants to see them.
TONES = {"bad": "failed", "warn": "to look at", "ok": "accepted", "idle": "not tested"}


@dataclass(frozen=True, slots=True)
class Tally:
    """How a run stands: checks still to come; tones of the finished ones, each with its words.

    A run of a single check has its headline for words.
    """

    in_flight: int
    ended: list[tuple[str, str]]


def tallied(runs: Iterable[CheckRun]) -> list[tuple[CheckRun, Tally]]:
    """The runs as they stand; two queries for all of them."""
    listed = list(runs)
    single = [run.pk for run in listed if run.total == 1]
    alone = Check.objects.filter(run__in=single, state=CheckState.FINISHED)
    headlines = dict(alone.values_list("run", "headline"))
    counts: dict[int, dict[str, int]] = {run.pk: {} for run in listed}
    rows = Check.objects.filter(run__in=counts).order_by().values_list("run", "state", "tone")
    for run_id, state, tone, number in rows.annotate(number=Count("id")):
        key = (tone or "idle") if state == CheckState.FINISHED else "in flight"
        counts[run_id][key] = counts[run_id].get(key, 0) + number
    return [(run, _tally(counts[run.pk], headlines.get(run.pk, ""))) for run in listed]


def _tally(counts: dict[str, int], headline: str) -> Tally:
    ended = [
        (tone, headline or f"{counts[tone]:,} {words}")
        for tone, words in TONES.items()
        if tone in counts
    ]
    return Tally(counts.get("in flight", 0), ended)


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """All runs, newest first."""
    runs = CheckRun.objects.all()
    if request.GET.get("kind") in Kind.values:
        runs = runs.filter(kind=request.GET["kind"])
    page = Paginator(runs, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "checks/runs.html", {"page": page, "rows": tallied(page), "kinds": Kind})


@renders("tally")
def live_tallies(request: HttpRequest, ids: Sequence[int]) -> Fragments:
    """How runs stand, by their ids."""
    contexts = (
        {"run": run, "tally": tally, "oob": True}
        for run, tally in tallied(CheckRun.objects.filter(pk__in=ids))
    )
    return Fragments([render_to_string("checks/_tally.html", each, request) for each in contexts])


urlpatterns = [path("checks/", run_list, name="run-list")]
