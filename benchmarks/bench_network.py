"""Echoes through our probes beside pynetdicom and DCMTK, in one run on one machine.

Run it: python benchmarks/bench_network.py [--rounds 5]
Each figure is the median of the rounds with their spread; peers stand on distinct 127.x.y.z.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from pynetdicom import AE

from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits, Target

ECHOES = 500
OPEN_AT_ONCE = 64
THREADS = 16
SINGLE_CALLS = 20
VERIFICATION = "1.2.840.10008.1.1"
ROOT = Path(__file__).resolve().parent.parent
READY_S = 10.0


def addresses() -> list[str]:
    """A loopback address for each peer."""
    return [f"127.7.{n // 250}.{n % 250 + 1}" for n in range(ECHOES)]


@contextmanager
def process(command: list[str], **options: object) -> Iterator[subprocess.Popen[str]]:
    """A program for as long as it is measured."""
    started = subprocess.Popen(command, text=True, **options)
    try:
        yield started
    finally:
        started.kill()
        started.wait()
        if started.stdout:
            started.stdout.close()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_until_open(port: int) -> None:
    """Return when something listens; raises TimeoutError after READY_S."""
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.05)
    raise TimeoutError(f"nothing listens on {port}")


def our_echoes(port: int) -> float:
    """Echoes a second, OPEN_AT_ONCE open at once."""

    async def run() -> float:
        environment = Environment(AddressPolicy.unrestricted())
        probe = registry.get("echo")
        waiting = iter(addresses())

        async def worker() -> None:
            for address in waiting:
                seen = await probe(Target(address, port, "CANNED", "BENCH"), Limits(), environment)
                assert seen.outcome is Outcome.SUCCESS, seen

        started = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(OPEN_AT_ONCE)))
        return ECHOES / (time.perf_counter() - started)

    return asyncio.run(run())


def pynetdicom_echo(ae: AE, address: str, port: int) -> None:
    """One association with one C-ECHO."""
    association = ae.associate(address, port, ae_title="CANNED")
    assert association.is_established
    assert association.send_c_echo().Status == 0
    association.release()


def pynetdicom_echoes(port: int) -> float:
    """Echoes a second in THREADS threads."""
    ae = AE("BENCH")
    ae.add_requested_context(VERIFICATION)
    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda address: pynetdicom_echo(ae, address, port), addresses()))
    return ECHOES / (time.perf_counter() - started)


def our_call(port: int) -> float:
    """Milliseconds of one echo in a loop that is already running: the median of several."""

    async def run() -> float:
        environment = Environment(AddressPolicy.unrestricted())
        target = Target("127.0.0.1", port, "ANY-SCP", "BENCH")
        times = []
        for _ in range(SINGLE_CALLS):
            started = time.perf_counter()
            seen = await registry.get("echo")(target, Limits(), environment)
            times.append((time.perf_counter() - started) * 1000)
            assert seen.outcome is Outcome.SUCCESS, seen
        return statistics.median(times)

    return asyncio.run(run())


def pynetdicom_call(port: int) -> float:
    """Milliseconds of one echo: the median of several."""
    ae = AE("BENCH")
    ae.add_requested_context(VERIFICATION)
    times = []
    for _ in range(SINGLE_CALLS):
        started = time.perf_counter()
        pynetdicom_echo(ae, "127.0.0.1", port)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def command_time(command: list[str]) -> float:
    """Milliseconds of a whole process."""
    started = time.perf_counter()
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - started) * 1000


def measured(rounds: int, pairs: dict[str, Callable[[], float]], unit: str) -> dict[str, float]:
    """Medians by name, the competitors taking turns so that both meet the same machine."""
    found: dict[str, list[float]] = {name: [] for name in pairs}
    for _ in range(rounds):
        for name, run in pairs.items():
            found[name].append(run())
    for name, values in found.items():
        median, low, high = statistics.median(values), min(values), max(values)
        print(f"  {name:34} {median:9.1f} {unit}   ({low:.1f} to {high:.1f})")
    return {name: statistics.median(values) for name, values in found.items()}


def verdict(ratio: float, least: float, what: str) -> bool:
    """Print a ratio against its target."""
    print(f"  {what}: {ratio:.1f} times (target {least:.1f})\n")
    return ratio >= least


def main() -> int:
    """0 when both targets are reached."""
    parser = argparse.ArgumentParser(description="Echoes beside pynetdicom and DCMTK")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    for program in ("storescp", "echoscu"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is missing: install the Debian package dcmtk")
    with process(
        [sys.executable, "-m", "benchmarks.canned_acceptor"], cwd=ROOT, stdout=subprocess.PIPE
    ) as canned:
        assert canned.stdout is not None
        port = int(canned.stdout.readline())
        print(f"{ECHOES} echoes to a canned acceptor, {rounds} rounds")
        ours, theirs = f"dicomcfg, {OPEN_AT_ONCE} at once", f"pynetdicom, {THREADS} threads"
        rates = measured(
            rounds,
            {ours: lambda: our_echoes(port), theirs: lambda: pynetdicom_echoes(port)},
            "echoes/s",
        )
        is_fast = verdict(rates[ours] / rates[theirs], 5.0, "rate")
    port = free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        process(["storescp", str(port), "--output-directory", folder, "--fork"]),
    ):
        wait_until_open(port)
        print("one echo to DCMTK's storescp, call against call")
        calls = measured(
            rounds,
            {"dicomcfg": lambda: our_call(port), "pynetdicom": lambda: pynetdicom_call(port)},
            "ms",
        )
        is_quick = verdict(calls["pynetdicom"] / calls["dicomcfg"], 5.0, "time")
        print("one echo to DCMTK's storescp, whole processes")
        measured(
            rounds,
            {
                "dicomcfg echo": lambda: command_time(
                    [
                        sys.executable,
                        "-c",
                        "from dicomcfg.cli import main; main()",
                        "echo",
                        f"127.0.0.1:{port}",
                    ]
                ),
                "echoscu": lambda: command_time(["echoscu", "127.0.0.1", str(port)]),
            },
            "ms",
        )
    return 0 if is_fast and is_quick else 1


if __name__ == "__main__":
    sys.exit(main())
