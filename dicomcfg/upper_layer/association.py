"""One association without I/O: bytes in, PDUs out, in either role.

    association = Association(Role.REQUESTOR)
    transport.write(association.send(request))
    association.receive_data(transport.read())
    event = association.next_event()

The caller owns sockets and clocks: it feeds what it read (b"" once the transport closed), says
when a timer ran out, and writes what it is handed. After an error or an expired timer the
association is over but for the bytes of an A-ABORT, which are handed out once.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeAlias

from dicomcfg.upper_layer.decoding import decode
from dicomcfg.upper_layer.encoding import encode
from dicomcfg.upper_layer.errors import LocalProtocolError, NotDicomError, RemoteProtocolError
from dicomcfg.upper_layer.framing import PduBuffer, blank_data_sets, blank_user_identity
from dicomcfg.upper_layer.notes import Notes
from dicomcfg.upper_layer.pdus import Abort, AssociateAccept, AssociateRequest, Pdu
from dicomcfg.upper_layer.states import INITIAL, Role, State, after_receiving, after_sending

MAXIMUM_LENGTH = 16384
_SERVICE_USER = 0
_SERVICE_PROVIDER = 2
_UNEXPECTED_PDU = 2
_UNESTABLISHED = frozenset(
    {
        State.START,
        State.AWAITING_REQUEST,
        State.AWAITING_LOCAL_ANSWER,
        State.AWAITING_ANSWER,
    }
)


class Signal(Enum):
    """What `next_event` tells where there is no PDU to give."""

    NEED_DATA = "need-data"
    CLOSED = "closed"


class Direction(Enum):
    """Whose PDU a recorded one is, seen from this end."""

    SENT = "sent"
    RECEIVED = "received"


Event: TypeAlias = Pdu | Signal
Recorder: TypeAlias = Callable[[Direction, bytes], None]


def _ignore(direction: Direction, raw: bytes) -> None:
    """Record nothing."""


class Association:
    """The state machine of one end (PS3.8 9.2).

    `maximum_length` is what this end announces for P-DATA, 0 for no limit. `record` gets every
    PDU as raw bytes with the user identity and the peer's data sets blanked, those at fault and
    those cut short included.
    """

    def __init__(
        self, role: Role, *, maximum_length: int = MAXIMUM_LENGTH, record: Recorder = _ignore
    ) -> None:
        self.role = role
        self.state = INITIAL[role]
        self.notes = Notes()
        self._buffer = PduBuffer(maximum_length)
        self._record = record
        self._request: AssociateRequest | None = None
        self._is_transport_closed = False
        self._is_incomplete_recorded = False

    def send(self, pdu: Pdu) -> bytes:
        """The bytes of `pdu`; raises LocalProtocolError where the state forbids it."""
        state = after_sending(self.state, type(pdu))
        if state is None:
            raise LocalProtocolError(f"cannot send {type(pdu).__name__} in {self.state.name}")
        raw = encode(pdu)
        self.state = state
        if isinstance(pdu, AssociateRequest):
            self._request = pdu
        self._record(Direction.SENT, blank_user_identity(raw))
        return raw

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the transport; b"" says that it closed."""
        if data:
            self._buffer.feed(data)
        else:
            self._is_transport_closed = True

    @property
    def has_incomplete_pdu(self) -> bool:
        """Whether part of a PDU has come and its rest has not."""
        return bool(self._buffer.incomplete)

    def next_event(self) -> Event:
        """The next PDU, NEED_DATA, or CLOSED once the transport closed or the end was reached.

        Raises RemoteProtocolError (NotDicomError where the peer speaks something else); the
        caller then writes `abort_bytes(error)` and closes.
        """
        if self.state is State.CLOSED:
            return Signal.CLOSED
        try:
            return self._next()
        except RemoteProtocolError:
            self._record_incomplete()
            raise

    def _next(self) -> Event:
        while (raw := self._buffer.next_pdu()) is not None:
            self._record_received(raw)
            pdu = decode(raw, self.notes)
            # AA-6: whoever had the last word hears nothing but an abort.
            if self.state is State.AWAITING_CLOSE and not isinstance(pdu, Abort):
                continue
            state = after_receiving(self.role, self.state, type(pdu))
            if state is None:
                detail = f"unexpected-{_name(pdu)}"
                raise RemoteProtocolError("pdu-type", detail, abort_reason=_UNEXPECTED_PDU)
            self.state = state
            if isinstance(pdu, AssociateAccept):
                self._compare_titles(pdu)
            return pdu
        if self._is_transport_closed:
            self._record_incomplete()
            self.state = State.CLOSED
            return Signal.CLOSED
        return Signal.NEED_DATA

    def _compare_titles(self, accept: AssociateAccept) -> None:
        """PS3.8 9.3.3 lets nobody test the titles of an answer, so a change is only noted."""
        if self._request is None:
            return
        if accept.called_ae_title != self._request.called_ae_title.strip(" "):
            self.notes.append("called-ae-title-changed")
        if accept.calling_ae_title != self._request.calling_ae_title.strip(" "):
            self.notes.append("calling-ae-title-changed")

    def abort_bytes(self, error: RemoteProtocolError) -> bytes:
        """AA-8: the A-ABORT that answers `error`, b"" to a peer that would not understand it."""
        if isinstance(error, NotDicomError):
            self.state = State.CLOSED
            return b""
        return self._abort(Abort(_SERVICE_PROVIDER, error.abort_reason))

    def timer_expired(self) -> bytes:
        """A timer ran out: what to write before closing the transport, perhaps nothing.

        The ARTIM timer (AA-2: a peer that never asked, or never closed) only closes; anywhere
        else the local user gives up (AA-1).
        """
        self._record_incomplete()
        if self.state in (State.AWAITING_REQUEST, State.AWAITING_CLOSE):
            self.state = State.CLOSED
            return b""
        return self._abort(Abort(_SERVICE_USER, 0))

    def _abort(self, abort: Abort) -> bytes:
        if after_sending(self.state, Abort) is None:
            self.state = State.CLOSED
            return b""
        return self.send(abort)

    def _record_incomplete(self) -> None:
        if self._buffer.incomplete and not self._is_incomplete_recorded:
            self._is_incomplete_recorded = True
            self._record_received(self._buffer.incomplete)

    def _record_received(self, raw: bytes) -> None:
        # Before an association stands there are no data sets, but evidence of who speaks there.
        blank = blank_user_identity if self.state in _UNESTABLISHED else blank_data_sets
        self._record(Direction.RECEIVED, self._without_passcode(blank(raw)))

    def _without_passcode(self, raw: bytes) -> bytes:
        """Some peers, a web server's error page among them, send back what they were sent."""
        identity = self._request.user.identity if self._request is not None else None
        if identity is None or not identity.secondary:
            return raw
        return raw.replace(identity.secondary, bytes(len(identity.secondary)))


def _name(pdu: Pdu) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in type(pdu).__name__)[1:]
