"""The short words of a status: a headline and a tone for an outcome, names for layer and stage."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from dicomcfg.core.diagnosis.observation import Layer, Observation, Outcome, StageName
from dicomcfg.core.standard.codes import TRANSIENT, StatusClass, status_class


class Tone(StrEnum):
    """How a status is coloured and shaped; the words always stand beside."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    IDLE = "idle"


_PLAIN: Final[dict[Outcome, tuple[str, Tone]]] = {
    Outcome.SUCCESS: ("Accepted", Tone.OK),
    Outcome.NAME_NOT_RESOLVED: ("Name not found", Tone.BAD),
    Outcome.ADDRESS_NOT_ALLOWED: ("Address not allowed", Tone.IDLE),
    Outcome.CONNECTION_REFUSED: ("Nothing listens", Tone.BAD),
    Outcome.CONNECTION_TIMEOUT: ("No answer", Tone.BAD),
    Outcome.HOST_UNREACHABLE: ("Host unreachable", Tone.BAD),
    Outcome.TLS_FAILURE: ("TLS failed", Tone.BAD),
    Outcome.ASSOCIATION_REJECTED: ("Association refused", Tone.BAD),
    Outcome.ASSOCIATION_ABORTED: ("Aborted", Tone.BAD),
    Outcome.ASSOCIATION_TIMEOUT: ("Connects, then silent", Tone.BAD),
    Outcome.CONNECTION_CLOSED: ("Connection closed", Tone.BAD),
    Outcome.NOT_DICOM: ("Not DICOM", Tone.BAD),
    Outcome.PROTOCOL_ERROR: ("Malformed answer", Tone.BAD),
    Outcome.CONTEXT_NOT_ACCEPTED: ("No context accepted", Tone.WARN),
    Outcome.ECHO_FAILED: ("Echo failed", Tone.BAD),
    Outcome.ECHO_TIMEOUT: ("Echo not answered", Tone.BAD),
    Outcome.SKIPPED: ("Skipped", Tone.IDLE),
    Outcome.CANCELLED: ("Cancelled", Tone.IDLE),
    Outcome.NO_ADDRESS: ("No address", Tone.IDLE),
}
_REJECTED: Final = {
    (1, 2): "Application context refused",
    (1, 3): "Calling title refused",
    (1, 7): "Called title refused",
    (2, 2): "Protocol version refused",
    (3, 1): "Busy",
    (3, 2): "Limit reached",
}
_LAYERS: Final = {
    Layer.UNTESTED: "Not tested",
    Layer.UNREACHABLE: "Does not answer",
    Layer.NOT_DICOM: "Reachable, but does not speak DICOM",
    Layer.REFUSED: "Speaks DICOM, but refuses us",
    Layer.ACCEPTED: "Accepted",
}
_STAGES: Final = {
    StageName.RESOLVE: "name look-up",
    StageName.CONNECT: "TCP connection",
    StageName.TLS: "TLS handshake",
    StageName.ASSOCIATE: "association",
    StageName.ECHO: "C-ECHO",
    StageName.RELEASE: "release",
}


def accepted_of(observation: Observation) -> tuple[int, int]:
    """How many of the proposed contexts were accepted, and how many there were."""
    results = [context.result for context in observation.contexts]
    return results.count(0), len(results)


def headline(observation: Observation) -> str:
    """The outcome in two or three words, for a status in a table."""
    outcome, rejection = observation.outcome, observation.rejection
    if outcome is Outcome.ASSOCIATION_REJECTED and rejection is not None:
        known = _REJECTED.get((rejection.source, rejection.reason))
        return known or _PLAIN[outcome][0]
    if observation.detail == "request-not-encodable":
        return "Not proposable"
    if outcome is Outcome.CONTEXT_NOT_ACCEPTED and observation.kind == "echo":
        return "Verification refused"
    if observation.kind == "negotiate" and outcome is Outcome.SUCCESS:
        accepted, total = accepted_of(observation)
        return "Accepted" if accepted == total else f"{accepted} of {total} accepted"
    return _PLAIN[outcome][0]


def tone(observation: Observation) -> Tone:
    """The tone beside the headline.

    A warning is what mends itself or works in part: a transient rejection, a C-ECHO answered
    with a warning status, an association without the wanted context, a negotiation accepted in
    part.
    """
    if observation.status is not None and status_class(observation.status) is StatusClass.WARNING:
        return Tone.WARN
    if observation.rejection is not None and observation.rejection.result == TRANSIENT:
        return Tone.WARN
    if observation.kind == "negotiate" and observation.outcome is Outcome.SUCCESS:
        accepted, total = accepted_of(observation)
        return Tone.OK if accepted == total else Tone.WARN
    return _PLAIN[observation.outcome][1]


def layer_words(layer: Layer) -> str:
    """How far a check got, in words."""
    return _LAYERS[layer]


def stage_words(stage: StageName) -> str:
    """The rung of a check, in words."""
    return _STAGES[stage]
