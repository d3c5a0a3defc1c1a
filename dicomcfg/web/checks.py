"""Check runs, one run, one check: what was tried, what came back, byte by byte.

Everything a peer sent is text for the template to escape; raw PDUs are shown as a hex dump.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.checks import selectors
from dicomcfg.checks.models import Check, CheckRun, CheckState, Kind
from dicomcfg.checks.services import cancel_run
from dicomcfg.core.diagnosis import words
from dicomcfg.core.diagnosis.observation import ContextResult, Observation, Outcome, PduRecord
from dicomcfg.core.standard import codes
from dicomcfg.web.check_cards import check_card
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.polling import Fragments, renders, shown_query

PER_PAGE = 50
BYTES_PER_LINE = 16
# Up to so many contexts are seen at a glance and need no filter.
UNFILTERED = 20
# In the order in which a person wants to see them.
TONES = {"bad": "failed", "warn": "to look at", "ok": "fine", "idle": "not tested"}


@dataclass(frozen=True, slots=True)
class Tally:
    """A run in a list: checks still to come; tones of the finished ones, each with its words."""

    in_flight: int
    ended: list[tuple[str, str]]


def _tallies(runs: Iterable[CheckRun]) -> dict[int, Tally]:
    """By the run's id; one query for all of them."""
    counts: dict[int, dict[str, int]] = {run.pk: {} for run in runs}
    rows = Check.objects.filter(run__in=counts).order_by().values_list("run", "state", "tone")
    for run_id, state, tone, number in rows.annotate(number=Count("id")):
        key = (tone or "idle") if state == CheckState.FINISHED else "in flight"
        counts[run_id][key] = counts[run_id].get(key, 0) + number
    return {
        run_id: Tally(
            tally.get("in flight", 0),
            [(tone, f"{tally[tone]:,} {words}") for tone, words in TONES.items() if tone in tally],
        )
        for run_id, tally in counts.items()
    }


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """All runs, newest first."""
    runs = CheckRun.objects.all()
    if request.GET.get("kind") in Kind.values:
        runs = runs.filter(kind=request.GET["kind"])
    page = Paginator(runs, PER_PAGE).get_page(request.GET.get("page"))
    tallies = _tallies(page)
    context = {"page": page, "rows": [(run, tallies[run.pk]) for run in page], "kinds": Kind}
    return render(request, "checks/runs.html", context)


@require_safe
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One run: how far it is, how its checks ended, and the checks."""
    run = get_object_or_404(CheckRun, pk=pk)
    checks = run.checks.order_by("id")
    outcome = request.GET.get("outcome", "")
    if outcome:
        checks = checks.filter(state=CheckState.FINISHED, outcome=outcome)
    page = Paginator(checks, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "checks/run.html", _run(run, outcome) | {"page": page})


def _run(run: CheckRun, outcome: str) -> dict[str, Any]:
    """What the progress shows; `outcome` is the one to which the list below it is narrowed."""
    progress = selectors.run_progress(run)
    counts = sorted(progress.by_outcome.items(), key=lambda pair: -pair[1])
    outcomes = [(outcome, _outcome_words(outcome), number) for outcome, number in counts]
    unserved = selectors.sites_without_worker() if progress.in_flight else []
    return {
        "run": run,
        "progress": progress,
        "outcomes": outcomes,
        "outcome": outcome,
        "unserved": unserved,
    }


def _outcome_words(outcome: str) -> str:
    """An outcome without the particulars of one observation."""
    return words.headline(Observation(kind=Kind.ECHO.value, outcome=Outcome(outcome)))


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
    return Fragments(
        [
            render_to_string("checks/_line.html", {"check": check, "oob": True}, request)
            for check in Check.objects.filter(pk__in=ids)
        ]
    )


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


@require_safe
def check_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One check with all that is on record of it."""
    check = get_object_or_404(_checks(), pk=pk)
    only = request.GET.get("contexts", "")
    return render(request, "checks/check.html", _check(check, only))


@renders("check-page")
def live_pages(request: HttpRequest, ids: Sequence[int]) -> Fragments:
    """The whole record of one check, as long as it is under way."""
    fragments = Fragments()
    for check in _checks().filter(pk__in=ids[:1]):
        context = _check(check, "") | {"oob": True}
        fragments.html.append(render_to_string("checks/_record.html", context, request))
        if check.state == CheckState.FINISHED:
            fragments.said.append(f"{check.target['called_ae_title']}: {check.headline}")
    return fragments


def _checks() -> Any:
    return Check.objects.select_related("run", "site", "ae", "association__calling").select_related(
        "association__called"
    )


def _check(check: Check, only: str) -> dict[str, Any]:
    """All of one check; `only` narrows the contexts to the `refused` ones."""
    attempts = list(selectors.attempts_of(check))
    card = check_card(check)
    seen: Observation | None = card.get("observation")
    contexts = seen.contexts if seen else ()
    refused = [context for context in contexts if context.result != 0]
    return card | {
        "attempts": attempts,
        "context_count": len(contexts),
        "refused_count": len(refused),
        "filterable": len(contexts) > UNFILTERED,
        "only": only,
        "requests": requests_of(refused if only == "refused" else contexts),
        "pdus": [(pdu, hex_dump(pdu)) for pdu in seen.pdus] if seen else [],
    }


@dataclass(frozen=True, slots=True)
class Answer:
    """One proposed context with its result in the standard's words."""

    context: ContextResult
    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class Answered:
    """One A-ASSOCIATE-RQ with its answers in proposed order."""

    number: int
    answers: list[Answer]

    @property
    def results(self) -> list[tuple[str, str]]:
        """How often each result was given, as tone and words, the most frequent first."""
        counts = Counter((answer.tone, answer.words) for answer in self.answers)
        return [(tone, f"{count:,} {words}") for (tone, words), count in counts.most_common()]


def requests_of(contexts: Sequence[ContextResult]) -> list[Answered]:
    """The answers by request, in proposed order."""
    return [
        Answered(number, [_answer(context) for context in group])
        for number, group in groupby(contexts, key=lambda context: context.request)
    ]


def _answer(context: ContextResult) -> Answer:
    tone = {None: "idle", 0: "ok"}.get(context.result, "bad")
    return Answer(context, tone, codes.describe_context_result(context.result))


def hex_dump(pdu: PduRecord) -> str:
    """Offset, bytes and ASCII, 16 a line; says how much the record's bound cut off."""
    data = bytes.fromhex(pdu.hex)
    lines = []
    for offset in range(0, len(data), BYTES_PER_LINE):
        row = data[offset : offset + BYTES_PER_LINE]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{offset:06x}  {row.hex(' '):<{3 * BYTES_PER_LINE - 1}}  {text}")
    if pdu.length_bytes > len(data):
        lines.append(f"... {pdu.length_bytes - len(data):,} bytes more were not kept")
    return "\n".join(lines)


urlpatterns = [
    path("checks/", run_list, name="run-list"),
    path("checks/runs/<int:pk>/", run_detail, name="run-detail"),
    path("checks/runs/<int:pk>/cancel/", run_cancel, name="run-cancel"),
    path("checks/<int:pk>/", check_detail, name="check-detail"),
]
