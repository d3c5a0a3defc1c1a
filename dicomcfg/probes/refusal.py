"""How a peer refuses: a request it should accept, then some that it should not.

Each departs from the correct one in a single thing, and none asks for more than Verification, so
that even a peer which accepts them all does nothing.
"""

from __future__ import annotations

from functools import partial

from dicomcfg.core.diagnosis.observation import Layer, Observation, TrialName, layer_of
from dicomcfg.core.negotiation.options import RequestOptions
from dicomcfg.core.records import PresentationContext
from dicomcfg.core.standard.uids import IMPLICIT_VR_LITTLE_ENDIAN, VERIFICATION
from dicomcfg.probes.climb import Climb
from dicomcfg.probes.echo import VERIFICATION_CONTEXT
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.negotiate import propose
from dicomcfg.probes.target import Limits, Target
from dicomcfg.probes.trials import TrialPlan, make_trials

# Well-formed and made for this, so that nobody can know them (PS3.5 B.2).
MEANINGLESS_UIDS = (
    "2.25.240181171849960468255366009004645729922",
    "2.25.169561076011291131700175255120265128806",
    "2.25.71496906562296849186487540477852608147",
)
UNKNOWN_CALLED = "DICOMCFG_NOBODY"
UNKNOWN_CALLING = "DICOMCFG_NOONE"

_APPLICATION, _ABSTRACT, _TRANSFER = MEANINGLESS_UIDS

TRIALS = (
    TrialPlan(
        TrialName.UNKNOWN_APPLICATION_CONTEXT,
        (VERIFICATION_CONTEXT,),
        options=RequestOptions(application_context=_APPLICATION),
    ),
    TrialPlan(
        TrialName.UNKNOWN_CALLED_TITLE, (VERIFICATION_CONTEXT,), called_ae_title=UNKNOWN_CALLED
    ),
    TrialPlan(
        TrialName.UNKNOWN_CALLING_TITLE, (VERIFICATION_CONTEXT,), calling_ae_title=UNKNOWN_CALLING
    ),
    # Beside a correct context, which tells a refused context from a refused association.
    TrialPlan(
        TrialName.MEANINGLESS_ABSTRACT_SYNTAX,
        (VERIFICATION_CONTEXT, PresentationContext(_ABSTRACT, (IMPLICIT_VR_LITTLE_ENDIAN,))),
    ),
    TrialPlan(
        TrialName.UNSUPPORTED_TRANSFER_SYNTAX,
        (VERIFICATION_CONTEXT, PresentationContext(VERIFICATION, (_TRANSFER,))),
    ),
)


async def probe(target: Target, limits: Limits, environment: Environment) -> Observation:
    """Associate correctly, then in each of TRIALS' ways; never raises for what a peer does.

    The outcome is that of the correct request, also where the peer refused it and was asked the
    others all the same. A peer that does not speak DICOM is asked nothing more.
    """
    climb = Climb("refusal", target, limits, environment)

    async def steps() -> None:
        addresses = await climb.resolve()
        correct = partial(propose, contexts=(VERIFICATION_CONTEXT,), addresses=addresses)
        baseline = await climb.trial(TrialName.BASELINE, target, correct, climb.timeline)
        climb.end_as(baseline)
        if layer_of(baseline.outcome) in (Layer.ACCEPTED, Layer.REFUSED):
            await make_trials(climb, target, addresses, TRIALS)

    return await climb.run(steps)
