"""Who may begin when, on a clock of the test's own, and sweeps of counting and hostile peers."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.network.names import Resolver
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.sweep import Caps, Gates, Pace, sweep
from dicomcfg.probes.target import Target
from dicomcfg.upper_layer.encoding import encode
from dicomcfg.upper_layer.pdus import ReleaseReply
from tests.probes.conftest import Script, ScriptedPeer
from tests.probes.test_probe_hostile import OUTCOMES, TOTAL_S, answering

ENVIRONMENT = Environment(AddressPolicy.unrestricted())


def begun_over(gates: Gates[int], seconds: float, step_s: float = 0.05) -> list[tuple[float, int]]:
    """(when, what) began on a clock that ticks, each ending at once."""
    found = []
    for tick in range(round(seconds / step_s)):
        for item in gates.begin(tick * step_s):
            found.append((tick * step_s, item))
            gates.end(item)
    return found


def test_no_more_begin_in_all_than_the_cap() -> None:
    gates: Gates[int] = Gates(Caps(total=3))
    for number in range(5):
        gates.add(number, f"host{number}")
    assert gates.begin(0.0) == [0, 1, 2]
    assert (gates.room, gates.begin(0.0), list(gates.waiting)) == (0, [], [3, 4])
    gates.end(1)
    assert gates.begin(0.0) == [3]


def test_what_waits_for_its_address_takes_no_place_from_others() -> None:
    gates: Gates[int] = Gates(Caps(total=10, per_address=2))
    for number in range(100):
        gates.add(number, "Scanner" if number % 2 else "SCANNER")
    for number in range(100, 105):
        gates.add(number, f"host{number}")
    assert gates.begin(0.0) == [0, 1, *range(100, 105)]
    assert gates.room == 3
    gates.end(0)
    assert gates.begin(0.0) == [2]


def test_a_device_is_one_wherever_it_listens() -> None:
    gates: Gates[int] = Gates(Caps(total=10, per_device=1))
    for number in range(3):
        gates.add(number, f"host{number}", device="CT")
    assert gates.begin(0.0) == [0]
    gates.end(0)
    assert gates.begin(0.0) == [1]


def test_lines_take_turns() -> None:
    gates: Gates[int] = Gates(Caps(total=4))
    for number in range(100):
        gates.add(number, f"host{number}", line="long")
    for number in (1000, 1001):
        gates.add(number, f"host{number}", line="short")
    assert gates.begin(0.0) == [0, 1000, 1, 1001]


def test_a_rate_is_kept_and_holds_up_nobody_else() -> None:
    gates: Gates[int] = Gates(Caps())
    for number in range(100):
        gates.add(number, f"host{number}", line="paced", pace=Pace(rate_per_s=10.0))
    gates.add(1000, "other", line="free")
    seen = begun_over(gates, 5.0)
    assert seen[:2] == [(0.0, 0), (0.0, 1000)] or (0.0, 1000) in seen[:3]
    for start in range(50):
        since = start / 10
        in_a_second = [at for at, item in seen if since <= at < since + 1.0 and item != 1000]
        assert len(in_a_second) <= 11
    assert 49 <= len(seen) <= 53


def test_jitter_delays_each_by_its_share() -> None:
    shares = iter([0.5, 0.0, 1.0])
    gates: Gates[int] = Gates(Caps(), lambda: next(shares))
    for number in range(3):
        gates.add(number, f"host{number}", pace=Pace(jitter_s=2.0))
    gates.begin(0.0)
    assert gates.next_at() == 0.0
    assert begun_over(gates, 3.0) == [(0.0, 1), (1.0, 0), (2.0, 2)]
    assert gates.next_at() is None


def test_ending_what_waits_takes_it_out() -> None:
    gates: Gates[int] = Gates(Caps(total=1, per_address=1))
    for number in range(4):
        gates.add(number, "host")
    gates.begin(0.0)
    gates.end(1)
    gates.end(0)
    gates.add(2, "host")
    assert gates.begin(0.0) == [2]
    gates.end(2)
    assert (gates.begin(0.0), list(gates.waiting)) == ([3], [])


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 2)), max_size=60),
    st.randoms(use_true_random=False),
    st.integers(1, 6),
)
def test_everything_begins_once_within_every_cap(
    waiting: list[tuple[int, int, int]], random: object, total: int
) -> None:
    gates: Gates[int] = Gates(Caps(total=total, per_address=2, per_device=1))
    for number, (address, device, line) in enumerate(waiting):
        gates.add(number, str(address), device=device or None, line=line)
    under_way: set[int] = set()
    done: list[int] = []
    while len(done) < len(waiting):
        under_way.update(gates.begin(0.0))
        assert 0 < len(under_way) <= total
        addresses = Counter(waiting[number][0] for number in under_way)
        devices = Counter(waiting[number][1] for number in under_way if waiting[number][1])
        assert max(addresses.values()) <= 2 and max(devices.values(), default=0) <= 1
        ended = random.choice(sorted(under_way))  # type: ignore[attr-defined]
        under_way.remove(ended)
        gates.end(ended)
        done.append(ended)
    assert sorted(done) == list(range(len(waiting)))
    assert not gates.begin(0.0)


class Heard:
    """What a sweep told."""

    def __init__(self) -> None:
        self.seen: dict[int, Observation] = {}

    def __call__(self, number: int, seen: Observation) -> None:
        assert number not in self.seen
        self.seen[number] = seen


def test_every_hostile_peer_under_a_sweep(scripted_peer: ScriptedPeer) -> None:
    """All at once, among peers that answer: each ends as it does alone, and holds up nobody."""
    heard = Heard()
    scripts: list[Script] = [script for script, *_ in OUTCOMES]
    scripts.append(answering(encode(ReleaseReply())))

    async def run() -> float:
        async with AsyncExitStack() as stack:
            ports = [await stack.enter_async_context(scripted_peer(s)) for s in scripts]
            targets = [
                Target("127.0.0.1", port, "PEER", "US", timeout_s=TOTAL_S) for port in ports * 4
            ]
            started = asyncio.get_running_loop().time()
            await sweep(targets, ENVIRONMENT, heard, caps=Caps(total=40, per_address=40))
            return asyncio.get_running_loop().time() - started

    elapsed_s = asyncio.run(run())
    expected = [*(outcome for _, outcome, *_ in OUTCOMES), Outcome.SUCCESS] * 4
    assert [heard.seen[number].outcome for number in range(len(expected))] == expected
    assert elapsed_s < 4 * TOTAL_S + 2


def test_names_that_are_never_resolved_hold_up_no_other(scripted_peer: ScriptedPeer) -> None:
    """More of them than the resolver has threads."""
    heard, release, answered = Heard(), threading.Event(), asyncio.Event()

    def hang(hostname: str, port: int) -> list[str]:
        release.wait()
        return []

    def told(number: int, seen: Observation) -> None:
        heard(number, seen)
        if number == 40:
            answered.set()

    async def run() -> None:
        environment = Environment(AddressPolicy.unrestricted(), Resolver(hang))
        async with scripted_peer(answering(encode(ReleaseReply()))) as port:
            names = [Target(f"host{n}.example", 104, "PEER", "US", timeout_s=3) for n in range(40)]
            targets = [*names, Target("127.0.0.1", port, "PEER", "US", timeout_s=3)]
            task = asyncio.create_task(sweep(targets, environment, told))
            await answered.wait()
            assert list(heard.seen) == [40]
            await task

    try:
        asyncio.run(run())
    finally:
        release.set()
    assert heard.seen[40].outcome is Outcome.SUCCESS
    assert {seen.outcome for number, seen in heard.seen.items() if number < 40} == {
        Outcome.NAME_NOT_RESOLVED
    }


def test_cancelling_a_sweep_closes_what_is_open(scripted_peer: ScriptedPeer) -> None:
    heard = Heard()

    async def run() -> int:
        closed = 0
        all_open = asyncio.Event()
        is_open: list[Callable[[], None]] = []

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal closed
            is_open.append(writer.close)
            if len(is_open) == 5:
                all_open.set()
            await reader.read()
            closed += 1

        async with scripted_peer(silent) as port:
            targets = [Target("127.0.0.1", port, "PEER", "US")] * 20
            task = asyncio.create_task(sweep(targets, ENVIRONMENT, heard, caps=Caps(5, 5)))
            await all_open.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            while closed < 5:
                await asyncio.sleep(0)
            return len(is_open)

    assert asyncio.run(run()) == 5
    assert heard.seen == {}
