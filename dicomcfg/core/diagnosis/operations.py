"""Findings for the operations beyond C-ECHO: the query of a find, the test object of a store."""

from __future__ import annotations

from typing import Final

from dicomcfg.core.diagnosis.hints import Case, Hints
from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.core.diagnosis.transport import Builder, failed
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.standard import uids
from dicomcfg.core.standard.codes import (
    StatusClass,
    describe_status,
    failure_family,
    status_class,
)

KINDS: Final = ("find", "store")
NAMES: Final = {"find": "C-FIND", "store": "C-STORE"}
_CLAUSES: Final = {"find": "PS3.4 C.4.1", "store": "PS3.4 B.2.3"}
_LOG: Final = "Titles and network are right; look into the peer's log for the failed operation."
# By kind and the failure's family or whole status.
_REMEDIES: Final = {
    ("find", 0xA700): "The peer has no room or no service behind the query: look for a full disk, "
    "a stopped database or, for a worklist, a missing list for this title.",
    ("find", 0xA900): "The peer does not take the query's keys for this SOP Class. Its conformance "
    "statement lists what it can match.",
    ("find", 0xC000): "The peer could not process the query; its log has the cause.",
    ("store", 0xA700): "The peer has no room for objects: look for a full disk or a quota.",
    ("store", 0xA900): "The peer found the test object not to fit its SOP Class. Its log names the "
    "attribute; tell its vendor if the attribute is not mandatory.",
    ("store", 0xC000): "The peer could not understand the test object. Its log has the cause; "
    "another transfer syntax may go through.",
    ("store", 0x0110): "The peer failed inside; its log has the cause.",
    ("store", 0x0122): "The peer accepted the SOP Class in the association and now refuses it. "
    "Have its storage of this SOP Class enabled, or stop it from being proposed.",
    ("find", 0x0122): "The peer accepted the SOP Class in the association and now refuses it. "
    "Have its query service enabled.",
    ("store", 0x0124): "Have the peer's administrator allow our calling AE title to store.",
    ("find", 0x0124): "Have the peer's administrator allow our calling AE title to query.",
    ("store", 0x0111): "The peer says that it has the object already, which a fresh UID rules "
    "out. Report it to its vendor.",
}


def findings_of(observation: Observation, case: Case) -> list[Finding]:
    """What a find or store means that ran to its end, and what one that did not leaves behind."""
    called = case.called
    if observation.outcome is not Outcome.SUCCESS:
        return _may_be_left(observation, called)
    if observation.kind == "find":
        return [_matched(observation, called) if observation.pending else _nothing(called)]
    return [_stored(observation, called), *_left_behind(observation, called)]


def headline(observation: Observation) -> str | None:
    """Two or three words for the end of a find or store, None for every other check."""
    if observation.kind not in KINDS:
        return None
    if observation.outcome is Outcome.OPERATION_FAILED:
        return f"{observation.kind.capitalize()} failed"
    if observation.outcome is Outcome.OPERATION_TIMEOUT:
        return f"{observation.kind.capitalize()} not answered"
    if observation.outcome is Outcome.CONTEXT_NOT_ACCEPTED:
        return "SOP Class refused" if _is_class_refused(observation) else "Context refused"
    if observation.outcome is not Outcome.SUCCESS:
        return None
    if observation.kind == "find":
        return "Matched wrongly" if observation.pending else "Found nothing, as it should"
    return "Stored with a warning" if _is_warning(observation) else "Stored"


def _is_class_refused(observation: Observation) -> bool:
    return any(context.result == 3 for context in observation.contexts)


def _is_warning(observation: Observation) -> bool:
    status = observation.status
    return status is not None and status_class(status) is StatusClass.WARNING


def _nothing(called: str) -> Finding:
    message = f"{called} answered C-FIND and found nothing, as it should: the query works."
    return Finding("find-answered", Severity.INFO, called, message, clause=_CLAUSES["find"])


def _matched(observation: Observation, called: str) -> Finding:
    count = observation.pending or 0
    answers = "one answer" if count == 1 else f"{count:,} answers"
    message = f"{called} gave {answers} to a query that no record matches. The query was cancelled "
    message += "at the first; the answers were counted and thrown away unread."
    remedy = "Do not trust its query results: the peer ignores the key. Tell its vendor."
    return Finding(
        "find-matched-wrongly", Severity.WARNING, called, message, remedy, _CLAUSES["find"]
    )


def _stored(observation: Observation, called: str) -> Finding:
    if not _is_warning(observation):
        message = f"{called} stored the test object."
        return Finding("object-stored", Severity.INFO, called, message, clause=_CLAUSES["store"])
    words = describe_status(observation.status or 0)
    message = f"{called} stored the test object with a warning: {words}."
    remedy = "The operation went through; the peer's log tells what it changed or left out."
    return Finding(
        "stored-with-warning", Severity.WARNING, called, message, remedy, _CLAUSES["store"]
    )


def _left_behind(observation: Observation, called: str) -> list[Finding]:
    """Where the test object is, or may be."""
    sent = observation.sent_object
    if sent is None:
        return []
    certain = observation.outcome is Outcome.SUCCESS
    message = f"The test object {'is' if certain else 'may be'} in {called} now: patient ID "
    message += f"{sent.patient_id}, study {sent.study_instance}, object {sent.sop_instance} "
    message += f"({uids.name_of(sent.sop_class)}, {uids.name_of(sent.transfer_syntax)})."
    remedy = "Find it under this patient ID and delete it when it is no longer needed."
    return [Finding("test-object-left", Severity.INFO, called, message, remedy)]


def _may_be_left(observation: Observation, called: str) -> list[Finding]:
    """Where to look after a store that broke off, but not after one that the peer refused."""
    is_refused = observation.outcome is Outcome.OPERATION_FAILED and observation.status is not None
    return [] if is_refused else _left_behind(observation, called)


def operation_failed(observation: Observation, called: str, hints: Hints) -> Finding:
    """The association stands and the operation was answered badly."""
    name, clause = _name(observation), _CLAUSES.get(observation.kind)
    if observation.detail == "cancel-ignored":
        count = observation.pending or 0
        message = f"{called} went on answering C-FIND after it was told to stop: {count:,} answers "
        message += "to a query that no record matches. The association was aborted; the answers "
        message += "were thrown away unread."
        remedy = "Keep queries away from this peer and tell its vendor: it ignores both the key "
        remedy += "and C-CANCEL."
        return failed("find-not-stoppable", called, message, remedy, "PS3.4 C.4.1.3")
    if observation.status is None:
        message = f"{called} accepted the association, but its {name} response has no status."
        return failed("operation-failed", called, message, _LOG, clause)
    status = observation.status
    message = f"{called} accepted the association and answered {name} with "
    message += f"{describe_status(status)}."
    if observation.kind == "store":
        message += " The test object was not stored."
    family = failure_family(status) or status
    remedy = _REMEDIES.get((observation.kind, family), _LOG)
    return failed("operation-failed", called, message, remedy, clause)


def operation_timeout(observation: Observation, called: str, hints: Hints) -> Finding:
    """The association stands and the operation was never answered to its end."""
    name = _name(observation)
    message = f"{called} accepted the association, but did not answer {name} in time."
    if observation.pending:
        message = f"{called} began to answer {name} and did not come to an end in time."
    remedy = "Titles and network are right; the service behind may be hung or overloaded."
    return failed("operation-timeout", called, message, remedy, _CLAUSES.get(observation.kind))


def _name(observation: Observation) -> str:
    return NAMES.get(observation.kind, "the operation")


BUILDERS: Final[dict[Outcome, Builder]] = {
    Outcome.OPERATION_FAILED: operation_failed,
    Outcome.OPERATION_TIMEOUT: operation_timeout,
}
