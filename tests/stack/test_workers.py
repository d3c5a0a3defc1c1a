"""Real worker processes on both stores: killed, cut off from the broker, kept busy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dicomcfg.network.acceptor import AcceptorPolicy
from tests.parts.http_person import HttpPerson
from tests.parts.peers import Peer, listening
from tests.parts.servers import RedisServer
from tests.parts.stack import Stack
from tests.parts.waiting import wait_until


@pytest.fixture
def crew(stack: Stack) -> Stack:
    """A stack without processes, whose leases are short and whose checks may reach loopback."""
    stack.environment |= {"DICOMCFG_LEASE_S": "3", "DICOMCFG_ALLOW_LOOPBACK": "1"}
    return stack


@pytest.fixture
def peer() -> Iterator[Peer]:
    """Answers at once, on every address of loopback."""
    with listening(AcceptorPolicy(), "0.0.0.0") as peer:
        yield peer


@pytest.fixture
def mute_peer() -> Iterator[Peer]:
    """The same; its tests hold it, so that what is sent to it stays under way."""
    with listening(AcceptorPolicy(), "0.0.0.0") as peer:
        yield peer


def start_workers(stack: Stack, *names: str, lanes: str = "bulk") -> None:
    """Workers of one process each, so that SIGKILL hits the one that works."""
    for name in names:
        stack.start_worker(name, "--lanes", lanes, "--processes", "1")
    stack.ask("wait_for_queues", *(f"main.{lane}" for lane in lanes.split(",")))


def assert_all_finished(report: dict[str, Any], count: int) -> None:
    assert report["states"] == {"finished": count}, report
    assert report["outcomes"] == {"success": count}
    assert report["terminal_per_check"] == [1]
    assert report["endings"]["result"] == count
    assert report["fences_match"], "every attempt is on record"
    assert report["statuses"] == count


def half_way(stack: Stack, peer: Peer, mute_peer: Peer) -> int:
    """A run of 200 checks of which 100 are finished and the others wait for the mute peer."""
    run: int = stack.ask("start", 200, [peer.port, mute_peer.port])["run"]
    stack.ask("wait", run, 100)
    return run


def test_a_killed_workers_checks_each_get_exactly_one_result(
    crew: Stack, peer: Peer, mute_peer: Peer
) -> None:
    start_workers(crew, "worker")
    with mute_peer.held():
        run = half_way(crew, peer, mute_peer)
        crew.kill("worker")
        left = crew.ask("report", run)["states"]
    assert left["finished"] == 100
    crew.start_worker("worker", "--lanes", "bulk", "--processes", "1")
    report = crew.ask("wait", run, 200)
    assert_all_finished(report, 200)
    assert report["endings"]["lost"] >= left["running"] > 0


def test_another_worker_takes_over_what_the_killed_one_left(
    crew: Stack, peer: Peer, mute_peer: Peer
) -> None:
    start_workers(crew, "first", "second")
    with mute_peer.held():
        run = half_way(crew, peer, mute_peer)
        holder = crew.ask("report", run)["holders"][0]
        names = {str(child.pid): name for name, child in crew.children.items()}
        crew.kill(next(names[word] for word in holder.split(".") if word in names))
    report = crew.ask("wait", run, 200)
    assert_all_finished(report, 200)
    assert report["endings"]["lost"] > 0


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
    crew: Stack, broker: Broker, peer: Peer
) -> None:
    start_workers(crew, "worker")
    broker.take_away()
    started = crew.ask("start", 30, [peer.port])
    assert started["elapsed_s"] < 1.5, "the page has answered"
    report = crew.ask("report", started["run"])
    assert report["states"] == {"queued": 30}
    broker.bring_back()
    assert_all_finished(crew.ask("wait", started["run"], 30), 30)
    assert crew.children["worker"].ended() is None, crew.log("worker")


def test_a_worker_may_start_before_its_broker(crew: Stack, broker: Broker, peer: Peer) -> None:
    broker.take_away()
    run = crew.ask("start", 30, [peer.port])["run"]
    crew.start_worker("worker", "--lanes", "bulk", "--processes", "1")
    wait_until(lambda: crew.log("worker"), "it complains")
    broker.bring_back()
    assert_all_finished(crew.ask("wait", run, 30), 30)


def test_a_press_does_not_wait_behind_a_sweep(crew: Stack, peer: Peer, mute_peer: Peer) -> None:
    """Also: `dicomcfg worker` alone serves both lanes of all sites."""
    crew.start_worker()
    crew.ask("wait_for_queues", "main.interactive", "main.bulk")
    with mute_peer.held():
        sweep = half_way(crew, peer, mute_peer)
        press = crew.ask("start", 1, [peer.port])["run"]
        assert_all_finished(crew.ask("wait", press, 1), 1)
        assert crew.ask("report", sweep)["states"]["finished"] == 100
    assert_all_finished(crew.ask("wait", sweep, 200), 200)


def test_a_site_made_at_run_time_is_served_by_a_worker_for_all(crew: Stack, peer: Peer) -> None:
    start_workers(crew, "worker", lanes="interactive")
    crew.ask("add_site", "second")
    queues = crew.ask("wait_for_queues", "second.interactive")
    assert queues == ["main.interactive", "second.interactive"]
    run = crew.ask("start", 2, [peer.port], "second")["run"]
    assert_all_finished(crew.ask("wait", run, 2), 2)


def test_a_worker_in_a_segment_takes_the_checks_of_its_site_alone(crew: Stack, peer: Peer) -> None:
    crew.ask("add_site", "annex")
    crew.start_worker("inside", "--sites", "annex")
    assert set(crew.ask("wait_for_queues", "annex.interactive")) <= {
        "annex.interactive",
        "annex.bulk",
    }
    elsewhere = crew.ask("start", 2, [peer.port])["run"]
    inside = crew.ask("start", 2, [peer.port], "annex")["run"]
    assert_all_finished(crew.ask("wait", inside, 2), 2)
    assert crew.ask("report", elsewhere)["states"] == {"queued": 2}


def test_a_worker_told_to_stop_leaves_its_checks_to_the_next(
    crew: Stack, peer: Peer, mute_peer: Peer
) -> None:
    start_workers(crew, "worker")
    with mute_peer.held():
        run = half_way(crew, peer, mute_peer)
        crew.children["worker"].stop()
        assert crew.ask("report", run)["states"] == {"finished": 100, "queued": 100}
    assert crew.children["worker"].ended() == 0, crew.log("worker")
    crew.start_worker("worker", "--lanes", "bulk", "--processes", "1")
    assert_all_finished(crew.ask("wait", run, 200), 200)


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
    crew: Stack, peer: Peer, tmp_path: Path
) -> None:
    """On SQLite everyone waits for a turn; nobody sees "database is locked"."""
    start_workers(crew, "first", "second", lanes="interactive,bulk")
    crew.start_web()
    person = HttpPerson(crew)
    table = tmp_path / "aes.csv"
    rows = (f"IMPORTED{n},10.9.{n // 250}.{n % 250},104" for n in range(1000))
    table.write_text("\n".join(["AE Title,Host,Port", *rows]))
    imports = crew.start("import", "-m", "dicomcfg", "import", str(table))
    run = crew.ask("start", 300, [peer.port])["run"]
    saved = 0
    while imports.ended() is None or saved < 10:
        saved += 1
        person.post("/devices/add/", name=f"Device {saved}", state="live")
    assert imports.ended() == 0, crew.log("import")
    report = crew.ask("wait", run, 300)
    assert_all_finished(report, 300)
    assert crew.ask("count") == {"AE": 1300, "Device": saved}
    for name in ("web", "first", "second"):
        assert "locked" not in crew.log(name)
