"""A TCP connection to one of a name's addresses, and TLS on it; every failure is told apart."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Sequence

from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.network.channel import Channel
from dicomcfg.network.failure import NetworkFailure
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.network.tls import failure_detail
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
    last = NetworkFailure(Outcome.CONNECTION_TIMEOUT)
    for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
        try:
            async with asyncio.timeout(_share(until, left)):
                return await _connect(address, port), address
        except TimeoutError:
            last = NetworkFailure(Outcome.CONNECTION_TIMEOUT)
        except OSError as error:
            last = _failure(error)
    raise last


def _share(until: float, left: int) -> float | None:
    if left == 1:
        return None
    return (until - asyncio.get_running_loop().time()) / left


async def _connect(address: str, port: int) -> socket.socket:
    # Numeric only: this never looks a name up, and it understands zones (fe80::1%eth0). As bytes,
    # since text would go through the IDNA codec, which is slow to load.
    found = socket.getaddrinfo(
        address.encode("ascii", "replace"),
        port,
        type=socket.SOCK_STREAM,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
    family, kind, protocol, _, sockaddr = found[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, sockaddr)
    except BaseException:
        sock.close()
        raise
    return sock


def _failure(error: OSError) -> NetworkFailure:
    if error.errno in _REFUSED:
        return NetworkFailure(Outcome.CONNECTION_REFUSED)
    # The system gave up before we did; to the user it is the same silence.
    if error.errno in _TIMED_OUT:
        return NetworkFailure(Outcome.CONNECTION_TIMEOUT)
    name = errno.errorcode.get(error.errno or 0)
    return NetworkFailure(Outcome.HOST_UNREACHABLE, name.lower() if name else None)


async def attach(sock: socket.socket, association: Association) -> Channel:
    """A channel over a connected socket, which asyncio owns from here on, also on failure."""
    loop = asyncio.get_running_loop()
    _, channel = await loop.create_connection(lambda: Channel(association), sock=sock)
    return channel


async def attach_tls(
    sock: socket.socket, association: Association, context: ssl.SSLContext, hostname: str
) -> Channel:
    """The same after a TLS handshake. Raises NetworkFailure `tls-failure` with its detail."""
    loop = asyncio.get_running_loop()
    try:
        _, channel = await loop.create_connection(
            lambda: Channel(association),
            sock=sock,
            ssl=context,
            server_hostname=hostname,
            ssl_shutdown_timeout=_TLS_SHUTDOWN_S,
        )
    except ssl.SSLError as error:
        raise NetworkFailure(Outcome.TLS_FAILURE, failure_detail(error)) from error
    except OSError as error:
        raise NetworkFailure(Outcome.TLS_FAILURE, "connection-closed") from error
    return channel
