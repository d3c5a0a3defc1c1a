"""The requestor's conversation over a channel: associate, C-ECHO, release."""

from __future__ import annotations

from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.network.channel import Channel
from dicomcfg.network.failure import NetworkFailure
from dicomcfg.upper_layer.association import Signal
from dicomcfg.upper_layer.dimse import Command, CommandAssembler, command_pdus, echo_request
from dicomcfg.upper_layer.errors import NotDicomError, RemoteProtocolError
from dicomcfg.upper_layer.pdus import (
    Abort,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    Data,
    Pdu,
    ReleaseReply,
    ReleaseRequest,
)


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
        for data in command_pdus(context_id, echo_request(message_id), self._peer_maximum_length):
            self._channel.send(data)
        response = await self._response()
        if not response.is_response or response.responds_to not in (None, message_id):
            raise NetworkFailure(Outcome.PROTOCOL_ERROR, "unexpected-command")
        return response.status

    async def _response(self) -> Command:
        while True:
            pdu = await self._next_pdu()
            if isinstance(pdu, ReleaseRequest):
                raise NetworkFailure(Outcome.CONNECTION_CLOSED, "released-by-peer")
            assert isinstance(pdu, Data)
            for fragment in pdu.fragments:
                try:
                    whole = self._assembler.feed(fragment)
                except RemoteProtocolError as error:
                    self._channel.give_up()
                    raise _failure(error) from error
                if whole is not None:
                    return whole[1]

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
