"""One live Observation, with what the inventory knows, to findings for an administrator.

Every outcome says in plain words how far the check got, what the peer's codes mean and who has to
change what. Nothing is looked up here, so that an old result reads the same when replayed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dicomcfg.core.diagnosis import (
    asides,
    contexts,
    discovered,
    failing,
    ladder,
    negotiated,
    operations,
    refusing,
    tls,
    transport,
)
from dicomcfg.core.diagnosis.hints import Case, FindingsOf, Hints
from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.negotiation.options import PLAIN, RequestOptions

_NO_NEGOTIATIONS: Final[Mapping[str, RequestOptions]] = MappingProxyType({})


def diagnose(
    observation: Observation,
    called_ae_title: str,
    hints: Hints | None = None,
    *,
    options: RequestOptions = PLAIN,
    negotiations: Mapping[str, RequestOptions] = _NO_NEGOTIATIONS,
) -> tuple[Finding, ...]:
    """What an observation means, the most telling finding first; never empty, never raises.

    `options` are what the check proposed beside its contexts, `negotiations` what a ladder
    proposed for each association by its name.
    """
    case = Case(called_ae_title or "The peer", hints or Hints(), options, negotiations)
    found = _BY_KIND[observation.kind](observation, case)
    if observation.outcome is Outcome.SUCCESS:
        found = found or [_accepted(observation, case)]
    elif not (found and discovered.is_cut_short(observation)):
        found = [*failing.findings_of(observation, case), *found]
    return (
        *found,
        *negotiated.findings_of(observation, case.called, options),
        *asides.borrowed(observation, case),
        *tls.ending_soon(observation, case.called),
        *asides.noticed(observation, case),
    )


def _echoed(observation: Observation, case: Case) -> list[Finding]:
    if observation.outcome is not Outcome.SUCCESS:
        return []
    where = transport.place_of(observation, case.hints)
    message = f"{case.called} at {where} accepted the association and answered C-ECHO."
    return [Finding("echo-answered", Severity.INFO, case.called, message)]


def _negotiated(observation: Observation, case: Case) -> list[Finding]:
    if observation.outcome is not Outcome.SUCCESS:
        return []
    return contexts.findings_of(observation, case.called)


def _accepted(observation: Observation, case: Case) -> Finding:
    where = transport.place_of(observation, case.hints)
    message = f"{case.called} at {where} accepted the association; no context was proposed."
    return Finding("nothing-proposed", Severity.INFO, case.called, message)


# What a kind makes of what it saw; why a check failed is told the same way for all.
_BY_KIND: Final[Mapping[str, FindingsOf]] = {
    "echo": _echoed,
    "negotiate": _negotiated,
    "discover": discovered.findings_of,
    "refusal": refusing.findings_of,
    "ladder": ladder.findings_of,
    "find": operations.findings_of,
    "store": operations.findings_of,
}
