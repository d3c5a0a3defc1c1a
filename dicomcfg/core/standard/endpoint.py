"""Where an AE listens: what a TCP port and a host name or address may be, and how both are written.

Nothing is resolved here; names follow RFC 1123, addresses RFC 4291 and dotted decimal.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Final

from dicomcfg.core.findings import Finding, Severity

_WEB_PORTS: Final = {80, 443, 8042, 8043, 8080, 8443}
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
# Most addresses of a large table: recognised at once, with nothing that is to be said of them.
_OF_ONE_MACHINE = re.compile(rf"(?!0\.|22[4-9]\.|23[0-9]\.){_OCTET}(?:\.{_OCTET}){{3}}")
_PORT = re.compile(r"[0-9]{1,6}")
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")


def parse_port(text: str) -> int | None:
    """The number, or None when the text is not a decimal number from 1 to 65535."""
    text = text.strip()
    if not _PORT.fullmatch(text):
        return None
    port = int(text)
    return port if 1 <= port <= 65535 else None


def check_port(port: int | str) -> list[Finding]:
    """An error when it is no TCP port, a warning when it is a web server's."""
    number = parse_port(str(port))
    subject = str(port).strip()[:64]
    if number is None:
        message = f"{subject!r} is not a TCP port." if subject else "The port is missing."
        remedy = "Give a whole number from 1 to 65535; 104 and 11112 are DICOM's own."
        return [Finding("port-invalid", Severity.ERROR, subject, message, remedy, "PS3.8 9.1.1")]
    if number in _WEB_PORTS:
        message = f"Port {number} is usually a web server's, not a DICOM listener's."
        remedy = "Check the port in the device's DICOM settings."
        return [Finding("port-of-a-web-server", Severity.WARNING, subject, message, remedy)]
    return []


def normalise_hostname(text: str) -> str:
    """Without spaces around it and without the brackets of an IPv6 address."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    return text


def one_spelling(hostname: str) -> str:
    """One text for all spellings of a host: case, the dot of the root, forms of an address."""
    if _OF_ONE_MACHINE.fullmatch(hostname):
        return hostname
    host = normalise_hostname(hostname)
    address = _address(host)
    if address is None:
        return host.rstrip(".").lower()
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def split_host_port(text: str) -> tuple[str, int] | None:
    """Host and port of `host:port` or `[address]:port`, or None when it is neither."""
    match = re.fullmatch(r"\s*(\[[^\]]+\]|[^\s:/\[\]]+)\s*:\s*([0-9]{1,5})\s*", text)
    if not match:
        return None
    port = parse_port(match[2])
    return (normalise_hostname(match[1]), port) if port else None


def endpoint(hostname: str, port: int | None) -> str:
    """`host:port`, with brackets around an IPv6 address; the host alone without a port."""
    host = f"[{hostname}]" if ":" in hostname else hostname
    return host if port is None else f"{host}:{port}"


@lru_cache(maxsize=1024)
def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_address(text: str) -> bool:
    """Whether a text is an IPv4 or IPv6 address rather than a name."""
    return _address(normalise_hostname(text)) is not None


def _name_problem(host: str) -> tuple[str, str, str] | None:
    split = split_host_port(host)
    if "://" in host:
        problem = ("hostname-has-scheme", "is a web address, not a host", "Give the host alone.")
    elif split:
        remedy = f"Put {split[0]} into the host and {split[1]} into the port."
        problem = ("hostname-has-port", "holds a port", remedy)
    elif re.fullmatch(r"[0-9.]+", host):
        remedy = "Four numbers from 0 to 255, without leading zeros, for example 10.0.0.5."
        problem = ("hostname-invalid", "is not an IPv4 address", remedy)
    elif ":" in host:
        remedy = "Check its groups of four hexadecimal digits; at most one :: is allowed."
        problem = ("hostname-invalid", "is not an IPv6 address", remedy)
    elif not host.isascii():
        remedy = "Give the name's ASCII form (xn--...) or the address."
        problem = ("hostname-invalid", "holds characters outside ASCII", remedy)
    elif len(host) > 253 or not all(_LABEL.fullmatch(p) for p in host.rstrip(".").split(".")):
        remedy = "Letters, digits and hyphens in parts of at most 63 characters, parted by dots."
        problem = ("hostname-invalid", "is not a host name", remedy)
    else:
        return None
    return problem


def check_hostname(text: str) -> list[Finding]:
    """Errors for what can be neither a name nor an address, warnings for what is unwise."""
    host = normalise_hostname(text)
    if _OF_ONE_MACHINE.fullmatch(host):
        return []
    subject = host[:64]
    if not host:
        remedy = "Give a host name or an IP address."
        return [
            Finding("hostname-missing", Severity.ERROR, subject, "The host is missing.", remedy)
        ]
    address = _address(host)
    if address is not None:
        if address.is_unspecified or address.is_multicast:
            message = f"{subject} is not the address of one machine, so nothing can connect to it."
            remedy = "Give the device's own address."
            return [Finding("hostname-not-a-host", Severity.ERROR, subject, message, remedy)]
        return []
    problem = _name_problem(host)
    if problem:
        code, what, remedy = problem
        return [Finding(code, Severity.ERROR, subject, f"{subject!r} {what}.", remedy, "RFC 1123")]
    if "_" in host:
        message = f"{subject} holds an underscore, which host names may not have; some resolvers "
        message += "refuse it."
        remedy = "Use the address if the name fails to resolve."
        return [
            Finding("hostname-underscore", Severity.WARNING, subject, message, remedy, "RFC 1123")
        ]
    return []
