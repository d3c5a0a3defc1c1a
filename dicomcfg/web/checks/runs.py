"""A check run: its progress and its checks, kept up to date; cancelled, repeated, taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.checks import selectors
from dicomcfg.checks.models import Check, CheckRun, CheckState, Kind, Lane
from dicomcfg.checks.services import cancel_run, start_again
from dicomcfg.checks.services.again import FAILED_TONES
from dicomcfg.core.diagnosis import words
from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.core.diagnosis.words import Tone
from dicomcfg.web.checks.run_csv import csv_lines
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.polling import Fragments, renders, shown_query, table_row

PER_PAGE = 50
SKIPPED = 100


@dataclass(frozen=True, slots=True)
class Ended:
    """How some of a run's checks ended, for the bar and the chips below it."""

    outcome: str
    words: str
    tone: str
    number: int


@require_safe
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One run: how far it is, how its checks ended, who was skipped, and the checks."""
    run = get_object_or_404(CheckRun, pk=pk)
    checks = selectors.with_hosts(run.checks.order_by("id"))
    outcome = request.GET.get("outcome", "")
    if outcome:
        checks = checks.filter(state=CheckState.FINISHED, outcome=outcome)
    page = Paginator(checks, PER_PAGE).get_page(request.GET.get("page"))
    context = _run(run, outcome) | {"page": page, "skipped": selectors.skipped_of(run)[:SKIPPED]}
    return render(request, "checks/run.html", context)


def _run(run: CheckRun, outcome: str) -> dict[str, Any]:
    """What the progress shows; `outcome` is the one to which the list below it is narrowed."""
    progress = selectors.run_progress(run)
    ended = [_ended(*pair) for pair in progress.by_outcome.items()]
    ended.sort(key=lambda each: (list(Tone).index(Tone(each.tone)), -each.number))
    return {
        "run": run,
        "progress": progress,
        "ended": ended,
        "skipped_count": sum(each.number for each in ended if each.outcome in selectors.UNSENT),
        "outcome": outcome,
        "unserved": selectors.sites_waiting(run) if progress.in_flight else [],
        "hosts": selectors.hosts_of(run),
        "verb": "Sweep" if run.lane == Lane.BULK else "Echo",
        "repeatable": run.kind == Kind.ECHO
        and (run.total > 1 or run.lane == Lane.BULK)
        and not progress.in_flight,
        "failed": sum(each.number for each in ended if each.tone in FAILED_TONES),
    }


def _ended(outcome: str, number: int) -> Ended:
    """An outcome without the particulars of one observation."""
    plain = Observation(kind=Kind.ECHO.value, outcome=Outcome(outcome))
    return Ended(outcome, words.headline(plain), words.tone(plain), number)


@renders("run")
def live_runs(request: HttpRequest, ids: Sequence[int]) -> Fragments:
    """The progress of runs under way."""
    fragments = Fragments()
    for run in CheckRun.objects.filter(pk__in=ids[:1]):
        context = _run(run, shown_query(request).get("outcome", "")) | {"oob": True}
        fragments.html.append(render_to_string("checks/_progress.html", context, request))
        if not context["progress"].in_flight:
            fragments.said.append(f"{run.label}: finished")
    return fragments


@renders("check-line")
def live_lines(request: HttpRequest, ids: Sequence[int]) -> Fragments:
    """Lines of a run's table, by the checks' ids."""
    checks = selectors.with_hosts(Check.objects.filter(pk__in=ids))
    contexts = ({"check": check, "oob": True} for check in checks)
    lines = (render_to_string("checks/_line.html", each, request) for each in contexts)
    return Fragments([table_row(line) for line in lines])


@requires(Role.OPERATOR)
@require_POST
def run_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """End what has not ended; results that exist stay."""
    run = get_object_or_404(CheckRun, pk=pk)
    stopped = cancel_run(person(request), run)
    if stopped:
        messages.success(request, f"{stopped:,} of {run.total:,} checks are being cancelled.")
    else:
        messages.info(request, "Every check of this run has ended already.")
    return redirect(run)


@requires(Role.OPERATOR)
@require_POST
def run_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Echo once more whom the run echoed, or with `failed` those that failed."""
    run = get_object_or_404(CheckRun, pk=pk)
    try:
        return redirect(start_again(person(request), run, only_failed="failed" in request.POST))
    except ValueError:
        messages.info(request, "Of this run there is nothing left to echo.")
        return redirect(run)


@require_safe
def run_results(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Every check of a run as a line of CSV."""
    run = get_object_or_404(CheckRun, pk=pk)
    answer = StreamingHttpResponse(csv_lines(run), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="run-{run.pk}.csv"'
    return answer


urlpatterns = [
    path("checks/runs/<int:pk>/", run_detail, name="run-detail"),
    path("checks/runs/<int:pk>/cancel/", run_cancel, name="run-cancel"),
    path("checks/runs/<int:pk>/again/", run_again, name="run-again"),
    path("checks/runs/<int:pk>/results.csv", run_results, name="run-results"),
]
