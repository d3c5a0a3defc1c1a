"""Findings for what was noticed beside the outcome: notes of the protocol, a borrowed title."""

from __future__ import annotations

from typing import Final

from dicomcfg.core.diagnosis.hints import Case
from dicomcfg.core.diagnosis.observation import Layer, Observation
from dicomcfg.core.findings import Finding, Severity

_NOTES: Final = {
    "abort-after-success": (
        "aborted-after-success",
        Severity.INFO,
        "The peer broke the association off after it had done what was asked.",
        "Nothing needs doing; some products always end this way.",
    ),
    "trials-not-reached": (
        "trials-not-reached",
        Severity.WARNING,
        "The time was up before everything had been tried.",
        "Give the check more time.",
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


def noticed(observation: Observation, case: Case) -> list[Finding]:
    """What the peer did on the way that changed nothing."""
    called, found = case.called, []
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
    irregular += [
        f"its protocol version is {note.removeprefix('protocol-version-')}"
        for note in observation.notes
        if note.startswith("protocol-version-")
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


def borrowed(observation: Observation, case: Case) -> list[Finding]:
    """A borrowed title proves little: many acceptors check the source address beside it."""
    hints, untouched = case.hints, observation.layer in (Layer.UNTESTED, Layer.UNREACHABLE)
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
    return [Finding("calling-ae-title-borrowed", Severity.WARNING, case.called, message, remedy)]
