"""The reaper: announces again the checks that nobody has taken or whose worker is gone.

Every worker reaps for the queues it serves. It only sends wake-ups; leases decide who works.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from dicomcfg.checks.limits import REAP_MAXIMUM, REWAKE_S
from dicomcfg.checks.models import Check, CheckState
from dicomcfg.checks.wake import wake
from dicomcfg.inventory.models import Site


def reap(sites: Iterable[Site], lane: str, *, at_start: bool = False) -> int:
    """Announce what is due in the sites' lane; returns how many checks that were.

    Due is a queued check whose announcement failed or is REWAKE_S old, and a running one whose
    lease ran out since it was announced. A worker that starts announces all that is queued: its
    predecessor may have taken messages with it. Stops at a broker that does not answer.
    """
    announced = 0
    for site in sites:
        ids = _claim(site, lane, at_start)
        if ids and not wake(site, lane, ids):
            break
        announced += len(ids)
    return announced


def _claim(site: Site, lane: str, at_start: bool) -> list[int]:
    """Mark what is due as announced now, so that two workers do not announce it twice."""
    now = timezone.now()
    with transaction.atomic():
        ids = list(
            Check.objects.select_for_update(skip_locked=True)
            .filter(_due(now, at_start), finished_at=None, site_id=site.pk, lane=lane)
            .order_by("pk")
            .values_list("pk", flat=True)[:REAP_MAXIMUM]
        )
        if ids:
            Check.objects.filter(pk__in=ids).update(woken_at=now)
    return ids


def _due(now: datetime, at_start: bool) -> Q:
    unheard = Q(woken_at=None) | Q(woken_at__lt=now - timedelta(seconds=REWAKE_S))
    queued = Q(state=CheckState.QUEUED)
    if not at_start:
        queued &= unheard
    orphaned = Q(state=CheckState.RUNNING, lease_until__lt=now)
    return queued | (orphaned & (unheard | Q(woken_at__lt=F("lease_until"))))
