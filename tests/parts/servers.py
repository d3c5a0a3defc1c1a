"""A private PostgreSQL and a private Redis in a temporary folder, gone with the test run."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

from dicomcfg.processes import Child
from tests.parts.programs import program
from tests.parts.waiting import free_port, wait_until


class PostgresServer:
    """PostgreSQL on a Unix socket, tuned to forget: no fsync. It refuses root, so root lends
    it the `postgres` account."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="dicomcfg-pg-"))
        account = _other_account()
        if account:
            shutil.chown(self._folder, account)
        data = self._folder / "data"
        initdb = [program("initdb"), "-D", str(data), "-U", "dicomcfg", "-A", "trust"]
        subprocess.run(
            [*initdb, "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=self._folder,
            user=account,
            extra_groups=None if account is None else [],
        )
        forgetful = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        settings = [*forgetful, "listen_addresses=", "max_connections=200", "timezone=UTC"]
        self._log = (self._folder / "log").open("wb")
        self._child = Child(
            "postgres",
            [program("postgres"), "-D", str(data), "-k", str(self._folder)]
            + [word for setting in settings for word in ("-c", setting)],
            folder=self._folder,
            output=self._log,
            account=account,
            stop_signal=signal.SIGINT,  # its "fast" shutdown
        )
        self._child.start()
        wait_until(self._answers, "PostgreSQL answers")

    def url(self, database: str = "postgres") -> str:
        """What DATABASE_URL is for one of its databases."""
        return f"postgres://dicomcfg@{quote(str(self._folder), safe='')}/{database}"

    def create_database(self, name: str, template: str = "template1") -> str:
        """Make a database, empty or a copy of one that nobody uses; returns its URL."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return self.url(name)

    def restart(self) -> None:
        """Stop it, which cuts every connection off, and start it again with the same data."""
        self._child.stop()
        self._child.start()
        wait_until(self._answers, "PostgreSQL answers")

    def stop(self) -> None:
        """Stop it and remove its data."""
        self._child.stop()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        if self._child.ended() is not None:
            log = (self._folder / "log").read_text(errors="replace")
            raise AssertionError(f"PostgreSQL ended: {log}")
        try:
            psycopg.connect(self.url()).close()
        except psycopg.OperationalError:
            return False
        return True


class RedisServer:
    """Redis on a private port, keeping what it holds over a stop and a start."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="dicomcfg-redis-"))
        self.port = free_port()
        self._log = (self._folder / "log").open("wb")
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self._folder)]
        self._child = Child(
            "redis",
            [program("redis-server"), *options, "--appendonly", "yes", "--save", ""],
            folder=self._folder,
            output=self._log,
        )
        self.start()

    def url(self, number: int = 0) -> str:
        """What REDIS_URL is for one of its sixteen databases."""
        return f"redis://127.0.0.1:{self.port}/{number}"

    def start(self) -> None:
        """Start it, on the same port and with the same data as before."""
        self._child.start()
        wait_until(self._answers, "Redis answers")

    def stop(self) -> None:
        """Stop it; `start` brings it back."""
        self._child.stop()

    def close(self) -> None:
        """Stop it and remove its data."""
        self.stop()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        with redis.Redis(port=self.port) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False


def _other_account() -> str | None:
    """The account PostgreSQL runs under when we are root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
