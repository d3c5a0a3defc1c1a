"""One check: what was tried, what came back, byte by byte.

Everything a peer sent is text for the template to escape; a PDU is taken apart when it is opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import path
from django.views.decorators.http import require_safe

from dicomcfg.checks import selectors
from dicomcfg.checks.models import Check, CheckState, Kind
from dicomcfg.core.diagnosis.dissection import dissect
from dicomcfg.core.diagnosis.dump import text_dump
from dicomcfg.core.diagnosis.observation import Observation
from dicomcfg.core.findings import Severity
from dicomcfg.probes.target import Target
from dicomcfg.web.checks.answers import answer_table
from dicomcfg.web.checks.cards import check_card, gravest_first
from dicomcfg.web.checks.pdu_tree import hex_html, tree_html
from dicomcfg.web.checks.record import (
    certificates_of,
    pdus_of,
    requests_of,
    rungs_of,
    trials_of,
)
from dicomcfg.web.partials import is_partial
from dicomcfg.web.polling import Fragments, renders

# Where a kind is started on an AE: at once, or from a form that asks more.
_AGAIN: Final[dict[str, tuple[str, bool]]] = {
    Kind.LADDER: ("ae-diagnose", True),
    Kind.REFUSAL: ("ae-refusal", True),
    Kind.FIND: ("ae-find", False),
    Kind.STORE: ("ae-store", False),
}
# Up to so many contexts are seen at a glance and need no filter.
UNFILTERED = 20


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
        "again": _AGAIN.get(check.kind) if check.ae_id and not check.borrowed else None,
        "attempts": attempts,
        "context_count": len(contexts),
        "refused_count": len(refused),
        "filterable": len(contexts) > UNFILTERED,
        "only": only,
        "requests": requests_of(refused if only == "refused" else contexts),
        **(_record(check, seen) if seen else {}),
    }


def _record(check: Check, seen: Observation) -> dict[str, Any]:
    """What is shown of an observation beside its contexts."""
    target = Target.from_json(check.target)
    return {
        "pdus": pdus_of(seen),
        "asked": answer_table(target, seen),
        "certificates": certificates_of(seen),
        "rungs": rungs_of(target, seen) if check.kind == Kind.LADDER else [],
        "trials": trials_of(target, seen),
        "findings": [
            each for each in gravest_first(check.findings) if not _is_shown_below(check, each)
        ],
    }


def _is_shown_below(check: Check, finding: dict[str, Any]) -> bool:
    """The tables say line by line what only tells: how it refuses, how much was discovered."""
    if check.kind == Kind.DISCOVER:
        return bool(finding["code"] == "discovered")
    only_tells = finding["severity"] == Severity.INFO and not finding["remedy"]
    return check.kind == Kind.REFUSAL and only_tells


@require_safe
def check_pdu(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One PDU taken apart, its tree beside its bytes; to htmx these two alone."""
    check, seen = _seen(pk)
    if not 1 <= number <= len(seen.pdus):
        raise Http404
    pdu = seen.pdus[number - 1]
    data = bytes.fromhex(pdu.hex)
    root = dissect(data)
    context = {
        "check": check,
        "number": number,
        "pdu": pdu,
        "name": root.label,
        "tree": tree_html(root),
        "hex": hex_html(data, root),
        "cut": pdu.length_bytes - len(data),
    }
    template = "checks/_pdu.html" if is_partial(request) else "checks/pdu.html"
    return render(request, template, context)


@require_safe
def check_dump(request: HttpRequest, pk: int) -> HttpResponse:
    """All PDUs as text: a file to keep, or to htmx a part of the page to copy from."""
    check, seen = _seen(pk)
    dump = text_dump(seen.pdus)
    if is_partial(request):
        return render(request, "checks/_dump.html", {"check": check, "dump": dump})
    answer = HttpResponse(dump, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="check-{check.pk}.txt"'
    return answer


def _seen(pk: int) -> tuple[Check, Observation]:
    check = get_object_or_404(_checks(), pk=pk)
    seen = selectors.observation_of(check)
    if seen is None:
        raise Http404
    return check, seen


urlpatterns = [
    path("checks/<int:pk>/", check_detail, name="check-detail"),
    path("checks/<int:pk>/pdus/<int:number>/", check_pdu, name="check-pdu"),
    path("checks/<int:pk>/dump.txt", check_dump, name="check-dump"),
]
