"""X.509 certificates as the plain values of an Observation; whoever sent them is not trusted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from cryptography import x509

from dicomcfg.core.diagnosis.observation import Certificate

_NAME_BOUND, _NAMES_BOUND = 200, 32
# Most of the library's own exceptions are no ValueError.
_NO_NAMES = (
    ValueError,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


def read_chain(chain: Iterable[bytes]) -> tuple[Certificate, ...]:
    """DER certificates in their order, without those that cannot be read."""
    return tuple(found for found in map(_read, chain) if found is not None)


def read_pem(pem: bytes) -> list[Certificate]:
    """The certificates of a PEM file. Raises ValueError where one cannot be read."""
    return [_describe(each) for each in x509.load_pem_x509_certificates(pem)]


def _read(der: bytes) -> Certificate | None:
    try:
        return _describe(x509.load_der_x509_certificate(der))
    except (ValueError, TypeError, x509.InvalidVersion):
        return None


def _describe(certificate: x509.Certificate) -> Certificate:
    """The values of one certificate. Raises ValueError where its fields cannot be read."""
    not_after = certificate.not_valid_after_utc
    return Certificate(
        subject=_printable(certificate.subject.rfc4514_string()),
        issuer=_printable(certificate.issuer.rfc4514_string()),
        not_before=certificate.not_valid_before_utc.isoformat(),
        not_after=not_after.isoformat(),
        days_left=(not_after - datetime.now(UTC)).days,
        names=_names(certificate),
    )


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Host names and addresses of the subject alternative name (RFC 6125)."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except _NO_NAMES:
        return ()
    names = found.get_values_for_type(x509.DNSName)
    addresses = found.get_values_for_type(x509.IPAddress)
    return tuple(_printable(str(name)) for name in [*names, *addresses][:_NAMES_BOUND])


def _printable(text: str) -> str:
    """Escaped, since a certificate can hold any character, and cut."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:_NAME_BOUND]
    )
