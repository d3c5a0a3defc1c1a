"""`dicomcfg discover HOST:PORT`: every SOP Class and transfer syntax that a peer accepts."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from functools import partial
from typing import Any

import click

from dicomcfg.commands.discovered import discovery_json, print_discovery
from dicomcfg.commands.live import LiveOptions, live_options, tell
from dicomcfg.core.diagnosis.hints import Hints
from dicomcfg.core.diagnosis.live import diagnose
from dicomcfg.core.diagnosis.observation import DiscoverySeen, Observation, Outcome
from dicomcfg.core.negotiation.catalogue import catalogue
from dicomcfg.core.negotiation.matrix import Cell
from dicomcfg.core.standard import uids
from dicomcfg.core.wording import counted
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes import registry
from dicomcfg.probes.discover import LIMITS
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import DiscoverSettings, Limits, Target


class Uid(click.ParamType[str]):
    """A UID of some kinds, or the keyword or name that is registered for one."""

    name = "UID"

    def __init__(self, kinds: frozenset[uids.UidKind]) -> None:
        self._kinds = kinds

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """click: the UID, or a usage error."""
        uid = uids.resolve(str(value), self._kinds)
        if uid is None:
            kinds = " or ".join(sorted(self._kinds))
            self.fail(f"{value!r} is neither a UID nor the keyword of a {kinds}", param, ctx)
        return uid


@click.command()
@partial(live_options, timeout_s=LIMITS.total_s)
@click.option(
    "--sop-class",
    "sop_classes",
    type=Uid(uids.ABSTRACT_SYNTAX),
    multiple=True,
    help="Ask for this SOP Class only, UID or keyword; repeatable.",
)
@click.option(
    "--transfer-syntax",
    "transfer_syntaxes",
    type=Uid(uids.TRANSFER_SYNTAX),
    multiple=True,
    help="Ask for this transfer syntax only, UID or keyword; repeatable.",
)
@click.option(
    "--max-request-bytes",
    "maximum_request_bytes",
    type=click.IntRange(min=512),
    default=16384,
    show_default=True,
    help="The largest request to send.",
)
@click.option(
    "--max-syntaxes",
    "maximum_syntaxes",
    type=click.IntRange(min=1),
    default=32,
    show_default=True,
    help="The most transfer syntaxes in one context.",
)
@click.option("--roles", "with_roles", is_flag=True, help="Ask for the roles of accepted classes.")
@click.option(
    "--pause",
    "pause_s",
    type=click.FloatRange(min=0, max=3600),
    default=0.0,
    metavar="S",
    help="Seconds between two associations.",
)
@click.option(
    "--concurrent",
    type=click.IntRange(1, 16),
    default=1,
    show_default=True,
    help="Associations open at once.",
)
def discover(
    endpoint: tuple[str, int],
    sop_classes: tuple[str, ...],
    transfer_syntaxes: tuple[str, ...],
    maximum_request_bytes: int,
    maximum_syntaxes: int,
    with_roles: bool,
    pause_s: float,
    concurrent: int,
    **given: Any,
) -> None:
    """Find every pair of SOP Class and transfer syntax that HOST:PORT accepts."""
    options = LiveOptions(**given)
    every = catalogue()
    settings = DiscoverSettings(
        sop_classes or every.sop_classes,
        transfer_syntaxes or every.transfer_syntaxes,
        maximum_syntaxes=maximum_syntaxes,
        maximum_request_bytes=maximum_request_bytes,
        with_roles=with_roles,
        pause_s=pause_s,
        concurrent=concurrent,
    )
    target = replace(options.target(endpoint), discover=settings)
    observation = _observe(target, options)
    findings = diagnose(observation, options.called, Hints(target.hostname, target.port))
    tell(observation, findings, options, discovery_json, print_discovery)


def _observe(target: Target, options: LiveOptions) -> Observation:
    """The observation; after an interrupt, what had been found until then."""
    latest: list[DiscoverySeen] = []
    is_shown = sys.stderr.isatty()

    def report(seen: DiscoverySeen) -> None:
        latest[:] = [seen]
        if is_shown:
            click.echo(f"\r\x1b[K{_progress(seen)}", err=True, nl=False)

    async def probe() -> Observation:
        environment = Environment(
            AddressPolicy.unrestricted(), tls_folder=options.tls_folder, report=report
        )
        return await registry.get("discover")(target, Limits.within(options.timeout), environment)

    try:
        return asyncio.run(probe())
    except KeyboardInterrupt:
        found = latest[0] if latest else None
        return Observation("discover", Outcome.CANCELLED, discovery=found)
    finally:
        if is_shown:
            click.echo("\r\x1b[K", err=True, nl=False)


def _progress(seen: DiscoverySeen) -> str:
    total = len(seen.matrix.sop_classes) * len(seen.matrix.transfer_syntaxes)
    known = total - seen.matrix.count(Cell.UNKNOWN)
    return (
        f"{known / max(1, total):4.0%} of {total:,} pairs known, "
        f"{counted(len(seen.matrix.accepted()), 'SOP Class')} accepted, "
        f"{counted(seen.associations, 'association')}, {seen.elapsed_s:.1f} s"
    )
