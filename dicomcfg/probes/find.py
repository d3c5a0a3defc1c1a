"""One C-FIND that nothing can match (PS3.4 Annex C and K): does the peer answer queries.

The key is made for this very query: a Study Instance UID that nobody has, or, for a worklist, a
Scheduled Station AE Title that nobody bears. A peer that finds something all the same is told to
stop, and what it sends is counted and thrown away.
"""

from __future__ import annotations

from dicomcfg.core.diagnosis.observation import Observation, Outcome, StageName
from dicomcfg.core.negotiation.proposal import split
from dicomcfg.core.records import PresentationContext
from dicomcfg.core.standard.codes import StatusClass, status_class
from dicomcfg.network.failure import NetworkFailure
from dicomcfg.network.requestor import Requestor
from dicomcfg.probes.answers import context_results
from dicomcfg.probes.climb import Climb
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.objects.encoding import EXPLICIT, IMPLICIT, encode
from dicomcfg.probes.objects.identifiers import identifier_of
from dicomcfg.probes.target import Limits, Target

_TRANSFER_SYNTAXES = (EXPLICIT, IMPLICIT)


async def probe(target: Target, limits: Limits, environment: Environment) -> Observation:
    """Propose `target.find.sop_class`, query once, release. Never raises for what a peer does.

    `success` means that the query ended: with status 0x0000, or after matches that
    `Observation.pending` counts and a C-CANCEL.
    """
    climb = Climb("find", target, limits, environment)
    settings = target.find
    assert settings is not None, "a find has its settings"

    async def query(requestor: Requestor, context_id: int, transfer_syntax: str) -> None:
        identifier = encode(identifier_of(settings.sop_class), transfer_syntax)
        climb.pending = 0
        with climb.timeline.stage(StageName.FIND, limits.operation_s):
            async for status in requestor.find(context_id, settings.sop_class, identifier):
                climb.status = status
                climb.pending += status is not None and _is(status, StatusClass.PENDING)
            _judge(climb.status, climb.pending)

    async def steps() -> None:
        (proposal,) = split((PresentationContext(settings.sop_class, _TRANSFER_SYNTAXES),))
        addresses = await climb.resolve()
        async with climb.association(addresses, proposal.contexts) as (requestor, accept):
            answer, *_ = climb.contexts = context_results(proposal, accept, climb.note)
            if answer.accepted in _TRANSFER_SYNTAXES:
                await query(requestor, answer.context_id, answer.accepted)
        if answer.accepted not in _TRANSFER_SYNTAXES:
            raise NetworkFailure(Outcome.CONTEXT_NOT_ACCEPTED)

    return await climb.run(steps)


def _judge(status: int | None, pending: int) -> None:
    """Raise NetworkFailure for a last status that says the query was not carried out."""
    if status is None:
        raise NetworkFailure(Outcome.OPERATION_FAILED, "no-status")
    # A query that found something was cancelled by us, and may say so or have ended before.
    if status != 0 and not (pending and _is(status, StatusClass.CANCEL)):
        raise NetworkFailure(Outcome.OPERATION_FAILED, f"status-0x{status:04x}")


def _is(status: int, kind: StatusClass) -> bool:
    return status_class(status) is kind
