"""One timer for stages that follow each other: it rings when asyncio.timeout would."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from dicomcfg.probes.alarm import Alarm


async def wait(alarm: Alarm, limit_s: float, what: Callable[[], Awaitable[object]]) -> bool:
    """Whether the limit ended the wait."""
    alarm.set(asyncio.get_running_loop().time() + limit_s)
    caught: BaseException | None = None
    try:
        await what()
    except asyncio.CancelledError as error:
        caught = error
    is_late = alarm.stop(caught)
    if caught is not None and not is_late:
        raise caught
    return is_late


async def forever() -> None:
    await asyncio.get_running_loop().create_future()


async def at_once() -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize("limits", [(0.02, 0.04), (5.0, 0.02), (0.02, 0.02), (0.0, 0.0)])
def test_each_wait_ends_at_its_own_limit(limits: tuple[float, float]) -> None:
    async def check() -> tuple[list[bool], int]:
        alarm = Alarm(asyncio.get_running_loop())
        task = asyncio.current_task()
        assert task is not None
        late = [await wait(alarm, 5.0, at_once)]
        late += [await wait(alarm, limits[0], at_once if limits[0] else forever)]
        late += [await wait(alarm, limits[1], forever) for _ in range(2)]
        alarm.close()
        return late, task.cancelling()

    late, cancelling = asyncio.run(asyncio.wait_for(check(), 3))
    assert late == [False, limits[0] == 0, True, True]
    assert cancelling == 0


def test_a_limit_that_moves_away_is_waited_for_in_full() -> None:
    async def check() -> float:
        loop = asyncio.get_running_loop()
        alarm = Alarm(loop)
        await wait(alarm, 0.02, at_once)
        began = loop.time()
        assert await wait(alarm, 0.1, forever)
        alarm.close()
        return loop.time() - began

    assert 0.09 < asyncio.run(check()) < 2


def test_a_cancellation_from_elsewhere_is_no_limit() -> None:
    async def check() -> None:
        alarm = Alarm(asyncio.get_running_loop())
        try:
            await wait(alarm, 0.0, forever_and_cancelled)
        finally:
            alarm.close()

    async def forever_and_cancelled() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await forever()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(check())


def test_a_closed_alarm_does_not_ring() -> None:
    async def check() -> None:
        loop = asyncio.get_running_loop()
        alarm = Alarm(loop)
        alarm.set(loop.time() + 0.01)
        alarm.close()
        await asyncio.sleep(0.03)

    asyncio.run(check())
