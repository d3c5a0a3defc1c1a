"""Discovery of everything that an AE accepts."""

from __future__ import annotations

from collections.abc import Sequence

from dicomcfg.accounts.models import User
from dicomcfg.checks.models import CheckRun, Kind, Lane
from dicomcfg.checks.services.starting import first_plan_of, plan_of, start
from dicomcfg.core.wording import counted
from dicomcfg.inventory.models import AE
from dicomcfg.inventory.selectors import first_connections
from dicomcfg.probes.target import DiscoverSettings


def start_discover(
    user: User | None, ae: AE, settings: DiscoverSettings, *, calling: AE | None = None
) -> CheckRun:
    """Ask an AE for every pair of the settings, as ourselves or under a borrowed title.

    It takes the bulk lane, since it may last for minutes. Settings that know an earlier matrix
    ask for its unknown cells alone.
    """
    plan = first_plan_of(Kind.DISCOVER, ae, calling, discover=settings)
    return start(user, Kind.DISCOVER, f"Discover {ae.ae_title}", [plan], lane=Lane.BULK)


def start_discoveries(user: User | None, aes: Sequence[AE], settings: DiscoverSettings) -> CheckRun:
    """Ask several AEs for every pair of the settings, as ourselves; one run in the bulk lane.

    Each check keeps the whole settings, so choose few. Raises ValueError for no AE.
    """
    first = first_connections(aes)
    plans = [plan_of(Kind.DISCOVER, ae, first.get(ae.pk), None, discover=settings) for ae in aes]
    return start(user, Kind.DISCOVER, f"Discover {counted(len(aes), 'AE')}", plans, lane=Lane.BULK)
