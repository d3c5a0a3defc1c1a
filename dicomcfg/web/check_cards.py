"""A check's result as a card: what every page shows of one check, and keeps up to date.

The words come from the diagnosis and the codes of the standard; every string of a peer goes
through the template's escaping.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from dicomcfg.checks import selectors
from dicomcfg.checks.models import Check, CheckState
from dicomcfg.core.diagnosis import words
from dicomcfg.core.diagnosis.observation import Layer, Observation
from dicomcfg.core.standard import codes
from dicomcfg.web.polling import Fragments, renders


def check_card(check: Check) -> dict[str, Any]:
    """The context of `partials/check_card.html`."""
    if check.state != CheckState.FINISHED:
        return {"check": check, "unserved": not selectors.workers_for(check.site)}
    seen = selectors.observation_of(check)
    return {
        "check": check,
        "observation": seen,
        "stages": [(s.name.value, s.outcome, s.elapsed_ms) for s in seen.stages] if seen else [],
        "layer": _layer(check, seen) if seen else "",
        "answer": _answer(seen) if seen else "",
    }


def render_card(request: HttpRequest, check: Check, *, oob: bool = False) -> SafeString:
    """The card alone; with `oob` for htmx to put in the place of the one that stands there."""
    context = {**check_card(check), "oob": oob}
    return render_to_string("partials/check_card.html", context, request)


@renders("check")
def live_cards(request: HttpRequest, ids: Sequence[int]) -> Fragments:
    """Cards of checks in flight, by the checks' ids."""
    fragments = Fragments()
    for check in Check.objects.filter(pk__in=ids).select_related("site"):
        fragments.html.append(render_card(request, check, oob=True))
        if check.state == CheckState.FINISHED:
            fragments.said.append(f"{check.target['called_ae_title']}: {check.headline}")
    return fragments


def _layer(check: Check, seen: Observation) -> str:
    """How far the check got, to stand behind the headline; empty where that says as much."""
    if seen.layer is Layer.ACCEPTED:
        return ""
    layer = words.layer_words(seen.layer)
    return "" if layer == check.headline else layer[0].lower() + layer[1:]


def _answer(seen: Observation) -> str:
    """What the peer said that ended the check, decoded."""
    if seen.rejection is not None:
        r = seen.rejection
        return f"A-ASSOCIATE-RJ: {codes.describe_rejection(r.result, r.source, r.reason)}"
    if seen.abort is not None:
        return f"A-ABORT: {codes.describe_abort(seen.abort.source, seen.abort.reason)}"
    if seen.status is not None:
        return f"C-ECHO-RSP: {codes.describe_status(seen.status)}"
    return (seen.detail or "").replace("-", " ")
