"""Damages files of every format and feeds them to its reader.

Nothing may be raised, nothing may run long or take much memory, findings stay bounded, and what
was read without errors has to be a Document that can be written and read again.
`python -m tests.core.fuzz_formats --count N --seed S [FORMAT ...]` does it in parallel and prints
a row a format; the tests run a small fixed sample of it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import FrameType

from dicomcfg.core.findings import has_errors
from dicomcfg.core.formats import registry
from tests.core.damage import damaged, tokens_of
from tests.core.seeds import seeds_of

PROCESSOR_SECONDS = 2.0
"""For one input. Time of the processor, so that a busy machine is no slow reader."""
MOST_FINDINGS = 1_001 + 51
"""A reader's and the one that there are more, and those about the text: its encoding, secrets."""
# tracemalloc slows reading down several times, so only some inputs are measured.
_MEASURED_EVERY = 50
_DETECTED_EVERY = 10
_BYTES_TO_BEGIN_WITH, _BYTES_FOR_EACH = 40_000_000, 200
_CHUNK = 2_500


class TooSlowError(AssertionError):
    """A reader that ran longer than PROCESSOR_SECONDS."""


@dataclass
class Counts:
    """What happened to the inputs of one format."""

    inputs: int = 0
    clean: int = 0
    slowest_s: float = 0.0
    peak_bytes: int = 0
    elapsed_s: float = 0.0
    detected: Counter[str] = field(default_factory=Counter)

    def add(self, other: Counts) -> None:
        """Take another part of the same format in."""
        self.inputs += other.inputs
        self.clean += other.clean
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        self.peak_bytes = max(self.peak_bytes, other.peak_bytes)
        self.elapsed_s += other.elapsed_s
        self.detected += other.detected


def mutants(name: str, count: int, seed: int) -> Iterator[bytes]:
    """`count` damaged inputs of a format, always the same for one seed."""
    chance = random.Random(f"{name} {seed}")
    originals = seeds_of(name)
    tokens = _tokens(name)
    for _ in range(count):
        yield damaged(chance, chance.choice(originals), originals, tokens)


@cache
def _tokens(name: str) -> tuple[bytes, ...]:
    return tokens_of(seeds_of(name))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise TooSlowError where the context takes more of the processor."""

    def late(_number: int, _frame: FrameType | None) -> None:
        raise TooSlowError(f"more than {seconds} s")

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def read_one(name: str, data: bytes, counts: Counts, *, measured: bool) -> None:
    """One input through one reader, with all that has to hold of it."""
    if measured:
        tracemalloc.start()
    began = time.process_time()
    try:
        with within(PROCESSOR_SECONDS * (5 if measured else 1)):
            document = registry.read(data, name="fuzz.txt", format=name)
    finally:
        taken = time.process_time() - began
        peak = tracemalloc.get_traced_memory()[1] if measured else 0
        tracemalloc.stop()
    assert peak < _BYTES_TO_BEGIN_WITH + _BYTES_FOR_EACH * len(data), f"{peak:,} bytes"
    json.dumps([finding.to_json() for finding in document.findings], ensure_ascii=False).encode()
    assert len(document.findings) <= MOST_FINDINGS, len(document.findings)
    counts.inputs += 1
    counts.peak_bytes = max(counts.peak_bytes, peak)
    if not measured:
        counts.slowest_s = max(counts.slowest_s, taken)
    if not has_errors(document.findings):
        counts.clean += 1
        written = registry.write(document, "dicomcfg-json")
        again = registry.read(written.data, format="dicomcfg-json")
        assert not has_errors(again.findings), again.findings


def run(name: str, count: int, seed: int) -> Counts:
    """The inputs of one format through its reader. Raises AssertionError with the input kept."""
    counts = Counts()
    began = time.perf_counter()
    for number, data in enumerate(mutants(name, count, seed)):
        try:
            read_one(name, data, counts, measured=number % _MEASURED_EVERY == 0)
            if number % _DETECTED_EVERY == 0:
                with within(PROCESSOR_SECONDS):
                    found = registry.detect(data)
                counts.detected[found.name if found else "nothing"] += 1
        except Exception as problem:
            said = f"{name}, input {number} of seed {seed}: {type(problem).__name__} {problem}"
            raise AssertionError(f"{said}\n{data[:2_000]!r}") from problem
    counts.elapsed_s = time.perf_counter() - began
    return counts


def _chunks(names: list[str], count: int, seed: int) -> list[tuple[str, int, int]]:
    return [
        (name, min(_CHUNK, count - start), seed + start // _CHUNK)
        for name in names
        for start in range(0, count, _CHUNK)
    ]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("formats", nargs="*", default=list(registry.FORMATS))
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    chunks = _chunks(arguments.formats, arguments.count, arguments.seed)
    totals = {name: Counts() for name in arguments.formats}
    with ProcessPoolExecutor(arguments.processes) as pool:
        parts = pool.map(run, *zip(*chunks, strict=True))
        for (name, _, _), part in zip(chunks, parts, strict=True):
            totals[name].add(part)
    print(f"{'format':<22}{'inputs':>9}{'clean':>9}{'errors':>9}{'slowest':>10}{'peak':>9}")
    for name, each in totals.items():
        print(
            f"{name:<22}{each.inputs:>9,}{each.clean:>9,}{each.inputs - each.clean:>9,}"
            f"{each.slowest_s * 1000:>7.0f} ms{each.peak_bytes / 1e6:>6.1f} MB"
        )
    print(f"{sum(each.inputs for each in totals.values()):,} inputs, nothing raised")


if __name__ == "__main__":
    main()
