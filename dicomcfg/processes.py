"""Child processes that end with us: each leads its own process group and is stopped as a group.

Used by the launcher and by the tests' real parts. Knows no Django and nothing of what it runs.
On Linux the kernel also ends the child when its parent is killed outright.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1  # prctl(2)
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _tied_to(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    """What the child does before exec: receive `death_signal` when `parent` dies."""

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, death_signal)
            if os.getppid() != parent:  # it died before the kernel was told
                os._exit(1)

    return prepare


@dataclass
class Child:
    """One program with what it needs to be started, more than once if it dies.

    `account` runs it as another user, which only root can; `stop_signal` asks it to end; a quiet
    one keeps only its standard error.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] | None = None
    folder: Path | None = None
    output: IO[bytes] | None = None
    pass_fds: Sequence[int] = ()
    account: str | None = None
    is_quiet: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    started_at: float = field(default=0.0, init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the program; raises OSError when it cannot be executed."""
        self.started_at = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603  the commands are our own
            self.command,
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if self.is_quiet else self.output,
            stderr=self.output,
            pass_fds=self.pass_fds,
            user=self.account,
            extra_groups=None if self.account is None else [],
            start_new_session=True,
            preexec_fn=_tied_to(os.getpid(), self.stop_signal),
        )

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its group."""
        if self._process is None:
            raise RuntimeError(f"{self.name} has not been started")
        return self._process.pid

    def ended(self) -> int | None:
        """The exit code (negative: the signal that ended it), or None while it runs."""
        return None if self._process is None else self._process.poll()

    def ended_because(self) -> str:
        """How it ended, in words."""
        code = self.ended()
        if code is None:
            return "it runs"
        return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"

    def send(self, number: signal.Signals) -> None:
        """Signal the whole group; a group that is gone already is no error."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def ask_to_stop(self) -> None:
        """Send the stop signal without waiting."""
        if self._process is not None and self.ended() is None:
            self.send(self.stop_signal)

    def stop(self, within_s: float = 10.0) -> None:
        """Stop the group: politely first, and whatever is left of it by SIGKILL."""
        self.ask_to_stop()
        self.finish(within_s)

    def finish(self, within_s: float) -> None:
        """Wait for the program to end, then kill what is left of its group."""
        if self._process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=within_s)
        self.send(signal.SIGKILL)
        self._process.wait()


def stop_all(children: Sequence[Child], within_s: float = 10.0) -> None:
    """Stop all together, within one common deadline."""
    deadline = time.monotonic() + within_s
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.finish(max(0.0, deadline - time.monotonic()))
