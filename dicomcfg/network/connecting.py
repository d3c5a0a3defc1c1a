"""A TCP connection to one of a name's addresses, and TLS on it; every failure is told apart."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.network.channel import Channel
from dicomcfg.network.failure import NetworkFailure
from dicomcfg.network.plain_transport import PlainTransport
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.network.tls import ClientTls
from dicomcfg.network.tls_handshake import TlsWatch
from dicomcfg.upper_layer.association import Association

_TLS_SHUTDOWN_S = 0.1
_REFUSED = (errno.ECONNREFUSED,)
_TIMED_OUT = (errno.ETIMEDOUT,)


def allowed_addresses(addresses: Sequence[str], port: int, policy: AddressPolicy) -> list[str]:
    """The addresses that the policy allows, in order.

    Raises NetworkFailure `address-not-allowed` with the first refusal as detail if none is.
    """
    refusals = [(address, policy.refusal(address, port)) for address in addresses]
    allowed = [address for address, refusal in refusals if refusal is None]
    if not allowed:
        raise NetworkFailure(Outcome.ADDRESS_NOT_ALLOWED, refusals[0][1])
    return allowed


async def connect(addresses: Sequence[str], port: int, until: float) -> tuple[socket.socket, str]:
    """A connected socket to the first address that answers, and that address.

    `until` is a time of the running loop, to which the caller holds the last address; those
    before get an equal share of what is left, so that one that drops packets leaves time for the
    next. Raises NetworkFailure for the last.
    """
    *others, last = addresses
    for left, address in zip(range(len(addresses), 1, -1), others, strict=True):
        share_s = (until - asyncio.get_running_loop().time()) / left
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(share_s):
                return await connect_to(address, port), address
    try:
        return await connect_to(last, port), last
    except OSError as error:
        raise _failure(error) from error


async def connect_to(address: str, port: int) -> socket.socket:
    """A connected socket to one address. Raises OSError."""
    family, sockaddr = _numeric(address, port)
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await _connected(sock, sockaddr)
    except BaseException:
        sock.close()
        raise
    return sock


async def _connected(sock: socket.socket, sockaddr: Any) -> None:
    """What the loop's sock_connect does, which looks the address up first and takes a turn more."""
    try:
        sock.connect(sockaddr)
        return
    except (BlockingIOError, InterruptedError):
        pass
    loop = asyncio.get_running_loop()
    writable = loop.create_future()
    fd = sock.fileno()
    loop.add_writer(fd, _settle, writable)
    try:
        await writable
    finally:
        loop.remove_writer(fd)
    if error := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(error, os.strerror(error))


def _settle(writable: asyncio.Future[None]) -> None:
    if not writable.done():
        writable.set_result(None)


def _numeric(address: str, port: int) -> tuple[int, Any]:
    """Family and socket address; never looks a name up."""
    if ":" not in address:
        return socket.AF_INET, (address, port)
    # It understands zones (fe80::1%eth0). As bytes, since text would go through the IDNA codec,
    # which is slow to load.
    found = socket.getaddrinfo(
        address.encode("ascii", "replace"),
        port,
        type=socket.SOCK_STREAM,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
    return found[0][0], found[0][4]


def _failure(error: OSError) -> NetworkFailure:
    if error.errno in _REFUSED:
        return NetworkFailure(Outcome.CONNECTION_REFUSED)
    # The system gave up before we did; to the user it is the same silence.
    if error.errno in _TIMED_OUT:
        return NetworkFailure(Outcome.CONNECTION_TIMEOUT)
    name = errno.errorcode.get(error.errno or 0)
    return NetworkFailure(Outcome.HOST_UNREACHABLE, name.lower() if name else None)


def attach(sock: socket.socket, association: Association) -> Channel:
    """A channel over a connected socket, which it owns from here on."""
    channel = Channel(association)
    PlainTransport(sock, channel)
    return channel


async def attach_tls(
    sock: socket.socket, association: Association, tls: ClientTls, hostname: str, watch: TlsWatch
) -> Channel:
    """The same after a TLS handshake, of which `watch` is told; owns the socket also on failure.

    Raises NetworkFailure `tls-failure` with its detail.
    """
    watch.begin()
    loop = asyncio.get_running_loop()
    try:
        transport, channel = await loop.create_connection(
            lambda: Channel(association, watch=watch),
            sock=sock,
            ssl=tls.context,
            # A certificate cannot hold the zone of an address (fe80::1%eth0).
            server_hostname=tls.server_name or hostname.partition("%")[0],
            ssl_shutdown_timeout=_TLS_SHUTDOWN_S,
        )
    except OSError as error:
        raise NetworkFailure(Outcome.TLS_FAILURE, watch.failure(error)) from error
    except ValueError as error:
        # The host cannot be written in a handshake (RFC 6066 3), so no certificate can name it.
        raise NetworkFailure(Outcome.TLS_FAILURE, "name-mismatch") from error
    watch.finished(transport.get_extra_info("ssl_object"))
    try:
        await watch.verdict()
    except asyncio.CancelledError:
        transport.abort()
        raise
    return channel
