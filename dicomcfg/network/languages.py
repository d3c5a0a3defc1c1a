"""What a port speaks that did not answer us: asked once more, in the other language.

A peer that expects TLS drops a request in clear without a word, and many that expect DICOM in
clear drop a TLS handshake. Neither question holds a title, a name or anything else of ours.
They wait without limit: callers set the time.
"""

from __future__ import annotations

import asyncio

from dicomcfg.network.connecting import attach_tls, connect_to
from dicomcfg.network.failure import NetworkFailure
from dicomcfg.network.tls import ClientTls, unverified_context
from dicomcfg.network.tls_handshake import TlsWatch
from dicomcfg.upper_layer.association import Association
from dicomcfg.upper_layer.states import Role

_RELEASE_REQUEST = bytes.fromhex("05000000000400000000")
_ABORT_HEADER = bytes.fromhex("070000000004")


async def speaks_tls(address: str, port: int) -> TlsWatch | None:
    """What a handshake without verification sees, None where the peer does not answer in TLS."""
    watch = TlsWatch()
    tls = ClientTls(unverified_context())
    try:
        sock = await connect_to(address, port)
        channel = await attach_tls(sock, Association(Role.REQUESTOR), tls, address, watch)
    except (NetworkFailure, OSError):
        return watch if watch.heard_tls else None
    await channel.close()
    return watch


async def speaks_dicom(address: str, port: int) -> bool:
    """Whether a release out of turn is answered by an A-ABORT in clear (PS3.8 9.2, AA-1)."""
    try:
        reader, writer = await asyncio.open_connection(sock=await connect_to(address, port))
    except OSError:
        return False
    try:
        writer.write(_RELEASE_REQUEST)
        answer = await reader.readexactly(len(_ABORT_HEADER))
    except (OSError, asyncio.IncompleteReadError):
        return False
    finally:
        writer.transport.abort()
    return answer[:1] + b"\0" + answer[2:] == _ABORT_HEADER
