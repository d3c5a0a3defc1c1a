"""The rungs that every probe climbs: resolve, connect, TLS, associate, release.

A Climb gathers what it sees and gives the Observation at the end, whatever happened. Nothing
that a peer does leaves it as an exception; cancellation does, after the sockets are closed.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from dicomcfg.core.diagnosis.observation import (
    Abort,
    ContextResult,
    Observation,
    Outcome,
    Peer,
    Rejection,
    SeenFrom,
    StageName,
)
from dicomcfg.core.negotiation.proposal import Proposed
from dicomcfg.network.channel import Channel
from dicomcfg.network.connecting import allowed_addresses, attach, attach_tls, connect
from dicomcfg.network.failure import NetworkFailure, StageTimeout
from dicomcfg.network.requestor import AbortedError, RejectedError, Requestor
from dicomcfg.network.tls import TlsSettingsMissingError, client_context
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits, Target
from dicomcfg.probes.timeline import Timeline
from dicomcfg.upper_layer.association import Association
from dicomcfg.upper_layer.errors import LocalProtocolError
from dicomcfg.upper_layer.identity import OURSELVES
from dicomcfg.upper_layer.pdus import (
    AssociateAccept,
    AssociateRequest,
    ProposedContext,
)
from dicomcfg.upper_layer.states import Role


class Climb:
    """One target's attempt, from its name to its release."""

    def __init__(self, kind: str, target: Target, limits: Limits, environment: Environment) -> None:
        self.contexts: list[ContextResult] = []
        self.status: int | None = None
        self.timeline = Timeline(limits.total_s, environment.pdu_record_bound_bytes)
        self._kind = kind
        self._target = target
        self._limits = limits
        self._environment = environment
        self._outcome = Outcome.SUCCESS
        self._detail: str | None = None
        self._address: str | None = None
        self._local_address: str | None = None
        self._peer = Peer()
        self._rejection: Rejection | None = None
        self._abort: Abort | None = None
        self._notes: dict[str, None] = {}

    async def run(self, steps: Callable[[], Awaitable[None]]) -> Observation:
        """Take `steps` until they end or fail, and tell what was observed."""
        try:
            await steps()
        except NetworkFailure as failure:
            self._outcome, self._detail = failure.outcome, failure.detail
            self._take_codes(failure)
        return self._observation()

    def note(self, note: str) -> None:
        """Remember a fact that changed nothing."""
        self._notes[note] = None

    async def resolve(self) -> list[str]:
        """The addresses that may be connected to."""
        target = self._target
        async with self.timeline.stage(StageName.RESOLVE, self._limits.resolve_s):
            found = await self._environment.resolver.resolve(target.hostname, target.port)
            self._address = found[0]
            return allowed_addresses(found, target.port, self._environment.policy)

    @asynccontextmanager
    async def association(
        self, addresses: Sequence[str], contexts: Sequence[Proposed]
    ) -> AsyncIterator[tuple[Requestor, AssociateAccept]]:
        """Connect and associate; leaving without an exception releases."""
        association = Association(Role.REQUESTOR, record=self.timeline.record)
        channel = await self._open(addresses, association)
        try:
            requestor = Requestor(channel)
            accept = await self._associate(requestor, contexts)
            yield requestor, accept
            await self._release(requestor)
        except StageTimeout as failure:
            if association.has_incomplete_pdu:
                failure.detail = "incomplete-pdu"
            raise
        finally:
            for note in association.notes:
                self.note(note)
            channel.give_up()
            await channel.close()

    async def _open(self, addresses: Sequence[str], association: Association) -> Channel:
        target, limits = self._target, self._limits
        context = self._tls_context()
        async with self.timeline.stage(StageName.CONNECT, limits.connect_s) as until:
            sock, self._address = await connect(addresses, target.port, until)
            self._local_address = str(sock.getsockname()[0])
            if context is None:
                return await attach(sock, association)
        async with self.timeline.stage(StageName.TLS, limits.connect_s):
            return await attach_tls(sock, association, context, target.hostname)

    def _tls_context(self) -> ssl.SSLContext | None:
        if self._target.tls is None:
            return None
        try:
            return client_context(self._target.tls, self._environment.tls_folder)
        except TlsSettingsMissingError:
            self.timeline.current = StageName.TLS
            raise NetworkFailure(Outcome.TLS_FAILURE, "settings-missing") from None

    async def _associate(
        self, requestor: Requestor, contexts: Sequence[Proposed]
    ) -> AssociateAccept:
        request = associate_request(self._target, contexts)
        async with self.timeline.stage(StageName.ASSOCIATE, self._limits.associate_s):
            try:
                accept = await requestor.associate(request)
            except LocalProtocolError as error:
                raise NetworkFailure(Outcome.PROTOCOL_ERROR, "request-not-encodable") from error
        user = accept.user
        self._peer = Peer(
            user.implementation_class_uid, user.implementation_version_name, user.maximum_length
        )
        return accept

    async def echo(self, requestor: Requestor, context_id: int) -> None:
        """One C-ECHO, its status kept."""
        async with self.timeline.stage(StageName.ECHO, self._limits.operation_s):
            self.status = await requestor.echo(context_id)
            if self.status != 0:
                detail = "no-status" if self.status is None else f"status-0x{self.status:04x}"
                raise NetworkFailure(Outcome.ECHO_FAILED, detail)

    async def _release(self, requestor: Requestor) -> None:
        """What goes wrong from here on no longer changes the outcome; it is noted."""
        try:
            async with self.timeline.stage(StageName.RELEASE, self._limits.release_s):
                await requestor.release()
        except AbortedError as failure:
            self._take_codes(failure)
            self.note("abort-after-success")
        except NetworkFailure as failure:
            self.note(f"release-{failure.outcome}")

    def _take_codes(self, failure: NetworkFailure) -> None:
        if isinstance(failure, RejectedError):
            reject = failure.reject
            self._rejection = Rejection(reject.result, reject.source, reject.reason)
        elif isinstance(failure, AbortedError):
            self._abort = Abort(failure.abort.source, failure.abort.reason)

    def _observation(self) -> Observation:
        return Observation(
            kind=self._kind,
            outcome=self._outcome,
            stage=self.timeline.current,
            detail=self._detail,
            status=self.status,
            stages=self.timeline.stages,
            address=self._address,
            peer=self._peer,
            rejection=self._rejection,
            abort=self._abort,
            contexts=tuple(self.contexts),
            notes=tuple(self._notes),
            pdus=self.timeline.pdus,
            seen_from=SeenFrom(
                self._environment.host, self._local_address, self._target.calling_ae_title
            ),
        )


def associate_request(target: Target, contexts: Sequence[Proposed]) -> AssociateRequest:
    """The request that proposes `contexts` to `target` in our name."""
    return AssociateRequest(
        target.called_ae_title,
        target.calling_ae_title,
        tuple(
            ProposedContext(
                proposed.context_id,
                proposed.context.abstract_syntax,
                proposed.context.transfer_syntaxes,
            )
            for proposed in contexts
        ),
        OURSELVES,
    )
