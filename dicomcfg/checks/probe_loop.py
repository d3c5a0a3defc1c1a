"""One event loop in a thread of its own, in which a worker's probes run; knows no database.

Whoever owns the loop starts and cancels probes from another thread and is handed each result,
exactly one for each probe, in the loop's thread.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self, TypeAlias

from dicomcfg.checks.leases import Lease
from dicomcfg.checks.results import INTERNAL_ERROR, Result, cut_short
from dicomcfg.core.diagnosis.observation import DiscoverySeen, Observation
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits, Target

LimitsOf: TypeAlias = Callable[[str, Target], Limits]
"""How long a check of this kind at this target may take."""

logger = logging.getLogger(__name__)

_GRACE_S = 5.0
"""A probe keeps its own deadline; one that is so late is broken and is cut off."""


class ProbeLoop:
    """A context manager: the thread starts on entry; on exit what still runs is cancelled."""

    def __init__(
        self, environment: Environment, limits_of: LimitsOf, deliver: Callable[[Result], None]
    ) -> None:
        self._environment = environment
        self._limits_of = limits_of
        self._deliver = deliver
        self._probes: dict[int, asyncio.Task[Observation]] = {}
        # What long checks have seen so far, the newest of each, and whose is not yet taken.
        self._seen: dict[int, DiscoverySeen] = {}
        self._news: dict[int, DiscoverySeen] = {}
        self._news_lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="probes", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def start(self, leases: Sequence[Lease]) -> None:
        """Probe the leases' targets; their results will be delivered."""
        self._loop.call_soon_threadsafe(self._spawn, leases)

    def cancel(self, check_id: int) -> None:
        """Stop a probe; unless it has just ended, its result is `cancelled`."""
        self._loop.call_soon_threadsafe(self._cancel, check_id)

    def take_news(self) -> dict[int, DiscoverySeen]:
        """What long checks have newly seen since this was last asked, by check."""
        with self._news_lock:
            news, self._news = self._news, {}
        return news

    def _run(self) -> None:
        # The runner cancels what is left and closes the loop when it is told to stop.
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.get_loop().run_forever()

    def _spawn(self, leases: Sequence[Lease]) -> None:
        for lease in leases:
            task = self._loop.create_task(self._probe(lease))
            self._probes[lease.check_id] = task
            task.add_done_callback(partial(self._finish, lease))

    def _cancel(self, check_id: int) -> None:
        task = self._probes.get(check_id)
        if task is not None:
            task.cancel()

    async def _probe(self, lease: Lease) -> Observation:
        check_id = lease.check_id
        if lease.seen is not None:
            self._seen[check_id] = lease.seen

        def report(seen: DiscoverySeen) -> None:
            self._seen[check_id] = seen
            with self._news_lock:
                self._news[check_id] = seen

        limits = self._limits_of(lease.kind, lease.target)
        environment = replace(self._environment, report=report)
        async with asyncio.timeout(limits.total_s + _GRACE_S):
            return await registry.get(lease.kind)(lease.target, limits, environment)

    def _finish(self, lease: Lease, task: asyncio.Task[Observation]) -> None:
        del self._probes[lease.check_id]
        seen = self._seen.pop(lease.check_id, None)
        if task.cancelled():
            observation = cut_short(lease.kind, seen=seen)
        elif (error := task.exception()) is not None:
            logger.error("Check %s broke its probe", lease.check_id, exc_info=error)
            observation = cut_short(lease.kind, INTERNAL_ERROR, seen)
        else:
            observation = task.result()
        self._deliver((lease, observation))
