"""Chromium over the launched stack. A visit fails the test for any console or policy error."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.visit import Visit
from tests.parts.programs import program
from tests.parts.servers import PostgresServer, RedisServer
from tests.parts.stack import Launched, embedded_environment, server_environment

OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, closed with the module: its event loop must not meet the ORM."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program("chromium"), headless=True, args=OPTIONS
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="module")
def embedded(module_folder: Path, prepared_home: Path) -> Iterator[Launched]:
    """What `make run` gives on the embedded default, with the tables made already."""
    home = Path(shutil.copytree(prepared_home, module_folder / "home"))
    yield from _launched(module_folder, embedded_environment(home))


@pytest.fixture(scope="module")
def servers(module_folder: Path, postgres: PostgresServer) -> Iterator[Launched]:
    """The same over PostgreSQL and Redis."""
    redis_server = RedisServer()
    database_url = postgres.create_database(f"browser_{secrets.token_hex(4)}")
    home = module_folder / "servers"
    folder = module_folder / "logs"
    folder.mkdir()
    yield from _launched(folder, server_environment(home, database_url, redis_server.url()))
    redis_server.close()


def _launched(folder: Path, environment: dict[str, str]) -> Iterator[Launched]:
    stack = Launched(folder, environment)
    stack.launch()
    yield stack
    stack.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A fresh browser profile at a desk; ends with the check that nothing went wrong unseen."""
    visit = Visit.begin(browser)
    yield visit
    visit.end()
