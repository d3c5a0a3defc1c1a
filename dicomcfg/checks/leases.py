"""Leases: which worker may give a check its result.

A lease is taken by a conditional UPDATE that counts `fence` up, and everything its holder writes
carries that number: a holder whose lease ran out and was taken over writes nothing any more.
Leases end by the worker's clock, so workers' clocks have to agree within a few seconds; a wrong
clock costs a second try, never a second result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from dicomcfg.checks.limits import LEASE_S
from dicomcfg.checks.models import Attempt, Check, CheckState, Ending
from dicomcfg.checks.verdicts import Concern
from dicomcfg.core.diagnosis.observation import DiscoverySeen
from dicomcfg.inventory.bulk import among, insert_each, moment, update_each
from dicomcfg.probes.target import Target


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to try one check, with all that a probe needs; holds no model.

    `seen` is what an earlier attempt at a long check has left to go on from.
    """

    check_id: int
    fence: int
    kind: str
    target: Target
    concern: Concern
    seen: DiscoverySeen | None = None


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
            .filter(among(ids), free)
            .order_by("pk")
            .values_list(*_LEASED)
        )
        if not rows:
            return []
        taken = [_lease(row) for row in rows]
        here = among(lease.check_id for lease in taken)
        Check.objects.filter(here).update(
            state=CheckState.RUNNING, fence=F("fence") + 1, lease_until=_until(now)
        )
        again = [lease.check_id for lease in taken if lease.fence > 1]
        if again:
            _lose(Attempt.objects.filter(check_row_id__in=again, ending=""), now)
        _put_on_record(taken, worker, host, now)
    return taken


_LEASED = (
    "pk",
    "fence",
    "kind",
    "target",
    "progress",
    "site_id",
    "ae_id",
    "association_id",
    "borrowed",
)


def _lease(row: tuple[Any, ...]) -> Lease:
    """The lease of a row as it was before: a long check goes on from its progress."""
    check_id, fence, kind, plain, progress, site_id, ae_id, association_id, borrowed = row
    target = Target.from_json(plain)
    seen = None if progress is None else msgspec.convert(progress, DiscoverySeen)
    if seen is not None and target.discover is not None:
        target = replace(target, discover=replace(target.discover, known=seen.matrix))
    calling = target.calling_ae_title
    concern = Concern(check_id, kind, site_id, ae_id, association_id, borrowed, calling)
    return Lease(check_id, fence + 1, kind, target, concern, seen)


def _put_on_record(taken: Sequence[Lease], worker: str, host: str, now: datetime) -> None:
    """An attempt for each lease; models for them would take longer than all else."""
    attempts = [
        {
            "check_row_id": lease.check_id,
            "fence": lease.fence,
            "worker": worker,
            "worker_host": host,
            "started_at": moment(now),
            "ending": "",
        }
        for lease in taken
    ]
    insert_each(Attempt, attempts)


def keep_progress(seen: Iterable[tuple[Lease, DiscoverySeen]]) -> None:
    """Record what long checks have seen so far, where the lease is still held."""
    rows = [{"id": lease.check_id, "fence": lease.fence, "progress": each} for lease, each in seen]
    if rows:
        update_each(Check, rows, match=("id", "fence"))


def renew(leases: Iterable[Lease]) -> None:
    """Prolong those of the leases that are still held."""
    until = _until(timezone.now())
    for held in _still_held(leases):
        held.update(lease_until=until)


def cancel_requests(leases: Iterable[Lease]) -> set[int]:
    """The ids of the checks that a person wants stopped."""
    here = among(lease.check_id for lease in leases)
    rows = Check.objects.filter(here, cancel_requested=True)
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
        yield Check.objects.filter(among(ids), fence=fence, state=CheckState.RUNNING)


def _lose(attempts: QuerySet[Attempt], now: datetime) -> None:
    attempts.update(ending=Ending.LOST, ended_at=now)
