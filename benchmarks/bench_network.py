"""Echoes through our probes beside pynetdicom and DCMTK, peers on distinct 127.x.y.z addresses.

A rate is that of 500 echoes to a canned acceptor in a process of its own, a call one echo to
DCMTK's storescp in a program that is already running, a process everything from its start.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from pynetdicom import AE

from benchmarks.figures import Figure, Sample, duration, measure_in_turns, ratio, report
from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits, Target

ECHOES = 500
OPEN_AT_ONCE = 64
THREADS = 16
ROUNDS = 7
VERIFICATION = "1.2.840.10008.1.1"
ROOT = Path(__file__).resolve().parent.parent
READY_S = 10.0
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


def rate(name: str, sample: Sample) -> Figure:
    """Echoes a second, with the spread of the time that all of them took."""
    return Figure(name, f"{ECHOES / sample.median_s:.0f} /s", sample.spread_ms())


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
