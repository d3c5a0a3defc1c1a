"""Findings for what ends below DICOM: names, addresses and TCP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dicomcfg.core.diagnosis.hints import Hints
from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.standard.endpoint import endpoint, is_address
from dicomcfg.core.wording import listed

_POLICY: Final = {
    "loopback": "it is this server's own loopback",
    "cloud-metadata": "it is a cloud's metadata service",
    "unspecified": "it is not the address of one machine",
    "multicast": "it is a multicast address",
    "broadcast": "it is the broadcast address",
    "link-local": "it is a link-local address",
    "outside-allowed-networks": "it lies outside the networks that this server may reach",
}


def place_of(observation: Observation, hints: Hints) -> str:
    """The target as a person wrote it, with the resolved address where that differs."""
    place = endpoint(hints.hostname or observation.address or "the peer", hints.port)
    address = observation.address
    if address not in (None, hints.hostname) and hints.hostname and not is_address(hints.hostname):
        place += f" ({address})"
    return place


def failed(
    code: str, subject: str, message: str, remedy: str, clause: str | None = None
) -> Finding:
    """The error finding of a check that failed."""
    return Finding(code, Severity.ERROR, subject, message, remedy, clause)


def _elsewhere(hints: Hints) -> str:
    """What the inventory knows of other places to try, as the end of a remedy."""
    if not hints.other_connections:
        return ""
    ports = sorted({other.port for other in hints.other_connections} - {hints.port})
    others = [other for other in hints.other_connections if other.port != hints.port]
    if not ports:
        return ""
    if len(others) == 1:
        return f" Another AE of this Device listens on port {ports[0]}: {others[0].ae_title}."
    known = listed([str(other) for other in others], 3)
    return f" Other AEs of this Device listen on other ports: {known}."


def name_not_resolved(observation: Observation, called: str, hints: Hints) -> Finding:
    """The name has no address, or nobody answered in time."""
    name = hints.hostname or "The host name"
    if observation.detail in ("temporary-failure", "timeout", "look-up-failed"):
        message = f"The look-up of {name} got no answer."
        remedy = "Check the worker's name server and try again; an address in place of the name "
        remedy += "needs no look-up."
    else:
        message = f"{name} is not known to the worker's name server."
        remedy = "Check the spelling, add the full domain, or use the address."
    return failed("name-not-resolved", called, message, remedy)


def address_not_allowed(observation: Observation, called: str, hints: Hints) -> Finding:
    """Our own policy, not the peer."""
    why = _POLICY.get(observation.detail or "", "the address policy forbids it")
    message = f"{place_of(observation, hints)} was not contacted: {why}."
    remedy = "Correct the host, or have the server's administrator allow the network."
    return failed("address-not-allowed", called, message, remedy)


def connection_refused(observation: Observation, called: str, hints: Hints) -> Finding:
    """The host answers and the port is closed."""
    message = f"Nothing listens on {place_of(observation, hints)}; the host itself answers."
    remedy = "Check the port and that the device's DICOM service is running."
    if hints.port not in (104, 11112):
        remedy += " DICOM's usual ports are 104 and 11112."
    return failed("connection-refused", called, message, remedy + _elsewhere(hints))


def connection_timeout(observation: Observation, called: str, hints: Hints) -> Finding:
    """No packet came back."""
    message = f"{place_of(observation, hints)} did not answer the TCP connection."
    remedy = "Check that the device is on, that the address is right and that no firewall between "
    remedy += "the worker and the device drops the port."
    return failed("connection-timeout", called, message, remedy + _elsewhere(hints))


def host_unreachable(observation: Observation, called: str, hints: Hints) -> Finding:
    """The network says that there is no way."""
    message = f"The network has no route to {place_of(observation, hints)}"
    message += f" ({observation.detail})." if observation.detail else "."
    remedy = "Check the address, the routing between the networks, and that the device is on."
    return failed("host-unreachable", called, message, remedy)


Builder = Callable[[Observation, str, Hints], Finding]
BUILDERS: Final[dict[Outcome, Builder]] = {
    Outcome.NAME_NOT_RESOLVED: name_not_resolved,
    Outcome.ADDRESS_NOT_ALLOWED: address_not_allowed,
    Outcome.CONNECTION_REFUSED: connection_refused,
    Outcome.CONNECTION_TIMEOUT: connection_timeout,
    Outcome.HOST_UNREACHABLE: host_unreachable,
}
