"""TLS contexts by the name of their settings (PS3.15 B.12), and the list of what a host has.

Contexts are kept until a file changes: loading authorities costs more than a whole echo.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

from dicomcfg.core.diagnosis.observation import Certificate
from dicomcfg.network.tls_handshake import tell_watches
from dicomcfg.network.tls_settings import (
    KEY_UNUSABLE,
    MISSING,
    UNUSABLE,
    Choices,
    Files,
    TlsSettingsError,
    choices_of,
    find,
    find_all,
)

DEFAULT = "default"
_FILE_BOUND_BYTES = 4 << 20
_COMPRESSED_CHAINS_REFUSED = 1 << 33
_LEGACY_SERVERS_ALLOWED = 0x4
_FORWARD_SECRECY = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a context may negotiate: a floor of the version, and cipher suites below TLS 1.3."""

    floor: ssl.TLSVersion
    ciphers: str
    options: int = 0


PROFILES = {
    # RFC 9325 4.2 with what older devices of the retired BCP 195 profile still need.
    "bcp195": Profile(
        ssl.TLSVersion.TLSv1_2, f"{_FORWARD_SECRECY}:ECDHE+AES+SHA384:ECDHE+AES+SHA256"
    ),
    "bcp195-nd": Profile(ssl.TLSVersion.TLSv1_2, _FORWARD_SECRECY),
    # Whatever the library still speaks, for a device that nobody can renew.
    "legacy": Profile(
        ssl.TLSVersion.MINIMUM_SUPPORTED, "DEFAULT:@SECLEVEL=0", _LEGACY_SERVERS_ALLOWED
    ),
}


@dataclass(frozen=True, slots=True)
class ClientTls:
    """How to speak TLS to a peer: the context, and the name its certificate must have.

    `server_name` None stands for the host that is connected to.
    """

    context: ssl.SSLContext
    server_name: str | None = None


@dataclass(frozen=True, slots=True)
class SettingsSummary:
    """One named setting for people: subjects, never a path.

    `days_left` is that of our certificate, or without one of the authority that ends first.
    """

    name: str
    problems: tuple[str, ...]
    authorities: tuple[str, ...]
    certificate: str | None
    days_left: int | None


def client_context(name: str, folder: Path | None) -> ClientTls:
    """A verifying context from the settings of this name; `default` without any trusts the system.

    Raises TlsSettingsError `settings-missing`, `settings-unusable` or `key-unusable`.
    """
    files = find(name, folder)
    if files is not None:
        return _client(files)
    if name == DEFAULT:
        return _system()
    raise _missing()


def own_client_context(name: str, folder: Path | None) -> ClientTls:
    """The same as `client_context` in a context that nobody else has.

    For clients that write into it: HTTP's name its protocol there (RFC 7301), which no DICOM peer
    is to see. Raises TlsSettingsError.
    """
    files = find(name, folder)
    if files is not None:
        return _client.__wrapped__(files)
    if name == DEFAULT:
        return _system.__wrapped__()
    raise _missing()


def server_context(
    name: str, folder: Path | None, *, wants_client_certificate: bool
) -> ssl.SSLContext:
    """A context for an acceptor, whose callers are verified by `ca.pem` where that is wanted.

    Raises TlsSettingsError as `client_context` does.
    """
    files = find(name, folder)
    if files is None:
        raise _missing()
    context = _context(ssl.PROTOCOL_TLS_SERVER, choices_of(files))
    _load_own(context, files, is_needed=True)
    if wants_client_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        _load_authorities(context, files)
    return context


def unverified_context() -> ssl.SSLContext:
    """A context that only finds out whether a peer speaks TLS; nothing of ours may pass over it."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT, Choices("legacy", check_name=False))
    context.verify_mode = ssl.CERT_NONE
    return context


def list_settings(folder: Path | None) -> tuple[SettingsSummary, ...]:
    """Every named setting of a folder; one with a problem cannot be used, or will soon not be."""
    return tuple(_summary(files) for files in find_all(folder))


def _missing() -> TlsSettingsError:
    return TlsSettingsError(MISSING, "There are no TLS settings of this name.")


@lru_cache(maxsize=128)
def _client(files: Files) -> ClientTls:
    choices = choices_of(files)
    context = _context(ssl.PROTOCOL_TLS_CLIENT, choices)
    # A device's own certificate in ca.pem is trust enough, whoever signed it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    _load_authorities(context, files)
    _load_own(context, files)
    return ClientTls(context, choices.server_name)


@lru_cache(maxsize=1)
def _system() -> ClientTls:
    context = _context(ssl.PROTOCOL_TLS_CLIENT, Choices())
    context.load_default_certs()
    return ClientTls(context)


def _context(side: int, choices: Choices) -> ssl.SSLContext:
    profile = PROFILES.get(choices.profile)
    if profile is None:
        known = ", ".join(PROFILES)
        raise TlsSettingsError(UNUSABLE, f"settings.toml: profile must be one of {known}.")
    context = ssl.SSLContext(side)
    context.minimum_version = profile.floor
    context.set_ciphers(profile.ciphers)
    context.options |= profile.options
    if side == ssl.PROTOCOL_TLS_CLIENT:
        context.check_hostname = choices.check_name
        # A chain that came compressed would pass by unseen.
        if ssl.OPENSSL_VERSION_INFO >= (3, 2):
            context.options |= _COMPRESSED_CHAINS_REFUSED
        tell_watches(context)
    return context


def _load_authorities(context: ssl.SSLContext, files: Files) -> None:
    if files.authorities is None:
        raise TlsSettingsError(UNUSABLE, "ca.pem is missing.")
    try:
        context.load_verify_locations(files.authorities)
    except OSError as error:
        raise TlsSettingsError(UNUSABLE, "ca.pem holds no certificate in PEM form.") from error


def _load_own(context: ssl.SSLContext, files: Files, *, is_needed: bool = False) -> None:
    """Our certificate and key, where the settings have them."""
    missing = [
        name
        for name, path in (("certificate.pem", files.certificate), ("key.pem", files.key))
        if path is None
    ]
    if len(missing) == 2 and not is_needed:
        return
    if files.certificate is None or files.key is None:
        raise TlsSettingsError(KEY_UNUSABLE, f"{' and '.join(missing)} is missing.")
    try:
        context.load_cert_chain(files.certificate, files.key, _refuse_passphrase)
    except ssl.SSLError as error:
        reason = error.reason or ""
        problem = "certificate.pem or key.pem cannot be read as PEM."
        if "MISMATCH" in reason:
            problem = "key.pem does not belong to certificate.pem."
        raise TlsSettingsError(KEY_UNUSABLE, problem) from error
    except OSError as error:
        problem = "certificate.pem or key.pem may not be read by the worker."
        raise TlsSettingsError(KEY_UNUSABLE, problem) from error


def _refuse_passphrase() -> NoReturn:
    """OpenSSL would ask at the terminal of whoever started the worker."""
    problem = "key.pem has a passphrase, which a worker cannot type. "
    problem += "Store the key without one, readable by the worker alone."
    raise TlsSettingsError(KEY_UNUSABLE, problem)


def _summary(files: Files) -> SettingsSummary:
    authorities = _read(files.authorities)
    own = _read(files.certificate)
    problems = [
        f"{name}: {each.subject} expired on {each.not_after[:10]}."
        for name, found in (("ca.pem", authorities), ("certificate.pem", own[:1]))
        for each in found
        if each.days_left < 0
    ]
    try:
        _client(files)
    except TlsSettingsError as error:
        problems.insert(0, error.problem)
    return SettingsSummary(
        name=files.name,
        problems=tuple(problems),
        authorities=tuple(each.subject for each in authorities),
        certificate=own[0].subject if own else None,
        days_left=min((each.days_left for each in own[:1] or authorities), default=None),
    )


def _read(path: Path | None) -> list[Certificate]:
    """A file's certificates, none where opening the settings says what is wrong with it."""
    if path is None:
        return []
    try:
        with path.open("rb") as file:
            # Loaded with the first certificate: it costs an echo in clear a tenth of its start.
            from dicomcfg.network.certificates import read_pem

            return read_pem(file.read(_FILE_BOUND_BYTES))
    except (OSError, ValueError):
        return []
