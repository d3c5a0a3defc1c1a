"""What pages ask about checks, runs and workers; reads only, a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from dicomcfg.checks.limits import HEARTBEAT_STALE_S
from dicomcfg.checks.models import (
    Attempt,
    Check,
    CheckRun,
    CheckState,
    Ending,
    Kind,
    Lane,
    WorkerHeartbeat,
)
from dicomcfg.core.diagnosis.observation import DiscoverySeen, Observation, Outcome
from dicomcfg.inventory.models import AE, Association, Site

_RATE_OVER_S = 10.0
UNSENT = (Outcome.SKIPPED.value, Outcome.NO_ADDRESS.value)
"""Of checks that must not or cannot be made."""


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is; `by_outcome` counts its finished checks.

    `rate_per_s` is how many ended a second of late, or over the whole run once it is done.
    `left_s` guesses from it and is None while nothing ends; `took_s` is None until the end.
    """

    total: int
    queued: int
    running: int
    finished: int
    by_outcome: dict[str, int]
    rate_per_s: float = 0.0
    left_s: float | None = None
    took_s: float | None = None

    @property
    def in_flight(self) -> int:
        """Checks without a result so far."""
        return self.queued + self.running


def in_flight() -> QuerySet[Check]:
    """All checks without a result."""
    return Check.objects.filter(finished_at=None)


def in_flight_for(ae_ids: Iterable[int]) -> dict[int, Check]:
    """The newest unfinished check of each of the AEs that has one, by the AE's id; one query."""
    rows = in_flight().filter(ae_id__in=list(ae_ids)).order_by("id")
    return {check.ae_id: check for check in rows if check.ae_id is not None}


def in_flight_for_associations(association_ids: Iterable[int]) -> dict[int, Check]:
    """The newest unfinished check of each association that has one; one query."""
    rows = in_flight().filter(association_id__in=list(association_ids)).order_by("id")
    return {c.association_id: c for c in rows if c.association_id is not None}


def in_flight_count_for(ae_ids: Iterable[int]) -> int:
    """How many unfinished checks concern the AEs, their associations' negotiations included."""
    ids = list(ae_ids)
    concerned = Q(ae_id__in=ids)
    concerned |= Q(association__calling_id__in=ids) | Q(association__called_id__in=ids)
    return in_flight().filter(concerned).count()


def checks_of(ae: AE) -> QuerySet[Check]:
    """Every check kept of an AE, newest first, with its run."""
    return Check.objects.filter(ae=ae).select_related("run").order_by("-id")


def checks_of_association(association: Association) -> QuerySet[Check]:
    """Every negotiation kept of an association, newest first, with its run."""
    return Check.objects.filter(association=association).select_related("run").order_by("-id")


def latest_negotiation_of(association: Association) -> Check | None:
    """The newest check of the pair as it is now."""
    return _of_this_pair(association).first()


def answered_negotiation_of(association: Association) -> Check | None:
    """The newest negotiation of the pair as it is now whose contexts the peer answered."""
    answered = (Outcome.SUCCESS, Outcome.CONTEXT_NOT_ACCEPTED)
    found = _of_this_pair(association).filter(
        kind=Kind.NEGOTIATE, state=CheckState.FINISHED, outcome__in=answered
    )
    return found.first()


def _of_this_pair(association: Association) -> QuerySet[Check]:
    """Without the checks of a pair that the association was before it was repointed."""
    kept = checks_of_association(association)
    if association.repointed_at:
        of_this_pair = Q(queued_at__gt=association.repointed_at)
        kept = kept.filter(of_this_pair | Q(pk=association.latest_check_id))
    return kept


def attempts_of(check: Check) -> QuerySet[Attempt]:
    """Every attempt at a check, in the order they were made."""
    return Attempt.objects.filter(check_row=check).order_by("fence")


def observation_of(check: Check) -> Observation | None:
    """What the attempt that gave the check's result saw; None where nothing was tried."""
    attempt = (
        Attempt.objects.filter(check_row=check, ending__in=(Ending.RESULT, Ending.CANCELLED))
        .order_by("-fence")
        .first()
    )
    if attempt is None or attempt.observation is None:
        return None
    return Observation.from_json(attempt.observation)


def discovery_of(check: Check) -> DiscoverySeen | None:
    """What a discovery has found so far, or found before it ended; None before its first answer."""
    seen = observation_of(check) if check.state == CheckState.FINISHED else None
    if seen is not None and seen.discovery is not None:
        return seen.discovery
    return None if check.progress is None else msgspec.convert(check.progress, DiscoverySeen)


def discoveries_of(ae_id: int, called_ae_title: str) -> QuerySet[Check]:
    """The ended discoveries of an AE under a title that have something to show, newest first."""
    found = Check.objects.filter(
        ~Q(progress=None) | Q(outcome=Outcome.SUCCESS),
        ae_id=ae_id,
        kind=Kind.DISCOVER,
        state=CheckState.FINISHED,
        target__called_ae_title=called_ae_title,
    )
    return found.order_by("-id")


def run_progress(run: CheckRun) -> RunProgress:
    """Counts of a run by state and outcome, and how fast it goes; one query."""
    now = timezone.now()
    since = max(run.created_at, now - timedelta(seconds=_RATE_OVER_S))
    rows = run.checks.order_by().values("state", "outcome")
    recent = Count("id", filter=Q(finished_at__gte=since))
    states = dict.fromkeys(CheckState.values, 0)
    outcomes: dict[str, int] = {}
    probed = lately = 0
    last = run.created_at
    for row in rows.annotate(number=Count("id"), recent=recent, last=Max("finished_at")):
        states[row["state"]] += row["number"]
        if row["state"] == CheckState.FINISHED:
            outcomes[row["outcome"]] = row["number"]
            last = max(last, row["last"])
            if row["outcome"] not in (*UNSENT, Outcome.CANCELLED.value):
                probed += row["number"]
                lately += row["recent"]
    waiting = states[CheckState.QUEUED] + states[CheckState.RUNNING]
    took_s = None if waiting else (last - run.created_at).total_seconds()
    if took_s is None:
        rate = lately / max((now - since).total_seconds(), 1.0)
    else:
        rate = probed / took_s if took_s else 0.0
    return RunProgress(
        total=sum(states.values()),
        queued=states[CheckState.QUEUED],
        running=states[CheckState.RUNNING],
        finished=states[CheckState.FINISHED],
        by_outcome=outcomes,
        rate_per_s=rate,
        left_s=waiting / rate if waiting and rate else None,
        took_s=took_s,
    )


def with_hosts(checks: QuerySet[Check]) -> QuerySet[Check]:
    """The checks with `worker_host`: where the last attempt at each was made, None before it."""
    attempts = Attempt.objects.filter(check_row=OuterRef("pk")).order_by("-fence")
    return checks.annotate(worker_host=Subquery(attempts.values("worker_host")[:1]))


def hosts_of(run: CheckRun) -> dict[str, int]:
    """The worker hosts from which a run's checks were tried, with how many each; one query."""
    rows = Attempt.objects.filter(check_row__run=run).order_by("worker_host")
    numbers = rows.values("worker_host").annotate(number=Count("check_row", distinct=True))
    return dict(numbers.values_list("worker_host", "number"))


def skipped_of(run: CheckRun) -> QuerySet[Check]:
    """The checks of a run that nothing was sent for, since they must not or cannot be made."""
    return run.checks.filter(outcome__in=UNSENT).order_by("outcome", "id")


def sites_waiting(run: CheckRun) -> list[Site]:
    """The sites of a run's unfinished checks whose lane no live worker serves; two queries."""
    waiting = Site.objects.filter(pk__in=run.checks.filter(finished_at=None).values("site"))
    served = _served_queues()
    return [site for site in waiting if site.queue(run.lane) not in served]


def latest_by_kind(ae: AE) -> dict[str, Check]:
    """The newest finished check of each kind that was made of an AE; one query."""
    newest = Check.objects.filter(ae=ae, state=CheckState.FINISHED).order_by().values("kind")
    ids = newest.annotate(newest=Max("id")).values("newest")
    return {check.kind: check for check in Check.objects.filter(pk__in=ids)}


def workers() -> QuerySet[WorkerHeartbeat]:
    """The workers seen alive within the last HEARTBEAT_STALE_S seconds."""
    since = timezone.now() - timedelta(seconds=HEARTBEAT_STALE_S)
    return WorkerHeartbeat.objects.filter(seen_at__gte=since)


def workers_for(site: Site) -> list[WorkerHeartbeat]:
    """The live workers that serve at least one lane of a site."""
    queues = {site.queue(lane) for lane in Lane.values}
    return [worker for worker in workers() if queues.intersection(worker.queues)]


def sites_without_worker() -> list[Site]:
    """The sites of which some lane is served by no live worker; two queries."""
    served = _served_queues()
    return [
        site
        for site in Site.objects.all()
        if not served.issuperset(site.queue(lane) for lane in Lane.values)
    ]


def _served_queues() -> set[str]:
    return {queue for worker in workers() for queue in worker.queues}
