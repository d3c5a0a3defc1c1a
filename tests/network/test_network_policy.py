"""Which addresses the server may connect to."""

from __future__ import annotations

import pytest

from dicomcfg.network.policy import AddressPolicy

DEMO = AddressPolicy.build(loopback_ports=[11200])
OPTED_IN = AddressPolicy.build(allows_loopback=True)
NARROW = AddressPolicy.build(["10.1.0.0/16", "fd12::/16"], loopback_ports=[11200])


@pytest.mark.parametrize(
    ("policy", "address", "port", "refusal"),
    [
        (DEMO, "10.0.0.5", 104, None),
        (DEMO, "8.8.8.8", 104, None),
        (DEMO, "2001:4860:4860::8888", 104, None),
        (DEMO, "127.0.0.1", 11200, None),
        (DEMO, "127.8.9.10", 11200, None),
        (DEMO, "::1", 11200, None),
        (DEMO, "127.0.0.1", 5432, "loopback"),
        (DEMO, "::1", 5432, "loopback"),
        (DEMO, "::ffff:127.0.0.1", 5432, "loopback"),
        (DEMO, "::ffff:127.0.0.1", 11200, None),
        (OPTED_IN, "127.0.0.1", 5432, None),
        (DEMO, "0.0.0.0", 104, "unspecified"),
        (DEMO, "0.1.2.3", 104, "unspecified"),
        (DEMO, "::", 104, "unspecified"),
        (DEMO, "::ffff:0.0.0.0", 104, "unspecified"),
        (DEMO, "224.0.0.1", 104, "multicast"),
        (DEMO, "ff02::1", 104, "multicast"),
        (DEMO, "255.255.255.255", 104, "broadcast"),
        (DEMO, "169.254.1.1", 104, "link-local"),
        (DEMO, "fe80::1", 104, "link-local"),
        (DEMO, "fe80::1%lo", 104, "link-local"),
        (DEMO, "169.254.169.254", 80, "cloud-metadata"),
        (DEMO, "::ffff:169.254.169.254", 80, "cloud-metadata"),
        (DEMO, "::ffff:a9fe:a9fe", 80, "cloud-metadata"),
        (DEMO, "64:ff9b::a9fe:a9fe", 80, "cloud-metadata"),
        (DEMO, "64:ff9b:1::a9fe:a9fe", 80, "cloud-metadata"),
        (DEMO, "64:ff9b:1:2::7f00:1", 5432, "loopback"),
        (DEMO, "::ffff:0:127.0.0.1", 5432, "loopback"),
        (DEMO, "2002:a9fe:a9fe::1", 80, "cloud-metadata"),
        (DEMO, "::169.254.169.254", 80, "cloud-metadata"),
        (DEMO, "100.100.100.200", 80, "cloud-metadata"),
        (DEMO, "fd00:ec2::254", 80, "cloud-metadata"),
        (OPTED_IN, "169.254.169.254", 80, "cloud-metadata"),
        (NARROW, "10.1.2.3", 104, None),
        (NARROW, "::ffff:10.1.2.3", 104, None),
        (NARROW, "10.2.2.3", 104, "outside-allowed-networks"),
        (NARROW, "fd12::5", 104, None),
        (NARROW, "fd13::5", 104, "outside-allowed-networks"),
        (NARROW, "127.0.0.1", 11200, None),
        (NARROW, "127.0.0.1", 104, "loopback"),
        (AddressPolicy.unrestricted(), "169.254.169.254", 80, None),
        (AddressPolicy.unrestricted(), "127.0.0.1", 1, None),
    ],
)
def test_refusal(policy: AddressPolicy, address: str, port: int, refusal: str | None) -> None:
    assert policy.refusal(address, port) == refusal


def test_allowing_the_metadata_network_does_not_allow_metadata() -> None:
    policy = AddressPolicy.build(["0.0.0.0/0", "::/0"])
    assert policy.refusal("169.254.169.254", 80) == "cloud-metadata"


def test_what_is_no_network_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="hospital"):
        AddressPolicy.build(["hospital"])
