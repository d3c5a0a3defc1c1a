"""From the name to the configured associations: how far up a peer can be climbed, and why not.

The first rungs stand on each other, so the first that breaks is the last that is tried. The
associations do not: each is negotiated whatever became of those before.
"""

from __future__ import annotations

from dicomcfg.core.diagnosis.observation import Observation, TrialName
from dicomcfg.core.standard.codes import CALLED_NOT_RECOGNIZED
from dicomcfg.network.requestor import RejectedError
from dicomcfg.probes.climb import Climb
from dicomcfg.probes.echo import VERIFICATION_CONTEXT, verify
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import LadderSettings, Limits, Target
from dicomcfg.probes.trials import TrialPlan, make_trials


async def probe(target: Target, limits: Limits, environment: Environment) -> Observation:
    """Climb as an echo does, then negotiate each association of `target.ladder`.

    Where the called title is refused, the settings' other titles are tried with Verification
    alone. Never raises for what a peer does.
    """
    climb = Climb("ladder", target, limits, environment)
    settings = target.ladder or LadderSettings()
    other_titles = tuple(
        TrialPlan(TrialName.OTHER_TITLE, (VERIFICATION_CONTEXT,), called_ae_title=title)
        for title in settings.other_titles
    )
    negotiations = tuple(
        TrialPlan(
            each.name,
            each.contexts,
            calling_ae_title=each.calling_ae_title,
            options=each.options,
        )
        for each in settings.negotiations
    )

    async def steps() -> None:
        addresses = await climb.resolve()
        try:
            await verify(climb, addresses)
        except RejectedError as failure:
            if (failure.reject.source, failure.reject.reason) == CALLED_NOT_RECOGNIZED:
                await make_trials(climb, target, addresses, other_titles)
            raise
        await make_trials(climb, target, addresses, negotiations)

    return await climb.run(steps)
