"""From an observation to what a check's row keeps: outcome, words, tone, findings; bounded.

Reads the inventory for hints but writes nothing. A peer chooses much of what stands in an
observation, so whatever is stored passes through dicomcfg.checks.storable first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from dicomcfg.checks.models import Check, Kind
from dicomcfg.checks.storable import storable_findings
from dicomcfg.core.diagnosis import live, words
from dicomcfg.core.diagnosis.hints import Hints
from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.core.findings import Finding
from dicomcfg.inventory.hints import Asked, hints_for
from dicomcfg.probes.target import Target

MAXIMUM_FINDINGS = 30


@dataclass(frozen=True, slots=True)
class Concern:
    """Whose status a check is, if anybody's, and from which site and as whom it was made."""

    check_id: int
    kind: str
    site_id: int
    ae_id: int | None
    association_id: int | None
    borrowed: bool
    calling_ae_title: str

    @classmethod
    def of(cls, check: Check) -> Concern:
        """The concern of a check's row."""
        return cls(
            check_id=check.pk,
            kind=check.kind,
            site_id=check.site_id,
            ae_id=check.ae_id,
            association_id=check.association_id,
            borrowed=check.borrowed,
            calling_ae_title=check.target["calling_ae_title"],
        )


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


def judge(observation: Observation, target: Target, hints: Hints) -> Verdict:
    """Diagnose what a probe saw, with what the inventory knows about the target."""
    negotiations = target.ladder.negotiations if target.ladder else ()
    findings = live.diagnose(
        observation,
        target.called_ae_title,
        hints,
        options=target.options,
        negotiations={each.name: each.options for each in negotiations},
    )
    return _verdict(observation, findings)


def known_about(seen: Sequence[tuple[Observation, Target, Concern]]) -> list[Hints]:
    """What the inventory knows about each target now, in a constant number of queries."""
    return hints_for(
        [
            Asked(
                hostname=target.hostname,
                port=target.port,
                calling_ae_title=target.calling_ae_title,
                site_id=concern.site_id,
                ae_id=concern.ae_id,
                is_borrowed=concern.borrowed,
                outcome=observation.outcome,
            )
            for observation, target, concern in seen
        ]
    )


def unprobed(
    kind: Kind, outcome: Outcome, *, detail: str | None = None, finding: Finding | None = None
) -> Verdict:
    """The verdict on a check that never touched the network; `finding` is why, where that is
    not plain from the outcome.
    """
    observation = Observation(kind=kind.value, outcome=outcome, detail=detail)
    return _verdict(observation, (finding,) if finding else live.diagnose(observation, ""))


def _verdict(observation: Observation, findings: tuple[Finding, ...]) -> Verdict:
    return Verdict(
        outcome=observation.outcome,
        headline=words.headline(observation)[:64],
        tone=words.tone(observation),
        elapsed_ms=round(observation.elapsed_ms, 3) if observation.stages else None,
        finished_at=timezone.now(),
        findings=storable_findings(findings[:MAXIMUM_FINDINGS]),
        stages=[[s.name.value, s.outcome, round(s.elapsed_ms, 3)] for s in observation.stages],
    )
