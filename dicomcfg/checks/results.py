"""Terminal results, exactly one for a check, written in batches under the fencing numbers."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from dicomcfg.checks.drifting import Ended, discovered_aes, write_drift
from dicomcfg.checks.leases import Lease
from dicomcfg.checks.models import Attempt, Check, CheckState, Ending, Kind
from dicomcfg.checks.statuses import write_statuses
from dicomcfg.checks.storable import storable_observation
from dicomcfg.checks.verdicts import Verdict, judge, known_about, unprobed
from dicomcfg.core.diagnosis.hints import Hints
from dicomcfg.core.diagnosis.observation import DiscoverySeen, Observation, Outcome
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.inventory.bulk import among, moment, update_each
from dicomcfg.inventory.naming import named_uids

logger = logging.getLogger(__name__)

Result = tuple[Lease, Observation]

INTERNAL_ERROR = "internal-error"
"""The detail of an observation that our own failure cut short."""


def cut_short(
    kind: str, detail: str | None = None, seen: DiscoverySeen | None = None
) -> Observation:
    """What is known of a check that was stopped before it saw an end."""
    return Observation(kind=kind, outcome=Outcome.CANCELLED, detail=detail, discovery=seen)


def record(results: Sequence[Result]) -> None:
    """Write results; one that cannot be diagnosed or stored does not hold up the others.

    Raises OperationalError or InterfaceError when the database is out of reach, with nothing
    written.
    """
    try:
        # All that takes time comes before a row is locked.
        with named_uids():
            judged = _judged(results)
        _write(judged, timezone.now())
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


@dataclass(frozen=True, slots=True)
class _Judged:
    """A result ready to be written."""

    lease: Lease
    verdict: Verdict
    seen: Observation
    observation: msgspec.Raw

    @property
    def is_cancelled(self) -> bool:
        """Whether it was stopped on request."""
        return self.seen.outcome is Outcome.CANCELLED

    @property
    def ended(self) -> Ended:
        """What it says of its target."""
        return self.lease.concern, self.verdict, self.seen


def _judged(results: Sequence[Result]) -> list[_Judged]:
    """What each result means, in the order of the checks' ids."""
    ordered = sorted(results, key=lambda result: result[0].check_id)
    hints = known_about([(seen, lease.target, lease.concern) for lease, seen in ordered])
    return [
        _Judged(
            lease,
            _verdict(lease, seen, known),
            seen,
            storable_observation(seen),
        )
        for (lease, seen), known in zip(ordered, hints, strict=True)
    ]


def _verdict(lease: Lease, observation: Observation, hints: Hints) -> Verdict:
    if observation.detail != INTERNAL_ERROR:
        return judge(observation, lease.target, hints)
    finding = Finding(
        code="check-failed-inside",
        severity=Severity.ERROR,
        subject=lease.target.called_ae_title,
        message="dicomcfg itself failed during this check, so it says nothing about the peer.",
        remedy="Run the check again; if it fails again, report what the worker's log says.",
    )
    return unprobed(Kind(lease.kind), observation.outcome, detail=INTERNAL_ERROR, finding=finding)


def _write(results: Sequence[_Judged], now: datetime) -> None:
    """One transaction: checks, attempts, then statuses and what drifts, each locked in the
    order of their ids.

    A result is terminal where its lease is still held, under its fencing number.
    """
    here = among(result.lease.check_id for result in results)
    with transaction.atomic():
        rows = Check.objects.select_for_update().filter(here, state=CheckState.RUNNING)
        held = set(rows.order_by("pk").values_list("pk", "fence"))
        terminal = [r for r in results if (r.lease.check_id, r.lease.fence) in held]
        update_each(Check, [_check_columns(result) for result in terminal])
        is_terminal = {(r.lease.check_id, r.lease.fence) for r in terminal}
        update_each(
            Attempt,
            [
                {
                    "check_row_id": r.lease.check_id,
                    "fence": r.lease.fence,
                    "ending": _ending(r, (r.lease.check_id, r.lease.fence) in is_terminal),
                    "ended_at": moment(now),
                    "observation": r.observation,
                }
                for r in results
            ],
            match=("check_row_id", "fence"),
        )
        ended = [result.ended for result in terminal]
        late = write_statuses([each[:2] for each in ended], with_aes=discovered_aes(ended))
        write_drift([each for each in ended if each[0].check_id not in late])


def _check_columns(result: _Judged) -> dict[str, Any]:
    columns = result.verdict.columns()
    return {
        "id": result.lease.check_id,
        **columns,
        "finished_at": moment(columns["finished_at"]),
        "state": CheckState.FINISHED.value,
        "lease_until": None,
        "progress": None,
    }


def _ending(result: _Judged, is_terminal: bool) -> str:
    if not is_terminal:
        return Ending.SUPERSEDED.value
    return Ending.CANCELLED.value if result.is_cancelled else Ending.RESULT.value
