"""TLS settings by name, from a folder on the server; names travel, key material never does."""

from __future__ import annotations

import re
import ssl
from functools import lru_cache
from pathlib import Path

DEFAULT = "default"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class TlsSettingsMissingError(Exception):
    """No TLS settings of this name are on this host."""


def client_context(name: str, folder: Path | None) -> ssl.SSLContext:
    """A verifying context: `{folder}/{name}.pem` holds the CAs to trust.

    `default` without such a file trusts the system's. Raises TlsSettingsMissingError.
    """
    if _NAME.fullmatch(name) is None:
        raise TlsSettingsMissingError(name)
    path = folder / f"{name}.pem" if folder else None
    if path is not None and path.is_file():
        return _trusting(path, path.stat().st_mtime_ns)
    if name == DEFAULT:
        return _system()
    raise TlsSettingsMissingError(name)


@lru_cache(maxsize=32)
def _trusting(path: Path, modified_ns: int) -> ssl.SSLContext:
    """Kept until the file changes: loading CAs costs more than a whole echo."""
    try:
        return ssl.create_default_context(cafile=path)
    except (ssl.SSLError, OSError) as error:
        raise TlsSettingsMissingError(path.stem) from error


@lru_cache(maxsize=1)
def _system() -> ssl.SSLContext:
    return ssl.create_default_context()


def failure_detail(error: ssl.SSLError) -> str:
    """What went wrong in a handshake, in kebab-case."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _VERIFY_DETAILS.get(error.verify_code, "certificate-not-trusted")
    reason = (error.reason or "").upper()
    for part, detail in _REASON_DETAILS:
        if part in reason:
            return detail
    return "handshake-failed"


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
}
_REASON_DETAILS = (
    ("WRONG_VERSION_NUMBER", "plaintext-peer"),
    ("HTTP_REQUEST", "plaintext-peer"),
    ("RECORD_LAYER_FAILURE", "plaintext-peer"),
    ("CERTIFICATE_REQUIRED", "client-certificate-required"),
    ("UNSUPPORTED_PROTOCOL", "no-common-version"),
    ("PROTOCOL_VERSION", "no-common-version"),
    ("NO_SHARED_CIPHER", "no-common-cipher"),
)
