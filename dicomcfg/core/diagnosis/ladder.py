"""Findings for the `ladder` kind: how far up a peer could be climbed, and what that means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from dicomcfg.core.diagnosis import negotiated, words
from dicomcfg.core.diagnosis.hints import Case, Hints
from dicomcfg.core.diagnosis.observation import (
    ContextResult,
    Observation,
    Outcome,
    StageName,
    Trial,
    TrialName,
)
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.negotiation.options import PLAIN, RequestOptions
from dicomcfg.core.standard import uids
from dicomcfg.core.standard.codes import (
    CALLING_NOT_RECOGNIZED,
    describe_context_result,
)
from dicomcfg.core.wording import listed

_RUNGS: Final = (
    StageName.RESOLVE,
    StageName.CONNECT,
    StageName.TLS,
    StageName.ASSOCIATE,
    StageName.ECHO,
)
# What the first broken rung leaves over as the cause.
_MEANINGS: Final = {
    StageName.RESOLVE: (
        "The host name is wrong or unknown to the name server; nothing was sent to the device.",
        "Correct the host, or use the address.",
    ),
    StageName.CONNECT: (
        "The host has an address, but nobody takes a connection at this port: a wrong address or "
        "port, a service that is not running, or a firewall.",
        "Compare host and port with the device's own settings.",
    ),
    StageName.TLS: (
        "Something listens, but TLS is not established: the wrong port, or certificates that the "
        "two sides do not trust.",
        "Compare the TLS settings of both sides, and whether the port expects TLS at all.",
    ),
    StageName.ASSOCIATE: (
        "Something listens at this port, but it does not associate with us: a wrong title, an "
        "unknown caller, or another service than the one that is meant.",
        "Compare both AE titles with the device's own settings.",
    ),
    StageName.ECHO: (
        "Network and titles are right; the Verification service behind them is not offered or does "
        "not answer.",
        "Look into the peer's log and its list of services.",
    ),
}


def findings_of(observation: Observation, case: Case) -> list[Finding]:
    """What was climbed, where it broke, then the other titles and each association."""
    if not observation.stages:
        return []
    called = case.called
    others = [trial for trial in observation.trials if trial.name == TrialName.OTHER_TITLE]
    negotiations = [trial for trial in observation.trials if trial.name != TrialName.OTHER_TITLE]
    return [
        _rungs(observation, called, case.hints),
        *_other_titles(others, called),
        *(
            finding
            for trial in negotiations
            for finding in (_negotiation(trial), *_options(trial, called, case.negotiations))
        ),
    ]


def _options(
    trial: Trial, called: str, proposed: Mapping[str, RequestOptions]
) -> Iterator[Finding]:
    """What an association that works does not get of its roles and the like."""
    for found in negotiated.findings_of(trial, called, proposed.get(trial.name, PLAIN)):
        if found.severity is Severity.WARNING:
            yield replace(found, subject=trial.name, message=f"{trial.name}: {found.message}")


def _rungs(observation: Observation, called: str, hints: Hints) -> Finding:
    climbed, broken = [], None
    for stage in observation.stages:
        if stage.name not in _RUNGS:
            continue
        if stage.outcome == "success":
            climbed.append(words.stage_words(stage.name))
        else:
            broken = stage.name
    if observation.outcome is Outcome.SUCCESS:
        message = f"Every rung holds: {', '.join(climbed)}."
        return Finding("ladder-climbed", Severity.INFO, called, message)
    # Refused contexts and settings that are missing break no stage.
    broken = broken or (observation.stage if observation.stage in _RUNGS else StageName.ECHO)
    meaning, remedy = _MEANINGS[broken]
    held = f" These hold: {', '.join(climbed)}." if climbed else ""
    message = f"The first rung that breaks is: {words.stage_words(broken)}.{held} {meaning}"
    code = "ladder-broken"
    return Finding(code, Severity.INFO, called, message, remedy + _elsewhere(hints, broken))


def _elsewhere(hints: Hints, broken: StageName) -> str:
    """The right host with the wrong port is told by the other listeners of the inventory.

    Where nobody takes the connection, the finding of that says so already.
    """
    if broken not in (StageName.TLS, StageName.ASSOCIATE) or not hints.other_connections:
        return ""
    known = listed([str(other) for other in hints.other_connections], 3)
    return f" For this device or host the table also has {known}: the port may be the one there."


def _other_titles(trials: list[Trial], called: str) -> list[Finding]:
    if not trials:
        return []
    accepted = [trial.called_ae_title for trial in trials if trial.outcome is Outcome.SUCCESS]
    tried = listed([trial.called_ae_title for trial in trials], 12)
    if not accepted:
        message = f"None of the other titles tried was accepted either: {tried}."
        remedy = "Look up the title in the device's own settings."
        return [Finding("other-titles-refused", Severity.INFO, called, message, remedy)]
    message = f"In place of {called} the peer accepts: {listed(accepted)}."
    if len(accepted) < len(trials):
        message += f" Tried: {tried}."
    remedy = "Confirm it in the device's own settings, then correct the called AE title."
    if len(accepted) > 1:
        remedy = "More than one was accepted; the device's own settings tell which is meant."
    return [Finding("other-title-accepted", Severity.WARNING, called, message, remedy)]


def _negotiation(trial: Trial) -> Finding:
    if trial.outcome is not Outcome.SUCCESS:
        return _failed(trial)
    refused = [context for context in trial.contexts if context.result != 0]
    total = len(trial.contexts)
    if not refused:
        count = "the context is" if total == 1 else f"all {total} contexts are"
        message = f"{trial.name}: {count} accepted."
        return Finding("association-works", Severity.INFO, trial.name, message)
    message = f"{trial.name}: {total - len(refused)} of {total} contexts are accepted; "
    message += f"{listed([_refusal(context) for context in refused])}."
    remedy = "Negotiate this association by itself to see every answer with its remedy."
    code = "association-works-in-part"
    return Finding(code, Severity.WARNING, trial.name, message, remedy, "PS3.8 9.3.3.2")


def _refusal(context: ContextResult) -> str:
    name = uids.name_of(context.abstract_syntax)
    return f"{name}: {describe_context_result(context.result)}"


def _failed(trial: Trial) -> Finding:
    remedy = "Negotiate this association by itself to see the bytes."
    if trial.rejection is not None:
        how = str(trial.rejection)
        if trial.rejection.cause == CALLING_NOT_RECOGNIZED:
            remedy = f"The peer's administrator must add {trial.calling_ae_title}. From its own "
            remedy += "address it may be answered differently: many peers check that as well."
    elif trial.abort is not None:
        how = str(trial.abort)
    elif trial.outcome is Outcome.SKIPPED:
        how = "not sent, since its passcode is missing on the worker"
        remedy = "Set the environment variable where the worker is started."
    else:
        how = trial.outcome.value.replace("-", " ")
    message = f"{trial.name}: not accepted as {trial.calling_ae_title}: {how}."
    return Finding("association-does-not-work", Severity.WARNING, trial.name, message, remedy)
