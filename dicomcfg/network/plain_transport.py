"""A transport in clear for a socket that is connected already, leaner than asyncio's own.

asyncio's takes three turns of the loop to begin and one to end, and asks the system four times for
what nobody wants to know: with it an echo costs a tenth more. It offers what a Channel uses.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

_READ_BYTES = 1 << 16


class PlainTransport(asyncio.Transport):
    """Owns the socket; calls the protocol as asyncio's do, but loses a connection at once."""

    def __init__(self, sock: socket.socket, protocol: asyncio.Protocol) -> None:
        super().__init__({"socket": sock})
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        # asyncio spells a socket out where it looks one up in vain, a number it does not.
        self._fd = sock.fileno()
        self._protocol = protocol
        self._unsent = bytearray()
        self._is_closing = False
        self._is_reading = False
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        protocol.connection_made(self)
        self.resume_reading()

    def is_closing(self) -> bool:
        """Whether nothing can be written any more."""
        return self._is_closing

    def pause_reading(self) -> None:
        """Leave what comes to the system's buffer."""
        if self._is_reading:
            self._is_reading = False
            self._loop.remove_reader(self._fd)

    def resume_reading(self) -> None:
        """Read on, unless it is closing."""
        if not self._is_reading and not self._is_closing:
            self._is_reading = True
            self._loop.add_reader(self._fd, self._read)

    def _read(self) -> None:
        try:
            data = self._sock.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error)
            return
        if data:
            self._protocol.data_received(data)
        else:
            self._protocol.eof_received()
            self.close()

    def write(self, data: Any) -> None:
        """Send now what the system takes, and the rest when it takes more."""
        if self._unsent:
            self._unsent += data
            return
        try:
            sent = self._sock.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError as error:
            # Told in a turn of its own, since whoever writes expects no call back.
            self._is_closing = True
            self.pause_reading()
            self._loop.call_soon(self._lose, error)
            return
        if sent < len(data):
            self._unsent += data[sent:]
            self._loop.add_writer(self._fd, self._send_rest)

    def _send_rest(self) -> None:
        try:
            del self._unsent[: self._sock.send(self._unsent)]
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error)
            return
        if not self._unsent:
            self._loop.remove_writer(self._fd)
            if self._is_closing:
                self._lose(None)

    def close(self) -> None:
        """Send the rest, then close."""
        if not self._is_closing:
            self._is_closing = True
            self.pause_reading()
            if not self._unsent:
                self._lose(None)

    def abort(self) -> None:
        """Close now."""
        self._lose(None)

    def _lose(self, error: OSError | None) -> None:
        if self._sock.fileno() < 0:
            return
        self._is_closing = True
        self.pause_reading()
        if self._unsent:
            self._loop.remove_writer(self._fd)
        self._sock.close()
        self._protocol.connection_lost(error)
