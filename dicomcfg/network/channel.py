"""An association's state machine joined to an asyncio transport; both ends use it.

Reading stops while the state machine is behind, so that a peer cannot fill memory. It sets no
limits of time: callers wrap its coroutines in `asyncio.timeout_at`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.network.failure import NetworkFailure
from dicomcfg.network.tls_handshake import TlsWatch
from dicomcfg.upper_layer.association import Association, Event, Signal
from dicomcfg.upper_layer.errors import RemoteProtocolError
from dicomcfg.upper_layer.pdus import Pdu

_UNREAD_BOUND_BYTES = 1 << 18
_CLOSE_GRACE_S = 0.2
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)


class Channel(asyncio.Protocol):
    """Sends PDUs and awaits events. Transports, asyncio's too, set TCP_NODELAY themselves.

    `on_connected` is called with the channel once bytes can flow. `watch` saw the handshake of a
    connection over TLS.
    """

    def __init__(
        self,
        association: Association,
        on_connected: Callable[[Channel], None] | None = None,
        watch: TlsWatch | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.association = association
        self.was_reset = False
        self._loop = loop
        self._on_connected = on_connected
        self._watch = watch
        self._error: Exception | None = None
        self._has_heard = False
        self._transport: asyncio.Transport | None = None
        self._lost: asyncio.Future[None] = loop.create_future()
        self._waiter: asyncio.Future[None] | None = None
        self._unread_bytes = 0
        self._socket: socket.socket | None = None

    @property
    def transport(self) -> asyncio.Transport:
        """The transport, which is there once the connection is made."""
        if self._transport is None:
            raise RuntimeError("the connection was never made")
        return self._transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the transport is ready."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._socket = transport.get_extra_info("socket")
        if self._on_connected is not None:
            self._on_connected(self)

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        self._has_heard = True
        self.association.receive_data(data)
        self._unread_bytes += len(data)
        if self._unread_bytes > _UNREAD_BOUND_BYTES:
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """asyncio: the peer closed its side; nothing more comes, so close ours."""
        self.association.receive_data(b"")
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the transport is gone."""
        self.was_reset = isinstance(exc, ConnectionError)
        self._error = exc
        self.association.receive_data(b"")
        self._wake()
        if not self._lost.done():
            self._lost.set_result(None)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def send(self, pdu: Pdu) -> None:
        """Write a PDU. Raises LocalProtocolError where the state forbids it."""
        self._write(self.association.send(pdu))

    def _write(self, raw: bytes) -> None:
        if not raw or self.transport.is_closing():
            return
        self.transport.write(raw)
        # A peer that answers in two segments waits for the acknowledgement of the first, which
        # Linux delays by 40 ms; the option lasts for a moment only, so it is set per write.
        if _QUICKACK is not None and self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)

    async def next_event(self) -> Event:
        """The next PDU, or CLOSED. Raises RemoteProtocolError after having sent the A-ABORT."""
        while True:
            try:
                event = self.association.next_event()
            except RemoteProtocolError as error:
                self._write(self.association.abort_bytes(error))
                raise
            if event is not Signal.NEED_DATA:
                return event
            self._unread_bytes = 0
            if not self.transport.is_closing():
                self.transport.resume_reading()
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def closed_failure(self) -> NetworkFailure:
        """What the end of the transport means to someone who still waited for an answer."""
        if self._watch is not None and not self._has_heard:
            broken = self._watch.broken_off(self._error)
            if broken is not None:
                return NetworkFailure(Outcome.TLS_FAILURE, broken)
        detail = "reset" if self.was_reset else None
        return NetworkFailure(Outcome.CONNECTION_CLOSED, detail)

    def give_up(self) -> None:
        """No more time or interest: send the A-ABORT that an association still open is owed."""
        self._write(self.association.timer_expired())

    async def close(self) -> None:
        """Close the transport and wait until it is gone, for a bounded moment only."""
        if self._transport is None:
            return
        self._transport.close()
        # Without TLS and unsent bytes it is gone at once.
        if self._lost.done():
            return
        try:
            async with asyncio.timeout(_CLOSE_GRACE_S):
                await asyncio.shield(self._lost)
        except TimeoutError:
            self._transport.abort()
            await self._lost
