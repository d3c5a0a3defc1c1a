"""Which store the tests run on: `--store=sqlite` (the embedded default) or `--store=postgresql`.

A pytest plugin, since the environment must be ready before Django reads its settings. With xdist
the servers belong to the controlling process; each worker takes its own home folder and its own
Redis database, and pytest-django gives it its own PostgreSQL database.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.parts.servers import PostgresServer, RedisServer

_ROOT = "DICOMCFG_TEST_ROOT"
_ours = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "TZ")
_servers: list[PostgresServer | RedisServer] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--store", choices=("sqlite", "postgresql"), default="sqlite")


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Around the others, hence before pytest-django loads the settings."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        for name in [name for name in os.environ if name.startswith("DICOMCFG_")] + [*_ours]:
            os.environ.pop(name, None)
        os.environ[_ROOT] = tempfile.mkdtemp(prefix="dicomcfg-tests-")
        if early_config.known_args_namespace.store == "postgresql":
            _start_servers()
    elif "REDIS_URL" in os.environ:
        base, _, _ = os.environ["REDIS_URL"].rpartition("/")
        os.environ["REDIS_URL"] = f"{base}/{int(worker.removeprefix('gw')) + 1}"
    os.environ["DICOMCFG_HOME"] = str(Path(os.environ[_ROOT]) / (worker or "main"))
    return (yield)


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    for server in _servers:
        server.close() if isinstance(server, RedisServer) else server.stop()
    _servers.clear()
    if "PYTEST_XDIST_WORKER" not in os.environ and _ROOT in os.environ:
        shutil.rmtree(os.environ.pop(_ROOT), ignore_errors=True)


def pytest_report_header(config: pytest.Config) -> str:
    return f"store: {config.getoption('--store')}"


def _start_servers() -> None:
    postgres = PostgresServer()
    _servers.append(postgres)
    redis = RedisServer()
    _servers.append(redis)
    os.environ["DATABASE_URL"] = postgres.create_database("dicomcfg")
    os.environ["REDIS_URL"] = redis.url()
    os.environ["SECRET_KEY"] = "for tests only"
