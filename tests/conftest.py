"""Fixtures for every room: the people, the real servers, and the stack of processes."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import hypothesis
import pytest

from tests.parts.people import admin, editor, operator, outsider, static_files, viewer
from tests.parts.servers import PostgresServer, RedisServer
from tests.parts.stack import Stack, embedded_environment, server_environment

__all__ = ["admin", "editor", "operator", "outsider", "static_files", "viewer"]


def pytest_configure() -> None:
    """Let no test depend on how busy the machine is, or on how its run was started."""
    hypothesis.settings.register_profile(
        "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("unhurried")
    # A shell makes what it starts in the background deaf to interrupts, and so its children.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts whole processes goes first in the half of either worker of `make test`.

    The short tests then fill both to the end. A module stays whole, since its tests share what it
    starts.
    """
    long: dict[Path, list[pytest.Item]] = {}
    short = []
    for item in items:
        if item.path.parent.name in {"stack", "browser"}:
            long.setdefault(item.path, []).append(item)
        else:
            short.append(item)
    modules = list(long.values())
    half = len(short) // 2
    items[:] = [*chain(*modules[::2]), *short[:half], *chain(*modules[1::2]), *short[half:]]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite in a file, as in production: in memory it has neither WAL nor several processes."""
    from django.conf import settings

    for database in settings.DATABASES.values():
        if database["ENGINE"].endswith("sqlite3"):
            file = Path(os.environ["DICOMCFG_HOME"]) / "test.sqlite3"
            database.setdefault("TEST", {})["NAME"] = str(file)


@pytest.fixture(scope="session", autouse=True)
def first_site_survives_flushes() -> Iterator[None]:
    """A transactional test ends by a flush, which empties even what the migrations wrote."""
    from django.apps import apps
    from django.db.models.signals import post_migrate

    from dicomcfg.inventory.models import Site

    def restore(**_: object) -> None:
        Site.objects.get_or_create(slug="main", defaults={"name": "Main site"})

    # A flush announces itself as a migration does.
    inventory = apps.get_app_config("inventory")
    post_migrate.connect(restore, sender=inventory)
    yield
    post_migrate.disconnect(restore, sender=inventory)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A private PostgreSQL, on whichever store the tests run."""
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A private Redis of this test, which may stop and start it."""
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with the tables made and the static files collected, to be copied."""
    folder = tmp_path_factory.mktemp("prepared")
    Stack(folder, embedded_environment(folder / "home")).prepare()
    return folder / "home"


@pytest.fixture(scope="session")
def prepared_database(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a PostgreSQL database with the tables made, to be copied."""
    folder, name = tmp_path_factory.mktemp("prepared"), "prepared"
    environment = server_environment(folder / "home", postgres.create_database(name))
    Stack(folder, environment).prepare()
    return name


@pytest.fixture(params=["embedded", "servers"])
def stack_environment(
    request: pytest.FixtureRequest, tmp_path: Path, prepared_home: Path
) -> dict[str, str]:
    """What processes need on the embedded default, and again over PostgreSQL and Redis."""
    home = shutil.copytree(prepared_home, tmp_path / "home")
    if request.param == "embedded":
        return embedded_environment(home)
    template = request.getfixturevalue("prepared_database")
    postgres: PostgresServer = request.getfixturevalue("postgres")
    redis_server: RedisServer = request.getfixturevalue("redis_server")
    database_url = postgres.create_database(f"stack_{secrets.token_hex(4)}", template)
    return server_environment(home, database_url, redis_server.url())


@pytest.fixture
def stack(stack_environment: dict[str, str], tmp_path: Path) -> Iterator[Stack]:
    """A prepared store without processes yet; the test starts those it needs."""
    stack = Stack(tmp_path, stack_environment)
    yield stack
    stack.close()
