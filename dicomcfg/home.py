"""The folder that holds the embedded default's state, and what must exist in it.

Used by the settings and by the launcher; knows no Django.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any


def home_folder() -> Path:
    """DICOMCFG_HOME, or `var/` beside manage.py; created for its owner only."""
    folder = _home()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _home() -> Path:
    fallback = Path(__file__).resolve().parent.parent / "var"
    return Path(os.environ.get("DICOMCFG_HOME") or fallback).absolute()


def tls_folder() -> Path:
    """DICOMCFG_TLS_FOLDER, or `tls/` in the home folder; makes neither."""
    given = os.environ.get("DICOMCFG_TLS_FOLDER", "").strip()
    return Path(given) if given else _home() / "tls"


def ensure_secret_key(home: Path) -> str:
    """The key kept in `secret_key`, made on first use; processes that race agree on one.

    The file appears by a link to one already written, so that nobody reads half a key.
    """
    path = home / "secret_key"
    if not path.exists():
        fresh = home / f".secret_key.{os.getpid()}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64))
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
        fresh.unlink()
    return path.read_text().strip()


def owner_only(file: Path) -> Path:
    """The same file, made for its owner's eyes if it is new; SQLite's own files beside it follow.

    A folder that cannot be written is for whoever opens the file to say.
    """
    with suppress(OSError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))
    return file


def broker_folders(home: Path) -> dict[str, Any]:
    """kombu's options for its filesystem transport: one folder both ways, polled quickly."""
    messages, control = home / "broker", home / "broker-control"
    # Folders that cannot be made are a broker that is down: pages answer and checks wait.
    with suppress(OSError):
        for folder in (messages, control):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        "data_folder_in": str(messages),
        "data_folder_out": str(messages),
        "control_folder": str(control),
        "polling_interval": 0.05,
    }
