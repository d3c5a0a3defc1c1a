"""Heartbeats: the rows by which pages know that a queue is served."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.utils import timezone

from dicomcfg.checks.models import WorkerHeartbeat
from dicomcfg.checks.presence import Presence

_FORGET_AFTER = timedelta(days=1)


def beat(presence: Presence, queues: Iterable[str]) -> None:
    """Say that this worker lives and which queues it serves."""
    now = timezone.now()
    seen = {"queues": sorted(queues), "seen_at": now}
    if not WorkerHeartbeat.objects.filter(name=presence.name).update(**seen):
        WorkerHeartbeat.objects.create(
            name=presence.name, host=presence.host, started_at=now, **seen
        )


def forget(workers: Sequence[str]) -> None:
    """Remove the rows of workers that ended, and of those silent for a day."""
    WorkerHeartbeat.objects.filter(name__in=workers).delete()
    WorkerHeartbeat.objects.filter(seen_at__lt=timezone.now() - _FORGET_AFTER).delete()
