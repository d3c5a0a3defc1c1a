"""The address policy of the settings, under which the server does what people ask of it."""

from __future__ import annotations

from django.conf import settings

from dicomcfg.network.demo import demo_ports
from dicomcfg.network.policy import AddressPolicy


def address_policy() -> AddressPolicy:
    """Raises ValueError for an allowed network that is none."""
    return AddressPolicy.build(
        allowed_networks=settings.DICOMCFG_ALLOWED_NETWORKS,
        loopback_ports=demo_ports(settings.DICOMCFG_DEMO_PORT).values(),
        allows_loopback=settings.DICOMCFG_ALLOW_LOOPBACK,
    )
