"""Several associations of one check, one after another: fair shares of its time, and pauses."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from dicomcfg.core.diagnosis.observation import StageName
from dicomcfg.core.negotiation.options import RequestOptions
from dicomcfg.core.records import PresentationContext
from dicomcfg.probes.climb import Climb
from dicomcfg.probes.negotiate import propose
from dicomcfg.probes.target import Target

PAUSE_S = 0.2
"""Between two associations, so that a peer which handles one at a time is not pressed."""

_PAUSES_SHARE = 0.1
# With less than this nothing can be learned: the silence would be ours.
_LEAST_S = 0.1


@dataclass(frozen=True, slots=True)
class TrialPlan:
    """What one association proposes, and under which titles; None keeps the target's."""

    name: str
    contexts: tuple[PresentationContext, ...]
    called_ae_title: str | None = None
    calling_ae_title: str | None = None
    options: RequestOptions = field(default=RequestOptions())

    def at(self, target: Target) -> Target:
        """The same place under the titles and options of this trial."""
        return replace(
            target,
            called_ae_title=self.called_ae_title or target.called_ae_title,
            calling_ae_title=self.calling_ae_title or target.calling_ae_title,
            options=self.options,
        )


async def make_trials(
    climb: Climb, target: Target, addresses: Sequence[str], plans: Sequence[TrialPlan]
) -> None:
    """Propose each plan in an association of its own, whatever became of those before.

    Each has an equal share of the time that is left, so that a peer which answers one of them
    with silence is still asked all of them. Where that is too little the rest is left out, and
    `trials-not-reached` is noted.
    """
    if not plans:
        return
    with climb.timeline.timed(StageName.NEGOTIATE):
        for left, plan in zip(range(len(plans), 0, -1), plans, strict=True):
            share_s = climb.timeline.left_s / left
            if share_s < _LEAST_S:
                climb.note("trials-not-reached")
                return
            await asyncio.sleep(min(PAUSE_S, share_s * _PAUSES_SHARE))
            await climb.trial(
                plan.name,
                plan.at(target),
                partial(propose, contexts=plan.contexts, addresses=addresses),
                climb.timeline.branch(share_s * (1 - _PAUSES_SHARE)),
            )
