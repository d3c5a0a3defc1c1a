"""A worker process: Celery with the threads pool, serving one lane of some or all sites.

A lane has a process of its own, because a pool takes messages in the order they come: with one
pool for both lanes a sweep's tasks would fill it and a press of a button wait for them. Threads
suffice, since a task mostly waits for its probes, which share one event loop, and a thread
starts at once where a forked process pays for its imports and connections again.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from celery import signals
from celery.exceptions import SecurityWarning
from django.conf import settings

from dicomcfg.celery import app
from dicomcfg.checks.models import Lane
from dicomcfg.checks.presence import Presence
from dicomcfg.checks.upkeep import Upkeep, served_sites

CONCURRENCY = {Lane.INTERACTIVE: 8, Lane.BULK: 2}
"""Tasks that run at a time: each press is one task, a sweep one for each thousand checks."""

stopping = threading.Event()
"""Set when this process was told to stop: tasks give their checks back."""


@cache
def presence(lane: str) -> Presence:
    """This process, which serves one lane; takes its name and lock when first asked."""
    return Presence.announce(_folder(), lane)


def serve(lane: Lane, slugs: Sequence[str] | None, concurrency: int | None = None) -> int:
    """Run until told to stop; returns the exit code. `slugs` None serves all sites, new ones too.

    Raises ValueError when a named site does not exist.
    """
    sites = served_sites(slugs)
    unknown = set(slugs or ()) - {site.slug for site in sites}
    if unknown:
        raise ValueError(f"no such site: {', '.join(sorted(unknown))}")
    app.conf.broker_transport_options = {
        **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
        "max_retries": 0,
    }
    # Celery warns root because of pickled messages; ours are JSON.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    ourselves = presence(lane.value)
    worker = app.Worker(
        hostname=ourselves.name,
        queues=[site.queue(lane) for site in sites],
        pool="threads",
        concurrency=concurrency or CONCURRENCY[lane],
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )

    def on_ready(sender: Any, **_: Any) -> None:
        """Start upkeep once; `sender` is Celery's consumer, which outlives reconnections."""

        def consume(queue: str) -> None:
            if not sender.app.amqp.queues.consume_from.get(queue):
                sender.call_soon(sender.add_task_queue, queue)

        Upkeep(ourselves, _folder(), lane, slugs, consume, stopping).start()

    def on_stopping(**_: Any) -> None:
        stopping.set()

    signals.worker_ready.connect(on_ready, weak=False)
    signals.worker_shutting_down.connect(on_stopping, weak=False)
    worker.start()
    ourselves.withdraw()
    return int(worker.exitcode or 0)


def _folder() -> Path:
    return Path(settings.HOME) / "workers"
