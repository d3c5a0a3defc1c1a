"""One Orthanc server: what it holds beside the inventory, and asking, importing, pushing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.checks.selectors import workers
from dicomcfg.core.formats.bundle import Given
from dicomcfg.exchange.imports import keep
from dicomcfg.exchange.jobs import start_reading
from dicomcfg.exchange.orthanc import calls
from dicomcfg.exchange.orthanc.asking import DONE
from dicomcfg.exchange.orthanc.models import CallKind, CallState, OrthancCall
from dicomcfg.exchange.orthanc.plan import Compared, Standing, Step, steps, title_of
from dicomcfg.exchange.wake import ASKING_LANE
from dicomcfg.inventory.bulk import among
from dicomcfg.inventory.models import AE, OrthancServer, Site
from dicomcfg.inventory.services.errors import ServiceError
from dicomcfg.web.associations.forms import AeField
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.polling import Fragments, renders, shown_query

CALLS = 10
PER_PAGE = 100
MOST_STEPS = 1_000
MOST_FAILED = 20
AT_REST = (Standing.IN_STEP, Standing.FOREIGN)


class AddAeForm(forms.Form):
    """An AE that the server is to know."""

    ae = AeField(label="AE")


@dataclass(frozen=True, slots=True)
class Row:
    """One modality as its table shows it.

    `ae` is the AE that it is to hold, `candidates` how many AEs bear the title that an unmanaged
    one has there; with one, it can be taken over. `echo` is the last echo of it.
    """

    compared: Compared
    ae: AE | None
    candidates: int
    echo: dict[str, Any] | None


@require_safe
def server_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The comparison of the last time the server was asked with the inventory of now."""
    server = get_object_or_404(OrthancServer.objects.select_related("site"), pk=pk)
    return page(request, server)


def page(
    request: HttpRequest, server: OrthancServer, form: AddAeForm | None = None
) -> HttpResponse:
    """The server's page, with a form that was refused."""
    status = 422 if form and form.is_bound else 200
    context = _page(server, request.GET) | {"form": form or AddAeForm()}
    return render(request, "orthanc/detail.html", context, status=status)


@requires(Role.OPERATOR)
@require_POST
def server_fetch(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the server what it holds."""
    server = get_object_or_404(OrthancServer, pk=pk)
    try:
        calls.ask(person(request), server, CallKind.FETCH)
    except ServiceError as refusal:
        messages.error(request, str(refusal))
    return redirect(server)


@requires(Role.OPERATOR)
@require_POST
def server_echo(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the server echo the chosen modalities."""
    server = get_object_or_404(OrthancServer, pk=pk)
    try:
        calls.echo(person(request), server, request.POST.getlist("name"))
    except ServiceError as refusal:
        messages.error(request, str(refusal))
    return redirect(server)


@requires(Role.EDITOR)
def server_push(request: HttpRequest, pk: int) -> HttpResponse:
    """Show every request that a push makes; on confirmation have a worker make them."""
    server = get_object_or_404(OrthancServer.objects.select_related("site"), pk=pk)
    if request.method == "POST":
        return _pushed(request, server)
    fetched = calls.latest_fetch(server)
    planned = [] if fetched is None else steps(calls.compared(server, _held(fetched)))
    context = {
        "server": server,
        "fetched": fetched,
        "steps": [_shown(step) for step in planned[:MOST_STEPS]],
        "count": len(planned),
        "said": _said(planned),
        "digest": calls.digest_of(planned),
    }
    return render(request, "orthanc/push.html", context)


def _pushed(request: HttpRequest, server: OrthancServer) -> HttpResponse:
    try:
        calls.push(person(request), server, request.POST.get("shown", ""))
    except ServiceError as refusal:
        messages.error(request, f"Nothing was pushed. {refusal}")
        return redirect("orthancserver-push", server.pk)
    return redirect(server)


def _said(planned: Sequence[Step]) -> list[str]:
    """How many modalities become new, are changed and go; those of which there are any."""
    numbers = Counter(
        "deleted" if step.body is None else "new" if step.expected is None else "changed"
        for step in planned
    )
    return [f"{numbers[word]:,} {word}" for word in ("new", "changed", "deleted") if numbers[word]]


def _shown(step: Step) -> tuple[Step, list[tuple[str, str | None, str | None]]]:
    """A step with the values that it changes: (field, there, afterwards)."""
    before, after = step.expected or {}, step.body or {}
    fields = [*after, *(name for name in before if name not in after)]
    changed = [name for name in fields if before.get(name) != after.get(name)]
    return step, [(name, _worded(before.get(name)), _worded(after.get(name))) for name in changed]


def _worded(value: object) -> str | None:
    """As it stands in Orthanc's JSON, None for what is not there."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


@requires(Role.EDITOR)
@require_POST
def server_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a kept import of what the server held, to be previewed like any file."""
    server = get_object_or_404(OrthancServer, pk=pk)
    fetched = calls.latest_fetch(server)
    if fetched is None:
        messages.error(request, "Compare it with the inventory first.")
        return redirect(server)
    text = json.dumps({"DicomModalities": _held(fetched)}, indent=2, sort_keys=True)
    given = Given(f"{server.name}.json", text.encode(), "orthanc-json")
    try:
        kept = keep(person(request), [given], site=server.site_id)
    except ServiceError as refusal:
        messages.error(request, str(refusal))
        return redirect(server)
    start_reading(kept)
    return redirect(kept)


@renders("orthanc")
def _poll(request: HttpRequest, ids: Sequence[int]) -> Fragments:
    """What is under way on the one server that the page shows; once it has ended, the whole page,
    which until then keeps what was chosen on it."""
    fragments = Fragments()
    for call in OrthancCall.objects.filter(pk__in=ids[:1]).select_related("server__site"):
        if call.server is None:
            continue
        if call.state != CallState.FINISHED:
            context = {"server": call.server, "in_flight": call, "oob": True}
            context["unserved"] = _is_unserved(call.server.site)
            fragments.html.append(render_to_string("orthanc/_in_flight.html", context, request))
            continue
        context = _page(call.server, shown_query(request)) | {"oob": True}
        for part in ("orthanc/_actions.html", "orthanc/_server.html"):
            fragments.html.append(render_to_string(part, context, request))
        fragments.said.append(f"{call}: {call.problem or 'finished'}")
    return fragments


def _page(server: OrthancServer, query: Mapping[str, str]) -> dict[str, Any]:
    fetched = calls.latest_fetch(server)
    compared = [] if fetched is None else calls.compared(server, _held(fetched))
    counts = Counter(each.standing for each in compared)
    chosen = next((s for s in counts if s.value == query.get("standing")), None)
    shown = [each for each in compared if chosen in (None, each.standing)]
    shown.sort(key=lambda each: each.standing in AT_REST)
    page = Paginator(shown, PER_PAGE).get_page(query.get("page"))
    recent = list(calls.recent(server)[:CALLS])
    return {
        "server": server,
        "fetched": fetched,
        "page": page,
        "rows": _rows(server, list(page)),
        "standings": [(each, counts[each]) for each in Standing if counts[each]],
        "chosen": chosen,
        "total": len(compared),
        "to_push": len(steps(compared)),
        "in_flight": next((call for call in recent if call.state != CallState.FINISHED), None),
        "calls": recent,
        "failed_steps": _failed_steps(recent),
        "unserved": _is_unserved(server.site),
    }


def _is_unserved(site: Site) -> bool:
    return not any(site.queue(ASKING_LANE) in worker.queues for worker in workers())


def _failed_steps(recent: Sequence[OrthancCall]) -> list[dict[str, str]]:
    """What the last request did not write, where that was a push: {"name", "outcome"} each."""
    last = next(iter(recent), None)
    if last is None or last.kind != CallKind.PUSH or last.state != CallState.FINISHED:
        return []
    tried = OrthancCall.objects.filter(pk=last.pk).values_list("result__steps", flat=True)[0] or ()
    return [step for step in tried if step["outcome"] not in DONE][:MOST_FAILED]


def bearers_of(server: OrthancServer, titles: Collection[str]) -> dict[str, list[AE]]:
    """The AEs of the server's Site by the titles of these that they bear."""
    bearers: dict[str, list[AE]] = {}
    for ae in AE.objects.filter(among(titles, "ae_title"), site=server.site_id):
        bearers.setdefault(ae.ae_title, []).append(ae)
    return bearers


def _rows(server: OrthancServer, compared: Sequence[Compared]) -> list[Row]:
    marks = server.managed.select_related("ae")
    managed: dict[str, AE | None] = {mark.name: mark.ae for mark in marks}
    foreign = [title_of(c.held) for c in compared if c.standing is Standing.FOREIGN]
    bearers = bearers_of(server, foreign)
    echoes = calls.latest_echoes(server)
    rows = []
    for each in compared:
        known = bearers.get(title_of(each.held), []) if each.name not in managed else []
        only = known[0] if len(known) == 1 else None
        ae = managed.get(each.name, only)
        rows.append(Row(each, ae, len(known), echoes.get(each.name)))
    return rows


def _held(fetched: OrthancCall) -> dict[str, Any]:
    held: dict[str, Any] = fetched.result["modalities"]
    return held


urlpatterns = [
    path("orthanc/<int:pk>/", server_detail, name="orthancserver-detail"),
    path("orthanc/<int:pk>/fetch/", server_fetch, name="orthancserver-fetch"),
    path("orthanc/<int:pk>/echo/", server_echo, name="orthancserver-echo"),
    path("orthanc/<int:pk>/push/", server_push, name="orthancserver-push"),
    path("orthanc/<int:pk>/import/", server_import, name="orthancserver-import"),
]
