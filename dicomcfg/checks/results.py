"""Terminal results, exactly one for a check, written in batches under the fencing numbers."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from dicomcfg.checks.leases import Lease
from dicomcfg.checks.models import Attempt, Check, CheckState, Ending, Kind
from dicomcfg.checks.statuses import write_statuses
from dicomcfg.checks.storable import storable_observation
from dicomcfg.checks.verdicts import Concern, Verdict, judge, unprobed
from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.core.findings import Finding, Severity

logger = logging.getLogger(__name__)

Result = tuple[Lease, Observation]

INTERNAL_ERROR = "internal-error"
"""The detail of an observation that our own failure cut short."""


def cut_short(kind: str, detail: str | None = None) -> Observation:
    """What is known of a check that was stopped before it saw an end."""
    return Observation(kind=kind, outcome=Outcome.CANCELLED, detail=detail)


def record(results: Sequence[Result]) -> None:
    """Write results; one that cannot be diagnosed or stored does not hold up the others.

    Raises OperationalError or InterfaceError when the database is out of reach, with nothing
    written.
    """
    try:
        _write([(lease, seen, _verdict(lease, seen)) for lease, seen in results])
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        if len(results) > 1:
            for result in results:
                record([result])
            return
        ((lease, observation),) = results
        if observation.detail == INTERNAL_ERROR:
            raise
        logger.exception("The result of check %s could not be stored", lease.check_id)
        record([(lease, cut_short(lease.kind, INTERNAL_ERROR))])


def _verdict(lease: Lease, observation: Observation) -> Verdict:
    if observation.detail != INTERNAL_ERROR:
        return judge(observation, lease.target, lease.concern)
    finding = Finding(
        code="check-failed-inside",
        severity=Severity.ERROR,
        subject=lease.target.called_ae_title,
        message="dicomcfg itself failed during this check, so it says nothing about the peer.",
        remedy="Run the check again; if it fails again, report what the worker's log says.",
    )
    return unprobed(Kind(lease.kind), observation.outcome, detail=INTERNAL_ERROR, finding=finding)


def _write(results: Sequence[tuple[Lease, Observation, Verdict]]) -> None:
    """One transaction: checks, attempts, then statuses, each in the order of their ids."""
    with transaction.atomic():
        terminal: list[tuple[Concern, Verdict]] = []
        for lease, observation, verdict in sorted(results, key=lambda r: r[0].check_id):
            is_terminal = Check.objects.filter(
                pk=lease.check_id, fence=lease.fence, state=CheckState.RUNNING
            ).update(**verdict.columns(), state=CheckState.FINISHED, lease_until=None)
            if is_terminal:
                terminal.append((lease.concern, verdict))
            Attempt.objects.filter(check_row_id=lease.check_id, fence=lease.fence).update(
                ending=_ending(bool(is_terminal), observation),
                ended_at=timezone.now(),
                observation=storable_observation(observation),
            )
        write_statuses(terminal)


def _ending(is_terminal: bool, observation: Observation) -> Ending:
    if not is_terminal:
        return Ending.SUPERSEDED
    if observation.outcome is Outcome.CANCELLED:
        return Ending.CANCELLED
    return Ending.RESULT
