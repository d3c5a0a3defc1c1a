"""What pages ask about checks, runs and workers; reads only, a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from dicomcfg.checks.limits import HEARTBEAT_STALE_S
from dicomcfg.checks.models import (
    Attempt,
    Check,
    CheckRun,
    CheckState,
    Ending,
    Lane,
    WorkerHeartbeat,
)
from dicomcfg.core.diagnosis.observation import Observation
from dicomcfg.inventory.models import AE, Association, Site


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a run is; `by_outcome` counts its finished checks."""

    total: int
    queued: int
    running: int
    finished: int
    by_outcome: dict[str, int]

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


def run_progress(run: CheckRun) -> RunProgress:
    """Counts of a run by state and outcome; one query."""
    rows = run.checks.order_by().values("state", "outcome").annotate(number=Count("id"))
    states = dict.fromkeys(CheckState.values, 0)
    outcomes: dict[str, int] = {}
    for row in rows:
        states[row["state"]] += row["number"]
        if row["state"] == CheckState.FINISHED:
            outcomes[row["outcome"]] = outcomes.get(row["outcome"], 0) + row["number"]
    return RunProgress(
        total=sum(states.values()),
        queued=states[CheckState.QUEUED],
        running=states[CheckState.RUNNING],
        finished=states[CheckState.FINISHED],
        by_outcome=outcomes,
    )


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
    served = {queue for worker in workers() for queue in worker.queues}
    return [
        site
        for site in Site.objects.all()
        if not served.issuperset(site.queue(lane) for lane in Lane.values)
    ]
