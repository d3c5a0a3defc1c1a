"""The demo network's certificate: made when it is missing, published as TLS settings `demo`.

The authority signs once and its key is never stored. The certificate's key stays in a private
folder; what is published is the authority's certificate alone.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from dicomcfg.network.tls import list_settings, server_context

SETTINGS = "demo"
_VALID_DAYS, _RENEW_BELOW_DAYS = 90, 45
_LEEWAY = timedelta(hours=1)


def demo_context(private: Path, published: Path, host: str) -> ssl.SSLContext:
    """A context for the demo's acceptor at `host`, whose certificate the settings `demo` trust.

    `private` keeps the certificate and its key, for the owner alone; `published` is the folder
    of TLS settings. Raises OSError where either cannot be written.
    """
    name = f"{SETTINGS}-{host.replace(':', '-')}"
    kept = {each.name: each for each in list_settings(private)}.get(name)
    if kept is None or kept.problems or (kept.days_left or 0) < _RENEW_BELOW_DAYS:
        _make(private / name, host)
    (published / SETTINGS).mkdir(mode=0o700, parents=True, exist_ok=True)
    (published / SETTINGS / "ca.pem").write_bytes((private / name / "ca.pem").read_bytes())
    return server_context(name, private, wants_client_certificate=False)


def _make(folder: Path, host: str) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority, key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    ours, theirs = _name("dicomcfg demo network"), _name("DEMO_TLS")
    names = [x509.DNSName("localhost"), _alternative(host)]
    above = _builder(ours, ours, authority).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    below = _builder(theirs, ours, key).add_extension(
        x509.SubjectAlternativeName(names), critical=False
    )
    for path, builder in ((folder / "ca.pem", above), (folder / "certificate.pem", below)):
        path.write_bytes(builder.sign(authority, hashes.SHA256()).public_bytes(Encoding.PEM))
    secret = folder / "key.pem"
    secret.touch(mode=0o600)
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _LEEWAY)
        .not_valid_after(now + timedelta(days=_VALID_DAYS) + _LEEWAY)
    )
