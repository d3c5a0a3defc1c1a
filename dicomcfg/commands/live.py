"""What the live commands share: HOST:PORT, their options, and running one probe."""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import click

from dicomcfg.commands import output
from dicomcfg.core.diagnosis.live import diagnose
from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.core.records import PresentationContext
from dicomcfg.core.standard.endpoint import parse_port
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
        host, separator, port = str(value).rpartition(":")
        if host.startswith("[") and host.endswith("]"):
            host = host[1:-1]
        elif ":" in host:
            self.fail("write an IPv6 address in brackets, as in [::1]:104", param, ctx)
        if not separator or not host:
            self.fail(f"{value!r} is not HOST:PORT", param, ctx)
        number = parse_port(port)
        if number is None:
            self.fail(f"{port[:20]!r} is not a port from 1 to 65535", param, ctx)
        return host, number


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
    """An AE title (PS3.5 VR AE): 1 to 16 characters, neither backslash nor control."""

    name = "TITLE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """click: the title without insignificant spaces, or a usage error."""
        title = str(value).strip(" ")
        is_legal = title.isascii() and title.isprintable() and "\\" not in title
        if not 1 <= len(title) <= 16 or not is_legal:
            self.fail(f"{value!r} is not an AE title of 1 to 16 characters", param, ctx)
        return title


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """The options that every live command has."""

    called: str
    calling: str
    tls: str | None
    timeout: float
    as_json: bool

    def target(
        self, endpoint: tuple[str, int], contexts: tuple[PresentationContext, ...] = ()
    ) -> Target:
        """What to probe."""
        return Target(*endpoint, self.called, self.calling, self.tls, contexts)


def live_options(command: _Command) -> _Command:
    """Add the shared options and the HOST:PORT argument to a command."""
    for decorate in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        click.option(
            "--timeout",
            type=Seconds(),
            default=Limits().total_s,
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
            help="Speak TLS, with the settings of this name.",
        ),
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


def run(kind: str, target: Target, timeout_s: float) -> Observation:
    """One probe in an event loop of its own."""
    limits = Limits(timeout_s, timeout_s, timeout_s, timeout_s, timeout_s)
    environment = Environment(AddressPolicy.unrestricted())

    async def probe() -> Observation:
        return await registry.get(kind)(target, limits, environment)

    return asyncio.run(probe())


def finish(observation: Observation, options: LiveOptions) -> NoReturn:
    """Print the observation with its findings and leave with its exit code."""
    findings = diagnose(observation, options.called)
    if options.as_json:
        output.print_json(output.observation_json(observation, findings))
    else:
        output.print_observation(observation, findings)
    sys.exit(0 if observation.outcome is Outcome.SUCCESS else 1)
