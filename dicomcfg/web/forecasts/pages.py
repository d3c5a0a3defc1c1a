"""Forecasts: of an association, of any two AEs, of a file and an AE. Nothing is sent or kept."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from dicomcfg.checks import selectors as checks
from dicomcfg.core.findings import Finding, has_errors
from dicomcfg.core.formats import registry
from dicomcfg.core.negotiation.forecast import proposed_of
from dicomcfg.core.negotiation.sides import (
    Accepting,
    Proposing,
    acceptances_in,
    accepting_of,
    proposals_in,
)
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, Association, Profile
from dicomcfg.web.associations.pages import ends_named_in, tab
from dicomcfg.web.forecasts.forms import CAPABILITIES, PROPOSES, FileForm, PairForm, PreferredForm
from dicomcfg.web.forecasts.view import shown


@require_safe
def association_forecast(request: HttpRequest, pk: int) -> HttpResponse:
    """The Forecast tab: configured contexts against the called AE's capabilities, live beside."""
    context = tab("forecast", pk)
    association = context["association"]
    form = PreferredForm(request.GET or None)
    context |= _of_association(request, association, form.preferred())
    context |= {"form": form, "called": association.called, "calling": association.calling}
    return render(request, "associations/forecast.html", context)


@require_safe
def forecast(request: HttpRequest) -> HttpResponse:
    """Any two AEs; `?calling=ID&called=ID` names them for links."""
    ends = ends_named_in(request)
    asked = request.GET if "called_title" in request.GET else None
    form = PairForm(asked, initial=ends)
    context: dict[str, Any] = {"form": form}
    if asked and form.is_valid():
        data = form.cleaned_data
        context |= _of_pair(request, data["calling"], data["called"], form)
    elif asked is None and ends["calling"] and ends["called"]:
        context |= _of_pair(request, ends["calling"], ends["called"], None)
    return render(request, "forecasts/pair.html", context)


def forecast_file(request: HttpRequest) -> HttpResponse:
    """A file or a paste against an AE; it is read for this answer alone.

    `?called=ID&direction=accepts` fills the form in for links.
    """
    initial = {"ae": ends_named_in(request)["called"], "direction": request.GET.get("direction")}
    form = FileForm(request.POST or None, request.FILES or None, initial=initial)
    context: dict[str, Any] = {"form": form, "of_file": True}
    if form.is_valid():
        context |= _of_file(form)
    status = 422 if form.errors else 200
    return render(request, "forecasts/file.html", context, status=status)


def _of_association(
    request: HttpRequest, association: Association, preferred: tuple[str, ...]
) -> dict[str, Any]:
    options = selectors.options_of_all([association])[association.pk]
    contexts = tuple(selectors.contexts_of(association))
    check = checks.answered_negotiation_of(association)
    seen = None if check is None else checks.observation_of(check)
    accepting = _accepting(association.called)
    result = shown(
        Proposing(contexts, options.role_selections),
        accepting,
        association.called.ae_title,
        request.GET,
        preferred,
        () if seen is None else seen.contexts,
    )
    return result | {"check": check, "unknown": accepting.is_empty, "association": association}


def _of_pair(
    request: HttpRequest, calling: AE | None, called: AE, form: PairForm | None
) -> dict[str, Any]:
    """By what the form chooses: a Profile, the pair's association, the caller's capabilities."""
    preferred = form.preferred() if form else ()
    profile = form.profile() if form else None
    ends = {"calling": calling, "called": called, "profile": profile}
    wants_association = not (form and form.cleaned_data["proposal"] == CAPABILITIES)
    if profile is None and calling is not None and wants_association:
        association = selectors.association_of(calling, called)
        if association is not None:
            return ends | _of_association(request, association, preferred)
    proposing = _of_profile(profile) if profile else _proposing(calling)
    accepting = _accepting(called)
    result = shown(proposing, accepting, called.ae_title, request.GET, preferred)
    return ends | result | {"unknown": accepting.is_empty}


def _of_file(form: FileForm) -> dict[str, Any]:
    data, name = form.source()
    document = registry.read(data, name=name)
    if has_errors(document.findings):
        form.add_error(None, "The file cannot be used: see what was found in it.")
        return {"read_findings": _gravest(document.findings)}
    ae, preferred = form.cleaned_data["ae"], form.preferred()
    read: dict[str, Any] = {"read_findings": _gravest(document.findings), "file_name": name}
    if form.cleaned_data["direction"] == PROPOSES:
        proposals, accepting = proposals_in(document), _accepting(ae)
        part = form.chosen(list(proposals))
        ends = {"called": ae, "part": part}
        proposing = proposals[part] if part else None
        title = ae.ae_title
    else:
        takers, proposing = acceptances_in(document), _proposing(ae)
        part = form.chosen(list(takers))
        ends = {"calling": ae, "part": part}
        accepting = takers[part] if part else Accepting()
        title = (part or "").removeprefix("AE ")
    if part is None or proposing is None:
        return read
    result = shown(proposing, accepting, title, {}, preferred)
    return read | ends | result | {"unknown": accepting.is_empty}


_FINDINGS_SHOWN = 50


def _gravest(findings: tuple[Finding, ...]) -> list[Finding]:
    order = ("error", "warning", "info")
    return sorted(findings, key=lambda each: order.index(each.severity))[:_FINDINGS_SHOWN]


def _accepting(ae: AE) -> Accepting:
    return accepting_of(selectors.capabilities_of(ae))


def _proposing(ae: AE | None) -> Proposing:
    return Proposing(() if ae is None else proposed_of(selectors.capabilities_of(ae)))


def _of_profile(profile: Profile) -> Proposing:
    contexts = profile.presentation_contexts.select_related("syntax_list").order_by("position")
    roles = profile.role_selections.order_by("id")
    return Proposing(tuple(row.record() for row in contexts), tuple(row.record() for row in roles))


urlpatterns = [
    path("associations/<int:pk>/forecast/", association_forecast, name="association-forecast"),
    path("forecast/", forecast, name="forecast"),
    path("forecast/file/", forecast_file, name="forecast-file"),
]
