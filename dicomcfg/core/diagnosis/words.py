"""The short words of a status: a headline and a tone for an outcome, names for layer and stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from dicomcfg.core.diagnosis import operations
from dicomcfg.core.diagnosis.observation import Layer, Observation, Outcome, StageName
from dicomcfg.core.diagnosis.refusing import Manner, manners
from dicomcfg.core.standard.codes import TRANSIENT, StatusClass, status_class
from dicomcfg.core.wording import counted


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
    Outcome.OPERATION_FAILED: ("Operation failed", Tone.BAD),
    Outcome.OPERATION_TIMEOUT: ("Operation not answered", Tone.BAD),
    Outcome.SKIPPED: ("Skipped", Tone.IDLE),
    Outcome.CANCELLED: ("Cancelled", Tone.IDLE),
    Outcome.NO_ADDRESS: ("No address", Tone.IDLE),
}
# Different people mend these; "TLS failed" and "Not DICOM" would not say who.
_BY_DETAIL: Final = {
    (Outcome.TLS_FAILURE, "expired"): "Certificate expired",
    (Outcome.TLS_FAILURE, "unknown-ca"): "Authority not trusted",
    (Outcome.TLS_FAILURE, "name-mismatch"): "Certificate of another name",
    (Outcome.TLS_FAILURE, "client-certificate-required"): "Wants our certificate",
    (Outcome.TLS_FAILURE, "plaintext-peer"): "No TLS on this port",
    (Outcome.NOT_DICOM, "tls-peer"): "Expects TLS",
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
    StageName.NEGOTIATE: "negotiation",
    StageName.DISCOVER: "discovery",
    StageName.FIND: "C-FIND",
    StageName.STORE: "C-STORE",
    StageName.RELEASE: "release",
}
_REFUSING: Final = {
    Manner.ABRUPT: ("Refuses abruptly", Tone.WARN),
    Manner.UNCHECKED: ("Does not check all", Tone.OK),
    Manner.OTHERWISE: ("Gives other reasons", Tone.OK),
}
_CUT_SHORT: Final = ("Cut short", Tone.WARN)


def headline(observation: Observation) -> str:
    """The outcome in two or three words, for a status in a table."""
    return _status(observation)[0]


def tone(observation: Observation) -> Tone:
    """The tone beside the headline.

    A warning is what mends itself or works in part: a transient rejection, a C-ECHO answered
    with a warning status, an association without the wanted context, a negotiation accepted in
    part, a query that matched what nothing should.
    """
    return _status(observation)[1]


def _status(observation: Observation) -> tuple[str, Tone]:
    teller = _BY_KIND.get(observation.kind)
    told = teller(observation) if teller else None
    return told or (_outcome_words(observation), _outcome_tone(observation))


def _outcome_words(observation: Observation) -> str:
    outcome, rejection = observation.outcome, observation.rejection
    said = operations.headline(observation)
    said = said or _BY_DETAIL.get((outcome, observation.detail or ""))
    if outcome is Outcome.ASSOCIATION_REJECTED and rejection is not None:
        said = _REJECTED.get(rejection.cause)
    elif outcome is Outcome.SKIPPED and (observation.detail or "").startswith("passcode"):
        said = "Passcode missing"
    elif observation.detail == "request-not-encodable":
        said = "Not proposable"
    elif outcome is Outcome.CONTEXT_NOT_ACCEPTED and observation.kind in ("echo", "ladder"):
        said = "Verification refused"
    return said or _PLAIN[outcome][0]


def _outcome_tone(observation: Observation) -> Tone:
    status, rejection = observation.status, observation.rejection
    is_warning = status is not None and status_class(status) is StatusClass.WARNING
    is_transient = rejection is not None and rejection.result == TRANSIENT
    is_wrong_match = bool(observation.pending) and observation.outcome is Outcome.SUCCESS
    if is_warning or is_transient or is_wrong_match:
        return Tone.WARN
    return _PLAIN[observation.outcome][1]


def _negotiated(observation: Observation) -> tuple[str, Tone] | None:
    if observation.outcome is not Outcome.SUCCESS:
        return None
    total = len(observation.contexts)
    accepted = sum(context.result == 0 for context in observation.contexts)
    if accepted == total:
        return _PLAIN[Outcome.SUCCESS]
    return f"{accepted} of {total} accepted", Tone.WARN


def _discovered(observation: Observation) -> tuple[str, Tone] | None:
    """Of a discovery that found something, to its end or not."""
    seen = observation.discovery
    classes = 0 if seen is None else len(seen.matrix.accepted())
    if classes:
        found = f"{counted(classes, 'SOP Class')} accepted"
        if observation.outcome is Outcome.SUCCESS:
            return found, Tone.OK
        return f"{found} so far", Tone.WARN
    if seen is not None and observation.outcome is Outcome.SUCCESS:
        return "Nothing accepted", Tone.WARN
    return None


def _refusing(observation: Observation) -> tuple[str, Tone] | None:
    """Of a peer that accepts a correct request."""
    if observation.outcome is not Outcome.SUCCESS:
        return None
    if "trials-not-reached" in observation.notes:
        return _CUT_SHORT
    seen = manners(observation)
    worst = next((found for manner, found in _REFUSING.items() if manner in seen), None)
    return worst or ("Refuses properly", Tone.OK)


def _climbed(observation: Observation) -> tuple[str, Tone] | None:
    """Of a ladder whose rungs all hold."""
    if observation.outcome is not Outcome.SUCCESS:
        return None
    if "trials-not-reached" in observation.notes:
        return _CUT_SHORT
    total = len(observation.trials)
    whole = sum(
        trial.outcome is Outcome.SUCCESS and all(c.result == 0 for c in trial.contexts)
        for trial in observation.trials
    )
    if not total:
        return None
    if whole == total:
        return "Everything works", Tone.OK
    return f"{whole} of {total} associations work", Tone.WARN


# None leaves it to the outcome.
_BY_KIND: Final[Mapping[str, Callable[[Observation], tuple[str, Tone] | None]]] = {
    "negotiate": _negotiated,
    "discover": _discovered,
    "refusal": _refusing,
    "ladder": _climbed,
}


def layer_words(layer: Layer) -> str:
    """How far a check got, in words."""
    return _LAYERS[layer]


def stage_words(stage: StageName) -> str:
    """The rung of a check, in words."""
    return _STAGES[stage]
