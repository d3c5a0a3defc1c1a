"""One timer for waits that follow each other.

`asyncio.timeout` sets and cancels a timer each time, which for the stages of an echo came to a
tenth of it. Here the timer stays where it is while limits only move away, and looks at the limit
in force when it rings.
"""

from __future__ import annotations

import asyncio


class Alarm:
    """Cancels the task that set it when its time comes; one wait at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self._until: float | None = None
        self._task: asyncio.Task[object] | None = None
        self._cancellations = 0
        self._has_rung = False

    def set(self, until: float) -> None:
        """Let the running task wait until then, a time of the loop."""
        self._task = asyncio.current_task(self._loop)
        assert self._task is not None
        self._cancellations = self._task.cancelling()
        self._until = until
        if self._timer is None or until < self._timer.when():
            self._ring_at(until)

    def stop(self, error: BaseException | None) -> bool:
        """The wait is over, by `error` if it raised: whether that is our own cancellation.

        As with `asyncio.timeout`, a cancellation from elsewhere at the same moment is let through.
        """
        self._until = None
        if not self._has_rung or self._task is None:
            return False
        self._has_rung = False
        is_ours = self._task.uncancel() <= self._cancellations
        return is_ours and isinstance(error, asyncio.CancelledError)

    def close(self) -> None:
        """Forget the timer and the task."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._task = None

    def _ring_at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._until is None or self._task is None:
            return
        if self._until > self._loop.time():
            self._ring_at(self._until)
            return
        self._has_rung = True
        self._task.cancel()
