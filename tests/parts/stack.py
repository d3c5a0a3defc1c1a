"""The real processes on private ports and folders: web, workers, demo network, or the launcher.

`Stack` starts them one by one, so that a test can kill and restart each; `Launched` runs what
`make run` runs.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dicomcfg.launch import PROJECT, page_answers
from dicomcfg.network.demo import DEMO_AES
from dicomcfg.processes import Child, stop_all
from tests.parts.waiting import free_port, free_ports, wait_until

DEMO_PORTS = len(DEMO_AES)


def embedded_environment(home: Path) -> dict[str, str]:
    """A process environment of the embedded default, private to `home`."""
    inherited = {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"}
    return {name: value for name, value in os.environ.items() if name in inherited} | {
        "DICOMCFG_HOME": str(home),
        "DICOMCFG_DEMO_PORT": str(free_ports(DEMO_PORTS)),
        "PYTHONUNBUFFERED": "1",
    }


def server_environment(home: Path, database_url: str, redis_url: str = "") -> dict[str, str]:
    """The same over PostgreSQL and Redis."""
    return embedded_environment(home) | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "for tests only",
        "DICOMCFG_HTTPS": "no",
    }


class Stack:
    """Named processes over one store; every one logs to a file of its name in `folder`."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = dict(environment)
        self.port = free_port()
        self.children: dict[str, Child] = {}
        self._inside: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """The address of the pages, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def demo_port(self) -> int:
        """The first port of the demo network."""
        return int(self.environment["DICOMCFG_DEMO_PORT"])

    def prepare(self) -> None:
        """Make the tables and collect the static files, as the launcher does."""
        self.python("-c", "from dicomcfg.launch import prepare_store; prepare_store()")

    def start_web(self) -> Child:
        """Start gunicorn and wait until a page answers."""
        gunicorn = ["-m", "gunicorn", "dicomcfg.wsgi:application"]
        child = self.start("web", *gunicorn, "--bind", f"127.0.0.1:{self.port}")
        self.wait_for_page()
        return child

    def start_worker(self, name: str = "worker", *options: str) -> Child:
        """Start a worker; it is ready when its first heartbeat is in the store."""
        return self.start(name, "-m", "dicomcfg", "worker", *options)

    def start(self, name: str, *arguments: str) -> Child:
        """Start Python with these arguments under a name."""
        with (self.folder / f"{name}.log").open("ab") as log:
            child = Child(name, [sys.executable, *arguments], self.environment, PROJECT, output=log)
            child.start()
        self.children[name] = child
        return child

    def kill(self, name: str) -> None:
        """SIGKILL to the whole group: no chance to say goodbye."""
        self.children[name].send(signal.SIGKILL)
        self.children[name].stop()

    def wait_for_page(self) -> None:
        """Wait until the log-in page answers; a dead web server fails at once."""
        wait_until(lambda: self._alive("web") and page_answers(self.port), "a page answers", 40)

    def python(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run Python in the project with the stack's environment, to its end."""
        result = subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        assert not check or result.returncode == 0, result.stdout + result.stderr
        return result

    def ask(self, verb: str, *arguments: object) -> Any:
        """What tests/parts/inside.py answers: a process that starts when first asked and stays."""
        if self._inside is None:
            with (self.folder / "inside.log").open("ab") as log:
                self._inside = subprocess.Popen(
                    [sys.executable, "-W", "error", "-m", "tests.parts.inside"],
                    env=self.environment,
                    cwd=PROJECT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                )
        assert self._inside.stdin and self._inside.stdout
        print(json.dumps([verb, *arguments]), file=self._inside.stdin, flush=True)
        answer = self._inside.stdout.readline()
        assert answer, self.log("inside")
        return json.loads(answer)

    def dicomcfg(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one command of the command line."""
        return self.python("-m", "dicomcfg", *arguments, check=check)

    def log(self, name: str) -> str:
        """What a process has written so far."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def close(self) -> None:
        """Stop all processes."""
        if self._inside is not None:
            with self._inside as inside:
                inside.kill()
        stop_all(list(self.children.values()))

    def _alive(self, name: str) -> bool:
        child = self.children[name]
        if child.ended() is not None:
            raise AssertionError(f"{name} ended ({child.ended_because()}): {self.log(name)}")
        return True


class Launched(Stack):
    """The launcher itself, on any free port, with everything it starts."""

    setup_url: str | None = None

    def launch(self, port: int = 0) -> None:
        """Start it and wait for its Ready line; takes the port and the set-up link from it."""
        self.environment["PORT"] = str(port)
        before = len(self.log("launch")) if "launch" in self.children else 0
        self.start("launch", "-m", "dicomcfg.launch")

        def is_ready() -> re.Match[str] | None:
            self._alive("launch")
            return re.search(r"^Ready: http://127.0.0.1:(\d+)/$", self.log("launch")[before:], re.M)

        self.port = int(wait_until(is_ready, "the Ready line", 45).group(1))
        link = re.search(r"^Set-up: (\S+)$", self.log("launch")[before:], re.M)
        self.setup_url = link[1] if link else None


def get(port: int, path: str) -> int:
    """The status of one page, asked for by a stranger."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()
