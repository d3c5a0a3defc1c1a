"""The rungs that every probe climbs: resolve, connect, TLS, associate, release.

A Climb gathers what it sees and gives the Observation at the end, whatever happened. Nothing
that a peer does leaves it as an exception; cancellation does, after the sockets are closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from dicomcfg.core.diagnosis.observation import (
    Abort,
    Answer,
    ContextResult,
    Observation,
    Outcome,
    Peer,
    Rejection,
    SeenFrom,
    SentObject,
    StageName,
    Trial,
)
from dicomcfg.core.negotiation.options import RequestOptions
from dicomcfg.core.negotiation.proposal import Proposed
from dicomcfg.network.channel import Channel
from dicomcfg.network.connecting import allowed_addresses, attach, attach_tls, connect
from dicomcfg.network.failure import NetworkFailure, StageTimeout
from dicomcfg.network.languages import speaks_dicom, speaks_tls
from dicomcfg.network.requestor import AbortedError, RejectedError, Requestor
from dicomcfg.network.tls import ClientTls, client_context
from dicomcfg.network.tls_handshake import TlsWatch
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.request import associate_request, user_identity
from dicomcfg.probes.target import Limits, Target
from dicomcfg.probes.timeline import Timeline
from dicomcfg.upper_layer.association import Association, Direction
from dicomcfg.upper_layer.errors import LocalProtocolError
from dicomcfg.upper_layer.pdus import AssociateAccept, UserIdentity
from dicomcfg.upper_layer.states import Role

_OTHER_LANGUAGE_S = 2.0


class Climb:
    """The way up to one target, from its name to its release."""

    def __init__(
        self,
        kind: str,
        target: Target,
        limits: Limits,
        environment: Environment,
        timeline: Timeline | None = None,
    ) -> None:
        self.contexts: list[ContextResult] = []
        self.answer: Answer | None = None
        self.status: int | None = None
        self.pending: int | None = None
        self.sent_object: SentObject | None = None
        self.trials: list[Trial] = []
        self.timeline = timeline or Timeline(limits.total_s, environment.pdu_record_bound_bytes)
        self._kind = kind
        self._target = target
        self._limits = limits
        self._environment = environment
        self._outcome = Outcome.SUCCESS
        self._detail: str | None = None
        self._address: str | None = None
        self._identity: UserIdentity | None = None
        self._local_address: str | None = None
        self._peer = Peer()
        self._rejection: Rejection | None = None
        self._abort: Abort | None = None
        self._notes: dict[str, None] = {}
        self._tls: TlsWatch | None = None

    async def run(self, steps: Callable[[], Awaitable[None]]) -> Observation:
        """Take `steps` until they end or fail, and tell what was observed."""
        try:
            self._identity = user_identity(self._target.options.identity)
            await steps()
        except NetworkFailure as failure:
            self._outcome, self._detail = failure.outcome, failure.detail
            self._take_codes(failure)
            await self._ask_in_the_other_language()
        return self._observation()

    async def _ask_in_the_other_language(self) -> None:
        """Who drops TLS may want DICOM in clear, and who drops that may want TLS."""
        left_s = min(self.timeline.left_s, _OTHER_LANGUAGE_S)
        if self._address is None or left_s <= 0 or not self._was_dropped():
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(left_s):
                if self._target.tls is None:
                    self._tls = await speaks_tls(self._address, self._target.port)
                    if self._tls is not None:
                        self._outcome, self._detail = Outcome.NOT_DICOM, "tls-peer"
                elif await speaks_dicom(self._address, self._target.port):
                    self._detail = "plaintext-peer"

    def _was_dropped(self) -> bool:
        """Whether the peer took our first bytes and gave none."""
        if self._target.tls is not None:
            is_about_tls = self._outcome is Outcome.TLS_FAILURE
            return is_about_tls and self._tls is not None and not self._tls.has_heard
        return (
            self._outcome is Outcome.CONNECTION_CLOSED
            and self.timeline.current is StageName.ASSOCIATE
            and all(pdu.direction == Direction.SENT.value for pdu in self.timeline.pdus)
        )

    async def trial(
        self,
        name: str,
        target: Target,
        steps: Callable[[Climb], Awaitable[None]],
        timeline: Timeline,
    ) -> Trial:
        """One association among several: climb `steps` under `target` and tell how it went.

        Where the peer is and what it says of itself is kept here too, the rest in the Trial.
        """
        branch = Climb(self._kind, target, self._limits, self._environment, timeline)
        seen = await branch.run(lambda: steps(branch))
        self._address = seen.address or self._address
        self._local_address = branch._local_address or self._local_address
        self._tls = self._tls or branch._tls
        if self._peer == Peer():
            self._peer = seen.peer
        for note in seen.notes:
            self.note(note)
        trial = Trial(
            name,
            target.called_ae_title,
            target.calling_ae_title,
            seen.outcome,
            seen.detail,
            seen.rejection,
            seen.abort,
            seen.contexts,
            seen.answer,
            round(seen.elapsed_ms, 3),
        )
        self.trials.append(trial)
        return trial

    def end_as(self, trial: Trial) -> None:
        """Let the whole check have ended as one of its trials did."""
        self._outcome, self._detail = trial.outcome, trial.detail
        self._rejection, self._abort = trial.rejection, trial.abort

    def note(self, note: str) -> None:
        """Remember a fact that changed nothing."""
        self._notes[note] = None

    async def resolve(self) -> list[str]:
        """The addresses that may be connected to."""
        target = self._target
        with self.timeline.stage(StageName.RESOLVE, self._limits.resolve_s):
            found = await self._environment.resolver.resolve(target.hostname, target.port)
            self._address = found[0]
            return allowed_addresses(found, target.port, self._environment.policy)

    @asynccontextmanager
    async def association(
        self,
        addresses: Sequence[str],
        contexts: Sequence[Proposed],
        options: RequestOptions | None = None,
    ) -> AsyncIterator[tuple[Requestor, AssociateAccept]]:
        """Connect and associate; leaving without an exception releases.

        `options` take the place of the target's, but for the identity.
        """
        chosen = options or self._target.options
        association = Association(
            Role.REQUESTOR, maximum_length=chosen.maximum_length, record=self.timeline.record
        )
        channel = await self._open(addresses, association)
        try:
            requestor = Requestor(channel)
            accept = await self._associate(requestor, contexts, chosen)
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
        tls = self._client_tls()
        with self.timeline.stage(StageName.CONNECT, limits.connect_s) as until:
            sock, self._address = await connect(addresses, target.port, until)
            self._local_address = str(sock.getsockname()[0])
            if tls is None:
                return attach(sock, association)
        self._tls = TlsWatch()
        with self.timeline.stage(StageName.TLS, limits.connect_s):
            return await attach_tls(sock, association, tls, target.hostname, self._tls)

    def _client_tls(self) -> ClientTls | None:
        if self._target.tls is None:
            return None
        try:
            return client_context(self._target.tls, self._environment.tls_folder)
        except NetworkFailure:
            self.timeline.current = StageName.TLS
            raise

    async def _associate(
        self, requestor: Requestor, contexts: Sequence[Proposed], options: RequestOptions
    ) -> AssociateAccept:
        with self.timeline.stage(StageName.ASSOCIATE, self._limits.associate_s):
            try:
                request = associate_request(self._target, contexts, options, self._identity)
                accept = await requestor.associate(request)
            except (LocalProtocolError, ValueError) as error:
                raise NetworkFailure(Outcome.PROTOCOL_ERROR, "request-not-encodable") from error
        user = accept.user
        self._peer = Peer(
            user.implementation_class_uid, user.implementation_version_name, user.maximum_length
        )
        return accept

    async def echo(self, requestor: Requestor, context_id: int) -> None:
        """One C-ECHO, its status kept."""
        with self.timeline.stage(StageName.ECHO, self._limits.operation_s):
            self.status = await requestor.echo(context_id)
            if self.status != 0:
                detail = "no-status" if self.status is None else f"status-0x{self.status:04x}"
                raise NetworkFailure(Outcome.ECHO_FAILED, detail)

    async def _release(self, requestor: Requestor) -> None:
        """What goes wrong from here on no longer changes the outcome; it is noted."""
        try:
            with self.timeline.stage(StageName.RELEASE, self._limits.release_s):
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
            answer=self.answer,
            trials=tuple(self.trials),
            notes=tuple(self._notes),
            pdus=self.timeline.pdus,
            seen_from=SeenFrom(
                self._environment.host, self._local_address, self._target.calling_ae_title
            ),
            tls=self._tls.seen() if self._tls is not None else None,
            pending=self.pending,
            sent_object=self.sent_object,
        )
