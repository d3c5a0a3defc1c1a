"""What `make run` starts, says and ends; the real launcher with its real children."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from dicomcfg.launch import PROJECT
from tests.parts.descent import descendants, is_alive
from tests.parts.stack import Launched, embedded_environment, get
from tests.parts.waiting import wait_until


@pytest.fixture
def launched(tmp_path: Path) -> Iterator[Launched]:
    stack = Launched(tmp_path, embedded_environment(tmp_path / "home"))
    yield stack
    stack.close()


def _main_process(below: dict[int, str], words: str) -> int:
    """The oldest process whose command holds `words`."""
    return min(pid for pid, command in below.items() if words in command)


def _make_administrator(launched: Launched) -> None:
    launched.python(
        "-c",
        "import django; django.setup(); from dicomcfg.accounts.models import Role, User;"
        "User.objects.create(username='first', role=Role.ADMIN)",
    )


def test_a_first_run_offers_set_up_and_a_later_one_keeps_everything(launched: Launched) -> None:
    launched.launch()
    assert launched.setup_url is not None
    assert launched.setup_url.startswith(f"{launched.url}/setup/")
    assert get(launched.port, launched.setup_url.removeprefix(launched.url)) == 200
    launched.environment["DJANGO_SETTINGS_MODULE"] = "dicomcfg.settings"
    _make_administrator(launched)
    below = descendants(launched.children["launch"].pid)
    for words in ("gunicorn", "dicomcfg worker", "dicomcfg demo"):
        assert _main_process(below, words)

    os.kill(launched.children["launch"].pid, signal.SIGINT)
    wait_until(lambda: launched.children["launch"].ended() is not None, "the launcher ends", 15)
    assert launched.children["launch"].ended() == 0
    assert not [command for pid, command in below.items() if is_alive(pid)]

    launched.launch()
    assert launched.setup_url is None
    assert get(launched.port, "/login/") == 200


def test_killed_children_are_started_again(launched: Launched) -> None:
    launched.launch()
    launcher = launched.children["launch"].pid
    before = descendants(launcher)
    for words in ("gunicorn", "dicomcfg worker"):
        os.kill(_main_process(before, words), signal.SIGKILL)

    def has_both_anew() -> bool:
        fresh = {p: c for p, c in descendants(launcher).items() if p not in before}
        return all(
            any(words in command for command in fresh.values())
            for words in ("gunicorn", "dicomcfg worker")
        )

    wait_until(has_both_anew, "both run again")
    assert "The worker process ended (signal SIGKILL); it is started again." in launched.log(
        "launch"
    )
    wait_until(lambda: get(launched.port, "/login/") == 200, "a page answers again")


def test_nothing_outlives_a_launcher_that_is_killed(launched: Launched) -> None:
    launched.launch()
    below = descendants(launched.children["launch"].pid)
    assert len(below) >= 3
    os.kill(launched.children["launch"].pid, signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, below)), "all children are gone")


@pytest.mark.parametrize(
    ("port", "said"),
    [("{taken}", "Port {taken} of 127.0.0.1 cannot be used"), ("many", "PORT must be a number")],
)
def test_a_port_that_cannot_be_used_is_named_before_anything_starts(
    launched: Launched, tmp_path: Path, port: str, said: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = str(holder.getsockname()[1])
        launched.environment["PORT"] = port.format(taken=taken)
        result = launched.python("-m", "dicomcfg.launch", check=False)
    assert result.returncode == 1
    assert said.format(taken=taken) in result.stderr
    assert not (tmp_path / "home" / "dicomcfg.sqlite3").exists()


WAITS = "import signal; signal.pause()"


def _supervise(**children: str) -> subprocess.Popen[str]:
    """The supervisor over scripted children, ready from the start; its messages in a pipe."""
    script = """
        import json, sys
        from dicomcfg.launch import CannotRun, Supervisor
        from dicomcfg.processes import Child

        scripts = json.loads(sys.argv[1])
        children = [Child(n, [sys.executable, "-c", code]) for n, code in scripts.items()]
        try:
            Supervisor(children, lambda: True, lambda: None).run()
        except CannotRun as error:
            sys.exit(str(error))
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), json.dumps(children)],
        cwd=PROJECT,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_child_that_keeps_dying_ends_the_run() -> None:
    with _supervise(web=WAITS, worker="raise SystemExit(7)") as supervisor:
        _, said = supervisor.communicate(timeout=30)
    assert supervisor.returncode == 1
    assert said.endswith("The worker process ended (exit code 7); its messages are above.\n")
    assert said.count("it is started again") <= 2


def test_without_the_demo_network_the_run_goes_on() -> None:
    with _supervise(web=WAITS, demo="raise SystemExit(1)") as supervisor:
        assert supervisor.stderr is not None
        lines = iter(supervisor.stderr.readline, "")
        assert any("going on without the demo network" in line for line in lines)
        assert supervisor.poll() is None
        supervisor.terminate()
        assert supervisor.wait(timeout=30) == 0
