"""The requestor's conversation over a channel: associate, C-ECHO, C-FIND, C-STORE, release."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.core.standard.codes import StatusClass, status_class
from dicomcfg.network.channel import Channel
from dicomcfg.network.failure import NetworkFailure
from dicomcfg.upper_layer.association import Signal
from dicomcfg.upper_layer.dimse import (
    Command,
    CommandAssembler,
    cancel_request,
    command_pdus,
    echo_request,
    find_request,
    message_pdus,
    store_request,
)
from dicomcfg.upper_layer.errors import NotDicomError, RemoteProtocolError
from dicomcfg.upper_layer.pdus import (
    Abort,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    Data,
    Fragment,
    Pdu,
    ReleaseReply,
    ReleaseRequest,
)

PENDING_TOLERATED = 4096
"""Pending answers read after a C-CANCEL: those already on their way, not a whole archive.

A few hundred bytes each, they fit into the buffers between a fast archive and us before it reads
the cancel.
"""


class RejectedError(NetworkFailure):
    """An A-ASSOCIATE-RJ came."""

    def __init__(self, reject: AssociateReject) -> None:
        super().__init__(Outcome.ASSOCIATION_REJECTED)
        self.reject = reject


class AbortedError(NetworkFailure):
    """An A-ABORT came."""

    def __init__(self, abort: Abort) -> None:
        super().__init__(Outcome.ASSOCIATION_ABORTED)
        self.abort = abort


class Requestor:
    """Our side of one association, one operation at a time.

    Every method raises NetworkFailure (RejectedError, AbortedError) for what the peer does and
    waits without limit: callers set the time.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._assembler = CommandAssembler()
        self._fragments: deque[Fragment] = deque()
        self._peer_maximum_length = 0

    async def associate(self, request: AssociateRequest) -> AssociateAccept:
        """Propose, and return the acceptance."""
        self._channel.send(request)
        pdu = await self._next_pdu()
        if isinstance(pdu, AssociateReject):
            raise RejectedError(pdu)
        # The state machine lets nothing else through here.
        assert isinstance(pdu, AssociateAccept)
        self._peer_maximum_length = pdu.user.maximum_length or 0
        return pdu

    async def echo(self, context_id: int, message_id: int = 1) -> int | None:
        """C-ECHO on an accepted context: the status, None where the response has none."""
        self._send(context_id, echo_request(message_id))
        return await self._status(message_id)

    async def find(
        self, context_id: int, sop_class: str, identifier: bytes, message_id: int = 1
    ) -> AsyncIterator[int | None]:
        """C-FIND: the status of each answer, the last one not pending; None where it has none.

        The first pending answer is met with a C-CANCEL. More than PENDING_TOLERATED after it are
        `operation-failed` with the detail `cancel-ignored`, and the caller should abort. What
        the peer found is never kept.
        """
        self._send(context_id, find_request(message_id, sop_class), identifier)
        for number in range(PENDING_TOLERATED + 1):
            status = await self._status(message_id)
            yield status
            if status is None or status_class(status) is not StatusClass.PENDING:
                return
            if number == 0:
                self._send(context_id, cancel_request(message_id))
        raise NetworkFailure(Outcome.OPERATION_FAILED, "cancel-ignored")

    async def store(
        self,
        context_id: int,
        sop_class: str,
        sop_instance: str,
        data_set: bytes,
        message_id: int = 1,
    ) -> int | None:
        """C-STORE of one encoded object: the status, None where the response has none."""
        self._send(context_id, store_request(message_id, sop_class, sop_instance), data_set)
        return await self._status(message_id)

    def _send(self, context_id: int, command: Command, data_set: bytes | None = None) -> None:
        most = self._peer_maximum_length
        if data_set is None:
            pdus = command_pdus(context_id, command, most)
        else:
            pdus = message_pdus(context_id, command, data_set, most)
        for data in pdus:
            self._channel.send(data)

    async def _status(self, message_id: int) -> int | None:
        response = await self._response()
        if not response.is_response or response.responds_to not in (None, message_id):
            raise NetworkFailure(Outcome.PROTOCOL_ERROR, "unexpected-command")
        return response.status

    async def _response(self) -> Command:
        while True:
            # One PDU may hold the end of an answer and the next one.
            while self._fragments:
                try:
                    whole = self._assembler.feed(self._fragments.popleft())
                except RemoteProtocolError as error:
                    self._channel.give_up()
                    raise _failure(error) from error
                if whole is not None:
                    return whole[1]
            pdu = await self._next_pdu()
            if isinstance(pdu, ReleaseRequest):
                raise NetworkFailure(Outcome.CONNECTION_CLOSED, "released-by-peer")
            assert isinstance(pdu, Data)
            self._fragments.extend(pdu.fragments)

    async def release(self) -> None:
        """Release, replying to a peer that asks for release at the same time (AR-8)."""
        self._channel.send(ReleaseRequest())
        while True:
            pdu = await self._next_pdu()
            if isinstance(pdu, ReleaseReply):
                return
            if isinstance(pdu, ReleaseRequest):
                self._channel.send(ReleaseReply())

    async def _next_pdu(self) -> Pdu:
        try:
            event = await self._channel.next_event()
        except RemoteProtocolError as error:
            raise _failure(error) from error
        if isinstance(event, Abort):
            raise AbortedError(event)
        if isinstance(event, Signal):
            raise self._channel.closed_failure()
        return event


def _failure(error: RemoteProtocolError) -> NetworkFailure:
    if isinstance(error, NotDicomError):
        return NetworkFailure(Outcome.NOT_DICOM, error.detail)
    # A length over the bound is its own cause; otherwise the field at fault tells the most.
    detail = error.detail if error.field == "pdu-length" else error.field
    return NetworkFailure(Outcome.PROTOCOL_ERROR, detail or error.field)
