"""Stages with their times, limits and the one deadline; PDUs with the moment they passed."""

from __future__ import annotations

import asyncio
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
    StageName.RELEASE: (Outcome.ASSOCIATION_TIMEOUT, "release"),
}


class Timeline:
    """The clock of one probe: it starts with the object and ends `total_s` later."""

    def __init__(self, total_s: float, record_bound_bytes: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        self._deadline = self._started + total_s
        self._stages: dict[StageName, tuple[str, float]] = {}
        self._pdus: list[PduRecord] = []
        self._record_room = record_bound_bytes
        self.current: StageName | None = None

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Every rung climbed; one climbed again adds its time and keeps a failure."""
        return tuple(Stage(name, *found) for name, found in self._stages.items())

    @property
    def pdus(self) -> tuple[PduRecord, ...]:
        """What passed, the bytes cut where the bound was reached."""
        return tuple(self._pdus)

    def stage(self, name: StageName, limit_s: float) -> _Rung:
        """Time a rung: `async with timeline.stage(name, limit) as until`, a time of the loop.

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
        kept = raw[: self._record_room]
        self._record_room -= len(kept)
        at_ms = round((self._loop.time() - self._started) * 1000, 3)
        # Without room not even the length is kept: a peer can send any number of PDUs.
        if kept:
            self._pdus.append(PduRecord(direction.value, at_ms, len(raw), kept.hex()))


class _Rung:
    """One stage under way; a class, since five generators cost a tenth of an echo."""

    __slots__ = ("_limit_s", "_name", "_started", "_timeline", "_timeout")

    def __init__(self, timeline: Timeline, name: StageName, limit_s: float) -> None:
        self._timeline = timeline
        self._name = name
        self._limit_s = limit_s

    async def __aenter__(self) -> float:
        self._started, until = self._timeline.begin(self._name, self._limit_s)
        self._timeout = asyncio.timeout_at(until)
        await self._timeout.__aenter__()
        return until

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        outcome = "success" if kind is None else "failed"
        try:
            await self._timeout.__aexit__(kind, error, traceback)
        except TimeoutError:
            outcome = "failed"
            raise StageTimeout(*_TIMEOUTS[self._name]) from None
        finally:
            self._timeline.end(self._name, outcome, self._started)
