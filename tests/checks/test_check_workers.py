"""Real worker processes on both stores: killed, cut off from the broker, kept busy."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dicomcfg.launch import PROJECT
from dicomcfg.network.acceptor import AcceptorPolicy
from tests.checks.conftest import listening
from tests.parts.servers import RedisServer
from tests.parts.stack import Stack
from tests.parts.waiting import wait_until

pytestmark = pytest.mark.timeout(120)
LANES = ("interactive", "bulk")


@pytest.fixture
def crew(stack: Stack) -> Stack:
    """A stack without processes, whose leases are short and whose checks may reach loopback."""
    stack.environment |= {"DICOMCFG_LEASE_S": "3", "DICOMCFG_ALLOW_LOOPBACK": "1"}
    return stack


@pytest.fixture
def slow_peer() -> Iterator[int]:
    """Answers on every address of loopback, each answer half a second late."""
    with listening(AcceptorPolicy(answer_delay_s=0.5), "0.0.0.0") as port:
        yield port


@pytest.fixture
def quick_peer() -> Iterator[int]:
    with listening(AcceptorPolicy(), "0.0.0.0") as port:
        yield port


def ask(stack: Stack, verb: str, *arguments: object) -> Any:
    """What tests/checks/in_stack.py answers."""
    words = [str(argument) for argument in arguments]
    result = stack.python("-W", "error", "-m", "tests.checks.in_stack", verb, *words)
    return json.loads(result.stdout)


def start_workers(stack: Stack, *names: str, lanes: str = "bulk") -> None:
    """Workers of one process each, so that SIGKILL hits the one that works."""
    for name in names:
        stack.start_worker(name, "--lanes", lanes)
    ask(stack, "wait_for_queues", *(f"main.{lane}" for lane in lanes.split(",")))


def assert_all_finished(report: dict[str, Any], count: int) -> None:
    assert report["states"] == {"finished": count}, report
    assert report["terminal_per_check"] == [1]
    assert report["endings"]["result"] == count
    assert report["fences_match"], "every attempt is on record"
    assert report["statuses"] == count


def test_a_killed_workers_checks_each_get_exactly_one_result(crew: Stack, slow_peer: int) -> None:
    start_workers(crew, "worker")
    run = ask(crew, "start", 200, slow_peer)["run"]
    before = ask(crew, "wait", run, 20)
    crew.kill("worker")
    left = ask(crew, "report", run)
    assert 20 <= left["states"]["finished"] < 200, (before, left)
    crew.start_worker("worker", "--lanes", "bulk")
    report = ask(crew, "wait", run, 200)
    assert_all_finished(report, 200)
    assert report["endings"]["lost"] > 0
    assert report["outcomes"] == {"success": 200}


def test_a_second_worker_takes_over_what_the_killed_one_left(crew: Stack, slow_peer: int) -> None:
    start_workers(crew, "first", "second")
    run = ask(crew, "start", 200, slow_peer)["run"]
    ask(crew, "wait", run, 20)
    crew.kill("first")
    assert_all_finished(ask(crew, "wait", run, 200), 200)


@pytest.fixture
def broker_down(crew: Stack, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Takes the broker away; calling what it gives brings it back."""
    if "REDIS_URL" in crew.environment:
        redis: RedisServer = request.getfixturevalue("redis_server")
        redis.stop()
        yield redis.start
        return
    folder = Path(crew.environment["DICOMCFG_HOME"]) / "broker"
    away = folder.rename(folder.with_name("away"))
    folder.write_text("a file where the folder should be, which stops even root")

    def back() -> None:
        folder.unlink()
        away.rename(folder)

    yield back
