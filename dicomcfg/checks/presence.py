"""Who this worker is, that it lives, and which workers of this machine are dead.

Pages know by a worker's heartbeats, which are rows, that a queue is served. Beside them every
worker process holds a lock on a file of its own under DICOMCFG_HOME as long as it lives. A lock
that can be had proves that its process is gone, however it ended, so that a restarted worker takes
over what the killed one left without waiting for leases to run out. Workers that do not share the
folder simply wait for the leases.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Self

from django.utils import timezone

from dicomcfg.checks.models import WorkerHeartbeat
from dicomcfg.network.tls import SettingsSummary

_SUFFIX = ".lock"
_FORGET_AFTER = timedelta(days=1)


def this_host() -> str:
    """This machine's name as workers give it."""
    return socket.gethostname()[:80]


@dataclass(frozen=True, slots=True)
class Presence:
    """A worker process: a name never used again, its host, and the lock that says it lives."""

    name: str
    host: str
    path: Path
    lock: IO[bytes]

    @classmethod
    def announce(cls, folder: Path, lane: str) -> Self:
        """Take a new name and its lock in `folder`, which is made if need be."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        host = this_host()
        name = f"{host}.{lane}.{os.getpid()}.{secrets.token_hex(3)}"
        # Locked before it gets its name: nobody ever sees the file of a living worker unlocked.
        hidden, path = folder / f".{name}", folder / (name + _SUFFIX)
        lock = hidden.open("wb")
        fcntl.flock(lock, fcntl.LOCK_EX)
        hidden.rename(path)
        return cls(name, host, path, lock)

    def beat(self, queues: Iterable[str], tls: Iterable[SettingsSummary] = ()) -> None:
        """Say that this worker lives, which queues it serves and which TLS settings it has."""
        now = timezone.now()
        seen = {
            "queues": sorted(queues),
            "tls": [asdict(each) for each in tls],
            "seen_at": now,
        }
        if not WorkerHeartbeat.objects.filter(name=self.name).update(**seen):
            WorkerHeartbeat.objects.create(name=self.name, host=self.host, started_at=now, **seen)

    def withdraw(self) -> None:
        """Leave no trace, as a worker does that ends in good order."""
        self.path.unlink(missing_ok=True)
        self.lock.close()


def bury_dead(folder: Path) -> list[str]:
    """The names of workers that died since anybody asked; their files are removed."""
    dead = []
    for path in sorted(folder.glob("*" + _SUFFIX)):
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
        except (BlockingIOError, FileNotFoundError):
            continue
        dead.append(path.name.removesuffix(_SUFFIX))
    return dead


def forget(workers: Sequence[str]) -> None:
    """Remove the heartbeats of workers that ended, and of those silent for a day."""
    WorkerHeartbeat.objects.filter(name__in=workers).delete()
    WorkerHeartbeat.objects.filter(seen_at__lt=timezone.now() - _FORGET_AFTER).delete()
