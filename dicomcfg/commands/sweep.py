"""`dicomcfg sweep FILE`: echo every AE of any readable file."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from dicomcfg.commands import files, output
from dicomcfg.commands.live import DEFAULT_CALLING, AeTitle, Seconds, tls_folder_option
from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.core.findings import has_errors
from dicomcfg.core.records import Ae
from dicomcfg.core.standard.endpoint import endpoint
from dicomcfg.network.open_files import allow_open_files
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.sweep import CAPS, Caps, Pace
from dicomcfg.probes.sweep import sweep as sweep_targets
from dicomcfg.probes.target import Limits, Target

_REDRAW_S = 0.1
_OTHER_FILES = 64
_NOT_PROBED = (Outcome.SKIPPED, Outcome.NO_ADDRESS)


@dataclass(slots=True)
class Row:
    """One AE of the file and what became of it; `reason` says why it was not probed."""

    ae_title: str
    hostname: str | None
    port: int | None
    tls: str | None
    outcome: Outcome = Outcome.CANCELLED
    elapsed_ms: float | None = None
    reason: str = ""

    @classmethod
    def of(cls, ae: Ae) -> Row:
        """An AE on its first connection."""
        first = ae.connections[0] if ae.connections else None
        row = cls(
            ae.ae_title,
            first.hostname if first else None,
            first.port if first else None,
            first.tls if first else None,
        )
        if ae.do_not_probe is not None:
            row.outcome, row.reason = Outcome.SKIPPED, ae.do_not_probe or "not to be probed"
        elif not ae.association_acceptor:
            row.outcome, row.reason = Outcome.SKIPPED, "only initiates associations"
        elif ae.state == "retired":
            row.outcome, row.reason = Outcome.SKIPPED, "retired"
        elif first is None:
            row.outcome, row.reason = Outcome.NO_ADDRESS, "the file has no address"
        return row

    @property
    def is_to_be_probed(self) -> bool:
        """Whether anything is sent to it."""
        return self.outcome not in _NOT_PROBED

    def to_json(self) -> dict[str, Any]:
        """The keys that scripts rely on."""
        return {
            "ae_title": self.ae_title,
            "hostname": self.hostname,
            "port": self.port,
            "outcome": self.outcome.value,
            "elapsed_ms": self.elapsed_ms,
        }


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--concurrency",
    type=click.IntRange(1, 10_000),
    default=CAPS.total,
    show_default=True,
    metavar="N",
    help="Associations open at a time.",
)
@click.option(
    "--per-address",
    type=click.IntRange(1, 10_000),
    default=CAPS.per_address,
    show_default=True,
    metavar="N",
    help="Associations open at a time to one host.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=Seconds(),
    default=Limits().total_s,
    show_default=True,
    metavar="S",
    help="Seconds for each AE.",
)
@click.option(
    "--rate", type=click.FloatRange(0.01), metavar="N", help="At most so many begin a second."
)
@click.option(
    "--jitter",
    type=click.FloatRange(0, 3600),
    default=0.0,
    metavar="S",
    help="Each begins up to so many seconds later than it could.",
)
@click.option("--called", type=AeTitle(), help="Call all by this title instead of their own.")
@click.option(
    "--calling",
    type=AeTitle(),
    default=DEFAULT_CALLING,
    show_default=True,
    help="Our own AE title.",
)
@click.option(
    "--tls",
    is_flag=False,
    flag_value="default",
    metavar="[NAME]",
    help="Speak TLS with all, with the settings of this name.",
)
@tls_folder_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def sweep(
    file: Path,
    concurrency: int,
    per_address: int,
    timeout_s: float,
    rate: float | None,
    jitter: float,
    called: str | None,
    calling: str,
    tls: str | None,
    tls_folder: Path,
    as_json: bool,
) -> None:
    """Echo every AE of FILE, whatever its format, and tell which answer.

    Interrupted, it prints what it has; the rest is `cancelled`.
    """
    rows = [Row.of(ae) for ae in _aes_of(file)]
    aims = [
        (
            row,
            Target(
                row.hostname or "",
                row.port or 0,
                called or row.ae_title,
                calling,
                tls or row.tls,
                timeout_s=timeout_s,
            ),
        )
        for row in rows
        if row.is_to_be_probed
    ]
    allow_open_files(concurrency + _OTHER_FILES)
    caps = Caps(concurrency, per_address, per_address)
    started = time.monotonic()
    try:
        asyncio.run(_run(aims, tls_folder, caps, Pace(rate, jitter)))
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
    _print(rows, time.monotonic() - started, as_json)
    sys.exit(0 if all(row.outcome is Outcome.SUCCESS for row, _ in aims) else 1)


def _aes_of(file: Path) -> tuple[Ae, ...]:
    """The AEs of a file; leaves with exit code 2 where it cannot be read or has none."""
    document = files.read(file)
    if has_errors(document.findings):
        output.print_findings(document.findings, err=True)
        raise SystemExit(2)
    if not document.aes:
        raise click.UsageError(f"{file}: there are no AEs in it")
    return document.aes


async def _run(aims: list[tuple[Row, Target]], tls_folder: Path, caps: Caps, pace: Pace) -> None:
    """Probe, and write what is seen into the rows as it comes."""
    by_outcome: Counter[str] = Counter()
    started = time.monotonic()
    drawn_at = 0.0

    def heard(number: int, seen: Observation) -> None:
        nonlocal drawn_at
        row = aims[number][0]
        row.outcome, row.elapsed_ms = seen.outcome, round(seen.elapsed_ms, 3)
        by_outcome[seen.outcome.value] += 1
        now = time.monotonic()
        if now - drawn_at >= _REDRAW_S or by_outcome.total() == len(aims):
            drawn_at = now
            rate = by_outcome.total() / (now - started)
            news = f"{rate:.0f}/s, {_counts(by_outcome)}"
            bar.update(by_outcome.total() - bar.pos, news)

    with click.progressbar(
        length=len(aims),
        file=sys.stderr,
        show_pos=True,
        show_eta=True,
        item_show_func=lambda news: news,
    ) as bar:
        environment = Environment(AddressPolicy.unrestricted(), tls_folder=tls_folder)
        await sweep_targets(
            [target for _, target in aims], environment, heard, caps=caps, pace=pace
        )


def _counts(by_outcome: Counter[str]) -> str:
    return ", ".join(f"{number} {outcome}" for outcome, number in by_outcome.most_common())


def _print(rows: list[Row], elapsed_s: float, as_json: bool) -> None:
    by_outcome = Counter(row.outcome.value for row in rows)
    if as_json:
        output.print_json(
            {
                "total": len(rows),
                "by_outcome": dict(by_outcome),
                "elapsed_s": round(elapsed_s, 3),
                "results": [row.to_json() for row in rows],
            }
        )
        return
    output.print_table(_cells(row) for row in rows)
    rate = sum(row.elapsed_ms is not None for row in rows) / elapsed_s if elapsed_s else 0.0
    click.echo(f"\n{_counts(by_outcome)} of {len(rows)} in {elapsed_s:.1f} s, {rate:.0f} a second")


def _cells(row: Row) -> tuple[str, ...]:
    where = endpoint(row.hostname, row.port) if row.hostname and row.port else ""
    took = "" if row.elapsed_ms is None else f"{row.elapsed_ms:.1f} ms"
    return row.ae_title, where, row.outcome.value, took or row.reason
