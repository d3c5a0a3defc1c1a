"""One C-STORE of a test object made here (PS3.4 Annex B): does the peer take what it accepts.

The peer keeps the object. It says of itself that it is a test and may be deleted, and the
observation keeps the names under which it is found.
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
from dicomcfg.probes.objects.making import MadeObject, make
from dicomcfg.probes.target import Limits, Target

_WENT_THROUGH = (StatusClass.SUCCESS, StatusClass.WARNING)


async def probe(target: Target, limits: Limits, environment: Environment) -> Observation:
    """Propose the one context of `target.store`, send one object, release.

    A warning status is a `success`: the object was stored. Never raises for what a peer does;
    raises LookupError for settings that `objects.making.offered` does not have.
    """
    climb = Climb("store", target, limits, environment)
    settings = target.store
    assert settings is not None, "a store has its settings"
    made = make(settings.sop_class, settings.transfer_syntax)
    context = PresentationContext(settings.sop_class, (settings.transfer_syntax,))

    async def steps() -> None:
        (proposal,) = split((context,))
        addresses = await climb.resolve()
        async with climb.association(addresses, proposal.contexts) as (requestor, accept):
            answer, *_ = climb.contexts = context_results(proposal, accept, climb.note)
            if answer.accepted == settings.transfer_syntax:
                with climb.timeline.stage(StageName.STORE, limits.operation_s):
                    await _store(climb, requestor, answer.context_id, made)
        if answer.accepted != settings.transfer_syntax:
            raise NetworkFailure(Outcome.CONTEXT_NOT_ACCEPTED)

    return await climb.run(steps)


async def _store(climb: Climb, requestor: Requestor, context_id: int, made: MadeObject) -> None:
    climb.sent_object = made.sent
    climb.status = status = await requestor.store(
        context_id, made.sent.sop_class, made.sent.sop_instance, made.encoded
    )
    if status is None:
        raise NetworkFailure(Outcome.OPERATION_FAILED, "no-status")
    if status_class(status) not in _WENT_THROUGH:
        raise NetworkFailure(Outcome.OPERATION_FAILED, f"status-0x{status:04x}")
