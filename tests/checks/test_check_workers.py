"""Real worker processes on both stores: killed, cut off from the broker, kept busy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dicomcfg.network.acceptor import AcceptorPolicy
from tests.checks.conftest import listening
from tests.parts.http_person import HttpPerson
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
    """Answers on every address of loopback, each answer a second late: three a check."""
    with listening(AcceptorPolicy(answer_delay_s=1.0), "0.0.0.0") as port:
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


class Broker:
    """Either broker, which can be taken away and brought back."""

    def __init__(self, home: Path, redis_server: RedisServer | None) -> None:
        self._folder = home / "broker"
        self._redis = redis_server

    def take_away(self) -> None:
        if self._redis:
            self._redis.stop()
            return
        self._folder.rename(self._folder.with_name("away"))
        self._folder.write_text("a file where the folder should be stops even root")

    def bring_back(self) -> None:
        if self._redis:
            self._redis.start()
            return
        self._folder.unlink()
        self._folder.with_name("away").rename(self._folder)


@pytest.fixture
def broker(crew: Stack, request: pytest.FixtureRequest) -> Broker:
    is_redis = "REDIS_URL" in crew.environment
    redis_server = request.getfixturevalue("redis_server") if is_redis else None
    return Broker(Path(crew.environment["DICOMCFG_HOME"]), redis_server)


def test_checks_wait_while_the_broker_is_away_and_run_when_it_is_back(
    crew: Stack, broker: Broker, quick_peer: int
) -> None:
    start_workers(crew, "worker")
    broker.take_away()
    started = ask(crew, "start", 30, quick_peer)
    assert started["elapsed_s"] < 1.5, "the page has answered"
    report = ask(crew, "report", started["run"])
    assert report["states"] == {"queued": 30}
    broker.bring_back()
    assert_all_finished(ask(crew, "wait", started["run"], 30), 30)
    assert crew.children["worker"].ended() is None, crew.log("worker")


def test_a_worker_may_start_before_its_broker(crew: Stack, broker: Broker, quick_peer: int) -> None:
    broker.take_away()
    run = ask(crew, "start", 30, quick_peer)["run"]
    crew.start_worker("worker", "--lanes", "bulk")
    wait_until(lambda: crew.log("worker") or crew.children["worker"].ended() is None, "it starts")
    broker.bring_back()
    assert_all_finished(ask(crew, "wait", run, 30), 30)


def test_a_press_does_not_wait_behind_a_sweep(crew: Stack, slow_peer: int, quick_peer: int) -> None:
    """Also: `dicomcfg worker` alone serves both lanes of all sites."""
    crew.start_worker()
    ask(crew, "wait_for_queues", "main.interactive", "main.bulk")
    sweep = ask(crew, "start", 200, slow_peer)["run"]
    press = ask(crew, "start", 1, quick_peer)["run"]
    report = ask(crew, "wait", press, 1)
    assert report["outcomes"] == {"success": 1}
    after = ask(crew, "wait", sweep, 200)
    assert_all_finished(after, 200)
    assert report["finished_at"] < after["finished_at"]


def test_a_site_made_at_run_time_is_served_by_a_worker_for_all(
    crew: Stack, quick_peer: int
) -> None:
    start_workers(crew, "worker", lanes="interactive")
    ask(crew, "add_site", "second")
    queues = ask(crew, "wait_for_queues", "second.interactive")
    assert queues == ["main.interactive", "second.interactive"]
    run = ask(crew, "start", 2, quick_peer, "second")["run"]
    assert_all_finished(ask(crew, "wait", run, 2), 2)


def test_a_worker_told_to_stop_leaves_its_checks_to_the_next(crew: Stack, slow_peer: int) -> None:
    start_workers(crew, "worker")
    run = ask(crew, "start", 200, slow_peer)["run"]
    ask(crew, "wait", run, 10)
    crew.children["worker"].stop()
    report = ask(crew, "report", run)
    assert "running" not in report["states"]
    assert crew.children["worker"].ended() == 0, crew.log("worker")
    crew.start_worker("worker", "--lanes", "bulk")
    assert_all_finished(ask(crew, "wait", run, 200), 200)


def test_a_container_can_ask_whether_its_worker_lives(crew: Stack) -> None:
    silent = crew.python("manage.py", "worker_alive", check=False)
    assert silent.returncode == 1 and "no worker of" in silent.stderr
    start_workers(crew, "worker")
    assert "main.bulk" in crew.python("manage.py", "worker_alive").stdout


def test_an_unknown_site_is_a_usage_error(crew: Stack) -> None:
    result = crew.dicomcfg("worker", "--sites", "main,nowhere", check=False)
    assert result.returncode == 2
    assert "no such site: nowhere" in result.stderr


def test_two_workers_pages_and_an_import_write_together(
    crew: Stack, quick_peer: int, tmp_path: Path
) -> None:
    """On SQLite everyone waits for a turn; nobody sees "database is locked"."""
    start_workers(crew, "first", "second", lanes="interactive,bulk")
    crew.start_web()
    person = HttpPerson(crew)
    table = tmp_path / "aes.csv"
    rows = (f"IMPORTED{n},10.9.{n // 250}.{n % 250},104" for n in range(2000))
    table.write_text("\n".join(["AE Title,Host,Port", *rows]))
    imports = crew.start("import", "-m", "dicomcfg", "import", str(table))
    run = ask(crew, "start", 300, quick_peer)["run"]
    saved = 0
    while imports.ended() is None or saved < 10:
        saved += 1
        person.post("/devices/add/", name=f"Device {saved}", state="live")
    assert imports.ended() == 0, crew.log("import")
    report = ask(crew, "wait", run, 300)
    assert_all_finished(report, 300)
    assert ask(crew, "count") == {"AE": 2300, "Device": saved}
    for name in ("web", "first", "second"):
        assert "locked" not in crew.log(name)
