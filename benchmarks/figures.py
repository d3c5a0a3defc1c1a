"""What a benchmark reports: medians with their spread, and ratios taken within one run.

A benchmark is a module `benchmarks/bench_*.py` that runs as a process of its own and prints its
figures by `report`; `benchmarks.run` gathers them into one table.
"""

from __future__ import annotations

import gc
import json
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """Repeated measurements of one thing, in seconds; `cpu` is this process's processor time."""

    seconds: tuple[float, ...]
    cpu: tuple[float, ...] = ()

    @property
    def median_s(self) -> float:
        return statistics.median(self.seconds)

    @property
    def rounds(self) -> int:
        return len(self.seconds)

    def spread_ms(self) -> str:
        """Least and greatest, in milliseconds."""
        return f"{min(self.seconds) * 1000:.1f} to {max(self.seconds) * 1000:.1f} ms"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; `reached` is None where there is nothing to reach."""

    name: str
    value: str
    spread: str
    rounds: int
    target: str = ""
    reached: bool | None = None


def measure_in_turns(*actions: Callable[[], object], rounds: int = 15) -> list[Sample]:
    """Time each action once a round, so that a slow moment of the machine hits all alike.

    Two rounds before the first are not counted; the collector of garbage runs between rounds.
    """
    seconds: list[list[float]] = [[] for _ in actions]
    cpu: list[list[float]] = [[] for _ in actions]
    for turn in range(rounds + 2):
        gc.collect()
        for action, taken, used in zip(actions, seconds, cpu, strict=True):
            started, busy = time.perf_counter(), time.process_time()
            action()
            if turn >= 2:
                used.append(time.process_time() - busy)
                taken.append(time.perf_counter() - started)
    return [Sample(tuple(t), tuple(u)) for t, u in zip(seconds, cpu, strict=True)]


def duration(name: str, sample: Sample, *, at_most_s: float | None = None) -> Figure:
    """A median time, with its bound if it has one."""
    value = f"{sample.median_s * 1000:.1f} ms"
    if at_most_s is None:
        return Figure(name, value, sample.spread_ms(), sample.rounds)
    reached = sample.median_s <= at_most_s
    bound = f"at most {at_most_s:g} s"
    return Figure(name, value, sample.spread_ms(), sample.rounds, bound, reached)


def ratio(
    name: str,
    sample: Sample,
    reference: Sample,
    *,
    at_most: float | None = None,
    at_least: float | None = None,
) -> Figure:
    """How many times the reference's time a sample takes; the spread is that of both.

    Beside it the same of the processor time, which others on the machine stretch less.
    """
    value = sample.median_s / reference.median_s
    spread = f"{sample.spread_ms()} / {reference.spread_ms()}"
    if sample.cpu and reference.cpu:
        spread += f"; CPU {statistics.median(sample.cpu) / statistics.median(reference.cpu):.2f}"
    target, reached = "", None
    if at_most is not None:
        target, reached = f"at most {at_most:g}", value <= at_most
    if at_least is not None:
        target, reached = f"at least {at_least:g}", value >= at_least
    return Figure(name, f"{value:.2f}", spread, sample.rounds, target, reached)


def report(figures: Iterable[Figure]) -> None:
    """Print figures as they come, one JSON object a line."""
    for figure in figures:
        print(json.dumps(asdict(figure)), flush=True)
