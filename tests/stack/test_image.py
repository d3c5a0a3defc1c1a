"""What the image and docker-compose.yml start and ask, started and asked without a container."""

from __future__ import annotations

import http.client
import json
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from dicomcfg.launch import PROJECT
from dicomcfg.processes import Child
from tests.parts.servers import PostgresServer, RedisServer
from tests.parts.stack import Stack, server_environment
from tests.parts.waiting import wait_until

SERVICES: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
PROXY = {"Host": "dicomcfg.example.org", "X-Forwarded-Proto": "https"}


def web_command() -> list[str]:
    command = re.search(r"^CMD (.+)$", (PROJECT / "Dockerfile").read_text(), re.M)
    assert command is not None
    return list(json.loads(command[1]))


@pytest.fixture
def image(tmp_path: Path, postgres: PostgresServer, redis_server: RedisServer) -> Iterator[Stack]:
    """An empty database behind a proxy that speaks HTTPS."""
    database_url = postgres.create_database(f"image_{secrets.token_hex(4)}")
    stack = Stack(tmp_path, server_environment(tmp_path / "home", database_url, redis_server.url()))
    stack.environment |= {
        "DICOMCFG_ALLOWED_HOSTS": "localhost 127.0.0.1 dicomcfg.example.org",
        "DICOMCFG_BEHIND_PROXY": "yes",
        "DICOMCFG_HTTPS": "yes",
        "PATH": f"{Path(sys.executable).parent}:{stack.environment['PATH']}",
    }
    yield stack
    stack.close()


def here(stack: Stack, words: Sequence[str]) -> list[str]:
    """The words of a container's command, for a port that is free here."""
    return [re.sub(r"(0\.0\.0\.0|127\.0\.0\.1):8000", f"127.0.0.1:{stack.port}", w) for w in words]


def start(stack: Stack, name: str, command: Sequence[str]) -> None:
    with (stack.folder / f"{name}.log").open("wb") as log:
        words = here(stack, command)
        stack.children[name] = Child(name, words, stack.environment, PROJECT, output=log)
        stack.children[name].start()


def run(stack: Stack, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        here(stack, words),
        env=stack.environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def is_healthy(stack: Stack, service: str) -> bool:
    kind, *words = SERVICES[service]["healthcheck"]["test"]
    assert kind == "CMD"
    return run(stack, words).returncode == 0


def test_the_containers_processes_serve_a_proxy(image: Stack) -> None:
    start(image, "web", web_command())
    wait_until(lambda: is_healthy(image, "web"), "web has made the tables and answers", 50)
    assert not is_healthy(image, "worker")
    start(image, "worker", SERVICES["worker"]["command"])
    wait_until(lambda: is_healthy(image, "worker"), "the worker is alive", 50)

    link = run(image, ["python", "manage.py", "setup_link"]).stdout.strip()
    connection = http.client.HTTPConnection("127.0.0.1", image.port, timeout=20)
    connection.request("GET", link, headers=PROXY)
    answer = connection.getresponse()
    style = re.search(r'href="(/static/[^"]+\.css)"', answer.read().decode())
    assert answer.status == 200
    assert answer.headers["Strict-Transport-Security"]
    cookies = answer.headers.get_all("Set-Cookie", [])
    assert cookies and all("Secure" in cookie for cookie in cookies)
    assert style is not None
    connection.request("GET", style[1], headers=PROXY)
    assert "immutable" in connection.getresponse().headers["Cache-Control"]
    connection.close()

    for name in ("worker", "web"):
        image.children[name].stop()
        assert image.children[name].ended() == 0, image.log(name)
