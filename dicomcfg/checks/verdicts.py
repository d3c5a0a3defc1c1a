"""From an observation to what a check's row keeps: outcome, words, tone, findings; bounded.

Reads the inventory for hints but writes nothing. A peer chooses much of what stands in an
observation, so whatever is stored passes through `storable` first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from dicomcfg.checks.models import Kind
from dicomcfg.checks.storable import storable
from dicomcfg.core.diagnosis import live, words
from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.core.findings import Finding
from dicomcfg.inventory.models import AE
from dicomcfg.inventory.selectors import hints_for
from dicomcfg.probes.target import Target

MAXIMUM_FINDINGS = 30


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an observation means, ready to be stored; `stages` is [[name, outcome, ms], ...]."""

    outcome: Outcome
    headline: str
    tone: str
    elapsed_ms: float | None
    finished_at: datetime
    findings: list[dict[str, Any]]
    stages: list[list[Any]]

    def columns(self) -> dict[str, Any]:
        """The Check columns that hold it, for `update()`."""
        return {
            "outcome": self.outcome.value,
            "headline": self.headline,
            "tone": self.tone,
            "elapsed_ms": self.elapsed_ms,
            "finished_at": self.finished_at,
            "findings": self.findings,
        }


def judge(observation: Observation, target: Target, ae_id: int | None) -> Verdict:
    """Diagnose what a probe saw, with what the inventory knows about the target now."""
    ae = AE.objects.filter(pk=ae_id).first() if ae_id is not None else None
    hints = hints_for(ae or (target.hostname, target.port), observation)
    findings = live.diagnose(observation, target.called_ae_title, hints)
    return _verdict(observation, list(findings))


def unprobed(
    kind: Kind, outcome: Outcome, *, detail: str | None = None, finding: Finding | None = None
) -> Verdict:
    """The verdict on a check that never touched the network."""
    observation = Observation(kind=kind.value, outcome=outcome, detail=detail)
    return _verdict(observation, [finding] if finding else [])


def _verdict(observation: Observation, findings: list[Finding]) -> Verdict:
    bounded = findings[:MAXIMUM_FINDINGS]
    return Verdict(
        outcome=observation.outcome,
        headline=words.headline(observation)[:64],
        tone=words.tone(observation),
        elapsed_ms=observation.elapsed_ms if observation.stages else None,
        finished_at=timezone.now(),
        findings=[storable(replace(f, message=f.message[:2000]).to_json()) for f in bounded],
        stages=[[s.name.value, s.outcome, round(s.elapsed_ms, 3)] for s in observation.stages],
    )
