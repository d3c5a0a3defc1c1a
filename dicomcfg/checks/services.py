"""Starting and cancelling checks: the only way in for pages and scripts.

A service writes the run and its checks first, each with the snapshot of its target, and wakes
the workers after the commit. The rows are the record: when the broker is down the caller still
gets its run, and a worker's reaper finds the rows later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from dicomcfg.accounts.models import User
from dicomcfg.checks.models import Check, CheckRun, CheckState, Kind, Lane
from dicomcfg.checks.statuses import write_statuses
from dicomcfg.checks.verdicts import Concern, Verdict, unprobed
from dicomcfg.checks.wake import wake
from dicomcfg.core import records
from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.inventory.models import AE, Association, Connection, Site
from dicomcfg.inventory.selectors import contexts_of_all, first_connections
from dicomcfg.probes.target import Target

INTERACTIVE_MAXIMUM = 20
"""Checks of one run that still go through the interactive lane."""

_INSERT_BATCH = 500


@dataclass(frozen=True, slots=True)
class _Plan:
    """One check to be written; `verdict` is given when no probe is needed to know the result."""

    site: Site
    target: Target
    ae: AE | None = None
    association: Association | None = None
    borrowed: bool = False
    verdict: Verdict | None = None


def start_echo(
    user: User | None,
    aes: Iterable[AE],
    *,
    calling: AE | None = None,
    connection: Connection | None = None,
) -> CheckRun:
    """Echo each AE on its first connection, or one AE on the connection given.

    `calling` is the AE whose title is borrowed; by default each site's own title is used.
    AEs marked do-not-probe get a finished check `skipped`, those that listen nowhere
    `no-address`. Raises ValueError for no AE, or for a connection with several AEs.
    """
    chosen = list(aes)
    if connection is not None and len(chosen) != 1:
        raise ValueError("a connection can be chosen for one AE only")
    first = first_connections(chosen) if connection is None else {chosen[0].pk: connection.record()}
    plans = [_plan_echo(ae, first.get(ae.pk), calling) for ae in chosen]
    label = f"Echo {chosen[0].ae_title}" if len(chosen) == 1 else f"Echo {len(chosen)} AEs"
    return _start(user, Kind.ECHO, label, plans)


def start_echo_unsaved(user: User | None, site: Site, target: Target) -> CheckRun:
    """Echo what a form holds before it is saved; no AE's status follows from it."""
    borrowed = target.calling_ae_title != site.calling_ae_title
    plan = _Plan(site=site, target=target, borrowed=borrowed)
    return _start(user, Kind.ECHO, f"Echo {target.called_ae_title} (not saved)", [plan])


def start_negotiate(user: User | None, associations: Iterable[Association]) -> CheckRun:
    """Propose exactly each association's contexts, as its calling AE, to its called AE.

    The result is the association's; the called AE's echo status stays as it is. An association
    without contexts is finished as `skipped`. Raises ValueError for no association.
    """
    chosen = list(associations)
    first = first_connections([association.called for association in chosen])
    contexts = contexts_of_all(chosen)
    plans = [
        _plan_negotiate(association, first.get(association.called_id), contexts[association.pk])
        for association in chosen
    ]
    one = len(chosen) == 1
    label = f"Negotiate {chosen[0]}" if one else f"Negotiate {len(chosen)} associations"
    return _start(user, Kind.NEGOTIATE, label, plans)


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


def _start(user: User | None, kind: Kind, label: str, plans: Sequence[_Plan]) -> CheckRun:
    if not plans:
        raise ValueError("nothing to check")
    lane = Lane.INTERACTIVE if len(plans) <= INTERACTIVE_MAXIMUM else Lane.BULK
    with transaction.atomic():
        run = CheckRun.objects.create(
            kind=kind,
            lane=lane,
            requested_by=user,
            requested_by_name=user.get_username() if user else "command line",
            label=label[:160],
            total=len(plans),
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


def _row(run: CheckRun, plan: _Plan) -> Check:
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


def _plan_echo(ae: AE, connection: records.Connection | None, calling: AE | None) -> _Plan:
    own = ae.site.calling_ae_title
    title = calling.ae_title if calling is not None else own
    return _Plan(
        site=ae.site,
        target=_target(ae, connection, title),
        ae=ae,
        borrowed=title != own,
        verdict=_foregone(Kind.ECHO, ae, connection),
    )


def _plan_negotiate(
    association: Association,
    connection: records.Connection | None,
    contexts: Sequence[records.PresentationContext],
) -> _Plan:
    called, calling = association.called, association.calling
    verdict = _foregone(Kind.NEGOTIATE, called, connection)
    if verdict is None and not contexts:
        verdict = unprobed(
            Kind.NEGOTIATE,
            Outcome.SKIPPED,
            detail="no-contexts",
            finding=Finding(
                code="no-contexts-to-negotiate",
                severity=Severity.WARNING,
                subject=str(association),
                message="This association has no presentation contexts, so nothing was proposed.",
                remedy="Add the contexts that the calling AE proposes, or import them.",
                clause="PS3.8 9.3.2.2",
            ),
        )
    return _Plan(
        site=called.site,
        target=_target(called, connection, calling.ae_title, contexts),
        association=association,
        borrowed=calling.ae_title != called.site.calling_ae_title,
        verdict=verdict,
    )


def _foregone(kind: Kind, ae: AE, connection: records.Connection | None) -> Verdict | None:
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
    return unprobed(kind, Outcome.NO_ADDRESS) if connection is None else None


def _target(
    called: AE,
    connection: records.Connection | None,
    calling_ae_title: str,
    contexts: Sequence[records.PresentationContext] = (),
) -> Target:
    return Target(
        hostname=connection.hostname if connection else "",
        port=connection.port if connection else 0,
        called_ae_title=called.ae_title,
        calling_ae_title=calling_ae_title,
        tls=connection.tls if connection else None,
        contexts=tuple(contexts),
    )
