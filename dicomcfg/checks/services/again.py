"""Making the echoes of a run once more: all of them, or those that failed."""

from __future__ import annotations

from dataclasses import replace

from dicomcfg.accounts.models import User
from dicomcfg.checks.models import CheckRun, Kind, Lane
from dicomcfg.checks.services.echo import start_echo, start_sweep, start_sweep_unsaved
from dicomcfg.inventory.models import AE
from dicomcfg.probes.sweep import Pace
from dicomcfg.probes.target import Target

FAILED_TONES = ("bad", "warn")


def start_again(user: User | None, run: CheckRun, *, only_failed: bool = False) -> CheckRun:
    """Echo the same AEs as they are configured now, or the same unsaved targets, at one pace.

    Raises ValueError where nothing is left to echo: the AEs are gone, or none failed.
    """
    checks = run.checks.filter(kind=Kind.ECHO)
    if only_failed:
        checks = checks.filter(tone__in=FAILED_TONES)
    first = checks.order_by("id").select_related("site").first()
    if first is None:
        raise ValueError("nothing to check")
    aes = AE.objects.filter(pk__in=checks.values("ae_id")).select_related("site")
    if run.lane == Lane.INTERACTIVE and first.ae_id is not None:
        return start_echo(user, aes)
    timeout_s = Target.from_json(first.target).timeout_s
    pace = Pace(run.rate_per_s, run.jitter_s)
    if first.ae_id is not None:
        return start_sweep(user, aes=aes, timeout_s=timeout_s, pace=pace)
    targets = [
        replace(Target.from_json(target), timeout_s=None)
        for target in checks.order_by("id").values_list("target", flat=True)
    ]
    label = f"Sweep the {len(targets):,} failed of run {run.pk}, not saved"
    return start_sweep_unsaved(
        user,
        first.site,
        targets,
        label=label if only_failed else run.label,
        timeout_s=timeout_s,
        pace=pace,
    )
