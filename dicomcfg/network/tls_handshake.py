"""What the messages of one TLS handshake told, and what a handshake that failed means.

The library keeps neither the chain of a peer that it did not trust nor whether a certificate of
ours was asked for; both pass by in the messages (RFC 5246 7.4, RFC 8446 4), which a watch takes
while the handshake runs. So one handshake tells all, and the chain shown is the one that failed.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from dicomcfg.core.diagnosis.observation import TlsSeen

_CHAIN_BOUND = 10
_VERDICT_S = 0.1
_TLS_1_3 = 0x0304
_VERSIONS = {0x0301: "TLSv1", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", _TLS_1_3: "TLSv1.3"}
# Content types of records (RFC 8446 5.1); the library tells of a record's header as 256.
_ALERT, _HANDSHAKE, _HEADER = 21, 22, 256
_RECORD_TYPES = range(20, 25)
# Handshake messages.
_NEW_SESSION_TICKET = 4
_CERTIFICATE, _CERTIFICATE_REQUEST = 11, 13
_SERVER_HELLO_DONE, _FINISHED = 14, 20
_HANDSHAKE_FAILURE = 40

_current: ContextVar[TlsWatch] = ContextVar("tls_watch")


class TlsWatch:
    """Takes the messages of the connection that is made in this context while it is current."""

    def __init__(self) -> None:
        self._first_header: bytes | None = None
        self._chain: list[bytes] = []
        self._asked: bool | None = None
        self._gave = False
        self._alert: int | None = None
        self._version: str | None = None
        self._cipher: tuple[str, int] | None = None
        self._verdict = asyncio.Event()

    def begin(self) -> None:
        """Be told of the connections made from here on in this context."""
        _current.set(self)

    @property
    def has_heard(self) -> bool:
        """Whether the peer answered anything."""
        return self._first_header is not None

    @property
    def heard_tls(self) -> bool:
        """Whether the peer answered in TLS."""
        header = self._first_header
        return header is not None and header[0] in _RECORD_TYPES and header[1] == 3

    def take(self, direction: str, version: int, kind: int, data: bytes) -> None:
        """A record's header or a message."""
        if direction == "write":
            self._gave = self._gave or (_is(data, kind, _CERTIFICATE) and _holds_one(data))
        elif kind == _HEADER and self._first_header is None:
            self._first_header = bytes(data[:5])
        elif kind == _ALERT and len(data) == 2:
            self._alert = self._alert or data[1]
            self._verdict.set()
        elif kind == _HANDSHAKE and data:
            self._take_message(version, data)

    def _take_message(self, version: int, data: bytes) -> None:
        message = data[0]
        if message == _CERTIFICATE_REQUEST:
            self._asked = True
        elif message == _CERTIFICATE:
            self._version = _VERSIONS.get(version)
            self._chain = chain_of(data, version)
        elif message == _NEW_SESSION_TICKET:
            self._verdict.set()
        elif message in (_SERVER_HELLO_DONE, _FINISHED):
            self._asked = bool(self._asked)

    def finished(self, connection: ssl.SSLObject) -> None:
        """The handshake succeeded."""
        self._version = connection.version()
        cipher = connection.cipher()
        self._cipher = (cipher[0], cipher[2]) if cipher is not None else None

    async def verdict(self) -> None:
        """In TLS 1.3 a peer looks at our certificate after we are done (RFC 8446 4.4.2).

        What we sent meanwhile would be unread when it closes, and the reset that follows takes
        its alert along. Most send a ticket as soon as they are content; a moment is enough.
        """
        if self._asked and self._version == "TLSv1.3":
            with suppress(TimeoutError):
                async with asyncio.timeout(_VERDICT_S):
                    await self._verdict.wait()

    def seen(self) -> TlsSeen:
        """All of it, as far as the handshake got."""
        name, bits = self._cipher or (None, None)
        # Loaded with the first certificate, see tls.
        from dicomcfg.network.certificates import read_chain

        return TlsSeen(self._version, name, bits, read_chain(self._chain), self._asked)

    def failure(self, error: Exception | None) -> str:
        """Why there is no connection, in kebab-case; None stands for one closed in good order."""
        if isinstance(error, ssl.SSLCertVerificationError):
            return _VERIFY_DETAILS.get(error.verify_code, "certificate-not-trusted")
        if self._first_header is not None and not self.heard_tls:
            return "plaintext-peer"
        if self._alert:
            return self._told()
        reason = (error.reason or "").upper() if isinstance(error, ssl.SSLError) else ""
        for part, detail in _REASON_DETAILS:
            if part in reason:
                return detail
        return "handshake-failed" if reason and "EOF" not in reason else self._closed()

    def broken_off(self, error: Exception | None) -> str | None:
        """Why the peer ended a connection before its first word, None where TLS has no part in it.

        In TLS 1.3 our own side is done before the peer looks at our certificate.
        """
        detail = self.failure(error)
        return None if detail == "connection-closed" else detail

    def _told(self) -> str:
        """What the peer's alert means at this point (RFC 8446 6.2)."""
        assert self._alert is not None
        if self._asked and self._alert in _ABOUT_CERTIFICATES:
            return "client-certificate-refused" if self._gave else "client-certificate-required"
        if self._alert == _HANDSHAKE_FAILURE and self._chain:
            return "handshake-failed"
        return _ALERT_DETAILS.get(self._alert, "handshake-failed")

    def _closed(self) -> str:
        """Some peers close without the alert that tells why, and some alerts are lost with it."""
        if self._asked and not self._gave:
            return "client-certificate-required"
        # With both sides done, it can have any reason that a peer in clear has too.
        if self._asked and self._cipher is None:
            return "client-certificate-refused"
        return "connection-closed"


def _is(data: bytes, kind: int, message: int) -> bool:
    return kind == _HANDSHAKE and data[:1] == bytes([message])


def _holds_one(data: bytes) -> bool:
    """An empty certificate message has a header, and in either version no more than four bytes."""
    return len(data) > 8


def chain_of(message: bytes, version: int) -> list[bytes]:
    """The certificates of a Certificate message (RFC 5246 7.4.2, RFC 8446 4.4.2) in DER.

    A message that does not hold what its lengths say gives those before the fault.
    """
    is_1_3 = version == _TLS_1_3
    # Type and length take four bytes, then in TLS 1.3 a context, then the list's length.
    at = 4 + (1 + message[4] if is_1_3 and len(message) > 4 else 0) + 3
    chain: list[bytes] = []
    while at + 3 <= len(message) and len(chain) < _CHAIN_BOUND:
        end = at + 3 + int.from_bytes(message[at : at + 3], "big")
        if end > len(message):
            break
        chain.append(bytes(message[at + 3 : end]))
        at = end + (2 + int.from_bytes(message[end : end + 2], "big") if is_1_3 else 0)
    return chain


def tell_watches(context: ssl.SSLContext) -> None:
    """Let the current watch hear of every message under this context."""
    context._msg_callback = _on_message  # type: ignore[attr-defined]


def _on_message(
    connection: Any, direction: str, version: int, kind: int, message: int, data: bytes
) -> None:
    watch = _current.get(None)
    if watch is not None:
        watch.take(direction, int(version), int(kind), data)


# OpenSSL's X509_V_ERR codes.
_VERIFY_DETAILS = {
    9: "not-yet-valid",
    10: "expired",
    18: "unknown-ca",
    19: "unknown-ca",
    20: "unknown-ca",
    21: "unknown-ca",
    62: "name-mismatch",
    64: "name-mismatch",
    66: "certificate-too-weak",
    67: "certificate-too-weak",
    68: "certificate-too-weak",
}
_ABOUT_CERTIFICATES = frozenset((40, 41, 42, 43, 44, 45, 46, 48, 49, 51, 116))
_ALERT_DETAILS = {
    _HANDSHAKE_FAILURE: "no-common-cipher",
    70: "no-common-version",
    71: "no-common-cipher",
    112: "name-mismatch",
    116: "client-certificate-required",
}
_REASON_DETAILS = (
    ("WRONG_VERSION_NUMBER", "plaintext-peer"),
    ("UNSUPPORTED_PROTOCOL", "no-common-version"),
    ("WRONG_SSL_VERSION", "no-common-version"),
    ("KEY_TOO_SMALL", "no-common-cipher"),
    ("WRONG_CIPHER", "no-common-cipher"),
    ("NO_CIPHERS", "no-common-cipher"),
)
