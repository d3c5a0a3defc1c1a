"""A check's result as a card: what every page shows of one check, and keeps up to date.

The words come from the diagnosis and the codes of the standard; every string of a peer goes
through the template's escaping.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from dicomcfg.checks import selectors
from dicomcfg.checks.models import Check, CheckState
from dicomcfg.core.diagnosis import operations, words
from dicomcfg.core.diagnosis.observation import Layer, Observation, Outcome, Trial
from dicomcfg.core.findings import Severity
from dicomcfg.core.standard import codes
from dicomcfg.web.polling import Fragments, renders

_SEVERITIES = (Severity.ERROR, Severity.WARNING, Severity.INFO)


def check_card(check: Check) -> dict[str, Any]:
    """The context of `partials/check_card.html`."""
    if check.state != CheckState.FINISHED:
        return {"check": check, "unserved": not selectors.workers_for(check.site)}
    seen = selectors.observation_of(check)
    return {
        "check": check,
        "findings": gravest_first(check.findings),
        "observation": seen,
        "stages": [(s.name.value, s.outcome, s.elapsed_ms) for s in seen.stages] if seen else [],
        "layer": _layer(check, seen) if seen else "",
        "answer": _answer(seen) if seen else "",
        "cause": _cause(seen) if seen else "",
        "title_refused": seen is not None and _is_title_refused(seen),
    }


def gravest_first(findings: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Findings with the gravest first, otherwise as they were found."""
    return sorted(findings, key=lambda each: _SEVERITIES.index(Severity(each["severity"])))


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
    # What fails for TLS does not show whether DICOM is spoken behind it.
    of_tls = seen.outcome is Outcome.TLS_FAILURE or seen.detail == "tls-peer"
    if seen.layer is Layer.ACCEPTED or of_tls:
        return ""
    layer = words.layer_words(seen.layer)
    return "" if layer == check.headline else layer[0].lower() + layer[1:]


def _is_title_refused(seen: Observation) -> bool:
    """Whether the called title was refused, and no other was tried (PS3.8 9.3.4)."""
    rejection = seen.rejection
    if rejection is None or seen.trials:
        return False
    return rejection.cause == codes.CALLED_NOT_RECOGNIZED


def _answer(seen: Observation) -> str:
    """What the peer said that ended the check, decoded."""
    if seen.status is not None and not (seen.rejection or seen.abort):
        operation = operations.NAMES.get(seen.kind, "C-ECHO")
        return f"{operation}-RSP: {codes.describe_status(seen.status)}"
    return ending_words(seen) if seen.rejection or seen.abort else ""


def _cause(seen: Observation) -> str:
    """What tells causes apart inside one outcome, where the peer itself said nothing."""
    return "" if _answer(seen) else ending_words(seen).replace("tls", "TLS").replace(" ca", " CA")


def ending_words(seen: Observation | Trial) -> str:
    """The PDU that ended an association early, decoded, or else the detail of its outcome."""
    if seen.rejection is not None:
        return f"A-ASSOCIATE-RJ: {seen.rejection}"
    if seen.abort is not None:
        return f"A-ABORT: {seen.abort}"
    return (seen.detail or "").replace("-", " ")
