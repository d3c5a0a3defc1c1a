"""Ending checks before they have a result."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from dicomcfg.accounts.models import User
from dicomcfg.checks.models import CheckRun, CheckState, Kind
from dicomcfg.checks.verdicts import unprobed
from dicomcfg.core.diagnosis.observation import Outcome


def cancel_run(user: User | None, run: CheckRun) -> int:
    """End the run's queued checks as `cancelled` and ask its running ones to stop.

    Returns the number of checks that were still in flight. A running check becomes `cancelled`
    when its worker reads the request, unless its result comes first.
    """
    name = user.get_username() if user else "the command line"
    verdict = unprobed(Kind(run.kind), Outcome.CANCELLED, detail=f"by {name}"[:64])
    with transaction.atomic():
        queued = run.checks.filter(state=CheckState.QUEUED).update(
            **verdict.columns(), state=CheckState.FINISHED, fence=F("fence") + 1
        )
        running = run.checks.filter(state=CheckState.RUNNING).update(cancel_requested=True)
    return queued + running
