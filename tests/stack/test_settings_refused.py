"""A setting that cannot be used ends a program with one sentence, before it does anything."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dicomcfg.launch import PROJECT
from tests.parts.stack import embedded_environment

SERVERS = {"SECRET_KEY": "for tests only"}
REFUSED = [
    ({"DATABASE_URL": "nonsense", **SERVERS}, "DATABASE_URL"),
    ({"DATABASE_URL": "mysql://u:hidden@h/d", **SERVERS}, "DATABASE_URL"),
    ({"DATABASE_URL": "postgres://u:hidden@h:port/d", **SERVERS}, "DATABASE_URL"),
    ({"DATABASE_URL": "postgres://u@127.0.0.1:1/d"}, "SECRET_KEY"),
    ({"REDIS_URL": "nonsense", **SERVERS}, "REDIS_URL"),
    ({"DICOMCFG_ALLOWED_NETWORKS": "10.0.0.0/33"}, "10.0.0.0/33"),
    ({"DICOMCFG_DEMO_PORT": "eleven"}, "DICOMCFG_DEMO_PORT"),
    ({"DICOMCFG_DEMO_PORT": "65536"}, "DICOMCFG_DEMO_PORT"),
    ({"DICOMCFG_LEASE_S": "nan"}, "DICOMCFG_LEASE_S"),
    ({"DICOMCFG_LOG_LEVEL": "loud"}, "DICOMCFG_LOG_LEVEL"),
    ({"TZ": "Mars/Olympus"}, "TZ"),
    ({"DICOMCFG_HOME": "/dev/null/home"}, "DICOMCFG_HOME"),
]


def _run(tmp_path: Path, module: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *module],
        env=embedded_environment(tmp_path / "home") | environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@pytest.mark.parametrize(("environment", "named"), REFUSED)
def test_the_command_line_names_the_setting(
    tmp_path: Path, environment: dict[str, str], named: str
) -> None:
    table = tmp_path / "aes.csv"
    table.write_text("AE Title,Host\nCT1,10.0.0.1\n")
    ended = _run(tmp_path, ["dicomcfg", "import", str(table)], **environment)
    assert ended.returncode == 2
    *_, last = ended.stderr.strip().splitlines()
    assert named in last
    assert "Traceback" not in ended.stderr
    assert "hidden" not in ended.stderr


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"TZ": "Mars/Olympus"}, "TZ"),
        ({"DATABASE_URL": "postgres://u@127.0.0.1:1/d", **SERVERS}, "The database cannot be used"),
    ],
)
def test_the_launcher_names_what_is_wrong(
    tmp_path: Path, environment: dict[str, str], named: str
) -> None:
    ended = _run(tmp_path, ["dicomcfg.launch"], PORT="0", **environment)
    assert ended.returncode == 1
    assert ended.stderr.startswith(named)
    assert "Traceback" not in ended.stderr


def test_what_is_kept_at_home_is_for_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    code = "from django.core.management import execute_from_command_line as run; run()"
    environment = {"DJANGO_SETTINGS_MODULE": "dicomcfg.settings"}
    ended = subprocess.run(
        [sys.executable, "-c", code, "migrate", "-v0"],
        env=embedded_environment(home) | environment,
        cwd=PROJECT,
        umask=0o022,
        timeout=50,
        check=True,
    )
    assert ended.returncode == 0
    kept = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()}
    assert kept.keys() >= {"dicomcfg.sqlite3", "secret_key", "broker", "broker-control"}
    assert not [name for name, mode in kept.items() if mode & 0o077]
