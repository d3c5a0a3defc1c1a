"""Echoes through our probes beside pynetdicom and DCMTK, peers on distinct 127.x.y.z addresses.

A rate is that of 500 echoes to a canned acceptor in a process of its own, a call one echo to
DCMTK's storescp in a program that is already running, a process everything from its start.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from pynetdicom import AE

from benchmarks.figures import Figure, Sample, duration, measure_in_turns, ratio, report
from benchmarks.peers import ROOT, canned_acceptor, storescp
from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits, Target

ECHOES = 500
OPEN_AT_ONCE = 64
THREADS = 16
ROUNDS = 11
VERIFICATION = "1.2.840.10008.1.1"
COMMAND = [sys.executable, "-c", "from dicomcfg.cli import main; main()"]
ENVIRONMENT = Environment(AddressPolicy.unrestricted())
ADDRESSES = [f"127.7.{n // 250}.{n % 250 + 1}" for n in range(ECHOES)]


async def our_echo(address: str, port: int) -> None:
    """One echo that must succeed."""
    target = Target(address, port, "ANY-SCP", "BENCH")
    seen = await registry.get("echo")(target, Limits(), ENVIRONMENT)
    assert seen.outcome is Outcome.SUCCESS, seen


async def our_echoes(port: int) -> None:
    """All of them, OPEN_AT_ONCE open at once."""
    waiting = iter(ADDRESSES)

    async def worker() -> None:
        for address in waiting:
            await our_echo(address, port)

    await asyncio.gather(*(worker() for _ in range(OPEN_AT_ONCE)))


def pynetdicom_requestor() -> AE:
    """Its requestor, set up once as ours is."""
    ae = AE("BENCH")
    ae.add_requested_context(VERIFICATION)
    return ae


def pynetdicom_echo(ae: AE, address: str, port: int) -> None:
    """One echo that must succeed."""
    association = ae.associate(address, port)
    assert association.is_established
    assert association.send_c_echo().Status == 0
    association.release()


def pynetdicom_echoes(ae: AE, port: int) -> None:
    """All of them in THREADS threads."""
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda address: pynetdicom_echo(ae, address, port), ADDRESSES))


def rate(name: str, sample: Sample) -> Figure:
    """Echoes a second, with the spread of the time that all of them took."""
    return Figure(name, f"{ECHOES / sample.median_s:.0f} /s", sample.spread_ms(), sample.rounds)


def rates(runner: asyncio.Runner) -> Iterator[Figure]:
    """Many echoes at once."""
    ae = pynetdicom_requestor()
    with canned_acceptor() as port:
        ours, theirs = measure_in_turns(
            lambda: runner.run(our_echoes(port)),
            lambda: pynetdicom_echoes(ae, port),
            rounds=ROUNDS,
        )
    yield rate(f"{ECHOES} echoes, {OPEN_AT_ONCE} at once", ours)
    yield rate(f"{ECHOES} echoes, pynetdicom in {THREADS} threads", theirs)
    yield ratio("rate, times pynetdicom's", theirs, ours, at_least=5)


def calls(runner: asyncio.Runner) -> Iterator[Figure]:
    """One echo at a time, within a program and as a program."""
    ae = pynetdicom_requestor()
    with storescp() as port:
        ours, theirs = measure_in_turns(
            lambda: runner.run(our_echo("127.0.0.1", port)),
            lambda: pynetdicom_echo(ae, "127.0.0.1", port),
        )
        process, echoscu = measure_in_turns(
            lambda: subprocess.run(
                [*COMMAND, "echo", f"127.0.0.1:{port}"],
                cwd=ROOT,
                check=True,
                stdout=subprocess.DEVNULL,
            ),
            lambda: subprocess.run(["echoscu", "127.0.0.1", str(port)], check=True),
            rounds=ROUNDS,
        )
    yield duration("one echo to storescp", ours)
    yield duration("one echo to storescp, pynetdicom", theirs)
    yield ratio("one echo, share of pynetdicom's time", ours, theirs, at_most=0.2)
    yield duration("dicomcfg echo, whole process", process, at_most_s=0.5)
    yield duration("echoscu, whole process", echoscu)


def main() -> None:
    """Print the figures."""
    for program in ("storescp", "echoscu"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is missing: install the Debian package dcmtk")
    with asyncio.Runner() as runner:
        report(rates(runner))
        report(calls(runner))


if __name__ == "__main__":
    main()
