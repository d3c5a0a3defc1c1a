"""Findings for the answers to presentation contexts, grouped so that fifty refusals are one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dicomcfg.core.diagnosis.observation import ContextResult, Observation, Outcome
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.standard import uids
from dicomcfg.core.standard.codes import describe_context_result
from dicomcfg.core.wording import listed

_CLAUSE: Final = "PS3.8 9.3.3.2"
_IMPLICIT_REMEDY: Final = (
    "Add Implicit VR Little Endian, which every AE must support (compressed images apart)."
)
_ANSWERED: Final = (Outcome.SUCCESS, Outcome.CONTEXT_NOT_ACCEPTED)
_GROUPS: Final = {
    1: (
        "context-user-rejection",
        "The peer's application refused; look into its log and its list of allowed services.",
    ),
    2: (
        "context-provider-rejection",
        "The peer's protocol layer refused without a reason; look into its log.",
    ),
    3: (
        "abstract-syntax-not-supported",
        "Remove these SOP Classes from the association, or have the peer's administrator enable "
        "the service; its conformance statement lists what it can.",
    ),
    None: (
        "context-not-answered",
        "The peer left them out of its answer, which the standard does not allow; propose fewer.",
    ),
}


def _names(contexts: Iterable[ContextResult]) -> str:
    return listed(list(dict.fromkeys(uids.name_of(c.abstract_syntax) for c in contexts)))


def _syntaxes(proposed: Iterable[str]) -> str:
    return listed([uids.name_of(uid) for uid in proposed], 8)


def _refused(result: int | None, group: list[ContextResult], total: int, called: str) -> Finding:
    code, remedy = _GROUPS.get(result, ("context-result-unknown", "Ask the peer's vendor."))
    count = "The context was" if total == 1 else f"{len(group)} of {total} contexts were"
    message = f"{count} not accepted: {describe_context_result(result)}: {_names(group)}."
    return Finding(code, Severity.WARNING, called, message, remedy, _CLAUSE)


def _syntaxes_refused(group: list[ContextResult], total: int, called: str) -> list[Finding]:
    """One finding for each list that was refused, since the remedy depends on the list."""
    by_list: dict[tuple[str, ...], list[ContextResult]] = {}
    for context in group:
        by_list.setdefault(context.proposed, []).append(context)
    found = []
    for proposed, contexts in by_list.items():
        count = "The context was" if total == 1 else f"{len(contexts)} of {total} contexts were"
        message = f"{count} not accepted: {describe_context_result(4)}: {_names(contexts)}. "
        message += f"Proposed: {_syntaxes(proposed)}."
        if uids.IMPLICIT_VR_LITTLE_ENDIAN in proposed:
            remedy = "The peer refuses even Implicit VR Little Endian; it probably takes only "
            remedy += "compressed images here. Its conformance statement names the syntaxes."
        else:
            remedy = _IMPLICIT_REMEDY
        code = "transfer-syntaxes-not-supported"
        found.append(Finding(code, Severity.WARNING, called, message, remedy, _CLAUSE))
    return found


def _not_proposed(contexts: tuple[ContextResult, ...], called: str) -> list[Finding]:
    strange = [c for c in contexts if c.result == 0 and c.accepted not in c.proposed]
    if not strange:
        return []
    message = f"{called} accepted a transfer syntax that was not proposed for: {_names(strange)}."
    remedy = "Data sent in these contexts may be unreadable; report it to the peer's vendor."
    code = "accepted-syntax-not-proposed"
    return [Finding(code, Severity.WARNING, called, message, remedy, _CLAUSE)]


def _without_implicit(contexts: tuple[ContextResult, ...], called: str) -> list[Finding]:
    lacking = [
        c for c in contexts if c.result != 4 and uids.IMPLICIT_VR_LITTLE_ENDIAN not in c.proposed
    ]
    if not lacking:
        return []
    message = f"{len(lacking)} of {len(contexts)} contexts do not propose Implicit VR Little "
    message += f"Endian: {_names(lacking)}."
    remedy = _IMPLICIT_REMEDY + " It is the one syntax that two AEs always have in common."
    code = "implicit-vr-not-proposed"
    return [Finding(code, Severity.INFO, called, message, remedy, "PS3.5 10.1")]


def findings_of(observation: Observation, called: str) -> list[Finding]:
    """The answers of one check: what was accepted, then every kind of refusal once."""
    contexts = observation.contexts
    total = len(contexts)
    groups: dict[int | None, list[ContextResult]] = {}
    for context in contexts:
        groups.setdefault(context.result, []).append(context)
    found: list[Finding] = []
    accepted = len(groups.pop(0, []))
    if accepted:
        count = "The context was" if total == 1 else f"{accepted} of {total} contexts were"
        message = f"{count} accepted by {called}."
        found.append(Finding("contexts-accepted", Severity.INFO, called, message, clause=_CLAUSE))
    for result, group in groups.items():
        if result == 4:
            found += _syntaxes_refused(group, total, called)
        elif result is None and observation.outcome not in _ANSWERED:
            message = f"{len(group)} of {total} contexts were not answered before the check ended: "
            message += f"{_names(group)}."
            remedy = "Mend what ended the check, then negotiate again."
            code = "contexts-not-reached"
            found.append(Finding(code, Severity.WARNING, called, message, remedy))
        else:
            found.append(_refused(result, group, total, called))
    found += _not_proposed(contexts, called)
    if observation.kind == "negotiate":
        found += _without_implicit(contexts, called)
    return found
