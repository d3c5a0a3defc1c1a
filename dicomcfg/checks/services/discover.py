"""Discovery of everything that an AE accepts."""

from __future__ import annotations

from dicomcfg.accounts.models import User
from dicomcfg.checks.models import CheckRun, Kind, Lane
from dicomcfg.checks.services.starting import first_plan_of, start
from dicomcfg.inventory.models import AE
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
