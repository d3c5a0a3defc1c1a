"""Findings for the `refusal` kind: how a peer takes what it has to refuse, or may (PS3.8 9.3).

A peer that does not check its callers behaves as the standard allows; that is told, not blamed.
Only one that breaks off where it should answer is warned of, since callers cannot learn why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from dicomcfg.core.diagnosis.hints import Case
from dicomcfg.core.diagnosis.observation import (
    Observation,
    Outcome,
    Trial,
    TrialName,
)
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.standard.codes import (
    APPLICATION_CONTEXT_NOT_SUPPORTED,
    CALLED_NOT_RECOGNIZED,
    CALLING_NOT_RECOGNIZED,
    describe_context_result,
)
from dicomcfg.core.wording import listed

_TRANSFER_SYNTAXES_REFUSED: Final = 4
_ABSTRACT_SYNTAX_REFUSED: Final = 3


class Manner(Enum):
    """How a trial went.

    As PS3.8 asks, let pass, refused for another reason, broken off; UNTOLD is as the correct
    request went, which tells nothing.
    """

    PROPER = "proper"
    UNCHECKED = "unchecked"
    OTHERWISE = "otherwise"
    ABRUPT = "abrupt"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class _Mistake:
    """What is wrong with a request; code, message and remedy where the peer lets it pass."""

    what: str
    code: str
    passed: str
    remedy: str
    clause: str


_REJECTED: Final[dict[str, tuple[int, int]]] = {
    TrialName.UNKNOWN_APPLICATION_CONTEXT: APPLICATION_CONTEXT_NOT_SUPPORTED,
    TrialName.UNKNOWN_CALLED_TITLE: CALLED_NOT_RECOGNIZED,
    TrialName.UNKNOWN_CALLING_TITLE: CALLING_NOT_RECOGNIZED,
}
_REFUSED_CONTEXT: Final[dict[str, int]] = {
    TrialName.MEANINGLESS_ABSTRACT_SYNTAX: _ABSTRACT_SYNTAX_REFUSED,
    TrialName.UNSUPPORTED_TRANSFER_SYNTAX: _TRANSFER_SYNTAXES_REFUSED,
}
_MISTAKES: Final[dict[str, _Mistake]] = {
    TrialName.UNKNOWN_APPLICATION_CONTEXT: _Mistake(
        "an application context that does not exist",
        "application-context-not-checked",
        "does not look at the application context: one that does not exist was accepted",
        "Nothing needs doing: DICOM has only one application context.",
        "PS3.8 7.1.1.2",
    ),
    TrialName.UNKNOWN_CALLED_TITLE: _Mistake(
        "a called AE title that nobody has",
        "called-title-not-checked",
        "does not check the called AE title: it answers to any",
        "A wrong title in another system's settings goes unnoticed here. Switch the check on in "
        "the peer, or do not take an accepted association as proof of the title.",
        "PS3.8 9.3.4",
    ),
    TrialName.UNKNOWN_CALLING_TITLE: _Mistake(
        "a calling AE title that nobody has",
        "calling-title-not-checked",
        "does not check the calling AE title: any system that reaches it may associate",
        "Where the peer should serve known systems only, switch the check on, beside a firewall.",
        "PS3.8 9.3.4",
    ),
    TrialName.MEANINGLESS_ABSTRACT_SYNTAX: _Mistake(
        "an abstract syntax that does not exist",
        "abstract-syntax-not-checked",
        "accepts an abstract syntax that does not exist",
        "What it accepts in a negotiation or discovery proves little; only an operation does.",
        "PS3.8 9.3.3.2",
    ),
    TrialName.UNSUPPORTED_TRANSFER_SYNTAX: _Mistake(
        "a transfer syntax that does not exist",
        "transfer-syntax-not-checked",
        "accepts a transfer syntax that does not exist",
        "Whoever sends in it will be accepted and not understood. Report it to the peer's vendor.",
        "PS3.8 9.3.3.2",
    ),
}


def manner_of(trial: Trial, baseline: Trial) -> Manner:
    """How the peer took one trial, seen beside the correct request."""
    if trial.outcome is not Outcome.SUCCESS:
        if (trial.outcome, trial.rejection) == (baseline.outcome, baseline.rejection):
            return Manner.UNTOLD
        if trial.rejection is None:
            return Manner.ABRUPT
        return (
            Manner.PROPER
            if trial.rejection.cause == _REJECTED.get(trial.name)
            else Manner.OTHERWISE
        )
    wanted = _REFUSED_CONTEXT.get(trial.name)
    if wanted is None:
        return Manner.UNCHECKED
    result = _result(trial)
    if result == 0:
        return Manner.UNCHECKED
    return Manner.PROPER if result == wanted else Manner.OTHERWISE


def _seen(observation: Observation) -> tuple[Trial | None, list[Trial]]:
    """The correct request and those with something mistake."""
    baseline, *trials = observation.trials or (None,)
    return baseline, [trial for trial in trials if trial.name in _MISTAKES]


def manners(observation: Observation) -> set[Manner]:
    """Those that the peer has shown."""
    baseline, trials = _seen(observation)
    return {manner_of(trial, baseline) for trial in trials} if baseline else set()


def findings_of(observation: Observation, case: Case) -> list[Finding]:
    """One finding a trial, in the order they were made; those that told nothing share the last."""
    called = case.called
    baseline, trials = _seen(observation)
    if baseline is None:
        return []
    found = []
    if baseline.outcome is Outcome.SUCCESS:
        message = f"{called} accepts a correct request with Verification."
        found.append(Finding("correct-request-accepted", Severity.INFO, called, message))
    untold = []
    for trial in trials:
        manner, mistake = manner_of(trial, baseline), _MISTAKES[trial.name]
        if manner is Manner.UNTOLD:
            untold.append(mistake)
        else:
            found.append(_TELLERS[manner](trial, mistake, called))
    return [*found, *_untold(untold, baseline, called)]


def _result(trial: Trial) -> int | None:
    """Of the last of a trial's contexts, which is the one with something mistake."""
    return trial.contexts[-1].result if trial.contexts else None


def _how(trial: Trial) -> str:
    """The peer's answer in the standard's words."""
    if trial.rejection is not None:
        return str(trial.rejection)
    if trial.abort is not None:
        return str(trial.abort)
    if trial.outcome is Outcome.SUCCESS:
        return f"context refused, {describe_context_result(_result(trial))}"
    return _ENDINGS.get(trial.outcome, trial.outcome.value.replace("-", " "))


_ENDINGS: Final = {
    Outcome.ASSOCIATION_TIMEOUT: "no answer",
    Outcome.CONNECTION_CLOSED: "connection closed without an answer",
    Outcome.PROTOCOL_ERROR: "an answer that the protocol does not allow",
}


def _proper(trial: Trial, mistake: _Mistake, called: str) -> Finding:
    message = f"{called} refuses {mistake.what} as the standard asks: {_how(trial)}."
    return Finding("refused-properly", Severity.INFO, called, message, clause=mistake.clause)


def _unchecked(trial: Trial, mistake: _Mistake, called: str) -> Finding:
    message = f"{called} {mistake.passed}."
    return Finding(mistake.code, Severity.INFO, called, message, mistake.remedy, mistake.clause)


def _otherwise(trial: Trial, mistake: _Mistake, called: str) -> Finding:
    message = f"{called} refuses {mistake.what}, but for another reason than the standard has for "
    message += f"it: {_how(trial)}."
    if trial.rejection is not None and trial.name in _REFUSED_CONTEXT:
        message += " The correct context beside it was lost with the association."
    remedy = "Keep in mind, when this peer gives that reason, that the cause may be another one."
    code = "refused-for-another-reason"
    return Finding(code, Severity.INFO, called, message, remedy, mistake.clause)


def _abrupt(trial: Trial, mistake: _Mistake, called: str) -> Finding:
    message = f"{called} does not answer {mistake.what} in good order: {_how(trial)}."
    remedy = "A caller with that mistake in its settings cannot learn what is wrong; keep it in "
    remedy += "mind when one reports such an end. Tell the peer's vendor."
    return Finding("refused-abruptly", Severity.WARNING, called, message, remedy, mistake.clause)


def _untold(mistakes: list[_Mistake], baseline: Trial, called: str) -> list[Finding]:
    if not mistakes:
        return []
    wrong = listed([mistake.what for mistake in mistakes], len(mistakes))
    message = (
        f"{called} treats a correct request in the same way ({_how(baseline)}), so nothing is "
    )
    message += f"told about how it would refuse: {wrong}."
    remedy = "Have the correct request accepted first, then ask again."
    return [Finding("refusal-not-seen", Severity.INFO, called, message, remedy)]


_TELLERS: Final[dict[Manner, Callable[[Trial, _Mistake, str], Finding]]] = {
    Manner.PROPER: _proper,
    Manner.UNCHECKED: _unchecked,
    Manner.OTHERWISE: _otherwise,
    Manner.ABRUPT: _abrupt,
}
