"""Findings for peers that take the TCP connection and then refuse, break off or stay silent."""

from __future__ import annotations

from typing import Final

from dicomcfg.core.diagnosis.hints import Hints
from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.core.diagnosis.transport import Builder, failed, place_of
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.standard.codes import (
    CALLED_NOT_RECOGNIZED,
    CALLING_NOT_RECOGNIZED,
    TRANSIENT,
    StatusClass,
    describe_status,
    status_class,
)
from dicomcfg.core.wording import listed

_REJECT_CLAUSE: Final = "PS3.8 9.3.4"
_ABORT_CLAUSE: Final = "PS3.8 9.3.8"
# (source, reason) of an A-ASSOCIATE-RJ where the circumstances add nothing: code and remedy.
_REJECTIONS: Final = {
    (1, 1): (
        "rejected-without-reason",
        "Look into the peer's log; many products answer so to an unknown calling AE title or "
        "source address.",
    ),
    (1, 2): (
        "application-context-not-supported",
        "The peer does not know DICOM's application context: it is hardly a DICOM system, or "
        "its configuration is damaged. Ask its vendor.",
    ),
    (2, 1): (
        "rejected-without-reason",
        "Look into the peer's log: its protocol layer refused before its application saw us.",
    ),
    (2, 2): (
        "protocol-version-not-supported",
        "Ask the peer's vendor: there is only one version of the protocol.",
    ),
    (3, 1): (
        "peer-congested",
        "Try again in a moment; if it lasts, raise the peer's maximum number of associations "
        "or look for a system that keeps associations open.",
    ),
    (3, 2): (
        "peer-limit-exceeded",
        "Raise the peer's maximum number of associations, or let fewer systems connect at "
        "the same time.",
    ),
}
_UNNAMED_REJECTION: Final = ("association-rejected", "Look into the peer's log for the reason.")


def _calling(observation: Observation, hints: Hints) -> str:
    if observation.seen_from is not None:
        return observation.seen_from.calling_ae_title
    return hints.site_calling_title or "our calling AE title"


def _source_address(observation: Observation) -> str:
    seen = observation.seen_from
    if seen is None:
        return "the worker's address"
    return f"{seen.address} ({seen.host})" if seen.address else f"the worker {seen.host}"


def _called_refused(observation: Observation, called: str, hints: Hints) -> str:
    remedy = f"Check the title in the device's own settings; {called} must match letter for letter."
    before = hints.answered_before_as
    if before is not None and before.ae_title != called:
        remedy += f" This address answered to {before.ae_title} {before.when}."
    others = [known.ae_title for known in hints.listeners_at_address if known.ae_title != called]
    if others:
        remedy += f" At this address and port the table also has: {listed(others)}."
    elsewhere = [str(known) for known in hints.other_connections if known.ae_title == called]
    if elsewhere:
        remedy += f" The table has {listed(elsewhere)}."
    if hints.station_name and hints.station_name != called:
        remedy += f" The station name of {hints.device} is {hints.station_name}, which many "
        remedy += "devices use as AE title: try that."
    if hints.contact:
        remedy += f" The contact for {hints.device} is {hints.contact}."
    return remedy


def _calling_refused(observation: Observation, called: str, hints: Hints) -> str:
    calling = _calling(observation, hints)
    remedy = f"The administrator of {called} must add the calling AE title {calling} with the "
    remedy += f"address {_source_address(observation)}."
    if hints.calling_is_borrowed and hints.site_calling_title:
        remedy += f" Our own title is {hints.site_calling_title}."
    return remedy


def association_rejected(observation: Observation, called: str, hints: Hints) -> Finding:
    """An A-ASSOCIATE-RJ, decoded; who has to change what depends on its reason."""
    rejection = observation.rejection
    if rejection is None:
        code, remedy = _UNNAMED_REJECTION
        return failed(code, called, f"{called} refused the association.", remedy)
    if rejection.cause == CALLED_NOT_RECOGNIZED:
        code, remedy = "called-ae-title-refused", _called_refused(observation, called, hints)
        message = f"{place_of(observation, hints)} speaks DICOM, but does not call itself {called}"
    elif rejection.cause == CALLING_NOT_RECOGNIZED:
        code, remedy = "calling-ae-title-refused", _calling_refused(observation, called, hints)
        message = f"{called} does not know us as {_calling(observation, hints)}"
    else:
        code, remedy = _REJECTIONS.get(rejection.cause, _UNNAMED_REJECTION)
        message = f"{called} refused the association"
    # PS3.8 lets the requestor try a transient rejection again; a permanent one will not change.
    transient = rejection.result == TRANSIENT
    severity = Severity.WARNING if transient else Severity.ERROR
    if transient and code not in ("peer-congested", "peer-limit-exceeded"):
        remedy += " The peer calls this transient, so trying again may succeed."
    return Finding(code, severity, called, f"{message}: {rejection}.", remedy, _REJECT_CLAUSE)


def association_aborted(observation: Observation, called: str, hints: Hints) -> Finding:
    """An A-ABORT before the goal was reached."""
    abort = observation.abort
    message = f"{called} broke the association off: {abort or 'aborted'}."
    if abort is None or abort.source == 0:
        remedy = "The peer's application decided so; look into its log. Unknown calling AE titles "
        remedy += "and source addresses are a usual cause."
    elif abort.reason in (1, 2, 4, 5, 6):
        remedy = "The peer could not read what we sent. Try fewer contexts and transfer syntaxes; "
        remedy += "if that helps, the peer has a limit that its vendor should know of."
    else:
        remedy = "Look into the peer's log for the reason."
    return failed("association-aborted", called, message, remedy, _ABORT_CLAUSE)


def association_timeout(observation: Observation, called: str, hints: Hints) -> Finding:
    """TCP connects and nobody answers the A-ASSOCIATE-RQ, or not to its end."""
    if observation.detail == "incomplete-pdu":
        message = f"{place_of(observation, hints)} began to answer and stopped in the middle."
        remedy = "Restart the peer's DICOM service; a firewall that inspects traffic can also cut "
        remedy += "answers short."
        return failed("answer-incomplete", called, message, remedy)
    message = f"{place_of(observation, hints)} takes the connection, but never answered the "
    message += "association request."
    remedy = "Check that the port is a DICOM listener and that the service behind it is not hung"
    if any(len(context.proposed) > 50 for context in observation.contexts):
        remedy += (
            "; some peers hang on more than 50 transfer syntaxes in one context: propose fewer"
        )
    remedy += ". A peer that expects TLS also waits in silence."
    return failed("association-timeout", called, message, remedy)


def connection_closed(observation: Observation, called: str, hints: Hints) -> Finding:
    """The transport ended without an answer."""
    how = {
        "reset": "reset the connection",
        "released-by-peer": "released the association before it answered",
    }.get(observation.detail or "", "closed the connection without an answer")
    message = f"{place_of(observation, hints)} {how}."
    remedy = "Many systems drop unknown senders so: have the peer's administrator check that "
    remedy += f"{_calling(observation, hints)} at {_source_address(observation)} is allowed. "
    remedy += "Otherwise the port may belong to another service, or expect TLS."
    return failed("connection-closed", called, message, remedy)


def not_dicom(observation: Observation, called: str, hints: Hints) -> Finding:
    """Something else answered."""
    guess = {
        "http": ("a web server (HTTP)", "Use the device's DICOM port, not its web port."),
        "ssh": ("an SSH server", "Use the device's DICOM port."),
    }
    what, remedy = guess.get(
        observation.detail or "",
        ("something that is not DICOM", "Check the port in the device's DICOM settings."),
    )
    message = f"{place_of(observation, hints)} answers as {what}."
    return failed("not-dicom", called, message, remedy)


def protocol_error(observation: Observation, called: str, hints: Hints) -> Finding:
    """The peer speaks something like DICOM and gets it wrong, or our own request cannot be sent."""
    if observation.detail == "request-not-encodable":
        message = "The request could not be put together from these titles and contexts."
        remedy = "Check both AE titles and every UID of the association."
        return failed("request-not-encodable", called, message, remedy)
    where = f" (in: {observation.detail.replace('-', ' ')})" if observation.detail else ""
    message = f"{called} sent an answer that the protocol does not allow{where}."
    remedy = "Report it to the peer's vendor with the bytes shown beside this result."
    return failed("protocol-error", called, message, remedy, "PS3.8 9.3")


def echo_failed(observation: Observation, called: str, hints: Hints) -> Finding:
    """The association stands and the C-ECHO was answered badly."""
    remedy = "Titles and network are right; look into the peer's log for the failed operation."
    severity = Severity.ERROR
    if observation.status is None:
        message = f"{called} accepted the association, but its C-ECHO response has no status."
    else:
        words = describe_status(observation.status)
        message = f"{called} accepted the association and answered C-ECHO with {words}."
        if status_class(observation.status) is StatusClass.WARNING:
            severity = Severity.WARNING
            remedy = (
                "A warning means that the operation went through; the peer's log has its cause."
            )
    return Finding("echo-failed", severity, called, message, remedy, "PS3.7 9.1.5")


def echo_timeout(observation: Observation, called: str, hints: Hints) -> Finding:
    """The association stands and the C-ECHO was never answered."""
    message = f"{called} accepted the association, but did not answer C-ECHO in time."
    remedy = "Titles and network are right; the service behind may be hung or overloaded."
    return failed("echo-timeout", called, message, remedy, "PS3.7 9.1.5")


BUILDERS: Final[dict[Outcome, Builder]] = {
    Outcome.ASSOCIATION_REJECTED: association_rejected,
    Outcome.ASSOCIATION_ABORTED: association_aborted,
    Outcome.ASSOCIATION_TIMEOUT: association_timeout,
    Outcome.CONNECTION_CLOSED: connection_closed,
    Outcome.NOT_DICOM: not_dicom,
    Outcome.PROTOCOL_ERROR: protocol_error,
    Outcome.ECHO_FAILED: echo_failed,
    Outcome.ECHO_TIMEOUT: echo_timeout,
}
