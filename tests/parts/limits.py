"""Deadlines short enough for tests."""

from __future__ import annotations

from dicomcfg.checks.probe_loop import LimitsOf
from dicomcfg.probes.target import Limits


def within(total_s: float) -> LimitsOf:
    """Every check has the usual limits but for this deadline."""
    limits = Limits(total_s=total_s)
    return lambda kind, target: limits
