"""Sweeps of a thousand AEs by real workers: killed, without broker, without database, in the way.

Every check gets exactly one terminal result, whatever dies meanwhile.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dicomcfg.network.acceptor import AcceptorPolicy
from tests.parts.peers import Peer, listening
from tests.parts.servers import PostgresServer, RedisServer
from tests.parts.stack import Stack, server_environment
from tests.parts.waiting import wait_until

AES = 1000


@pytest.fixture
def crew(stack: Stack) -> Stack:
    """A stack without processes, whose leases are short and whose checks may reach loopback."""
    stack.environment |= {"DICOMCFG_LEASE_S": "3", "DICOMCFG_ALLOW_LOOPBACK": "1"}
    return stack


POLICY = AcceptorPolicy(connections_bound=2 * AES)


@pytest.fixture
def peer() -> Iterator[Peer]:
    """Answers at once, on every address of loopback."""
    with listening(POLICY, "0.0.0.0") as peer:
        yield peer


@pytest.fixture
def mute_peer() -> Iterator[Peer]:
    """The same; held, it keeps half of a sweep under way."""
    with listening(POLICY, "0.0.0.0") as peer:
        yield peer


def start_workers(stack: Stack, *names: str) -> None:
    for name in names:
        stack.start_worker(name, "--lanes", "bulk", "--processes", "1")
    stack.ask("wait_for_queues", "main.bulk")


def half_way(stack: Stack, peer: Peer, mute_peer: Peer) -> int:
    """A sweep of which half is done and the other half waits for the mute peer."""
    run: int = stack.ask("sweep", AES, [peer.port, mute_peer.port])
    report = stack.ask("wait", run, AES // 2)
    assert report["states"]["finished"] == AES // 2, report
    return run


def assert_exactly_one_result_each(stack: Stack, run: int, aes: int = AES) -> dict[str, Any]:
    report: dict[str, Any] = stack.ask("wait", run, aes)
    assert report["states"] == {"finished": aes}, report
    assert report["outcomes"] == {"success": aes}
    assert report["terminal_per_check"] == [1]
    assert report["endings"]["result"] == aes
    assert report["fences_match"], "every attempt is on record"
    assert report["statuses"] == aes
    return report


def test_two_workers_share_a_sweep_that_is_too_large_for_one(crew: Stack, mute_peer: Peer) -> None:
    start_workers(crew, "first", "second")
    aes = AES + AES // 2
    with mute_peer.held():
        run: int = crew.ask("sweep", aes, [mute_peer.port])
        under_way = {"running": aes}
        wait_until(lambda: crew.ask("report", run)["states"] == under_way, "all are under way", 45)
    report = assert_exactly_one_result_each(crew, run, aes)
    assert len(report["workers"]) == 2
    assert report["endings"] == {"result": aes}, "nobody took what another held"


def test_a_sweep_survives_the_death_of_its_workers(
    crew: Stack, peer: Peer, mute_peer: Peer
) -> None:
    start_workers(crew, "first", "second")
    with mute_peer.held():
        run = half_way(crew, peer, mute_peer)
        crew.kill("first")
        crew.kill("second")
    start_workers(crew, "third", "fourth")
    assert assert_exactly_one_result_each(crew, run)["endings"]["lost"] > 0


def test_a_sweep_survives_a_restart_of_its_broker(
    crew: Stack, peer: Peer, mute_peer: Peer, request: pytest.FixtureRequest
) -> None:
    """Redis is stopped and started; of the embedded broker all messages are lost."""
    with mute_peer.held():
        run: int = crew.ask("sweep", AES, [peer.port, mute_peer.port])
        start_workers(crew, "first")
        crew.ask("wait", run, 1)
        if "REDIS_URL" in crew.environment:
            redis_server: RedisServer = request.getfixturevalue("redis_server")
            redis_server.stop()
            redis_server.start()
        else:
            for message in Path(crew.environment["DICOMCFG_HOME"], "broker").rglob("*.msg"):
                message.unlink(missing_ok=True)
    start_workers(crew, "second")
    assert_exactly_one_result_each(crew, run)


def test_a_sweep_survives_a_restart_of_its_database(
    peer: Peer, mute_peer: Peer, tmp_path: Path
) -> None:
    postgres = PostgresServer()
    stack = Stack(tmp_path, server_environment(tmp_path / "home", postgres.url()))
    stack.environment |= {"DICOMCFG_LEASE_S": "3", "DICOMCFG_ALLOW_LOOPBACK": "1"}
    try:
        stack.prepare()
        start_workers(stack, "first", "second")
        with mute_peer.held():
            run = half_way(stack, peer, mute_peer)
            postgres.restart()
        assert_exactly_one_result_each(stack, run)
        for name in ("first", "second"):
            assert stack.children[name].ended() is None, stack.log(name)
    finally:
        stack.close()
        postgres.stop()


def test_a_press_is_answered_at_once_during_a_sweep_of_silent_aes(crew: Stack, peer: Peer) -> None:
    crew.start_worker()
    crew.ask("wait_for_queues", "main.interactive", "main.bulk")
    # Never accepted: the system takes the connections, and nobody speaks.
    with socket.create_server(("0.0.0.0", 0), backlog=AES) as silent:
        sweep = crew.ask("sweep", AES, [silent.getsockname()[1]])
        press = crew.ask("start", 1, [peer.port])["run"]
        assert crew.ask("wait", press, 1, 5)["outcomes"] == {"success": 1}
        assert "finished" not in crew.ask("report", sweep)["states"]
