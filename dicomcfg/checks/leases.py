"""Leases: which worker may give a check its result.

A lease is taken by a conditional UPDATE that counts `fence` up, and everything its holder writes
carries that number: a holder whose lease ran out and was taken over writes nothing any more.
Leases end by the worker's clock, so workers' clocks have to agree within a few seconds; a wrong
clock costs a second try, never a second result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from dicomcfg.checks.limits import LEASE_S
from dicomcfg.checks.models import Attempt, Check, CheckState, Ending
from dicomcfg.checks.verdicts import Concern
from dicomcfg.probes.target import Target


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to try one check, with all that a probe needs; holds no model."""

    check_id: int
    fence: int
    kind: str
    target: Target
    concern: Concern


def take(ids: Sequence[int], worker: str, host: str) -> list[Lease]:
    """Lease those of the checks that are free, and put an attempt on record for each.

    Free is what is queued, or running under a lease that ran out; the attempts of such leases
    become `lost`. Checks that another worker is taking at this moment are passed over.
    """
    now = timezone.now()
    free = Q(state=CheckState.QUEUED) | Q(state=CheckState.RUNNING, lease_until__lt=now)
    with transaction.atomic():
        rows = list(
            Check.objects.select_for_update(skip_locked=True)
            .filter(free, pk__in=ids)
            .order_by("pk")
        )
        if not rows:
            return []
        taken = [row.pk for row in rows]
        Check.objects.filter(free, pk__in=taken).update(
            state=CheckState.RUNNING, fence=F("fence") + 1, lease_until=_until(now)
        )
        _lose(Attempt.objects.filter(check_row_id__in=taken, ending=""), now)
        Attempt.objects.bulk_create(
            Attempt(
                check_row=row, fence=row.fence + 1, worker=worker, worker_host=host, started_at=now
            )
            for row in rows
        )
    return [
        Lease(row.pk, row.fence + 1, row.kind, Target.from_json(row.target), Concern.of(row))
        for row in rows
    ]


def renew(leases: Iterable[Lease]) -> None:
    """Prolong those of the leases that are still held."""
    until = _until(timezone.now())
    for held in _still_held(leases):
        held.update(lease_until=until)


def cancel_requests(leases: Iterable[Lease]) -> set[int]:
    """The ids of the checks that a person wants stopped."""
    rows = Check.objects.filter(pk__in=[lease.check_id for lease in leases], cancel_requested=True)
    return set(rows.values_list("pk", flat=True))


def give_back(leases: Sequence[Lease]) -> None:
    """Put checks back in the queue, as a worker does that was told to stop."""
    now = timezone.now()
    with transaction.atomic():
        for held in _still_held(leases):
            held.update(state=CheckState.QUEUED, lease_until=None, woken_at=None)
        for fence, ids in _by_fence(leases).items():
            _lose(Attempt.objects.filter(check_row_id__in=ids, fence=fence, ending=""), now)


def expire_of(workers: Sequence[str]) -> int:
    """End the leases of workers known to be dead at once; returns how many there were."""
    orphans = Attempt.objects.filter(worker__in=workers, ending="", check_row__fence=F("fence"))
    return Check.objects.filter(
        pk__in=orphans.values("check_row_id"), state=CheckState.RUNNING
    ).update(lease_until=timezone.now() - timedelta(seconds=1), woken_at=None)


def _until(now: datetime) -> datetime:
    return now + timedelta(seconds=LEASE_S)


def _by_fence(leases: Iterable[Lease]) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = {}
    for lease in leases:
        groups.setdefault(lease.fence, []).append(lease.check_id)
    return groups


def _still_held(leases: Iterable[Lease]) -> Iterable[QuerySet[Check]]:
    """The checks under these very leases, one query set for each fencing number."""
    for fence, ids in _by_fence(leases).items():
        yield Check.objects.filter(pk__in=ids, fence=fence, state=CheckState.RUNNING)


def _lose(attempts: QuerySet[Attempt], now: datetime) -> None:
    attempts.update(ending=Ending.LOST, ended_at=now)
