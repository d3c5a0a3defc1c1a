"""Waiting with a deadline for what other processes do."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T | None], what: str, within_s: float = 20.0) -> T:
    """The first true value of `condition`, asked again and again; AssertionError at the deadline.

    An OSError of the condition counts as "not yet": the peer is still starting.
    """
    pause = threading.Event()
    deadline = time.monotonic() + within_s
    last: object = None
    while time.monotonic() < deadline:
        try:
            value = condition()
        except OSError as error:
            last = error
        else:
            if value:
                return value
            last = value
        pause.wait(0.02)
    raise AssertionError(f"not within {within_s:g} s: {what} (last: {last!r})")


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    return free_ports(1)


def free_ports(count: int) -> int:
    """The first of `count` consecutive TCP ports of 127.0.0.1 that were free a moment ago.

    Below the range from which the kernel gives ports to outgoing connections, which would take
    them meanwhile; not from `random`, whose seed is that of every other test process.
    """
    for _ in range(100):
        base = 12_000 + secrets.randbelow(20_000)
        if all(map(_is_free, range(base, base + count))):
            return base
    raise AssertionError(f"no {count} consecutive free ports")


def _is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False
