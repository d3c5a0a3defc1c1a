"""What a worker process does with the checks it is told of: lease, probe, record.

One thread owns the database and never waits for a peer; probes run in a ProbeLoop and never touch
the database. A check is leased when it may begin, so that a worker that dies leaves few behind and
other workers share a long run.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from django.db import InterfaceError, OperationalError, connection

from dicomcfg.checks import leases, results
from dicomcfg.checks.leases import Lease
from dicomcfg.checks.limits import (
    ATTEMPTS_MAXIMUM,
    CAPS,
    LEASE_BATCH,
    LEASE_S,
    PROGRESS_EVERY_S,
    REWAKE_S,
    WRITE_BATCH,
    WRITE_EVERY_S,
)
from dicomcfg.checks.places import keep_announced, places_of
from dicomcfg.checks.presence import Presence
from dicomcfg.checks.probe_loop import LimitsOf, ProbeLoop
from dicomcfg.checks.results import INTERNAL_ERROR, Result, cut_short
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.sweep import Caps, Gates

logger = logging.getLogger(__name__)

_ATTEND_S = min(0.5, LEASE_S / 4)
"""Between two looks at cancel requests; leases are renewed every third of their length."""


@dataclass(slots=True, eq=False)
class _Told:
    """Checks that a message named, and whether their turn depends on this worker's room."""

    ids: Sequence[int]
    has_room: threading.Event = field(default_factory=threading.Event)


class Executor:
    """All the work of a worker process; `run` is the body of its thread."""

    def __init__(
        self,
        presence: Presence,
        environment: Environment,
        limits_of: LimitsOf,
        stopping: threading.Event,
        caps: Caps = CAPS,
    ) -> None:
        self._presence = presence
        self._stopping = stopping
        self._gates: Gates[int] = Gates(caps)
        # Whoever took a message for each place that comes free would leave other workers idle.
        self._room_for_more = max(1, caps.total // 4)
        self._inbox: queue.SimpleQueue[Result | _Told] = queue.SimpleQueue()
        self._loop = ProbeLoop(environment, limits_of, self._inbox.put)
        # What is on its way: told of, waiting for room, to be leased, leased, to be written.
        self._told: list[_Told] = []
        self._kept_waiting: list[_Told] = []
        self._begun: list[int] = []
        self._held: dict[int, Lease] = {}
        self._unwritten: list[Result] = []
        self._write_at = 0.0
        self._duties = (
            (self._attend, _ATTEND_S),
            (self._renew, LEASE_S / 3),
            (self._keep_progress, PROGRESS_EVERY_S),
            (self._keep_announced, REWAKE_S / 3),
        )
        self._due_at = [monotonic() + period_s for _, period_s in self._duties]

    def work_on(self, ids: Sequence[int]) -> None:
        """Have checks done; returns as soon as there is room for more than these.

        So a worker that is full takes no more messages, and others do. Checks that wait for
        their address, their device or their pace keep nobody waiting.
        """
        told = _Told(ids)
        self._inbox.put(told)
        while not (told.has_room.wait(_ATTEND_S) or self._stopping.is_set()):
            pass

    def run(self) -> None:
        """Until the worker stops; then what has no result yet is given back."""
        try:
            with self._loop:
                while not self._stopping.is_set():
                    self._try(self._round)
                self._try(self._stop)
        finally:
            connection.close()

    def _try(self, act: Callable[[], None]) -> None:
        """A database that is away is tried again; meanwhile probes go on."""
        try:
            act()
        except (OperationalError, InterfaceError) as error:
            logger.warning("The database did not answer the executor: %s", error)
            connection.close()
            self._stopping.wait(_ATTEND_S)

    def _round(self) -> None:
        """All that is due; what a failing database interrupts is left to be done again."""
        self._take_in(self._patience_s())
        self._enter()
        self._begin()
        self._write()
        now = monotonic()
        for number, (duty, period_s) in enumerate(self._duties):
            if now >= self._due_at[number]:
                duty()
                self._due_at[number] = now + period_s

    def _stop(self) -> None:
        self._take_in(0.0)
        self._keep_progress()
        self._write(is_last=True)
        leases.give_back(list(self._held.values()))

    def _take_in(self, patience_s: float) -> None:
        """Sort what has come in, after waiting for the first of it."""
        try:
            came = self._inbox.get(timeout=patience_s)
            while True:
                if isinstance(came, _Told):
                    self._told.append(came)
                else:
                    self._end(came)
                came = self._inbox.get_nowait()
        except queue.Empty:
            return

    def _patience_s(self) -> float:
        """Until the next thing that is due by time alone."""
        now = monotonic()
        due_at = min(self._due_at)
        if self._unwritten:
            due_at = min(due_at, self._write_at)
        if (next_at := self._gates.next_at()) is not None:
            due_at = min(due_at, next_at)
        return max(0.0, due_at - now)

    def _end(self, result: Result) -> None:
        if not self._unwritten:
            self._write_at = monotonic() + WRITE_EVERY_S
        self._unwritten.append(result)
        self._gates.end(result[0].check_id)

    def _enter(self) -> None:
        """Let newly told checks wait for their turn."""
        if not self._told:
            return
        for place in places_of({check_id for told in self._told for check_id in told.ids}):
            self._gates.add(
                place.check_id,
                place.address,
                device=place.device_id,
                line=place.run_id,
                pace=place.pace,
            )
        self._kept_waiting += self._told
        self._told = []

    def _begin(self) -> None:
        """Lease what may begin now and start it, batch by batch."""
        while begun := self._begun or self._gates.begin(monotonic(), LEASE_BATCH):
            self._begun = begun
            taken = leases.take(begun, self._presence.name, self._presence.host)
            self._begun = []
            for lease in taken:
                self._held[lease.check_id] = lease
            for check_id in begun:
                if check_id not in self._held:
                    self._gates.end(check_id)
            self._start(taken)
        if self._gates.room >= self._room_for_more:
            for told in self._kept_waiting:
                told.has_room.set()
            self._kept_waiting = []

    def _start(self, taken: Sequence[Lease]) -> None:
        for lease in taken:
            if lease.fence > ATTEMPTS_MAXIMUM:
                self._end((lease, cut_short(lease.kind, INTERNAL_ERROR, lease.seen)))
        self._loop.start([lease for lease in taken if lease.fence <= ATTEMPTS_MAXIMUM])

    def _write(self, *, is_last: bool = False) -> None:
        """Write results in batches, sooner where none but these are to be expected."""
        while self._unwritten:
            nothing_else = len(self._unwritten) >= min(len(self._held), WRITE_BATCH)
            if not (is_last or nothing_else or monotonic() >= self._write_at):
                return
            batch = self._unwritten[:WRITE_BATCH]
            results.record(batch)
            for lease, _ in batch:
                # It may be held anew: its lease ran out while the database was away.
                if self._held.get(lease.check_id) is lease:
                    del self._held[lease.check_id]
            del self._unwritten[: len(batch)]

    def _attend(self) -> None:
        """Stop what a person wants stopped."""
        if self._held:
            for check_id in leases.cancel_requests(self._held.values()):
                self._loop.cancel(check_id)

    def _renew(self) -> None:
        leases.renew(self._held.values())

    def _keep_progress(self) -> None:
        news = self._loop.take_news()
        leases.keep_progress(
            (self._held[check_id], seen)
            for check_id, seen in news.items()
            if check_id in self._held
        )

    def _keep_announced(self) -> None:
        """Keep others from being told of what waits here; forget what waits no longer."""
        waiting = self._gates.waiting
        for check_id in set(waiting).difference(keep_announced(waiting)):
            self._gates.end(check_id)
