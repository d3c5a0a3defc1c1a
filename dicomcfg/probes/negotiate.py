"""Propose exactly the configured contexts, in as many associations as 128 a request takes."""

from __future__ import annotations

from collections.abc import Sequence

from dicomcfg.core.diagnosis.observation import Observation
from dicomcfg.core.negotiation.proposal import split
from dicomcfg.core.records import PresentationContext
from dicomcfg.probes.answers import answer_of, context_results
from dicomcfg.probes.climb import Climb
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits, Target


async def probe(target: Target, limits: Limits, environment: Environment) -> Observation:
    """Propose `target.contexts` with its options, keep each answer, release.

    `success` means that every association was accepted, whatever became of its contexts. Should
    a later association of a split proposal fail, the answers of the earlier ones are kept and
    the rest has result None. Never raises for what a peer does.
    """
    climb = Climb("negotiate", target, limits, environment)

    return await climb.run(lambda: propose(climb, target.contexts))


async def propose(
    climb: Climb,
    contexts: Sequence[PresentationContext],
    addresses: Sequence[str] | None = None,
) -> None:
    """Associate, keep the answer, release, as often as `contexts` need.

    `addresses` are looked up where they are not known yet. Raises NetworkFailure with the first
    association that is not accepted.
    """
    proposals = split(contexts)
    climb.contexts = [result for each in proposals for result in context_results(each)]
    known = addresses or await climb.resolve()
    done = 0
    for proposal in proposals:
        async with climb.association(known, proposal.contexts) as (_, accept):
            results = context_results(proposal, accept, climb.note)
            climb.contexts[done : done + len(results)] = results
            done += len(results)
            climb.answer = answer_of(accept, climb.answer)
