"""Who may be probed when, where many wait: caps in total, per address and per device, and a pace.

`Gates` is book-keeping without clock, tasks or I/O: whoever probes tells it what waits, asks what
may begin now, and says what ended; `sweep` does so for the command line, and a worker's executor
for the checks. What waits for its address or its device stands aside, so
that it takes no place from others and one slow device holds up nobody else.
"""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import Counter, deque
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Generic, TypeAlias, TypeVar

from dicomcfg.core.diagnosis.observation import Observation
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Target

Item = TypeVar("Item", bound=Hashable)
_Key: TypeAlias = tuple[str, Hashable]

_TOGETHER_S = 0.1
"""So much of a rate may begin at once: probes that begin in groups cost less."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How many probes may be under way: in all, to one address, to one device.

    An address is a host as it was typed, whatever the port: a scanner with one network card and
    three AEs is one scanner.
    """

    total: int = 1000
    per_address: int = 4
    per_device: int = 4


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `rate_per_s` begin a second, each up to `jitter_s` later than it could."""

    rate_per_s: float | None = None
    jitter_s: float = 0.0


CAPS = Caps()
UNPACED = Pace()


@dataclass(slots=True, eq=False)
class _Line(Generic[Item]):
    """Those who keep one pace; `ready` are neither begun nor waiting aside."""

    pace: Pace
    ready: deque[_Waiting[Item]] = field(default_factory=deque)
    next_at: float = 0.0
    waiting: int = 0

    def take_turn(self, now: float) -> None:
        """Put the next turn off by one interval."""
        if self.pace.rate_per_s is not None:
            self.next_at = max(self.next_at, now - _TOGETHER_S) + 1 / self.pace.rate_per_s


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Item]):
    item: Item
    keys: tuple[_Key, ...]
    line: _Line[Item]
    has_had_its_turn: bool = False
    is_gone: bool = False


class Gates(Generic[Item]):
    """Used from one thread; times are seconds of any monotonic clock.

    Lines are served in turns, so that a long one does not hold up a short one. `draw` gives a
    share of the jitter from 0 to 1.
    """

    def __init__(self, caps: Caps, draw: Callable[[], float] = random.random) -> None:
        self._caps = caps
        self._draw = draw
        self._waiting: dict[Item, _Waiting[Item]] = {}
        self._under_way: dict[Item, tuple[_Key, ...]] = {}
        self._open: Counter[_Key] = Counter()
        self._behind: dict[_Key, deque[_Waiting[Item]]] = {}
        self._lines: dict[Hashable, _Line[Item]] = {}
        self._delayed: list[tuple[float, int, _Waiting[Item]]] = []
        self._serial = count()

    @property
    def waiting(self) -> Collection[Item]:
        """What has not begun, as a view."""
        return self._waiting.keys()

    @property
    def room(self) -> int:
        """How many more may be under way in all."""
        return self._caps.total - len(self._under_way)

    def add(
        self,
        item: Item,
        address: str,
        *,
        device: Hashable = None,
        line: Hashable = None,
        pace: Pace = UNPACED,
    ) -> None:
        """Let an item wait; one that waits or is under way already is left as it is.

        Items of one `line` keep one `pace`, that of the first.
        """
        if item in self._waiting or item in self._under_way:
            return
        keys: tuple[_Key, ...] = (("address", address.lower()),)
        if device is not None:
            keys = (("device", device), *keys)
        its_line = self._lines.setdefault(line, _Line(pace))
        its_line.waiting += 1
        self._waiting[item] = waiting = _Waiting(item, keys, its_line)
        its_line.ready.append(waiting)

    def begin(self, now: float, at_most: int | None = None) -> list[Item]:
        """What begins now; each of these is to be ended."""
        while self._delayed and self._delayed[0][0] <= now:
            waiting = heapq.heappop(self._delayed)[2]
            waiting.line.ready.appendleft(waiting)
        room = self.room if at_most is None else min(self.room, at_most)
        begun: list[Item] = []
        lines = deque(line for line in self._lines.values() if line.ready)
        while lines and len(begun) < room:
            line = lines.popleft()
            if (first := self._first_of(line, now)) is not None:
                begun.append(self._admit(first))
                lines.append(line)
        self._lines = {
            key: line for key, line in self._lines.items() if line.waiting or line.next_at > now
        }
        return begun

    def end(self, item: Item) -> None:
        """It is under way no longer, or shall not begin any more."""
        keys = self._under_way.pop(item, ())
        for key in keys:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]
            self._call_one(key)
        waiting = self._waiting.pop(item, None)
        if waiting is not None:
            waiting.is_gone = True
            waiting.line.waiting -= 1

    def next_at(self) -> float | None:
        """When `begin` may give more though nothing ended; None where it will not."""
        times = [line.next_at for line in self._lines.values() if line.ready and line.next_at]
        if self._delayed:
            times.append(self._delayed[0][0])
        return min(times, default=None) if self.room else None

    def _first_of(self, line: _Line[Item], now: float) -> _Waiting[Item] | None:
        """The first of a line that may begin; those before it are put aside."""
        while line.ready:
            waiting = line.ready[0]
            if not waiting.is_gone and not self._stands_aside(waiting):
                if not waiting.has_had_its_turn:
                    if line.next_at > now:
                        return None
                    line.take_turn(now)
                    waiting.has_had_its_turn = True
                    if line.pace.jitter_s:
                        line.ready.popleft()
                        self._delay(waiting, now + self._draw() * line.pace.jitter_s)
                        continue
                return line.ready.popleft()
            line.ready.popleft()
            # It may have been called for a place that it does not take now.
            for key in waiting.keys:
                self._call_one(key)
        return None

    def _delay(self, waiting: _Waiting[Item], until: float) -> None:
        heapq.heappush(self._delayed, (until, next(self._serial), waiting))

    def _stands_aside(self, waiting: _Waiting[Item]) -> bool:
        """Put it behind the first of its caps that is reached, if one is."""
        for key in waiting.keys:
            if not self._has_place(key):
                self._behind.setdefault(key, deque()).append(waiting)
                return True
        return False

    def _has_place(self, key: _Key) -> bool:
        cap = self._caps.per_device if key[0] == "device" else self._caps.per_address
        return self._open[key] < cap

    def _call_one(self, key: _Key) -> None:
        """Let the first of those behind a cap try again, if there is a place."""
        queue = self._behind.get(key)
        if queue is None or not self._has_place(key):
            return
        while queue:
            waiting = queue.popleft()
            if not waiting.is_gone:
                waiting.line.ready.appendleft(waiting)
                break
        if not queue:
            del self._behind[key]

    def _admit(self, waiting: _Waiting[Item]) -> Item:
        del self._waiting[waiting.item]
        waiting.line.waiting -= 1
        self._under_way[waiting.item] = waiting.keys
        self._open.update(waiting.keys)
        return waiting.item


async def sweep(
    targets: Sequence[Target],
    environment: Environment,
    heard: Callable[[int, Observation], None],
    *,
    caps: Caps = CAPS,
    pace: Pace = UNPACED,
) -> None:
    """Echo all targets; each observation is told at once with the number of its target.

    Cancelling it ends the probes under way, of which nothing is told.
    """
    loop = asyncio.get_running_loop()
    gates: Gates[int] = Gates(caps)
    for number, target in enumerate(targets):
        gates.add(number, target.hostname, pace=pace)
    changed = asyncio.Event()

    async def echo(number: int) -> None:
        target = targets[number]
        limits = registry.limits_of("echo", target)
        heard(number, await registry.get("echo")(target, limits, environment))
        gates.end(number)
        changed.set()

    async with asyncio.TaskGroup() as tasks:
        while gates.waiting:
            changed.clear()
            for number in gates.begin(loop.time()):
                tasks.create_task(echo(number))
            next_at = gates.next_at()
            timer = None if next_at is None else loop.call_at(next_at, changed.set)
            await changed.wait()
            if timer is not None:
                timer.cancel()
