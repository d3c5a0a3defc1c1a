"""`dicomcfg worker`: run checks for sites until interrupted.

Serving both lanes means a process a lane (dicomcfg.checks.worker says why), and the bulk lane has
two where there are two cores or more: a thousand probes fill one. This process then only starts
them, starts one again that dies, and ends them with itself.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from types import FrameType

import click

from dicomcfg.commands.django_setup import set_up_django
from dicomcfg.processes import Child, stop_all

LANES = ("interactive", "bulk")
_BULK_PROCESSES = min(2, len(os.sched_getaffinity(0)))
_LOOK_S = 0.5
_RESTART_S = 2.0


def _words(context: click.Context, parameter: click.Parameter, value: str | None) -> list[str]:
    return (value or "").replace(",", " ").split()


def _lanes(context: click.Context, parameter: click.Parameter, value: str) -> list[str]:
    lanes = list(dict.fromkeys(_words(context, parameter, value)))
    if not lanes or not set(lanes) <= set(LANES):
        raise click.BadParameter(f"choose from {', '.join(LANES)}")
    return lanes


@click.command()
@click.option("--sites", callback=_words, help="Their short names, with commas; all by default.")
@click.option("--lanes", callback=_lanes, default=",".join(LANES), show_default=True)
@click.option("--concurrency", type=click.IntRange(1, 64), help="Tasks at a time in each lane.")
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=_BULK_PROCESSES,
    help="Processes of the bulk lane; two by default where there are two cores.",
)
def worker(sites: list[str], lanes: list[str], concurrency: int | None, processes: int) -> None:
    """Run the checks of some or all sites until interrupted."""
    shares = [lane for lane in lanes for _ in range(processes if lane == "bulk" else 1)]
    if len(shares) > 1:
        sys.exit(_stand_by([_child(lane, sites, concurrency) for lane in shares]))
    set_up_django()
    from dicomcfg.checks.models import Lane
    from dicomcfg.checks.worker import serve

    try:
        sys.exit(serve(Lane(lanes[0]), sites or None, concurrency))
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _child(lane: str, sites: list[str], concurrency: int | None) -> Child:
    command = [sys.executable, "-m", "dicomcfg", "worker", "--lanes", lane, "--processes", "1"]
    if sites:
        command += ["--sites", ",".join(sites)]
    if concurrency:
        command += ["--concurrency", str(concurrency)]
    return Child(lane, command)


def _stand_by(children: list[Child]) -> int:
    """Until SIGINT or SIGTERM; returns the exit code. A usage error of a child ends all."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    try:
        for child in children:
            child.start()
        while True:
            time.sleep(_LOOK_S)
            for child in children:
                if child.ended() == 2:
                    return 2
                if child.ended() is not None and time.monotonic() - child.started_at > _RESTART_S:
                    click.echo(f"Worker of {child.name} checks: {child.ended_because()}", err=True)
                    child.start()
    finally:
        # Whoever stops us may say so twice, and the second must not interrupt this.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stop_all(children)
