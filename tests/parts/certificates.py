"""A tiny certificate authority of elliptic curves, and settings folders filled by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, with the certificates above it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    above: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> bytes:
        """The certificate and those above it."""
        return b"".join(each.public_bytes(Encoding.PEM) for each in (self.certificate, *self.above))

    def key_pem(self, passphrase: bytes | None = None) -> bytes:
        """The key, encrypted with a passphrase if there is one."""
        how = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)

    def write(self, folder: Path) -> Path:
        """`certificate.pem` and `key.pem` in a folder, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "certificate.pem").write_bytes(self.pem)
        (folder / "key.pem").write_bytes(self.key_pem())
        return folder


def authority(name: str = "Hospital CA", days: int = 90) -> Pair:
    """A self-signed authority that ends in `days`."""
    return _sign(name, None, days, is_authority=True)


def issue(
    by: Pair,
    name: str = "archive.example",
    *,
    days: int = 90,
    begins_in_days: int = -100,
    names: tuple[str, ...] | None = None,
    is_authority: bool = False,
) -> Pair:
    """A certificate signed by `by`; names that are addresses become addresses."""
    return _sign(name, by, days, begins_in_days, names, is_authority)


def _sign(
    name: str,
    by: Pair | None,
    days: int,
    begins_in_days: int = -100,
    names: tuple[str, ...] | None = None,
    is_authority: bool = False,
) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    # Half a day more, so that whole days are what was asked for.
    now = datetime.now(UTC) + timedelta(hours=12)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=begins_in_days))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
    )
    if not is_authority:
        alternatives = [_general_name(each) for each in (names if names is not None else (name,))]
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    certificate = builder.sign(by.key if by else key, hashes.SHA256())
    if by is None or by.certificate.issuer == by.certificate.subject:
        return Pair(certificate, key)
    return Pair(certificate, key, (by.certificate, *by.above))


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)
