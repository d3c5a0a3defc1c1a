"""Stages with their times, limits and the one deadline; PDUs with the moment they passed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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

    @asynccontextmanager
    async def stage(self, name: StageName, limit_s: float) -> AsyncIterator[float]:
        """Time a rung and give the moment it must end by.

        Raises StageTimeout with the rung's own outcome when its limit or the deadline passes.
        """
        self.current = name
        started = self._loop.time()
        until = min(self._deadline, started + limit_s)
        try:
            async with asyncio.timeout_at(until):
                yield until
        except TimeoutError:
            self._end(name, "failed", started)
            raise StageTimeout(*_TIMEOUTS[name]) from None
        except BaseException:
            self._end(name, "failed", started)
            raise
        self._end(name, "success", started)

    def _end(self, name: StageName, outcome: str, started: float) -> None:
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
