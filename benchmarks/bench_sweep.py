"""Sweeps by a real worker that stores on PostgreSQL, beside programs that store nothing.

The peer is the canned acceptor on distinct addresses 127.x.y.z. A sweep is timed from the moment
its checks are queued, which a press of the button does, to its last stored result; what takes too
long with another program is measured on a sample, and rates are compared.
"""

from __future__ import annotations

import asyncio
import http.client
import os
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from itertools import cycle
from pathlib import Path

from benchmarks.bench_network import ENVIRONMENT, pynetdicom_echo, pynetdicom_requestor
from benchmarks.figures import Figure, Sample, measure_in_turns, report
from benchmarks.home import fresh_home
from benchmarks.peers import ROOT, canned_acceptor, orthanc_rest
from benchmarks.waiting import wait_until
from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.probes.sweep import sweep as sweep_targets
from dicomcfg.probes.target import Target
from tests.parts.servers import PostgresServer

AES = 2000
SILENT_AES, SILENT_OF_THEM, SILENT_TIMEOUT_S = 1000, 200, 5.0
SAMPLES = {"pynetdicom": 320, "echoscu": 96, "orthanc": 320}
AT_ONCE = 16
IDLE, IDLE_S = 100, 2.0
ROUNDS = 5
ADDRESSES = [f"127.7.{n // 250}.{n % 250 + 1}" for n in range(AES)]
PATIENCE_S = 120.0
# Each look costs the database, which is on the same machine, some work.
LOOK_S = 0.03

soon = partial(wait_until, look_s=LOOK_S, within_s=PATIENCE_S)


@contextmanager
def worker() -> Iterator[int]:
    """A worker of the bulk lane as it is shipped; its process id, whose children do the work."""
    from dicomcfg.checks import selectors

    command = [sys.executable, "-m", "dicomcfg", "worker", "--lanes", "bulk"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        try:
            soon(lambda: selectors.workers().count() == max(1, len(family(process.pid)) - 1))
            yield process.pid
        finally:
            process.terminate()


def add_aes(ports: Sequence[int], count: int) -> list[int]:
    """AEs on addresses of their own and on the ports in turn; their ids."""
    from dicomcfg.inventory.models import AE, Connection, Site

    site = Site.objects.earliest("pk")
    aes = AE.objects.bulk_create(AE(site=site, ae_title=f"AE{n}") for n in range(count))
    Connection.objects.bulk_create(
        Connection(ae=ae, hostname=address, port=port)
        for ae, address, port in zip(aes, ADDRESSES, cycle(ports), strict=False)
    )
    return [ae.pk for ae in aes]


def sweep(ids: Sequence[int], timeout_s: float | None = None) -> tuple[float, float]:
    """Sweep AEs to the last stored result: seconds to queue the checks, seconds from then on."""
    from dicomcfg.checks.services import start_sweep
    from dicomcfg.inventory.models import AE

    aes = list(AE.objects.filter(pk__in=ids).select_related("site", "device"))
    began = time.perf_counter()
    run = start_sweep(None, aes=aes, timeout_s=timeout_s)
    queued = time.perf_counter()
    # By states, which stand in an index together with the run: a look costs next to nothing.
    soon(lambda: not run.checks.filter(state__in=("queued", "running")).exists())
    return queued - began, time.perf_counter() - queued


def pynetdicom_sweep(port: int) -> None:
    """A sample in threads."""
    ae = pynetdicom_requestor()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        addresses = ADDRESSES[: SAMPLES["pynetdicom"]]
        list(pool.map(lambda address: pynetdicom_echo(ae, address, port), addresses))


def echoscu_sweep(port: int) -> None:
    """A sample, a process each."""

    def echo(address: str) -> None:
        subprocess.run(["echoscu", address, str(port)], check=True)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(echo, ADDRESSES[: SAMPLES["echoscu"]]))


def orthanc_sweep(http_port: int) -> None:
    """A sample by its REST interface, each client on a connection of its own."""
    waiting = iter(range(SAMPLES["orthanc"]))

    def client(_: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", http_port, timeout=30)
        for number in waiting:
            connection.request("POST", f"/modalities/m{number}/echo", body=b"{}")
            response = connection.getresponse()
            response.read()
            assert response.status == 200, response.status
        connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(client, range(AT_ONCE)))


def rate(name: str, count: int, sample: Sample) -> Figure:
    """Echoes a second, with the spread of the time."""
    value = f"{count / sample.median_s:.0f} /s"
    return Figure(name, value, sample.spread_ms(), sample.rounds)


def times(name: str, ours: float, theirs: float, at_least: float, rounds: int) -> Figure:
    """How many times their rate ours is."""
    value = ours / theirs
    return Figure(
        name, f"{value:.2f}", "", rounds, f"at least {at_least:g}", reached=value >= at_least
    )


def rates(port: int, http_port: int, pid: int) -> Iterator[Figure]:
    """The sweep of 2,000 beside the others."""
    ids = add_aes([port], AES)
    spent: list[tuple[float, float]] = []
    cpu: list[float] = []

    def ours() -> None:
        before = cpu_s(pid)
        spent.append(sweep(ids))
        cpu.append(cpu_s(pid) - before)

    _, *others = measure_in_turns(
        ours,
        lambda: pynetdicom_sweep(port),
        lambda: echoscu_sweep(port),
        lambda: orthanc_sweep(http_port),
        rounds=ROUNDS,
    )
    queued = Sample(tuple(first for first, _ in spent[2:]))
    swept = Sample(tuple(second for _, second in spent[2:]))
    yield Figure(
        f"queueing {AES} checks", f"{queued.median_s:.2f} s", queued.spread_ms(), queued.rounds
    )
    yield rate(f"sweep of {AES}, stored on PostgreSQL", AES, swept)
    mine = AES / swept.median_s
    targets = {"pynetdicom": 5.0, "echoscu": 12.0, "orthanc": 5.0}
    for (name, count), sample in zip(SAMPLES.items(), others, strict=True):
        yield rate(f"{name}, {AT_ONCE} at once", count, sample)
        least = targets[name]
        yield times(f"rate, times {name}'s", mine, count / sample.median_s, least, sample.rounds)
    each_us = statistics.median(cpu[2:]) / AES * 1e6
    yield Figure("CPU per echo, worker that stores", f"{each_us:.0f} us", "", ROUNDS)


def silent_ones(port: int) -> Iterator[Figure]:
    """How much longer a sweep takes of which every fifth AE never answers."""
    with socket.create_server(("0.0.0.0", 0), backlog=4096) as silent:
        mute = silent.getsockname()[1]
        all_good = add_aes([port], SILENT_AES - SILENT_OF_THEM)
        mixed = add_aes([port] * 4 + [mute], SILENT_AES)
        without = [sweep(all_good, SILENT_TIMEOUT_S)[1] for _ in range(3)]
        with_them = [sweep(mixed, SILENT_TIMEOUT_S)[1] for _ in range(3)]
    more_s = statistics.median(with_them) - statistics.median(without)
    value = more_s / SILENT_TIMEOUT_S
    yield Figure(
        f"sweep of {SILENT_AES}, {SILENT_OF_THEM} silent: more than without, in timeouts",
        f"{value:.2f}",
        f"{min(with_them):.1f} to {max(with_them):.1f} s",
        3,
        "at most 1.2",
        reached=value <= 1.2,
    )


def stat(pid: int) -> list[str]:
    """What the system says of a process from its state on (proc_pid_stat)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def family(pid: int) -> list[int]:
    """A process and its children."""
    found = [pid]
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int(stat(int(path.name))[1]) == pid:
                found.append(int(path.name))
    return found


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and its children so far."""
    ticks = sum(int(ticks) for member in family(pid) for ticks in stat(member)[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


def cpu_per_echo(port: int) -> Iterator[Figure]:
    """What probing alone costs, without storing."""
    runner = asyncio.Runner()
    targets = [Target(address, port, "ANY-SCP", "BENCH") for address in ADDRESSES]

    def unheard(number: int, seen: Observation) -> None:
        assert seen.outcome is Outcome.SUCCESS

    acts: dict[str, tuple[int, Callable[[], None]]] = {
        "ours": (AES, lambda: runner.run(sweep_targets(targets, ENVIRONMENT, unheard))),
        "pynetdicom": (SAMPLES["pynetdicom"], lambda: pynetdicom_sweep(port)),
    }
    for name, (count, act) in acts.items():
        spent_us = []
        for _ in range(ROUNDS):
            before = time.process_time()
            act()
            spent_us.append((time.process_time() - before) / count * 1e6)
        spread = f"{min(spent_us):.0f} to {max(spent_us):.0f} us"
        median = statistics.median(spent_us)
        yield Figure(f"CPU per echo, {name}, nothing stored", f"{median:.0f} us", spread, ROUNDS)
    runner.close()


@contextmanager
def associations(*words: object) -> Iterator[tuple[int, int]]:
    """The number that a process of benchmarks.associations prints, and its process id."""
    command = [sys.executable, "-m", "benchmarks.associations", *map(str, words)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process.pid
        finally:
            process.kill()


def held_open(port: int) -> Iterator[Figure]:
    """Memory of an open association, and the CPU of a hundred that idle."""
    for side, count in (("ours", 1000), ("pynetdicom", 200)):
        with associations("hold", side, count, port) as (each_bytes, _):
            name = f"memory per open association, {side}, {count} open"
            yield Figure(name, f"{each_bytes / 1024:.1f} KiB", "", 1)
    pause = threading.Event()
    for side in ("ours", "pynetdicom"):
        with (
            associations("accept", side) as (accepting, pid),
            associations("hold", "ours", IDLE, accepting),
        ):
            shares = []
            for _ in range(3):
                before = cpu_s(pid)
                pause.wait(IDLE_S)
                shares.append((cpu_s(pid) - before) / IDLE_S * 100)
        spread = f"{min(shares):.1f} to {max(shares):.1f} %"
        median = statistics.median(shares)
        yield Figure(
            f"CPU of {IDLE} idle associations accepted, {side}", f"{median:.1f} %", spread, 3
        )


def figures() -> Iterator[Figure]:
    """With a database, a worker and an Orthanc of their own."""
    with canned_acceptor() as port:
        modalities = {f"m{n}": (ADDRESSES[n], port) for n in range(SAMPLES["orthanc"])}
        with orthanc_rest(modalities) as http_port, worker() as pid:
            yield from rates(port, http_port, pid)
            yield from silent_ones(port)
        yield from cpu_per_echo(port)
        yield from held_open(port)


def main() -> None:
    """Print the figures."""
    for program in ("echoscu", "Orthanc"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is missing: install the Debian packages dcmtk and orthanc")
    postgres = PostgresServer()
    try:
        with fresh_home(
            DATABASE_URL=postgres.create_database("bench"),
            SECRET_KEY="for benchmarks only",
            DICOMCFG_HTTPS="no",
            DICOMCFG_ALLOW_LOOPBACK="1",
        ):
            report(figures())
    finally:
        postgres.stop()


if __name__ == "__main__":
    main()
