"""One C-ECHO (PS3.4 Annex A): does the peer speak DICOM with us, and how fast."""

from __future__ import annotations

from collections.abc import Sequence

from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.core.negotiation.proposal import split
from dicomcfg.core.records import PresentationContext
from dicomcfg.core.standard.uids import IMPLICIT_VR_LITTLE_ENDIAN, VERIFICATION
from dicomcfg.network.failure import NetworkFailure
from dicomcfg.probes.answers import context_results
from dicomcfg.probes.climb import Climb
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits, Target

VERIFICATION_CONTEXT = PresentationContext(VERIFICATION, (IMPLICIT_VR_LITTLE_ENDIAN,))
(_PROPOSAL,) = split((VERIFICATION_CONTEXT,))


async def probe(target: Target, limits: Limits, environment: Environment) -> Observation:
    """Propose Verification, echo once, release. Never raises for what a peer does."""
    climb = Climb("echo", target, limits, environment)

    async def steps() -> None:
        await verify(climb, await climb.resolve())

    return await climb.run(steps)


async def verify(climb: Climb, addresses: Sequence[str]) -> None:
    """The rungs above the name. Raises NetworkFailure at the first that breaks."""
    async with climb.association(addresses, _PROPOSAL.contexts) as (requestor, accept):
        answer, *_ = climb.contexts = context_results(_PROPOSAL, accept, climb.note)
        if answer.result == 0:
            await climb.echo(requestor, answer.context_id)
    if answer.result != 0:
        raise NetworkFailure(Outcome.CONTEXT_NOT_ACCEPTED)
