"""A worker's executor in a thread of the test's own process."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from dicomcfg.checks.executor import Executor
from dicomcfg.checks.limits import CAPS
from dicomcfg.checks.models import Check
from dicomcfg.checks.presence import Presence
from dicomcfg.checks.probe_loop import LimitsOf
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.sweep import Caps
from tests.parts.waiting import wait_until


@dataclass(frozen=True)
class Running:
    """An executor at work, and the event that stops it."""

    executor: Executor
    stopping: threading.Event


@contextmanager
def executing(
    presence: Presence, environment: Environment, limits_of: LimitsOf, caps: Caps = CAPS
) -> Iterator[Running]:
    """An executor that lasts as long as the context."""
    stopping = threading.Event()
    executor = Executor(presence, environment, limits_of, stopping, caps)
    thread = threading.Thread(target=executor.run, daemon=True)
    thread.start()
    try:
        yield Running(executor, stopping)
    finally:
        stopping.set()
        thread.join(15)
        assert not thread.is_alive()


def work_off(
    ids: Sequence[int],
    presence: Presence,
    environment: Environment,
    limits_of: LimitsOf,
    caps: Caps = CAPS,
) -> None:
    """Let an executor bring checks to their results."""
    with executing(presence, environment, limits_of, caps) as running:
        running.executor.work_on(ids)
        unfinished = Check.objects.filter(pk__in=ids, finished_at=None)
        wait_until(lambda: not unfinished.exists(), "every check has its result", 40)
