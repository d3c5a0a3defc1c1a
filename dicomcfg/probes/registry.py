"""The kinds of check, by name. A new kind is one file and one line here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from dicomcfg.core.diagnosis.observation import Observation
from dicomcfg.probes import echo, negotiate
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits, Target

Probe: TypeAlias = Callable[[Target, Limits, Environment], Awaitable[Observation]]

PROBES: dict[str, Probe] = {
    "echo": echo.probe,
    "negotiate": negotiate.probe,
}


def get(kind: str) -> Probe:
    """The probe of this kind. Raises KeyError for a kind that is not registered."""
    return PROBES[kind]
