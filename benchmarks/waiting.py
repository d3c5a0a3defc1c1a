"""Waiting for what other processes do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def wait_until(condition: Callable[[], bool], *, look_s: float, within_s: float) -> None:
    """Look every `look_s`; raises TimeoutError after `within_s`."""
    pause, until = threading.Event(), time.monotonic() + within_s
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError
        pause.wait(look_s)
