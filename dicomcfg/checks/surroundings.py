"""What probes run under in this process: the address policy and the limits, from the settings."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes.environment import Environment

_DEMO_PORTS = 16
"""Ports from DICOMCFG_DEMO_PORT on that the demo network may use on loopback."""


def address_policy() -> AddressPolicy:
    """Where checks may connect to; raises ValueError for a network that is none."""
    first = settings.DICOMCFG_DEMO_PORT
    return AddressPolicy.build(
        allowed_networks=settings.DICOMCFG_ALLOWED_NETWORKS,
        loopback_ports=range(first, first + _DEMO_PORTS),
        allows_loopback=settings.DICOMCFG_ALLOW_LOOPBACK,
    )


@lru_cache(maxsize=1)
def environment() -> Environment:
    """One for the process: its resolver keeps threads."""
    return Environment(policy=address_policy(), tls_folder=settings.DICOMCFG_TLS_FOLDER)
