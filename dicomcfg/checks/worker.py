"""A worker process: Celery with the threads pool, serving one lane of some or all sites.

A lane has a process of its own, because a pool takes messages in the order they come: with one
pool for both lanes a sweep's tasks would fill it and a press of a button wait for them. Threads
suffice, since a task only hands its checks to the process's one executor and waits for room.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
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
from dicomcfg.checks.executor import Executor
from dicomcfg.checks.limits import CAPS
from dicomcfg.checks.models import Lane
from dicomcfg.checks.presence import Presence
from dicomcfg.checks.upkeep import Upkeep, served_sites
from dicomcfg.network.open_files import allow_open_files
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment

logger = logging.getLogger(__name__)

CONCURRENCY = {Lane.INTERACTIVE: 8, Lane.BULK: 2}
"""Messages taken at a time, beside what the executor has under way."""

_OTHER_FILES = 200
"""Open files beside associations: logs, database, broker, look-ups."""

_GARBAGE_THRESHOLD = 10_000
_EXECUTOR = "executor"
_starting = threading.Lock()
_GOODBYE_S = 10.0

stopping = threading.Event()
"""Set when this process was told to stop: tasks give their checks back."""


@cache
def presence(lane: str) -> Presence:
    """This process, which serves one lane; takes its name and lock when first asked."""
    return Presence.announce(_folder(), lane)


def executor(lane: str, environment: Environment) -> Executor:
    """This process's executor, whose thread starts when it is first asked for."""
    with _starting:
        return _started(lane, environment)


@cache
def _started(lane: str, environment: Environment) -> Executor:
    one = Executor(presence(lane), environment, registry.limits_of, stopping)
    _thread_of(one).start()
    return one


def _thread_of(one: Executor) -> threading.Thread:
    def body() -> None:
        try:
            one.run()
        except Exception:
            # Without it this process is of no use: whoever started it starts another.
            logger.exception("The executor failed")
            os.kill(os.getpid(), signal.SIGTERM)

    return threading.Thread(target=body, name=_EXECUTOR, daemon=True)


def _await_executor() -> None:
    """Let it give its checks back."""
    for thread in threading.enumerate():
        if thread.name == _EXECUTOR:
            thread.join(_GOODBYE_S)


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
    allow_open_files(CAPS.total + _OTHER_FILES)
    # What is loaded stays: to look for garbage in it again and again cost an eighth of an echo.
    gc.freeze()
    gc.set_threshold(_GARBAGE_THRESHOLD)
    worker.start()
    _await_executor()
    ourselves.withdraw()
    return int(worker.exitcode or 0)


def _folder() -> Path:
    return Path(settings.HOME) / "workers"
