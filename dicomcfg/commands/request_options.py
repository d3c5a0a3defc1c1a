"""The options of `dicomcfg negotiate` that say what a request proposes beside its contexts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from dicomcfg.core.negotiation.options import (
    MAXIMUM_LENGTH,
    PASSCODE_PREFIX,
    Identity,
    RequestOptions,
    is_passcode_variable,
)
from dicomcfg.core.records import Association, ExtendedNegotiation, Profile, RoleSelection
from dicomcfg.core.standard.uids import (
    ABSTRACT_SYNTAX,
    APPLICATION_CONTEXT,
    is_valid_uid,
    resolve,
)

_ROLES = {"SCU": (True, False), "SCP": (False, True), "BOTH": (True, True), "NONE": (False, False)}
_Command = TypeVar("_Command", bound=Callable[..., Any])


def _sop_class(kind: click.ParamType[Any], text: str) -> str:
    uid = resolve(text, ABSTRACT_SYNTAX)
    if uid is None:
        kind.fail(f"{text!r} is neither a UID nor the name of a SOP Class")
    return uid


class RoleOfClass(click.ParamType[RoleSelection]):
    """UID=SCU, SCP, BOTH or NONE."""

    name = "UID=ROLE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> RoleSelection:
        """click: the role selection, or a usage error."""
        uid, _, role = str(value).rpartition("=")
        if role.upper() not in _ROLES:
            self.fail(f"{value!r} is not UID=SCU, UID=SCP, UID=BOTH or UID=NONE", param, ctx)
        return RoleSelection(_sop_class(self, uid), *_ROLES[role.upper()])


class ExtendedOfClass(click.ParamType[ExtendedNegotiation]):
    """UID=HEX."""

    name = "UID=HEX"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> ExtendedNegotiation:
        """click: the extended negotiation, or a usage error."""
        uid, _, information = str(value).rpartition("=")
        if not re.fullmatch(r"([0-9A-Fa-f]{2})+", information):
            self.fail(f"{value!r} does not end in =HEX with two digits a byte", param, ctx)
        return ExtendedNegotiation(_sop_class(self, uid), information.lower())


class Window(click.ParamType[tuple[int, int]]):
    """N,M: operations invoked and performed."""

    name = "N,M"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """click: both numbers, or a usage error."""
        found = re.fullmatch(r"([0-9]{1,5}),([0-9]{1,5})", str(value))
        numbers = [int(number) for number in found.groups()] if found else []
        if len(numbers) != 2 or max(numbers) > 0xFFFF:
            self.fail(f"{value!r} is not two numbers from 0 to 65535, as 4,1", param, ctx)
        return numbers[0], numbers[1]


class Uid(click.ParamType[str]):
    """A well-formed UID, registered or not."""

    name = "UID"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """click: the UID, or a usage error."""
        if not is_valid_uid(str(value)):
            self.fail(f"{value!r} is not a UID", param, ctx)
        return str(value)


@dataclass(frozen=True, slots=True)
class ProposalOptions:
    """What was given on the command line; none of it by default."""

    role: Sequence[RoleSelection]
    extended: Sequence[ExtendedNegotiation]
    window: tuple[int, int] | None
    user: str | None
    passcode_variable: str | None
    maximum_length: int
    application_context: str

    def request_options(self, proposal: Profile | Association) -> RequestOptions:
        """These joined to what the file proposes, whose place they take class by class.

        Raises a usage error for a passcode without its user or in a variable that is not read.
        """
        roles = {role.sop_class: role for role in (*proposal.role_selections, *self.role)}
        extended = {e.sop_class: e for e in (*proposal.extended_negotiations, *self.extended)}
        return RequestOptions(
            role_selections=tuple(roles.values()),
            extended_negotiations=tuple(extended.values()),
            asynchronous_window=self.window,
            identity=self._identity(),
            maximum_length=self.maximum_length,
            application_context=self.application_context,
        )

    def _identity(self) -> Identity | None:
        variable = self.passcode_variable
        if variable is not None and not is_passcode_variable(variable):
            raise click.UsageError(f"--passcode-variable: its name begins with {PASSCODE_PREFIX}")
        if self.user is None:
            if variable is not None:
                raise click.UsageError("--passcode-variable needs --user")
            return None
        return Identity(self.user, variable, response_requested=True)


def proposal_options(command: _Command) -> _Command:
    """Add them to a command."""
    for decorate in (
        click.option(
            "--application-context",
            type=Uid(),
            default=APPLICATION_CONTEXT,
            help="In place of DICOM's own.",
        ),
        click.option(
            "--maximum-length",
            type=click.IntRange(0, 0xFFFFFFFF),
            default=MAXIMUM_LENGTH,
            show_default=True,
            metavar="N",
            help="Bytes of the largest PDU that we take; 0 is no limit.",
        ),
        click.option(
            "--passcode-variable",
            metavar="VAR",
            help=f"The environment variable that holds the passcode: {PASSCODE_PREFIX}...",
        ),
        click.option("--user", metavar="NAME", help="The user identity, acknowledgement wanted."),
        click.option(
            "--window", type=Window(), help="Asynchronous operations invoked and performed."
        ),
        click.option(
            "--extended",
            type=ExtendedOfClass(),
            multiple=True,
            help="Extended negotiation of a SOP Class; repeatable.",
        ),
        click.option(
            "--role",
            type=RoleOfClass(),
            multiple=True,
            help="Role selection of a SOP Class: SCU, SCP, BOTH or NONE; repeatable.",
        ),
    ):
        command = decorate(command)
    return command
