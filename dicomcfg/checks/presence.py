"""Who this worker is, and which workers of this machine are dead.

Every worker process holds a lock on a file of its own under DICOMCFG_HOME as long as it lives.
A lock that can be had proves that its process is gone, however it ended, so that a restarted
worker takes over what the killed one left without waiting for leases to run out. Workers that
do not share the folder simply wait for the leases.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

_SUFFIX = ".lock"


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
        host = socket.gethostname()[:80]
        name = f"{host}.{lane}.{os.getpid()}.{secrets.token_hex(3)}"
        # Locked before it gets its name: nobody ever sees the file of a living worker unlocked.
        hidden, path = folder / f".{name}", folder / (name + _SUFFIX)
        lock = hidden.open("wb")
        fcntl.flock(lock, fcntl.LOCK_EX)
        hidden.rename(path)
        return cls(name, host, path, lock)

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
