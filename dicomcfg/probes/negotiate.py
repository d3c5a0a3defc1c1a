"""Propose exactly the configured contexts, in as many associations as 128 a request takes."""

from __future__ import annotations

from dicomcfg.core.diagnosis.observation import Observation
from dicomcfg.core.negotiation.proposal import split
from dicomcfg.probes.answers import context_results
from dicomcfg.probes.climb import Climb
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits, Target


async def probe(target: Target, limits: Limits, environment: Environment) -> Observation:
    """Propose `target.contexts`, keep each answer, release.

    `success` means that every association was accepted, whatever became of its contexts. Should
    a later association of a split proposal fail, the answers of the earlier ones are kept and
    the rest has result None. Never raises for what a peer does.
    """
    climb = Climb("negotiate", target, limits, environment)

    async def steps() -> None:
        proposals = split(target.contexts)
        climb.contexts = [result for each in proposals for result in context_results(each)]
        addresses = await climb.resolve()
        done = 0
        for proposal in proposals:
            async with climb.association(addresses, proposal.contexts) as (_, accept):
                results = context_results(proposal, accept, climb.note)
                climb.contexts[done : done + len(results)] = results
                done += len(results)

    return await climb.run(steps)
