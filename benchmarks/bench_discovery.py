"""Whole-catalogue discovery of real acceptors: associations against the fewest possible, and time.

The floor is what could not be done with less: a context for each accepted pair and one for each
SOP Class in requests of 128, and the bytes of offering every transfer syntax once for each class
that is not refused outright in requests of 16,384.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Iterator

from benchmarks.figures import Figure, duration, measure_in_turns, report
from benchmarks.peers import orthanc, storescp
from dicomcfg.core.diagnosis.observation import DiscoverySeen, Outcome
from dicomcfg.core.negotiation.catalogue import catalogue
from dicomcfg.core.negotiation.matrix import Cell, Matrix
from dicomcfg.core.negotiation.proposal import CONTEXTS_PER_REQUEST, context_bytes
from dicomcfg.core.records import PresentationContext
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes import registry
from dicomcfg.probes.discover import LIMITS
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import DiscoverSettings, Target

ROUNDS = 11
SETTINGS = DiscoverSettings(*catalogue())
ENVIRONMENT = Environment(AddressPolicy.unrestricted())


async def discover(port: int, called: str = "ANY-SCP") -> DiscoverySeen:
    """The whole catalogue, one association at a time."""
    target = Target("127.0.0.1", port, called, "BENCH", discover=SETTINGS)
    seen = await registry.get("discover")(target, LIMITS, ENVIRONMENT)
    assert seen.outcome is Outcome.SUCCESS, seen.outcome
    assert seen.discovery is not None
    assert seen.discovery.matrix.count(Cell.UNKNOWN) == 0
    return seen.discovery


def floor(matrix: Matrix) -> int:
    """The fewest associations that could show this matrix."""
    contexts = matrix.count(Cell.ACCEPTED) + len(matrix.sop_classes)
    size_bytes = 0
    for sop_class, row in zip(matrix.sop_classes, matrix.rows, strict=True):
        is_refused_outright = set(row) == {Cell.ABSTRACT_SYNTAX_REFUSED}
        offered = matrix.transfer_syntaxes[: 1 if is_refused_outright else None]
        size_bytes += context_bytes(PresentationContext(sop_class, offered))
    return max(
        -(-contexts // CONTEXTS_PER_REQUEST), -(-size_bytes // SETTINGS.maximum_request_bytes)
    )


def associations(name: str, seen: DiscoverySeen) -> Figure:
    """How many it took, as a multiple of the floor; the same in every run."""
    fewest = floor(seen.matrix)
    times = seen.associations / fewest
    detail = f"{seen.associations} of {fewest}, {seen.matrix.count(Cell.ACCEPTED):,} pairs"
    return Figure(f"{name}, associations", f"{times:.2f}", detail, 1, "at most 1.5", times <= 1.5)


def figures(runner: asyncio.Runner) -> Iterator[Figure]:
    """Orthanc, then storescp as it is and taking every transfer syntax."""
    with orthanc() as port:
        yield associations("discovery of Orthanc", runner.run(discover(port, "ORTHANC")))
        (sample,) = measure_in_turns(lambda: runner.run(discover(port, "ORTHANC")), rounds=ROUNDS)
        yield duration("discovery of Orthanc, one association at a time", sample, at_most_s=1.0)
    for options in ((), ("+xa",)):
        name = " ".join(("discovery of storescp", *options))
        with storescp(*options) as port:
            yield associations(name, runner.run(discover(port)))
            (sample,) = measure_in_turns(lambda: runner.run(discover(port)), rounds=ROUNDS)
            yield duration(f"{name}, one association at a time", sample)


def main() -> None:
    """Print the figures."""
    for program, package in (("storescp", "dcmtk"), ("Orthanc", "orthanc")):
        if shutil.which(program) is None:
            sys.exit(f"{program} is missing: install the Debian package {package}")
    with asyncio.Runner() as runner:
        report(figures(runner))


if __name__ == "__main__":
    main()
