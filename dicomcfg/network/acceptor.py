"""Our own acceptor, whose manners are a policy, for the demo and the tests.

It answers C-ECHO, and C-FIND and C-STORE where its policy says how; it keeps nothing.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from dicomcfg.core.records import ExtendedNegotiation, RoleSelection
from dicomcfg.core.standard.uids import APPLICATION_CONTEXT
from dicomcfg.network.channel import Channel
from dicomcfg.network.provider import FindAnswers, Provider
from dicomcfg.upper_layer.association import Association, Signal
from dicomcfg.upper_layer.dimse import CommandAssembler
from dicomcfg.upper_layer.errors import ProtocolError
from dicomcfg.upper_layer.identity import OURSELVES
from dicomcfg.upper_layer.pdus import (
    Abort,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    AsynchronousWindow,
    ClassExtension,
    ContextAnswer,
    Data,
    ProposedContext,
    ReleaseReply,
    ReleaseRequest,
    Role,
    UserInformation,
)
from dicomcfg.upper_layer.states import Role as End

_TLS_SHUTDOWN_S = 0.1
_APPLICATION_CONTEXT_NOT_SUPPORTED = AssociateReject(1, 1, 2)
_CALLING_NOT_RECOGNIZED = AssociateReject(1, 1, 3)
_CALLED_NOT_RECOGNIZED = AssociateReject(1, 1, 7)
_CONGESTED = AssociateReject(2, 3, 1)
_ACCEPTED, _ABSTRACT_REFUSED, _TRANSFER_REFUSED = 0, 3, 4


@dataclass(frozen=True, slots=True)
class AcceptorPolicy:
    """How an acceptor treats who calls; None means that anything goes.

    `abstract_syntaxes` and `transfer_syntaxes` are what it supports. Of the transfer syntaxes
    proposed that it supports it takes the first of `preferred_transfer_syntaxes`, where one of
    those is among them, else the first proposed. `ae_title` is checked against the called title,
    `calling_ae_titles` against the calling one. `rejection` answers every request,
    `is_silent` none. `answer_delay_s` passes before each answer. Requests beyond
    `connections_bound` are rejected as congestion, connections idle for `idle_s` are closed.
    `find` and `store_status` are how C-FIND and C-STORE are answered; None is by 0x0211.

    Beside contexts it answers what was proposed and nothing else: roles as far as
    `role_selections` have them, all of them where that is None; the `extended_negotiations`; the
    `asynchronous_window`, narrowed to its own; a user identity with `identity_response`.
    """

    ae_title: str | None = None
    calling_ae_titles: frozenset[str] | None = None
    abstract_syntaxes: frozenset[str] | None = None
    transfer_syntaxes: tuple[str, ...] | None = None
    preferred_transfer_syntaxes: tuple[str, ...] = ()
    checks_application_context: bool = False
    role_selections: tuple[RoleSelection, ...] | None = None
    extended_negotiations: tuple[ExtendedNegotiation, ...] = ()
    asynchronous_window: tuple[int, int] | None = None
    identity_response: bytes | None = field(default=None, repr=False)
    rejection: AssociateReject | None = None
    is_silent: bool = False
    answer_delay_s: float = 0.0
    connections_bound: int = 512
    idle_s: float = 30.0
    find: FindAnswers | None = None
    store_status: int | None = None


class Acceptor:
    """Serves associations under one policy; `serve` gives it a listening socket."""

    def __init__(self, policy: AcceptorPolicy) -> None:
        self._policy = policy
        self._conversations: set[asyncio.Task[None]] = set()

    def channel(self) -> Channel:
        """A protocol for one incoming connection."""
        return Channel(Association(End.ACCEPTOR), self._converse)

    def _converse(self, channel: Channel) -> None:
        is_congested = len(self._conversations) >= self._policy.connections_bound
        conversation = _Conversation(channel, self._policy, is_congested)
        task = asyncio.get_running_loop().create_task(conversation.run())
        self._conversations.add(task)
        task.add_done_callback(self._conversations.discard)

    async def close(self) -> None:
        """End every conversation and wait for it."""
        for task in self._conversations:
            task.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)


@asynccontextmanager
async def serve(
    policy: AcceptorPolicy, host: str, port: int, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Listen while the context lasts, over TLS with `tls`; gives the port, for port 0."""
    acceptor = Acceptor(policy)
    server = await asyncio.get_running_loop().create_server(
        acceptor.channel,
        host,
        port,
        backlog=1024,
        ssl=tls,
        ssl_handshake_timeout=policy.idle_s if tls else None,
        ssl_shutdown_timeout=_TLS_SHUTDOWN_S if tls else None,
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await acceptor.close()
        await server.wait_closed()


class _Conversation:
    """One connection, from its first byte to its close."""

    def __init__(self, channel: Channel, policy: AcceptorPolicy, is_congested: bool) -> None:
        self._channel = channel
        self._policy = policy
        self._is_congested = is_congested
        self._assembler = CommandAssembler()
        self._provider = Provider(channel.send, policy.find, policy.store_status)

    async def run(self) -> None:
        """Answer until the peer releases, aborts, errs, leaves or falls idle."""
        try:
            while True:
                async with asyncio.timeout(self._policy.idle_s):
                    if await self._turn():
                        return
        except (TimeoutError, ProtocolError):
            # Also our own: an answer can be impossible to encode that repeats what was proposed.
            return
        finally:
            self._provider.close()
            self._channel.give_up()
            await self._channel.close()

    async def _turn(self) -> bool:
        """Answer the next event; True when there is nothing more to say."""
        event = await self._channel.next_event()
        match event:
            case Signal() | Abort():
                return True
            case AssociateRequest():
                if self._policy.is_silent:
                    return False
                await asyncio.sleep(self._policy.answer_delay_s)
                self._answer(event)
            case Data():
                for fragment in event.fragments:
                    whole = self._assembler.feed(fragment)
                    if whole is not None:
                        self._provider.respond(*whole)
            case ReleaseRequest():
                self._channel.send(ReleaseReply())
        return False

    def _answer(self, request: AssociateRequest) -> None:
        rejection = _CONGESTED if self._is_congested else rejected(self._policy, request)
        if rejection is not None:
            self._channel.send(rejection)
            return
        self._provider.peer_maximum_length = request.user.maximum_length or 0
        self._channel.send(accepted(self._policy, request))


def rejected(policy: AcceptorPolicy, request: AssociateRequest) -> AssociateReject | None:
    """The rejection that the policy has for this request, if any (PS3.8 9.3.4)."""
    if policy.rejection is not None:
        return policy.rejection
    if policy.checks_application_context and request.application_context != APPLICATION_CONTEXT:
        return _APPLICATION_CONTEXT_NOT_SUPPORTED
    if policy.ae_title is not None and request.called_ae_title != policy.ae_title:
        return _CALLED_NOT_RECOGNIZED
    known = policy.calling_ae_titles
    if known is not None and request.calling_ae_title not in known:
        return _CALLING_NOT_RECOGNIZED
    return None


def accepted(policy: AcceptorPolicy, request: AssociateRequest) -> AssociateAccept:
    """The acceptance of this request, context by context, and what it negotiates beside them."""
    return AssociateAccept(
        request.called_ae_title,
        request.calling_ae_title,
        tuple(_context_answer(policy, context) for context in request.contexts),
        _user_information(policy, request.user),
    )


def _user_information(policy: AcceptorPolicy, asked: UserInformation) -> UserInformation:
    proposed = {extension.sop_class for extension in asked.extensions}
    wants_response = asked.identity is not None and asked.identity.response_requested
    return replace(
        OURSELVES,
        roles=_roles(policy.role_selections, asked.roles),
        extensions=tuple(
            ClassExtension(own.sop_class, bytes.fromhex(own.information))
            for own in policy.extended_negotiations
            if own.sop_class in proposed
        ),
        asynchronous_window=_window(policy.asynchronous_window, asked.asynchronous_window),
        identity_response=policy.identity_response if wants_response else None,
    )


def _roles(own: tuple[RoleSelection, ...] | None, proposed: tuple[Role, ...]) -> tuple[Role, ...]:
    """What both sides want of each class; a class that is not our own stays unanswered."""
    if own is None:
        return proposed
    known = {role.sop_class: role for role in own}
    return tuple(
        Role(role.sop_class, role.scu and mine.scu, role.scp and mine.scp)
        for role in proposed
        if (mine := known.get(role.sop_class)) is not None
    )


def _window(
    own: tuple[int, int] | None, proposed: AsynchronousWindow | None
) -> AsynchronousWindow | None:
    """The narrower of both in each direction; 0 is any number."""
    if own is None or proposed is None:
        return None
    pairs = zip(own, (proposed.invoked, proposed.performed), strict=True)
    return AsynchronousWindow(*(min(filter(None, pair), default=0) for pair in pairs))


def _context_answer(policy: AcceptorPolicy, context: ProposedContext) -> ContextAnswer:
    supported = policy.abstract_syntaxes
    if supported is not None and context.abstract_syntax not in supported:
        return ContextAnswer(context.context_id, _ABSTRACT_REFUSED)
    own = policy.transfer_syntaxes
    common = [uid for uid in context.transfer_syntaxes if own is None or uid in own]
    if not common:
        return ContextAnswer(context.context_id, _TRANSFER_REFUSED)
    preferred = (uid for uid in policy.preferred_transfer_syntaxes if uid in common)
    return ContextAnswer(context.context_id, _ACCEPTED, next(preferred, common[0]))
