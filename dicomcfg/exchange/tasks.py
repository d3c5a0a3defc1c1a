"""The Celery tasks, wake-ups naming an import or a request to an Orthanc that waits, and the rounds
in which workers look for those that wait themselves.

Requests are for workers of their site's interactive lane. Imports are for the bulk lane; workers
of the other take what those leave. One thing is worked on at a time in each worker process: its
thread shares the process with checks under way.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from celery import signals
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from dicomcfg.celery import app
from dicomcfg.exchange.orthanc.asking import ask_next
from dicomcfg.exchange.wake import ASK_ORTHANC, ASKING_LANE, LANE, WORK_ON_IMPORTS
from dicomcfg.exchange.working import work_on_next

logger = logging.getLogger(__name__)
UNHEARD_S = max(30.0, 2 * settings.DICOMCFG_LEASE_S)
"""So long an import waits before a worker of another lane takes it."""

ROUND_S = min(5.0, settings.DICOMCFG_LEASE_S / 3)
_woken = threading.Event()


@app.task(name=WORK_ON_IMPORTS, ignore_result=True)
def work_on_imports(import_id: int) -> None:
    """Let this process look at once; the rows say what there is."""
    _woken.set()


@app.task(name=ASK_ORTHANC, ignore_result=True)
def ask_orthanc(call_id: int) -> None:
    """Likewise for a request to an Orthanc."""
    _woken.set()


class Rounds(threading.Thread):
    """Works on what waits, until there is no more, every ROUND_S and whenever it is woken."""

    def __init__(self, work: Callable[[], bool], stopping: threading.Event) -> None:
        super().__init__(name="exchange", daemon=True)
        self._work = work
        self._stopping = stopping

    def run(self) -> None:
        """The thread's body."""
        while not self._stopping.is_set():
            try:
                while not self._stopping.is_set() and self._work():
                    pass
            except DatabaseError as error:
                logger.warning("What waits was not looked for: %s", error)
            finally:
                close_old_connections()
            _woken.wait(ROUND_S)
            _woken.clear()


def _on_ready(sender: Any, **_: Any) -> None:
    consumed = sender.app.amqp.queues.consume_from
    is_bulk = any(queue.endswith(f".{LANE}") for queue in consumed)
    stopping = threading.Event()

    def work() -> bool:
        """The queues are looked at each time: a site made meanwhile is served too."""
        served = (queue.rpartition(".") for queue in list(consumed))
        slugs = [slug for slug, _, lane in served if lane == ASKING_LANE]
        return ask_next(slugs) or work_on_next(0.0 if is_bulk else UNHEARD_S)

    def stop(**_: Any) -> None:
        stopping.set()
        _woken.set()

    signals.worker_shutting_down.connect(stop, weak=False)
    Rounds(work, stopping).start()


signals.worker_ready.connect(_on_ready, weak=False)
