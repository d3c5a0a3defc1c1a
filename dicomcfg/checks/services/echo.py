"""C-ECHO of AEs, one or a whole table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from dicomcfg.accounts.models import User
from dicomcfg.checks.models import CheckRun, Kind, Lane
from dicomcfg.checks.services.starting import Plan, foregone, plan_of, start
from dicomcfg.checks.skipping import needless
from dicomcfg.checks.verdicts import Verdict, unprobed
from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.standard.endpoint import one_spelling
from dicomcfg.core.wording import counted
from dicomcfg.inventory.models import AE, Connection, Site
from dicomcfg.inventory.selectors import addresses_not_to_probe, first_connections
from dicomcfg.probes.sweep import UNPACED, Pace
from dicomcfg.probes.target import Target


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
    plans = [plan_of(Kind.ECHO, ae, first.get(ae.pk), calling) for ae in chosen]
    label = f"Echo {chosen[0].ae_title if len(chosen) == 1 else counted(len(chosen), 'AE')}"
    return start(user, Kind.ECHO, label, plans)


def start_echo_unsaved(user: User | None, site: Site, target: Target) -> CheckRun:
    """Echo what a form holds before it is saved; no AE's status follows from it.

    Where an AE listens that is marked do-not-probe, the check is `skipped`.
    """
    plan = _plan_unsaved(site, target, addresses_not_to_probe())
    return start(user, Kind.ECHO, f"Echo {target.called_ae_title} (not saved)", [plan])


def start_sweep(
    user: User | None,
    *,
    site: Site | None = None,
    aes: Iterable[AE] | None = None,
    timeout_s: float | None = None,
    pace: Pace = UNPACED,
) -> CheckRun:
    """Echo AEs on their first connections in the bulk lane: those given, those of a site, or all.

    With both, those given that are in the site. AEs that must not be probed, only initiate or
    are retired get a finished check `skipped` with the reason, those that listen nowhere
    `no-address`. Raises ValueError for no AE.
    """
    chosen = list(AE.objects.select_related("site", "device") if aes is None else aes)
    if site is not None:
        chosen = [ae for ae in chosen if ae.site_id == site.pk]
    first = first_connections(chosen)
    plans = [plan_of(Kind.ECHO, ae, first.get(ae.pk), timeout_s=timeout_s) for ae in chosen]
    plans = [
        replace(plan, verdict=plan.verdict or _needless(ae))
        for plan, ae in zip(plans, chosen, strict=True)
    ]
    where = site.name if site is not None and aes is None else counted(len(chosen), "AE")
    return start(user, Kind.ECHO, f"Sweep {where}", plans, lane=Lane.BULK, pace=pace)


def start_sweep_unsaved(
    user: User | None,
    site: Site,
    targets: Iterable[Target],
    *,
    label: str,
    timeout_s: float | None = None,
    pace: Pace = UNPACED,
) -> CheckRun:
    """Echo targets that are in no table, such as a file's, from a site in the bulk lane.

    Where an AE listens that is marked do-not-probe, the check is `skipped`. Raises ValueError for
    no target.
    """
    forbidden = addresses_not_to_probe()
    plans = [
        _plan_unsaved(site, replace(target, timeout_s=timeout_s), forbidden) for target in targets
    ]
    return start(user, Kind.ECHO, label, plans, lane=Lane.BULK, pace=pace)


def _needless(ae: AE) -> Verdict | None:
    """The verdict on an AE that may be probed but gives a sweep nothing to know."""
    reason = needless(ae)
    if not reason:
        return None
    finding = Finding(
        code="check-skipped",
        severity=Severity.INFO,
        subject=ae.ae_title,
        message=f"This AE {reason}. Sweeps pass over it, and nothing was sent.",
        remedy="Echo it from its own page, or correct its entry.",
    )
    return unprobed(Kind.ECHO, Outcome.SKIPPED, detail="needless", finding=finding)


def _plan_unsaved(site: Site, target: Target, forbidden: Mapping[tuple[str, int], AE]) -> Plan:
    """A target of nobody's table is spared for the sake of an AE that listens there."""
    marked = forbidden.get((one_spelling(target.hostname), target.port))
    verdict = None if target.hostname else unprobed(Kind.ECHO, Outcome.NO_ADDRESS)
    return Plan(
        site=site,
        target=target,
        borrowed=target.calling_ae_title != site.calling_ae_title,
        verdict=foregone(Kind.ECHO, marked, target) if marked else verdict,
    )
