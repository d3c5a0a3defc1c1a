"""What probes run under in this process: the address policy and the limits, from the settings."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from dicomcfg.network.demo import demo_ports
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes.environment import Environment


def address_policy() -> AddressPolicy:
    """Where checks may connect to; raises ValueError for a network that is none."""
    return AddressPolicy.build(
        allowed_networks=settings.DICOMCFG_ALLOWED_NETWORKS,
        loopback_ports=demo_ports(settings.DICOMCFG_DEMO_PORT).values(),
        allows_loopback=settings.DICOMCFG_ALLOW_LOOPBACK,
    )


@lru_cache(maxsize=1)
def environment() -> Environment:
    """One for the process: its resolver keeps threads."""
    return Environment(policy=address_policy(), tls_folder=settings.DICOMCFG_TLS_FOLDER)
