"""The ladder of one AE, and the rungs beyond it that need an explicit choice."""

from __future__ import annotations

from collections.abc import Sequence

from dicomcfg.accounts.models import User
from dicomcfg.checks.models import CheckRun, Kind
from dicomcfg.checks.services.starting import first_plan_of, start
from dicomcfg.inventory.models import AE, Association
from dicomcfg.inventory.selectors import contexts_of_all, options_of_all
from dicomcfg.probes.target import FindSettings, LadderSettings, Negotiation, StoreSettings


class NotAllowed(Exception):
    """The AE does not allow this kind of check; its form does."""


def start_ladder(user: User | None, ae: AE, *, other_titles: Sequence[str] = ()) -> CheckRun:
    """Climb from the name to the negotiation of every association that calls the AE.

    `other_titles` are tried where the AE's own is refused.
    """
    settings = LadderSettings(_negotiations(ae), tuple(other_titles))
    plan = first_plan_of(Kind.LADDER, ae, ladder=settings)
    return start(user, Kind.LADDER, f"Diagnose {ae.ae_title}", [plan])


def start_find(user: User | None, ae: AE, sop_class: str) -> CheckRun:
    """Query for what no record can match. Raises NotAllowed."""
    if not ae.allows_find:
        raise NotAllowed(f"{ae.ae_title} does not allow find")
    plan = first_plan_of(Kind.FIND, ae, find=FindSettings(sop_class))
    return start(user, Kind.FIND, f"Find on {ae.ae_title}", [plan])


def start_store(user: User | None, ae: AE, settings: StoreSettings) -> CheckRun:
    """Send one test object. Raises NotAllowed."""
    if not ae.allows_store:
        raise NotAllowed(f"{ae.ae_title} does not allow store")
    plan = first_plan_of(Kind.STORE, ae, store=settings)
    return start(user, Kind.STORE, f"Store to {ae.ae_title}", [plan])


def _negotiations(ae: AE) -> tuple[Negotiation, ...]:
    rows = list(Association.objects.filter(called=ae).select_related("calling", "called"))
    contexts, options = contexts_of_all(rows), options_of_all(rows)
    return tuple(
        Negotiation(str(row), row.calling.ae_title, tuple(contexts[row.pk]), options[row.pk])
        for row in rows
        if contexts[row.pk]
    )
