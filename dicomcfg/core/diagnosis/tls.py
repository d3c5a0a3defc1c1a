"""Findings for TLS (PS3.15 B.12): each way it fails, who has to renew or install what, and a
certificate that ends soon though everything still works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dicomcfg.core.diagnosis.hints import Hints
from dicomcfg.core.diagnosis.observation import Certificate, Observation, Outcome
from dicomcfg.core.diagnosis.transport import failed, place_of
from dicomcfg.core.findings import Finding, Severity

ENDS_SOON_DAYS = 30
_CLAUSE = "PS3.15 B.12"


def _owner(hints: Hints) -> str:
    """Who looks after the peer."""
    return f"whoever looks after the peer ({hints.contact})" if hints.contact else "the peer's side"


def _ago(days_left: int) -> str:
    """Whole days since the end: what ended an hour ago has -1 days left."""
    return f"{_days(-days_left - 1)} ago" if days_left < -1 else "less than a day ago"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _date(moment: str) -> str:
    return moment[:10]


def _whose(observation: Observation, choose: Callable[[Certificate], bool]) -> str:
    """The certificate at fault, the peer's own where none stands out."""
    chain = observation.tls.chain if observation.tls is not None else ()
    if not chain:
        return "The peer's certificate"
    number = next((number for number, each in enumerate(chain) if choose(each)), 0)
    return _named(number, chain[number])


def _named(number: int, certificate: Certificate) -> str:
    whose = "A certificate above the peer's" if number else "The peer's certificate"
    return f"{whose} ({certificate.subject}, issued by {certificate.issuer})"


def _expired(observation: Observation, hints: Hints) -> tuple[str, str]:
    chain = observation.tls.chain if observation.tls is not None else ()
    ended = next((each for each in chain if each.days_left < 0), None)
    message = f"{_whose(observation, lambda each: each.days_left < 0)} has expired"
    if ended is not None:
        message += f": it ended on {_date(ended.not_after)}, {_ago(ended.days_left)}"
    remedy = f"Have {_owner(hints)} renew it and install the new one on the peer. If it ended only "
    return f"{message}.", remedy + "today, compare the clocks of both machines first."


def _not_yet_valid(observation: Observation, hints: Hints) -> tuple[str, str]:
    chain = observation.tls.chain if observation.tls is not None else ()
    message = f"{_whose(observation, lambda each: False)} is not valid yet"
    if chain:
        message += f": it begins on {_date(max(each.not_before for each in chain))}"
    remedy = "Compare the clocks of both machines; the certificate's own start is seldom wrong."
    return f"{message}.", remedy


def _unknown_ca(observation: Observation, hints: Hints) -> tuple[str, str]:
    chain = observation.tls.chain if observation.tls is not None else ()
    message = f"{_whose(observation, lambda each: False)} is signed by an authority that this "
    message += "connection's TLS settings do not trust."
    top = chain[-1].issuer if chain else "the authority that issued it"
    if len(chain) == 1 and chain[0].subject == chain[0].issuer:
        remedy = "It is signed by itself: if it is the right one, put it into ca.pem of the TLS "
        return message, remedy + "settings on the worker."
    remedy = f"If {top} is the right authority, put its certificate into ca.pem of the TLS "
    remedy += "settings on the worker. If certificates between the two are missing, "
    return message, remedy + f"{_owner(hints)} must send them with its own."


def _name_mismatch(observation: Observation, hints: Hints) -> tuple[str, str]:
    chain = observation.tls.chain if observation.tls is not None else ()
    asked = hints.hostname or observation.address or "this host"
    message = f"The peer's certificate is not for {asked}"
    if chain:
        names = ", ".join(chain[0].names[:5]) or "no host at all"
        message += f": {chain[0].subject} names {names}"
    remedy = "Use a host name that stands in the certificate, or have it reissued with this one. "
    remedy += "Where neither is possible, server_name in settings.toml of the TLS settings says "
    return f"{message}.", remedy + "which name to expect."


def _client_certificate_required(observation: Observation, hints: Hints) -> tuple[str, str]:
    message = "The peer asks for a certificate of ours, and the TLS settings have none."
    remedy = "Have an authority that the peer trusts issue one for the worker, and put it into "
    remedy += "certificate.pem and its key into key.pem of the TLS settings on the worker."
    return message, remedy


def _client_certificate_refused(observation: Observation, hints: Hints) -> tuple[str, str]:
    message = "The peer does not accept our certificate."
    remedy = "See under Sites whether certificate.pem of the TLS settings has expired. If not, "
    remedy += f"{_owner(hints)} must trust the authority that issued it; the peer's log says more."
    return message, remedy


_Words = Callable[[Observation, Hints], tuple[str, str]]
_BY_CHAIN: Final[dict[str, tuple[str, _Words]]] = {
    "expired": ("tls-certificate-expired", _expired),
    "not-yet-valid": ("tls-certificate-not-yet-valid", _not_yet_valid),
    "unknown-ca": ("tls-unknown-authority", _unknown_ca),
    "name-mismatch": ("tls-name-mismatch", _name_mismatch),
    "client-certificate-required": (
        "tls-client-certificate-required",
        _client_certificate_required,
    ),
    "client-certificate-refused": ("tls-client-certificate-refused", _client_certificate_refused),
}
_PLAIN: Final = {
    "certificate-too-weak": (
        "tls-certificate-too-weak",
        "The peer's certificate has a key or a signature that is too weak today.",
        "Have it reissued with an RSA key of 2048 bits or more, or an elliptic curve, and SHA-256.",
    ),
    "certificate-not-trusted": (
        "tls-certificate-not-trusted",
        "The peer's certificate could not be verified.",
        "Look at the chain shown beside this result, and at ca.pem of the TLS settings.",
    ),
    "plaintext-peer": (
        "tls-plaintext-peer",
        "The peer does not speak TLS on this port.",
        "Clear the TLS settings of this connection, or use the peer's TLS port (2762 is "
        "registered).",
    ),
    "no-common-version": (
        "tls-no-common-version",
        "The two sides have no TLS version in common; ours begin with TLS 1.2.",
        "Have TLS 1.2 or newer enabled on the peer. For a device that cannot, give it TLS settings "
        'of its own with profile = "legacy" in settings.toml.',
    ),
    "no-common-cipher": (
        "tls-no-common-cipher",
        "The two sides have no cipher suite in common.",
        "Have a suite of the BCP 195 profile enabled on the peer, for example "
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256. For a device that cannot, give it TLS settings of "
        'its own with profile = "legacy" in settings.toml.',
    ),
    "settings-missing": (
        "tls-settings-missing",
        "The worker does not have the TLS settings that this connection names.",
        "Have them installed there, or choose others for this connection; Sites shows what each "
        "worker has.",
    ),
    "settings-unusable": (
        "tls-settings-unusable",
        "The worker cannot use the TLS settings that this connection names.",
        "Sites says what is wrong with them.",
    ),
    "key-unusable": (
        "tls-key-unusable",
        "The worker cannot use the key or certificate of the TLS settings that this connection "
        "names.",
        "Sites says what is wrong with them. A key must belong to its certificate and have no "
        "passphrase.",
    ),
    "timeout": (
        "tls-handshake-timeout",
        "The peer takes the connection, but did not answer the TLS handshake in time.",
        "Check whether the peer expects TLS on this port at all.",
    ),
    "connection-closed": (
        "tls-connection-closed",
        "The peer closed the connection during the TLS handshake.",
        "Check whether the peer expects TLS on this port at all, and that it lets this worker's "
        "address in.",
    ),
}


def tls_failure(observation: Observation, called: str, hints: Hints) -> Finding:
    """TCP works, TLS does not."""
    detail = observation.detail or ""
    if detail in _BY_CHAIN:
        code, words = _BY_CHAIN[detail]
        message, remedy = words(observation, hints)
    else:
        code, message, remedy = _PLAIN.get(detail, _UNKNOWN)
    if observation.tls is not None:
        message = f"{place_of(observation, hints)} is reachable, but not over TLS. {message}"
    return failed(code, called, message, remedy, _CLAUSE)


_UNKNOWN: Final = (
    "tls-failure",
    "The TLS handshake failed.",
    "Compare the TLS settings of both sides; the peer's log says more.",
)


def tls_peer(observation: Observation, called: str, hints: Hints) -> Finding:
    """We spoke in clear to a port that speaks TLS."""
    message = f"{place_of(observation, hints)} expects TLS, and this connection is in clear."
    chain = observation.tls.chain if observation.tls is not None else ()
    if chain:
        message += f" Its certificate is {chain[0].subject}, issued by {chain[0].issuer}."
    remedy = "Name TLS settings for this connection, or use the peer's port for DICOM in clear."
    return failed("tls-peer", called, message, remedy, _CLAUSE)


def ending_soon(observation: Observation, called: str) -> list[Finding]:
    """A warning for each certificate of the chain that ends within 30 days and still holds."""
    if observation.tls is None or observation.outcome is Outcome.TLS_FAILURE:
        return []
    return [
        Finding(
            "tls-certificate-ends-soon",
            Severity.WARNING,
            called,
            f"{_named(number, each)} ends on {_date(each.not_after)}, in {_days(each.days_left)}.",
            "Have it renewed before, and the new one installed on the peer; where its authority "
            "changes, put the new one beside the old in ca.pem of the TLS settings.",
            _CLAUSE,
        )
        for number, each in enumerate(observation.tls.chain)
        if 0 <= each.days_left <= ENDS_SOON_DAYS
    ]
