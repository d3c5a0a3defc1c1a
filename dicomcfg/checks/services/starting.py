"""What every kind of check is started by: plans become a run with its checks, and workers wake.

The run and its checks are written first, each with the snapshot of its target, and the workers
are woken after the commit. The rows are the record: when the broker is down the caller still
gets its run, and a worker's reaper finds the rows later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from dicomcfg.accounts.models import User
from dicomcfg.checks.models import Check, CheckRun, CheckState, Kind, Lane
from dicomcfg.checks.statuses import write_statuses
from dicomcfg.checks.verdicts import Concern, Verdict, unprobed
from dicomcfg.checks.wake import wake
from dicomcfg.core import records
from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.inventory.models import AE, Association, Site
from dicomcfg.inventory.selectors import first_connections
from dicomcfg.probes.sweep import UNPACED, Pace
from dicomcfg.probes.target import Target

INTERACTIVE_MAXIMUM = 20
"""Checks of one run that still go through the interactive lane."""

_INSERT_BATCH = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """One check to be written; `verdict` is given when no probe is needed to know the result."""

    site: Site
    target: Target
    ae: AE | None = None
    association: Association | None = None
    borrowed: bool = False
    verdict: Verdict | None = None


def start(
    user: User | None,
    kind: Kind,
    label: str,
    plans: Sequence[Plan],
    *,
    lane: Lane | None = None,
    pace: Pace = UNPACED,
) -> CheckRun:
    """Write a run with one check for each plan, and wake the workers of the plans' sites.

    By default up to INTERACTIVE_MAXIMUM checks take the interactive lane. Raises ValueError for
    no plan.
    """
    if not plans:
        raise ValueError("nothing to check")
    if lane is None:
        lane = Lane.INTERACTIVE if len(plans) <= INTERACTIVE_MAXIMUM else Lane.BULK
    with transaction.atomic():
        plans = _without_former_pairs(plans)
        run = CheckRun.objects.create(
            kind=kind,
            lane=lane,
            requested_by=user,
            requested_by_name=user.get_username() if user else "command line",
            label=label[:160],
            total=len(plans),
            rate_per_s=pace.rate_per_s,
            jitter_s=pace.jitter_s,
        )
        checks = Check.objects.bulk_create(
            [_row(run, plan) for plan in plans], batch_size=_INSERT_BATCH
        )
        write_statuses(
            [
                (Concern.of(check), plan.verdict)
                for check, plan in zip(checks, plans, strict=True)
                if plan.verdict is not None
            ]
        )
        waiting: dict[Site, list[int]] = {}
        for check, plan in zip(checks, plans, strict=True):
            if plan.verdict is None:
                waiting.setdefault(plan.site, []).append(check.pk)
        for site, ids in waiting.items():
            transaction.on_commit(partial(wake, site, lane, ids))
    return run


def _without_former_pairs(plans: Sequence[Plan]) -> Sequence[Plan]:
    """The plans, whose associations stay locked until the checks are written.

    One that was repointed since its plan was made is left out of it: the check is of the former
    pair. One that is repointed from now on comes later than `queued_at`, as statuses expect.
    """
    ids = {plan.association.pk for plan in plans if plan.association is not None}
    if not ids:
        return plans
    rows = Association.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    pairs = {pk: pair for pk, *pair in rows.values_list("pk", "calling", "called")}

    def is_former(row: Association) -> bool:
        return pairs.get(row.pk) not in (None, [row.calling_id, row.called_id])

    return [
        replace(plan, association=None)
        if plan.association is not None and is_former(plan.association)
        else plan
        for plan in plans
    ]


def _row(run: CheckRun, plan: Plan) -> Check:
    check = Check(
        run=run,
        kind=run.kind,
        site=plan.site,
        lane=run.lane,
        ae=plan.ae,
        association=plan.association,
        target=plan.target.to_json(),
        borrowed=plan.borrowed,
        woken_at=timezone.now(),
    )
    if plan.verdict is not None:
        check.state = CheckState.FINISHED
        for column, value in plan.verdict.columns().items():
            setattr(check, column, value)
    return check


def foregone(kind: Kind, ae: AE, target: Target) -> Verdict | None:
    """The verdict on an AE that must not or cannot be probed; None where a probe is needed."""
    if ae.do_not_probe:
        reason = ae.do_not_probe_reason or "no reason was given"
        finding = Finding(
            code="check-skipped",
            severity=Severity.INFO,
            subject=ae.ae_title,
            message=f"This AE is marked as not to be probed: {reason}. Nothing was sent.",
            remedy="Remove the mark on the AE's page if it may be tested.",
        )
        return unprobed(kind, Outcome.SKIPPED, detail="do-not-probe", finding=finding)
    return None if target.hostname else unprobed(kind, Outcome.NO_ADDRESS)


def plan_of(
    kind: Kind,
    ae: AE,
    connection: records.Connection | None,
    calling: AE | None = None,
    **settings: Any,
) -> Plan:
    """The check of an AE on one of its connections, as ourselves or under a borrowed title.

    `settings` are fields of the Target that this kind needs.
    """
    own = ae.site.calling_ae_title
    title = calling.ae_title if calling is not None else own
    target = replace(target_of(ae, connection, title), **settings)
    return Plan(
        site=ae.site,
        target=target,
        ae=ae,
        borrowed=title != own,
        verdict=foregone(kind, ae, target),
    )


def first_plan_of(kind: Kind, ae: AE, calling: AE | None = None, **settings: Any) -> Plan:
    """The check of an AE on its first connection."""
    return plan_of(kind, ae, first_connections([ae]).get(ae.pk), calling, **settings)


def target_of(called: AE, connection: records.Connection | None, calling_ae_title: str) -> Target:
    """The target that an AE is on one of its connections; without one nothing can be sent."""
    return Target(
        hostname=connection.hostname if connection else "",
        port=connection.port if connection else 0,
        called_ae_title=called.ae_title,
        calling_ae_title=calling_ae_title,
        tls=connection.tls if connection else None,
    )
