"""Findings for a check that did not succeed: its outcome in plain words, and what to do."""

from __future__ import annotations

from typing import Final

from dicomcfg.core.diagnosis import association, contexts, negotiated, operations, tls, transport
from dicomcfg.core.diagnosis.hints import Case
from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.core.findings import Finding, Severity

_BY_OUTCOME: Final = {
    **transport.BUILDERS,
    **association.BUILDERS,
    **operations.BUILDERS,
    Outcome.TLS_FAILURE: tls.tls_failure,
}
_UNTOUCHED: Final = {
    Outcome.SKIPPED: (
        "check-skipped",
        "The check was skipped: this AE is marked as not to be probed.",
        "Remove the mark if the device can take it.",
    ),
    Outcome.CANCELLED: ("check-cancelled", "The check was cancelled.", ""),
    Outcome.NO_ADDRESS: (
        "no-address",
        "The AE has no connection to check: neither host nor port is known.",
        "Add a connection, or leave it so if the AE only initiates associations.",
    ),
}
_PASSCODE_DETAILS: Final = ("passcode-missing", "passcode-variable-not-allowed")


def findings_of(observation: Observation, case: Case) -> list[Finding]:
    """Why it failed, then what the peer answered before that."""
    found = [_why(observation, case)]
    is_refused = observation.outcome is Outcome.CONTEXT_NOT_ACCEPTED
    is_answered = any(context.result is not None for context in observation.contexts)
    if is_refused or (is_answered and observation.kind not in operations.KINDS):
        found += contexts.findings_of(observation, case.called)
    return found


def _why(observation: Observation, case: Case) -> Finding:
    outcome, called = observation.outcome, case.called
    if outcome is Outcome.CONTEXT_NOT_ACCEPTED:
        return _context_not_accepted(observation, called)
    if observation.detail in _PASSCODE_DETAILS:
        return negotiated.passcode_missing(observation, called, case.options)
    if outcome in _UNTOUCHED:
        code, message, remedy = _UNTOUCHED[outcome]
        return Finding(code, Severity.INFO, called, message, remedy)
    if observation.detail == "tls-peer":
        return tls.tls_peer(observation, called, case.hints)
    return _BY_OUTCOME[outcome](observation, called, case.hints)


def _context_not_accepted(observation: Observation, called: str) -> Finding:
    message = f"{called} accepted the association, but none of its contexts."
    if observation.kind in ("echo", "ladder"):
        message = f"{called} accepted the association, but not the Verification SOP Class."
    remedy = "Titles and network are right; the peer does not offer the service."
    return Finding("context-not-accepted", Severity.ERROR, called, message, remedy)
