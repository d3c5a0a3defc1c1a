"""One event loop in a thread of its own, in which a task's probes run; knows no database.

Whoever owns the loop starts and cancels probes from another thread and drains their results. At
most `capacity` probes may be out at a time, and each gives exactly one result, so that the
bounded queue of results has always room and the loop never waits for its owner.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from types import TracebackType
from typing import Self
from weakref import WeakValueDictionary

from dicomcfg.checks.leases import Lease
from dicomcfg.checks.limits import CONCURRENT_PER_ADDRESS
from dicomcfg.checks.results import INTERNAL_ERROR, Result, cut_short
from dicomcfg.core.diagnosis.observation import Observation
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits

logger = logging.getLogger(__name__)

_GRACE_S = 5.0
"""A probe keeps its own deadline; one that is so late is broken and is cut off."""


class ProbeLoop:
    """A context manager: the thread starts on entry; on exit what still runs is cancelled."""

    def __init__(self, environment: Environment, limits: Limits, capacity: int) -> None:
        self.capacity = capacity
        self._environment = environment
        self._limits = limits
        self._results: queue.Queue[Result] = queue.Queue(maxsize=capacity)
        self._probes: dict[int, asyncio.Task[Observation]] = {}
        self._addresses: WeakValueDictionary[tuple[str, int], asyncio.Semaphore] = (
            WeakValueDictionary()
        )
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

    def start(self, lease: Lease) -> None:
        """Probe the lease's target; its result will come out of `drain`."""
        self._loop.call_soon_threadsafe(self._spawn, lease)

    def cancel(self, check_id: int) -> None:
        """Stop a probe; unless it has just ended, its result is `cancelled`."""
        self._loop.call_soon_threadsafe(self._cancel, check_id)

    def drain(self, maximum: int, timeout_s: float) -> list[Result]:
        """Up to `maximum` results, after waiting for the first up to `timeout_s`."""
        results: list[Result] = []
        try:
            results.append(self._results.get(timeout=timeout_s))
            while len(results) < maximum:
                results.append(self._results.get_nowait())
        except queue.Empty:
            pass
        return results

    def _run(self) -> None:
        # The runner cancels what is left and closes the loop when it is told to stop.
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.get_loop().run_forever()

    def _spawn(self, lease: Lease) -> None:
        task = self._loop.create_task(self._probe(lease))
        self._probes[lease.check_id] = task
        task.add_done_callback(lambda done: self._finish(lease, done))

    def _cancel(self, check_id: int) -> None:
        task = self._probes.get(check_id)
        if task is not None:
            task.cancel()

    async def _probe(self, lease: Lease) -> Observation:
        target = lease.target
        address = (target.hostname.lower(), target.port)
        slots = self._addresses.setdefault(address, asyncio.Semaphore(CONCURRENT_PER_ADDRESS))
        async with slots, asyncio.timeout(self._limits.total_s + _GRACE_S):
            return await registry.get(lease.kind)(target, self._limits, self._environment)

    def _finish(self, lease: Lease, task: asyncio.Task[Observation]) -> None:
        del self._probes[lease.check_id]
        if task.cancelled():
            observation = cut_short(lease.kind)
        elif (error := task.exception()) is not None:
            logger.error("Check %s broke its probe", lease.check_id, exc_info=error)
            observation = cut_short(lease.kind, INTERNAL_ERROR)
        else:
            observation = task.result()
        self._results.put_nowait((lease, observation))
