"""An acceptor that answers every association with the same bytes: the cheapest peer there is.

It runs in a process of its own, prints its port and serves until it is killed, so that only the
requestor under test is measured.
"""

from __future__ import annotations

import asyncio
import sys

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


def _response(message_id: int) -> bytes:
    pdus = command_pdus(1, response_to(echo_request(message_id), 0), 0)
    return b"".join(map(encode, pdus))


class Canned(asyncio.Protocol):
    """Looks at the PDU's type and, for the echo, at its message id, and nothing else."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: a requestor came."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        """asyncio: answer every whole PDU."""
        self._buffer += data
        while len(self._buffer) >= 6:
            end = 6 + int.from_bytes(self._buffer[2:6], "big")
            if len(self._buffer) < end:
                return
            raw, self._buffer = self._buffer[:end], self._buffer[end:]
            if raw[0] == 1:
                self._transport.write(_ACCEPT)
            elif raw[0] == 4:
                at = raw.index(b"\x00\x00\x10\x01\x02\x00\x00\x00") + 8
                self._transport.write(_response(int.from_bytes(raw[at : at + 2], "little")))
            elif raw[0] == 5:
                self._transport.write(_RELEASED)


async def main() -> None:
    """Serve on every loopback address."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Canned, "0.0.0.0", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
