"""What the live commands share: HOST:PORT, their options, and running one probe."""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from dicomcfg.commands import output
from dicomcfg.core.diagnosis.dump import text_dump
from dicomcfg.core.diagnosis.hints import Hints
from dicomcfg.core.diagnosis.live import diagnose
from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.negotiation.options import PLAIN, RequestOptions
from dicomcfg.core.records import PresentationContext
from dicomcfg.core.standard.ae_title import check_ae_title, normalise_ae_title
from dicomcfg.core.standard.endpoint import split_host_port
from dicomcfg.home import tls_folder
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits, Target

DEFAULT_CALLED = "ANY-SCP"
DEFAULT_CALLING = "DICOMCFG"
_Command = TypeVar("_Command", bound=Callable[..., Any])


class Endpoint(click.ParamType[tuple[str, int]]):
    """HOST:PORT, with an IPv6 address in brackets."""

    name = "HOST:PORT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """click: (host, port), or a usage error."""
        if isinstance(value, tuple):
            return value
        endpoint = split_host_port(str(value))
        if endpoint is None:
            message = (
                f"{value!r} is not a host and a port from 1 to 65535, as pacs:104 or [::1]:104"
            )
            self.fail(message, param, ctx)
        return endpoint


class Seconds(click.FloatRange):
    """A time limit of at least 50 ms; also `inf`, but not `nan`, which lies in every range."""

    def __init__(self) -> None:
        super().__init__(min=0.05)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """click: the seconds, or a usage error."""
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value!r} is not a number of seconds", param, ctx)
        return seconds


class AeTitle(click.ParamType[str]):
    """An AE title (PS3.5 VR AE), as core.standard.ae_title allows it."""

    name = "TITLE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """click: the title without insignificant spaces, or a usage error."""
        problems = [f for f in check_ae_title(str(value)) if f.severity is Severity.ERROR]
        if problems:
            self.fail(f"{problems[0].message} {problems[0].remedy}", param, ctx)
        return normalise_ae_title(str(value))


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """The options that every live command has."""

    called: str
    calling: str
    tls: str | None
    tls_folder: Path
    timeout: float
    as_json: bool
    dump: bool = False

    def target(
        self,
        endpoint: tuple[str, int],
        contexts: tuple[PresentationContext, ...] = (),
        options: RequestOptions = PLAIN,
    ) -> Target:
        """What to probe."""
        return Target(*endpoint, self.called, self.calling, self.tls, contexts, options)


tls_folder_option = click.option(
    "--tls-folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=tls_folder,
    metavar="DIR",
    help="Where the settings of --tls are; DICOMCFG_TLS_FOLDER unless given.",
)


def live_options(command: _Command, *, timeout_s: float = Limits().total_s) -> _Command:
    """Add the shared options and the HOST:PORT argument to a command."""
    for decorate in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        click.option("--dump", is_flag=True, help="Print every PDU in words, too."),
        click.option(
            "--timeout",
            type=Seconds(),
            default=timeout_s,
            show_default=True,
            metavar="S",
            help="Seconds for the whole target.",
        ),
        click.option(
            "--tls",
            is_flag=False,
            flag_value="default",
            default=None,
            metavar="[NAME]",
            help="Speak TLS, trusting what the system trusts, or with the settings of this name.",
        ),
        tls_folder_option,
        click.option(
            "--calling",
            type=AeTitle(),
            default=DEFAULT_CALLING,
            show_default=True,
            help="Our own AE title.",
        ),
        click.option(
            "--called",
            type=AeTitle(),
            default=DEFAULT_CALLED,
            show_default=True,
            help="The peer's AE title.",
        ),
        click.argument("endpoint", type=Endpoint(), metavar="HOST:PORT"),
    ):
        command = decorate(command)
    return command


def probe_and_tell(kind: str, target: Target, options: LiveOptions) -> NoReturn:
    """Run one probe, print what it saw and what that means, leave with its exit code."""
    observation = asyncio.run(_probe(kind, target, options))
    hints = Hints(target.hostname, target.port)
    findings = diagnose(observation, options.called, hints, options=target.options)
    tell(observation, findings, options, output.observation_json, output.print_observation)


def tell(
    observation: Observation,
    findings: Sequence[Finding],
    options: LiveOptions,
    as_json: Callable[[Observation, Sequence[Finding]], dict[str, Any]],
    show: Callable[[Observation, Sequence[Finding]], None],
) -> NoReturn:
    """Print by `as_json` or `show`, the PDUs too where asked for, and leave with the exit code."""
    dump = text_dump(observation.pdus) if options.dump else ""
    if options.as_json:
        said = {"dump": dump} if options.dump else {}
        output.print_json(as_json(observation, findings) | said)
    else:
        click.echo(dump, nl=options.dump)
        show(observation, findings)
    sys.exit(0 if observation.outcome is Outcome.SUCCESS else 1)


async def _probe(kind: str, target: Target, options: LiveOptions) -> Observation:
    environment = Environment(AddressPolicy.unrestricted(), tls_folder=options.tls_folder)
    return await registry.get(kind)(target, Limits.within(options.timeout), environment)
