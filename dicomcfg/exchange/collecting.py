"""Lets Python not look for garbage while a plan is made.

A plan makes hundreds of thousands of objects, hardly any of them in cycles; looking through all of
them again and again takes a quarter of the whole time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """Objects that nothing refers to go at once nevertheless; only cycles wait.

    Best around a whole function: what it holds is gone then before anybody looks for garbage.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
