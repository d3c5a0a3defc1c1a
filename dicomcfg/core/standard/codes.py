"""Codes of the protocol in the standard's words; unknown values are named, never raised."""

from __future__ import annotations

from enum import StrEnum

TRANSIENT = 2
"""The result of an A-ASSOCIATE-RJ that may be another one later (PS3.8 9.3.4)."""

APPLICATION_CONTEXT_NOT_SUPPORTED = (1, 2)
CALLING_NOT_RECOGNIZED = (1, 3)
CALLED_NOT_RECOGNIZED = (1, 7)
"""Sources and reasons of an A-ASSOCIATE-RJ that a diagnosis asks for (PS3.8 9.3.4)."""

_REJECT_RESULTS = {1: "permanent", TRANSIENT: "transient"}
_REJECT_SOURCES = {
    1: "service user",
    2: "service provider (ACSE)",
    3: "service provider (presentation)",
}
_REJECT_REASONS = {
    (1, 1): "no reason given",
    (1, 2): "application context name not supported",
    (1, 3): "calling AE title not recognized",
    (1, 7): "called AE title not recognized",
    (2, 1): "no reason given",
    (2, 2): "protocol version not supported",
    (3, 1): "temporary congestion",
    (3, 2): "local limit exceeded",
}
_ABORT_SOURCES = {0: "service user", 2: "service provider"}
_ABORT_REASONS = {
    0: "reason not specified",
    1: "unrecognized PDU",
    2: "unexpected PDU",
    4: "unrecognized PDU parameter",
    5: "unexpected PDU parameter",
    6: "invalid PDU parameter value",
}
_CONTEXT_RESULTS = {
    0: "accepted",
    1: "user rejection",
    2: "no reason (provider rejection)",
    3: "abstract syntax not supported",
    4: "transfer syntaxes not supported",
}
_STATUSES = {
    0x0000: "success",
    0x0110: "processing failure",
    0x0111: "duplicate SOP instance",
    0x0112: "no such SOP instance",
    0x0117: "invalid SOP instance",
    0x0118: "no such SOP class",
    0x0119: "class-instance conflict",
    0x0122: "SOP class not supported",
    0x0124: "not authorized",
    0x0210: "duplicate invocation",
    0x0211: "unrecognized operation",
    0x0212: "mistyped argument",
    0x0213: "resource limitation",
    0xB000: "coercion of data elements",
    0xB006: "elements discarded",
    0xB007: "data set does not match SOP class",
    0xFE00: "cancelled",
    0xFF00: "pending",
    0xFF01: "pending, optional keys not supported",
}
# What C-FIND (PS3.4 C.4.1.1.4) and C-STORE (PS3.4 B.2.3) have in common; the low bits differ.
_FAILURES = {
    0xA700: "refused: out of resources",
    0xA900: "data set does not match SOP class",
    0xC000: "cannot be understood or processed",
}
_WARNINGS = frozenset({0x0001, 0x0107, 0x0116})


class StatusClass(StrEnum):
    """The classes of a DIMSE status (PS3.7 Annex C)."""

    SUCCESS = "success"
    PENDING = "pending"
    CANCEL = "cancel"
    WARNING = "warning"
    FAILURE = "failure"


def describe_rejection(result: int, source: int, reason: int) -> str:
    """The three codes of an A-ASSOCIATE-RJ in words (PS3.8 9.3.4)."""
    return (
        f"rejected, {_REJECT_RESULTS.get(result, f'unknown result {result}')}, "
        f"{_REJECT_SOURCES.get(source, f'unknown source {source}')}: "
        f"{_REJECT_REASONS.get((source, reason), f'unknown reason {reason}')}"
    )


def describe_abort(source: int, reason: int) -> str:
    """The two codes of an A-ABORT in words (PS3.8 9.3.8); a user's abort has no reason."""
    words = f"aborted, {_ABORT_SOURCES.get(source, f'unknown source {source}')}"
    if source == 0:
        return words
    return f"{words}: {_ABORT_REASONS.get(reason, f'unknown reason {reason}')}"


def describe_context_result(result: int | None) -> str:
    """The answer to one presentation context in words (PS3.8 9.3.3.2); None is no answer."""
    if result is None:
        return "no answer"
    return _CONTEXT_RESULTS.get(result, f"unknown result {result}")


def status_class(status: int) -> StatusClass:
    """The class of a DIMSE status; a warning means that the operation went through."""
    if status == 0:
        return StatusClass.SUCCESS
    if status in (0xFF00, 0xFF01):
        return StatusClass.PENDING
    if status == 0xFE00:
        return StatusClass.CANCEL
    if status in _WARNINGS or 0xB000 <= status <= 0xBFFF:
        return StatusClass.WARNING
    return StatusClass.FAILURE


def failure_family(status: int) -> int | None:
    """0xA700, 0xA900 or 0xC000 for the failures of C-FIND and C-STORE that begin so."""
    family = 0xC000 if status & 0xF000 == 0xC000 else status & 0xFF00
    return family if family in _FAILURES else None


def describe_status(status: int) -> str:
    """A DIMSE status as hexadecimal with its class and, where known, its name (PS3.7 Annex C)."""
    kind = status_class(status)
    name = _STATUSES.get(status) or _FAILURES.get(failure_family(status) or 0)
    return f"0x{status:04X} ({kind}{f': {name}' if name and name != kind else ''})"
