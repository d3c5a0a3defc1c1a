"""Name resolution in threads of our own: bounded, abandoned, never waited for."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.network.failure import NetworkFailure
from dicomcfg.network.names import Resolver


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.5"])
def test_addresses_are_not_looked_up(address: str) -> None:
    def lookup(hostname: str, port: int) -> list[str]:
        raise AssertionError(hostname)

    assert asyncio.run(Resolver(lookup).resolve(address, 104)) == [address]


def test_localhost_is_found_by_the_system() -> None:
    found = asyncio.run(Resolver().resolve("localhost", 104))
    assert set(found) <= {"127.0.0.1", "::1"}
    assert found


@pytest.mark.parametrize("name", ["no-such-host.invalid", "a" * 300, "bad..name", "\0"])
def test_names_that_do_not_resolve(name: str) -> None:
    with pytest.raises(NetworkFailure) as caught:
        asyncio.run(Resolver().resolve(name, 104))
    assert caught.value.outcome is Outcome.NAME_NOT_RESOLVED


def test_threads_are_bounded_and_freed_ones_serve_the_queue() -> None:
    release = threading.Event()
    lock = threading.Lock()
    running = most = 0

    def lookup(hostname: str, port: int) -> list[str]:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        release.wait()
        with lock:
            running -= 1
        return [f"10.0.0.{hostname[1:]}"]

    async def check() -> list[list[str]]:
        resolver = Resolver(lookup, threads_bound=3)
        waiting = [asyncio.create_task(resolver.resolve(f"h{n}", 104)) for n in range(9)]
        while running < 3:
            await asyncio.sleep(0.001)
        release.set()
        return await asyncio.gather(*waiting)

    assert asyncio.run(check()) == [[f"10.0.0.{n}"] for n in range(9)]
    assert most == 3


def test_an_abandoned_look_up_is_not_begun_later() -> None:
    release = threading.Event()
    asked: list[str] = []

    def lookup(hostname: str, port: int) -> list[str]:
        asked.append(hostname)
        release.wait()
        return ["10.0.0.1"]

    async def check() -> None:
        resolver = Resolver(lookup, threads_bound=1)
        first = asyncio.create_task(resolver.resolve("first", 104))
        while not asked:
            await asyncio.sleep(0.001)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await resolver.resolve("abandoned", 104)
        last = asyncio.create_task(resolver.resolve("last", 104))
        release.set()
        await asyncio.gather(first, last)

    asyncio.run(check())
    assert asked == ["first", "last"]


HANGING = """
import asyncio, threading
from dicomcfg.network.names import Resolver

def hang(hostname, port):
    threading.Event().wait()

async def main():
    resolver = Resolver(hang)
    for n in range(24):
        try:
            async with asyncio.timeout(0.01):
                await resolver.resolve(f"host{n}", 104)
        except TimeoutError:
            print("timeout")

asyncio.run(main())
"""


def test_hanging_threads_hold_neither_the_loop_nor_the_interpreter() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HANGING], capture_output=True, text=True, timeout=20, check=True
    )
    assert done.stdout.splitlines() == ["timeout"] * 24
    assert done.stderr == ""
