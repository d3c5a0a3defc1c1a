"""One live Observation, with what the inventory knows, to findings for an administrator.

Every outcome says in plain words how far the check got, what the peer's codes mean and who has to
change what. Nothing is looked up here, so that an old result reads the same when replayed.
"""

from __future__ import annotations

from typing import Final

from dicomcfg.core.diagnosis import contexts, refusals, transport
from dicomcfg.core.diagnosis.hints import Hints
from dicomcfg.core.diagnosis.observation import Layer, Observation, Outcome
from dicomcfg.core.findings import Finding, Severity

_BUILDERS: Final = {**transport.BUILDERS, **refusals.BUILDERS}
_UNTOUCHED: Final = {
    Outcome.SKIPPED: (
        "check-skipped",
        "The check was skipped: this AE is marked as not to be probed.",
        "Remove the mark if the device can take it.",
    ),
    Outcome.CANCELLED: ("check-cancelled", "The check was cancelled before it ran.", ""),
    Outcome.NO_ADDRESS: (
        "no-address",
        "The AE has no connection to check: neither host nor port is known.",
        "Add a connection, or leave it so if the AE only initiates associations.",
    ),
}
_NOTES: Final = {
    "abort-after-success": (
        "aborted-after-success",
        Severity.INFO,
        "The peer broke the association off after it had done what was asked.",
        "Nothing needs doing; some products always end this way.",
    ),
    "called-ae-title-changed": (
        "titles-not-echoed",
        Severity.INFO,
        "The peer's answer carries another called AE title than ours.",
        "Nothing needs doing: the field is not to be tested. Some products tell their real "
        "title there.",
    ),
    "calling-ae-title-changed": (
        "titles-not-echoed",
        Severity.INFO,
        "The peer's answer carries another calling AE title than ours.",
        "Nothing needs doing: the field is not to be tested.",
    ),
}
# Departures from the standard that we read over and a stricter system might not.
_IRREGULAR: Final = {
    "accepted-without-transfer-syntax": "a context is accepted without a transfer syntax",
    "malformed-called-ae-title": "the called AE title is none",
    "malformed-calling-ae-title": "the calling AE title is none",
    "malformed-implementation-version-name": "the implementation version name is none",
    "malformed-uid": "a UID is none",
    "missing-application-context": "the application context is missing",
    "missing-user-information": "the user information is missing",
    "unproposed-context-answered": "a context is answered that was not proposed",
    "unusual-pdu-length": "a PDU has a length that its kind does not have",
}


def _notes(observation: Observation, called: str) -> list[Finding]:
    found = []
    if any(note.startswith("release-") for note in observation.notes):
        message = "The work was done, but the association could not be released in good order."
        remedy = "Nothing needs doing unless the peer runs out of associations."
        found.append(Finding("release-failed", Severity.INFO, called, message, remedy, "PS3.8 7.2"))
    for note in dict.fromkeys(observation.notes):
        if note in _NOTES:
            code, severity, message, remedy = _NOTES[note]
            found.append(Finding(code, severity, called, message, remedy))
    irregular = [
        _IRREGULAR[note] for note in dict.fromkeys(observation.notes) if note in _IRREGULAR
    ]
    if irregular:
        message = f"The peer's answer departs from the standard: {'; '.join(irregular)}."
        remedy = "Report it to the peer's vendor; stricter systems may break off."
        found.append(
            Finding("irregular-answer", Severity.WARNING, called, message, remedy, "PS3.8 9.3")
        )
    unknown = [note for note in observation.notes if note.startswith("unknown-item-")]
    if unknown:
        kinds = ", ".join(dict.fromkeys(note.removeprefix("unknown-item-") for note in unknown))
        message = f"The peer's answer holds items that the standard does not know: {kinds[:80]}."
        remedy = "Nothing needs doing: unknown items are to be ignored."
        found.append(Finding("unknown-items", Severity.INFO, called, message, remedy, "PS3.8 9.3"))
    return found


def _borrowed(observation: Observation, called: str, hints: Hints) -> list[Finding]:
    """A borrowed title proves little: many acceptors check the source address beside it."""
    untouched = observation.layer in (Layer.UNTESTED, Layer.UNREACHABLE)
    if not hints.calling_is_borrowed or untouched or observation.seen_from is None:
        return []
    seen = observation.seen_from
    source = seen.address or seen.host
    if source == hints.borrowed_expected_host:
        return []
    message = f"The check used the title {seen.calling_ae_title} from {source}"
    if hints.borrowed_expected_host:
        message += f", while that AE lives at {hints.borrowed_expected_host}"
    message += ". Many peers check the source address as well."
    remedy = "Take the answer as a hint only; the AE itself may be answered differently."
    return [Finding("calling-ae-title-borrowed", Severity.WARNING, called, message, remedy)]


def _succeeded(observation: Observation, called: str, hints: Hints) -> list[Finding]:
    where = transport.place_of(observation, hints)
    if observation.contexts and observation.kind != "echo":
        return contexts.findings_of(observation, called)
    if observation.kind != "echo":
        message = f"{called} at {where} accepted the association; no context was proposed."
        return [Finding("nothing-proposed", Severity.INFO, called, message)]
    message = f"{called} at {where} accepted the association and answered C-ECHO."
    return [Finding("echo-answered", Severity.INFO, called, message)]


def _main(observation: Observation, called: str, hints: Hints) -> list[Finding]:
    outcome = observation.outcome
    if outcome is Outcome.SUCCESS:
        return _succeeded(observation, called, hints)
    if outcome is Outcome.CONTEXT_NOT_ACCEPTED:
        message = f"{called} accepted the association, but none of its contexts."
        if observation.kind == "echo":
            message = f"{called} accepted the association, but not the Verification SOP Class."
        remedy = "Titles and network are right; the peer does not offer the service."
        first = Finding("context-not-accepted", Severity.ERROR, called, message, remedy)
        return [first, *contexts.findings_of(observation, called)]
    if outcome in _UNTOUCHED:
        code, message, remedy = _UNTOUCHED[outcome]
        return [Finding(code, Severity.INFO, called, message, remedy)]
    found = [_BUILDERS[outcome](observation, called, hints)]
    if any(context.result is not None for context in observation.contexts):
        found += contexts.findings_of(observation, called)
    return found


def diagnose(
    observation: Observation, called_ae_title: str, hints: Hints | None = None
) -> tuple[Finding, ...]:
    """What an observation means, the most telling finding first; never empty, never raises."""
    known = hints or Hints()
    called = called_ae_title or "The peer"
    return (
        *_main(observation, called, known),
        *_borrowed(observation, called, known),
        *_notes(observation, called),
    )
