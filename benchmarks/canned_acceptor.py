"""An acceptor that answers every association with the same bytes: the cheapest peer there is.

As most products do it gives the titles of the request back, and nothing else differs. It runs in a
process of its own, prints its port and serves until it is killed, so that only the requestor under
test is measured. It does without asyncio, whose share of an echo would show in the faster
requestor's figure alone.
"""

from __future__ import annotations

import select
import socket
from functools import lru_cache

from dicomcfg.upper_layer.dimse import command_pdus, echo_request, response_to
from dicomcfg.upper_layer.encoding import encode
from dicomcfg.upper_layer.pdus import AssociateAccept, ContextAnswer, ReleaseReply, UserInformation

_ACCEPT = encode(
    AssociateAccept(
        "CANNED",
        "BENCH",
        (ContextAnswer(1, 0, "1.2.840.10008.1.2"),),
        UserInformation(16384, "1.2.3", "CANNED"),
    )
)
_RELEASED = encode(ReleaseReply())


@lru_cache
def _response(message_id: int) -> bytes:
    pdus = command_pdus(1, response_to(echo_request(message_id), 0), 0)
    return b"".join(map(encode, pdus))


def _answer(raw: bytes) -> bytes:
    """Looks at the PDU's type, at the titles or the message id, and at nothing else."""
    if raw[0] == 1:
        return _ACCEPT[:10] + raw[10:42] + _ACCEPT[42:]
    if raw[0] == 4:
        at = raw.index(b"\x00\x00\x10\x01\x02\x00\x00\x00") + 8
        return _response(int.from_bytes(raw[at : at + 2], "little"))
    return _RELEASED if raw[0] == 5 else b""


class Connection:
    """One requestor, whose PDUs may come in pieces."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = b""

    def serve(self) -> bool:
        """Answer what came; False once the requestor is gone."""
        try:
            data = self._sock.recv(65536)
            self._buffer += data
            while len(self._buffer) >= 6:
                end = 6 + int.from_bytes(self._buffer[2:6], "big")
                if len(self._buffer) < end:
                    break
                raw, self._buffer = self._buffer[:end], self._buffer[end:]
                self._sock.send(_answer(raw))
        except ConnectionError:
            return False
        return bool(data)

    def close(self) -> None:
        """Our side too."""
        self._sock.close()


def main() -> None:
    """Serve on every loopback address."""
    connections: dict[int, Connection] = {}
    with socket.create_server(("0.0.0.0", 0), backlog=2048) as server, select.epoll() as poll:
        print(server.getsockname()[1], flush=True)
        poll.register(server, select.EPOLLIN)
        while True:
            for number, _ in poll.poll():
                if number == server.fileno():
                    sock, _ = server.accept()
                    connections[sock.fileno()] = Connection(sock)
                    poll.register(sock, select.EPOLLIN)
                elif not connections[number].serve():
                    connections.pop(number).close()


if __name__ == "__main__":
    main()
