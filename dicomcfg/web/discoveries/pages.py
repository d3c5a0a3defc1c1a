"""What a peer accepts: the matrix of a discovery, live while it runs, beside an earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.checks import selectors
from dicomcfg.checks.models import Check, CheckState, Kind
from dicomcfg.checks.services import start_discover
from dicomcfg.core.diagnosis.observation import DiscoverySeen
from dicomcfg.core.negotiation.comparison import compare
from dicomcfg.core.negotiation.matrix import Cell, Matrix
from dicomcfg.inventory.models import AE
from dicomcfg.probes.target import DiscoverSettings, Target
from dicomcfg.web.checks.cards import gravest_first
from dicomcfg.web.discoveries.view import MARKS, Summary, view_of
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.polling import Fragments, renders, shown_query
from dicomcfg.web.row_ids import row_ids

EARLIER = 20
"""Earlier discoveries that are offered for comparison."""


@require_safe
def discovery(request: HttpRequest, pk: int) -> HttpResponse:
    """The matrix; `?with=ID` compares it with another earlier discovery of the AE."""
    check = get_object_or_404(discoveries(), pk=pk)
    return render(request, "discoveries/matrix.html", _page(check, request.GET.get("with", "")))


@renders("discovery")
def live_discoveries(request: HttpRequest, ids: Sequence[int]) -> Fragments:
    """How far discoveries under way are, or the whole page's content once they ended."""
    fragments = Fragments()
    for check in discoveries().filter(pk__in=ids[:1]):
        if check.state == CheckState.FINISHED:
            context = _page(check, shown_query(request).get("with", "")) | {"oob": True}
            template = "discoveries/_content.html"
            fragments.said.append(f"Discovery of {check.target['called_ae_title']}: finished")
        else:
            context, template = _progress(check) | {"oob": True}, "discoveries/_progress.html"
        fragments.html.append(render_to_string(template, context, request))
    return fragments


@requires(Role.OPERATOR)
@require_POST
def discovery_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for what stayed unknown; with `again` for everything anew."""
    check = get_object_or_404(discoveries(), pk=pk, state=CheckState.FINISHED)
    asked = _settings_of(check)
    if check.ae is None:
        raise Http404("The AE was deleted.")
    title = check.target["calling_ae_title"]
    calling = AE.objects.filter(ae_title=title).order_by("pk").first() if check.borrowed else None
    if check.borrowed and calling is None:
        messages.error(request, f"No AE is called {title} any more, so its title is not borrowed.")
        return redirect("discovery", pk)
    seen = None if "again" in request.POST else selectors.discovery_of(check)
    asked = replace(asked, known=seen.matrix if seen else None)
    run = start_discover(person(request), check.ae, asked, calling=calling)
    return redirect("discovery", run.checks.get().pk)


def discoveries() -> QuerySet[Check]:
    """The checks that are discoveries, with what their pages show around the matrix."""
    return Check.objects.filter(kind=Kind.DISCOVER).select_related("run", "site", "ae__site")


def _settings_of(check: Check) -> DiscoverSettings:
    """What the check asks for."""
    settings = Target.from_json(check.target).discover
    assert settings is not None, "every discovery is started with settings"
    return settings


def _progress(check: Check) -> dict[str, Any]:
    """The matrix as far as it is known, and how far that is."""
    seen = selectors.discovery_of(check)
    asked = _settings_of(check)
    matrix = seen.matrix if seen else asked.known or _blank(asked)
    return {
        "check": check,
        "seen": seen or DiscoverySeen(matrix),
        "summary": Summary.of(matrix),
        "matrix": matrix,
        "unserved": not selectors.workers_for(check.site),
    }


def _blank(asked: DiscoverSettings) -> Matrix:
    row = Cell.UNKNOWN * len(asked.transfer_syntaxes)
    return Matrix(asked.sop_classes, asked.transfer_syntaxes, (row,) * len(asked.sop_classes))


def _page(check: Check, compare_with: str) -> dict[str, Any]:
    if check.state != CheckState.FINISHED:
        under_way = _progress(check)
        view = view_of(under_way["matrix"], fold=False)
        return under_way | {"running": True, "view": view, "marks": MARKS}
    seen = selectors.discovery_of(check)
    # The figures above the findings say what this one does.
    findings = [each for each in gravest_first(check.findings) if each["code"] != "discovered"]
    context = {"check": check, "seen": seen, "findings": findings}
    if seen is None:
        return context
    compared = _comparison(check, seen, compare_with)
    summary = Summary.of(seen.matrix)
    return (
        context
        | compared
        | {
            "summary": summary,
            "view": view_of(
                seen.matrix,
                compared.get("comparison"),
                as_scu={role.sop_class for role in seen.roles if role.scp},
            ),
            "marks": {
                cell: mark
                for cell, mark in MARKS.items()
                if cell is Cell.ACCEPTED or seen.matrix.count(cell)
            },
        }
    )


def _comparison(check: Check, seen: DiscoverySeen, chosen: str) -> dict[str, Any]:
    """The earlier discoveries of the AE and the difference to one of them.

    The latest under the same calling title, unless the person chose another: a peer may answer
    titles differently.
    """
    if check.ae_id is None:
        return {}
    found = selectors.discoveries_of(check.ae_id, check.target["called_ae_title"])
    earlier = list(found.filter(pk__lt=check.pk)[:EARLIER])
    wanted = row_ids([chosen])
    calling = check.target["calling_ae_title"]
    fitting = [
        each
        for each in earlier
        if (each.pk in wanted if wanted else each.target["calling_ae_title"] == calling)
    ]
    before = selectors.discovery_of(fitting[0]) if fitting else None
    if before is None:
        return {"earlier": earlier}
    comparison = compare(before.matrix, seen.matrix)
    return {"earlier": earlier, "before": fitting[0], "comparison": comparison}


urlpatterns = [
    path("checks/<int:pk>/matrix/", discovery, name="discovery"),
    path("checks/<int:pk>/matrix/resume/", discovery_resume, name="discovery-resume"),
]
