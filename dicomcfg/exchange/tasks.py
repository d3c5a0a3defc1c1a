"""The Celery task, a wake-up naming an import that waits, and the rounds in which workers look for
those that wait themselves.

One import is worked on at a time in each worker process: its thread shares the process with checks
under way. Workers of the interactive lane leave imports to those of the bulk lane, and take what
those leave.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery import signals
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from dicomcfg.celery import app
from dicomcfg.exchange.wake import LANE, WORK_ON_IMPORTS
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


class Rounds(threading.Thread):
    """Works on what waits, until there is no more, every ROUND_S and whenever it is woken."""

    def __init__(self, unheard_s: float, stopping: threading.Event) -> None:
        super().__init__(name="imports", daemon=True)
        self._unheard_s = unheard_s
        self._stopping = stopping

    def run(self) -> None:
        """The thread's body."""
        while not self._stopping.is_set():
            try:
                while not self._stopping.is_set() and work_on_next(self._unheard_s):
                    pass
            except DatabaseError as error:
                logger.warning("Imports did not reach the database: %s", error)
            finally:
                close_old_connections()
            _woken.wait(ROUND_S)
            _woken.clear()


def _on_ready(sender: Any, **_: Any) -> None:
    queues = list(sender.app.amqp.queues.consume_from)
    is_bulk = any(queue.endswith(f".{LANE}") for queue in queues)
    stopping = threading.Event()

    def stop(**_: Any) -> None:
        stopping.set()
        _woken.set()

    signals.worker_shutting_down.connect(stop, weak=False)
    Rounds(0.0 if is_bulk else UNHEARD_S, stopping).start()


signals.worker_ready.connect(_on_ready, weak=False)
