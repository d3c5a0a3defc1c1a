"""Stages with their times, limits and the one deadline; PDUs with the moment they passed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from types import TracebackType

from dicomcfg.core.diagnosis.observation import Outcome, PduRecord, Stage, StageName
from dicomcfg.network.failure import StageTimeout
from dicomcfg.upper_layer.association import Direction

_TIMEOUTS = {
    StageName.RESOLVE: (Outcome.NAME_NOT_RESOLVED, "timeout"),
    StageName.CONNECT: (Outcome.CONNECTION_TIMEOUT, None),
    StageName.TLS: (Outcome.TLS_FAILURE, "timeout"),
    StageName.ASSOCIATE: (Outcome.ASSOCIATION_TIMEOUT, None),
    StageName.ECHO: (Outcome.ECHO_TIMEOUT, None),
    StageName.FIND: (Outcome.OPERATION_TIMEOUT, None),
    StageName.STORE: (Outcome.OPERATION_TIMEOUT, None),
    StageName.RELEASE: (Outcome.ASSOCIATION_TIMEOUT, "release"),
}


class Timeline:
    """The clock of one probe: it starts with the object and ends `total_s` later."""

    def __init__(self, total_s: float, record_bound_bytes: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        self._deadline = self._started + total_s
        self._stages: dict[StageName, tuple[str, float]] = {}
        self._record = _Record(record_bound_bytes)
        self.current: StageName | None = None

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Every rung climbed; one climbed again adds its time and keeps a failure."""
        return tuple(Stage(name, *found) for name, found in self._stages.items())

    @property
    def pdus(self) -> tuple[PduRecord, ...]:
        """What passed, the bytes cut where the bound was reached."""
        return tuple(self._record.pdus)

    @property
    def left_s(self) -> float:
        """Seconds until the deadline; below 0 once it has passed."""
        return self._deadline - self._loop.time()

    def branch(self, total_s: float) -> Timeline:
        """A timeline with stages and a deadline of its own, which is not after this one's.

        What passes on it is kept among this one's PDUs.
        """
        branch = copy(self)
        branch._stages = {}
        branch._deadline = min(self._deadline, self._loop.time() + total_s)
        branch.current = None
        return branch

    @contextmanager
    def timed(self, name: StageName) -> Iterator[None]:
        """Time a rung that is climbed on branches, which keep the limits."""
        before, self.current = self.current, name
        started = self._loop.time()
        try:
            yield
        finally:
            self.end(name, "success", started)
            self.current = before

    def stage(self, name: StageName, limit_s: float) -> _Rung:
        """Time a rung: `with timeline.stage(name, limit) as until`, a time of the loop.

        Raises StageTimeout with the rung's own outcome when its limit or the deadline passes.
        """
        return _Rung(self, name, limit_s)

    def begin(self, name: StageName, limit_s: float) -> tuple[float, float]:
        """Step on a rung: when that was, and when it must end."""
        self.current = name
        started = self._loop.time()
        return started, min(self._deadline, started + limit_s)

    def end(self, name: StageName, outcome: str, started: float) -> None:
        before, elapsed = self._stages.get(name, ("success", 0.0))
        elapsed += (self._loop.time() - started) * 1000
        self._stages[name] = (outcome if before == "success" else before, round(elapsed, 3))

    def record(self, direction: Direction, raw: bytes) -> None:
        """Keep a PDU as far as there is room."""
        self._record.keep(direction, raw, self._loop.time() - self._started)


class _Record:
    """The PDUs of one target, up to a bound that all its associations share."""

    def __init__(self, bound_bytes: int) -> None:
        self.pdus: list[PduRecord] = []
        self._room = bound_bytes

    def keep(self, direction: Direction, raw: bytes, at_s: float) -> None:
        kept = raw[: self._room]
        self._room -= len(kept)
        # Without room not even the length is kept: a peer can send any number of PDUs.
        if kept:
            at_ms = round(at_s * 1000, 3)
            self.pdus.append(PduRecord(direction.value, at_ms, len(raw), kept.hex()))


class _Rung:
    """One stage under way, in the task that climbs it.

    What asyncio.timeout does, which asks for two coroutines more: five rungs with it cost a tenth
    of an echo.
    """

    def __init__(self, timeline: Timeline, name: StageName, limit_s: float) -> None:
        self._timeline = timeline
        self._name = name
        self._limit_s = limit_s
        self._is_late = False

    def __enter__(self) -> float:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._started, until = self._timeline.begin(self._name, self._limit_s)
        self._timer = task.get_loop().call_at(until, self._expire)
        return until

    def _expire(self) -> None:
        self._is_late = True
        self._task.cancel()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        self._timeline.end(self._name, "success" if kind is None else "failed", self._started)
        # A cancellation by somebody else at the same time goes on.
        if (
            self._is_late
            and self._task.uncancel() <= self._cancelling
            and kind is asyncio.CancelledError
        ):
            raise StageTimeout(*_TIMEOUTS[self._name]) from None
