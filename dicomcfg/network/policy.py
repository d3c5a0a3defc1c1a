"""Which resolved addresses the server may connect to.

The policy judges the address that a name resolved to, never the name, and the caller connects to
exactly that address, so that a name which changes its answer gains nothing. Some targets are
never allowed to what the server runs for people: they are no peers, and a cloud's metadata
service hands out its secrets to whoever can reach it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network

_METADATA = frozenset(
    ip_address(text) for text in ("169.254.169.254", "100.100.100.200", "fd00:ec2::254")
)
# 0.0.0.0/8 is "this host on this network" (RFC 1122 3.2.1.3), not only its first address.
_THIS_NETWORK = ip_network("0.0.0.0/8")
_BROADCAST = IPv4Address("255.255.255.255")
# Prefixes that carry an IPv4 address in their last 32 bits: NAT64's well-known (RFC 6052 2.1) and
# local one (RFC 8215), and what stateless translators make (RFC 2765 2.1).
_TRANSLATED = tuple(
    IPv6Network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96")
)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """What may be connected to; the empty policy allows every network but loopback.

    `loopback_ports` are ports allowed on loopback, `allows_loopback` opens them all.
    `allowed_networks`, where there are any, narrow everything but an allowed loopback.
    """

    allowed_networks: tuple[IpNetwork, ...] = ()
    loopback_ports: frozenset[int] = frozenset()
    allows_loopback: bool = False
    is_unrestricted: bool = False

    @classmethod
    def unrestricted(cls) -> Self:
        """For the command line, whose user acts for himself."""
        return cls(is_unrestricted=True)

    @classmethod
    def build(
        cls,
        allowed_networks: Iterable[str] = (),
        loopback_ports: Iterable[int] = (),
        allows_loopback: bool = False,
    ) -> Self:
        """From settings as text; raises ValueError for what is no network."""
        networks = tuple(ip_network(text.strip(), strict=False) for text in allowed_networks)
        return cls(networks, frozenset(loopback_ports), allows_loopback)

    def refusal(self, address: str, port: int) -> str | None:
        """Why `address` may not be connected to, in kebab-case, or None where it may."""
        if self.is_unrestricted:
            return None
        ip = normalised(address)
        never = _never(ip)
        if never is not None:
            return never
        if ip.is_loopback:
            allowed = self.allows_loopback or port in self.loopback_ports
            return None if allowed else "loopback"
        if self.allowed_networks and not any(ip in net for net in self.allowed_networks):
            return "outside-allowed-networks"
        return None


@lru_cache(maxsize=4096)
def normalised(address: str) -> IpAddress:
    """The address really meant: IPv4-mapped, -compatible, 6to4 and NAT64 forms unwrapped."""
    ip = ip_address(address)
    if isinstance(ip, IPv4Address):
        return ip
    ip = IPv6Address(int(ip))
    embedded = ip.ipv4_mapped or ip.sixtofour
    if embedded is None and (any(ip in net for net in _TRANSLATED) or 1 < int(ip) < 1 << 32):
        embedded = IPv4Address(int(ip) & 0xFFFFFFFF)
    return embedded or ip


def _never(ip: IpAddress) -> str | None:
    if ip in _METADATA:
        return "cloud-metadata"
    if ip.is_unspecified or ip in _THIS_NETWORK:
        return "unspecified"
    if ip.is_multicast:
        return "multicast"
    if ip == _BROADCAST:
        return "broadcast"
    if ip.is_link_local:
        return "link-local"
    return None
