"""The acceptors that benchmarks talk to, each a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READY_S = 10.0


@contextmanager
def canned_acceptor() -> Iterator[int]:
    """The canned acceptor's port."""
    command = [sys.executable, "-m", "benchmarks.canned_acceptor"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


@contextmanager
def storescp() -> Iterator[int]:
    """The port of DCMTK's storage SCP."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = int(sock.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        command = ["storescp", "--output-directory", folder, str(port)]
        with subprocess.Popen(command) as process:
            try:
                wait_until_open(port)
                yield port
            finally:
                process.kill()


def wait_until_open(port: int) -> None:
    """Return when something listens; raises TimeoutError after READY_S."""
    until = time.monotonic() + READY_S
    pause = threading.Event()
    while time.monotonic() < until:
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        pause.wait(0.05)
    raise TimeoutError(f"nothing listens on {port}")
