"""Findings for a discovery: how much a peer accepts, what that proves, what stays unknown."""

from __future__ import annotations

from typing import Final

from dicomcfg.core.diagnosis.hints import Case
from dicomcfg.core.diagnosis.observation import DiscoverySeen, Observation, Outcome
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.negotiation.matrix import Cell, Matrix
from dicomcfg.core.standard import uids
from dicomcfg.core.wording import listed

_CLAUSE: Final = "PS3.8 9.3.3.2"
# note -> code, severity, message about the peer, remedy
_NOTES: Final = {
    "changed-its-mind": (
        "peer-changed-its-mind",
        Severity.WARNING,
        "accepted a pair in one association and refused it in another; such pairs count as unknown",
        "Ask whether its configuration was being changed, or whether several systems share the "
        "address, and discover again.",
    ),
    "context-not-answered": (
        "context-not-answered",
        Severity.WARNING,
        "left contexts out of its answers, which the standard does not allow",
        "They were asked for once more, each alone; report it to the peer's vendor.",
    ),
    "unproposed-transfer-syntax-accepted": (
        "accepted-syntax-not-proposed",
        Severity.WARNING,
        "accepted a transfer syntax that was not proposed; such answers prove nothing",
        "Data sent in these contexts may be unreadable; report it to the peer's vendor.",
    ),
    "result-3-for-transfer-syntaxes": (
        "class-refused-for-its-syntaxes",
        Severity.INFO,
        'says "abstract syntax not supported" of SOP Classes that it accepts in other transfer '
        "syntaxes",
        "Nothing needs doing: every pair was asked for by itself. Do not take that answer for a "
        "missing SOP Class.",
    ),
    "requests-made-smaller": (
        "requests-made-smaller",
        Severity.WARNING,
        "did not answer large requests, so smaller ones were sent",
        "Keep associations with this peer small: few contexts, few transfer syntaxes each.",
    ),
    "answers-slowed-down": (
        "answers-slowed-down",
        Severity.INFO,
        "took ever longer to answer",
        "Look whether it keeps associations that have ended; a pause between associations helps.",
    ),
}


def is_cut_short(observation: Observation) -> bool:
    """Whether only our own time or patience was up, which its unknown pairs tell of."""
    if observation.kind != "discover":
        return False
    return observation.outcome is Outcome.CANCELLED or observation.detail == "deadline"


def findings_of(observation: Observation, case: Case) -> list[Finding]:
    """What was found, most telling first; nothing where the peer never answered."""
    seen, called = observation.discovery, case.called
    if seen is None or (observation.outcome is not Outcome.SUCCESS and _is_blank(seen.matrix)):
        return []
    return [
        *_accepted(seen, called),
        *_unknown(observation, seen.matrix, called),
        *_missing(seen.matrix, called),
        *_roles(seen, called),
        *(
            Finding(code, severity, called, f"{called} {message}.", remedy, _CLAUSE)
            for note, (code, severity, message, remedy) in _NOTES.items()
            if note in observation.notes
        ),
    ]


def _is_blank(matrix: Matrix) -> bool:
    return all(set(row) <= {Cell.UNKNOWN} for row in matrix.rows)


def _pairs(matrix: Matrix) -> int:
    return len(matrix.sop_classes) * len(matrix.transfer_syntaxes)


def _names(sop_classes: list[str]) -> str:
    return listed([uids.name_of(uid) for uid in sop_classes])


def _accepted(seen: DiscoverySeen, called: str) -> list[Finding]:
    matrix = seen.matrix
    classes, pairs, total = len(matrix.accepted()), matrix.count(Cell.ACCEPTED), _pairs(matrix)
    if not classes:
        message = f"{called} accepts associations, but none of the {total:,} pairs asked for."
        remedy = "Titles and network are right; its services are switched off, or it grants them "
        remedy += "to other calling AE titles only."
        return [Finding("discovered-nothing", Severity.WARNING, called, message, remedy)]
    message = f"{called} accepts {classes:,} of {len(matrix.sop_classes):,} SOP Classes, and "
    message += f"{pairs:,} of {total:,} pairs of a SOP Class with a transfer syntax."
    found = [Finding("discovered", Severity.INFO, called, message, clause=_CLAUSE)]
    if pairs == total and classes > 1:
        message = f"{called} accepts everything that it is asked for."
        remedy = "That proves little: such a peer promises more than it can do. Rely on its "
        remedy += "conformance statement."
        found.append(Finding("accepts-everything", Severity.WARNING, called, message, remedy))
    return found


def _unknown(observation: Observation, matrix: Matrix, called: str) -> list[Finding]:
    unknown = matrix.count(Cell.UNKNOWN)
    if not unknown:
        return []
    if observation.detail == "deadline":
        why = "time was up"
    elif observation.outcome is Outcome.CANCELLED:
        why = "the discovery was cancelled"
    elif observation.outcome is Outcome.SUCCESS:
        why = "the peer gave no answer that counts"
    else:
        why = "associations failed"
    message = f"{unknown:,} of {_pairs(matrix):,} pairs stay unknown: {why}."
    remedy = "Resume the discovery: only what is unknown is asked for again."
    return [Finding("pairs-unknown", Severity.WARNING, called, message, remedy)]


def _missing(matrix: Matrix, called: str) -> list[Finding]:
    """What every AE should accept, among what was asked for and refused."""
    rows = dict(zip(matrix.sop_classes, matrix.rows, strict=True))
    accepted = matrix.accepted()
    found = []
    verification = rows.get(uids.VERIFICATION)
    if verification and uids.VERIFICATION not in accepted and Cell.UNKNOWN not in verification:
        message = f"{called} does not accept Verification, so it cannot be echoed."
        remedy = "Have the service enabled: every acceptor of associations must support it."
        found.append(
            Finding("verification-not-accepted", Severity.WARNING, called, message, remedy)
        )
    if uids.IMPLICIT_VR_LITTLE_ENDIAN in matrix.transfer_syntaxes:
        column = matrix.transfer_syntaxes.index(uids.IMPLICIT_VR_LITTLE_ENDIAN)
        lacking = [
            uid for uid in accepted if rows[uid][column] not in (Cell.ACCEPTED, Cell.UNKNOWN)
        ]
        if lacking:
            message = f"{called} accepts {_names(lacking)}, but not in Implicit VR Little Endian."
            remedy = "Propose the syntaxes that it accepts; apart from compressed images every AE "
            remedy += "must support Implicit VR Little Endian."
            code = "implicit-vr-not-accepted"
            found.append(Finding(code, Severity.WARNING, called, message, remedy, "PS3.5 10.1"))
    return found


def _roles(seen: DiscoverySeen, called: str) -> list[Finding]:
    as_scu = [role.sop_class for role in seen.roles if role.scp]
    if not as_scu:
        return []
    message = f"{called} lets the requestor be the SCP of {_names(as_scu)}."
    return [Finding("scp-role-accepted", Severity.INFO, called, message, clause="PS3.7 D.3.3.4")]
