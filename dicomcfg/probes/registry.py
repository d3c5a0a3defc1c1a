"""The kinds of check, by name. A new kind is one file and one line here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from dicomcfg.core.diagnosis.observation import Observation
from dicomcfg.probes import discover, echo, find, ladder, negotiate, refusal, store
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits, Target

Probe: TypeAlias = Callable[[Target, Limits, Environment], Awaitable[Observation]]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of check is made and how long it may take where the target does not say."""

    probe: Probe
    limits: Limits = field(default=Limits())


KINDS: dict[str, Kind] = {
    "discover": Kind(discover.probe, discover.LIMITS),
    "echo": Kind(echo.probe),
    "negotiate": Kind(negotiate.probe),
    "refusal": Kind(refusal.probe, Limits(total_s=60.0)),
    "ladder": Kind(ladder.probe, Limits(total_s=60.0)),
    # An archive may search or write for a while before it answers.
    "find": Kind(find.probe, Limits(total_s=30.0, operation_s=20.0)),
    "store": Kind(store.probe, Limits(total_s=30.0, operation_s=20.0)),
}


def limits_of(kind: str, target: Target) -> Limits:
    """The limits of one check. Raises KeyError for a kind that is not registered."""
    own = KINDS[kind].limits
    return own if target.timeout_s is None else Limits.within(target.timeout_s)


def get(kind: str) -> Probe:
    """The probe of this kind. Raises KeyError for a kind that is not registered."""
    return KINDS[kind].probe
