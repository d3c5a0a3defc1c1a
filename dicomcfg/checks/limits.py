"""The numbers that bound the checks, in one place."""

from __future__ import annotations

from django.conf import settings

from dicomcfg.probes.sweep import Caps

LEASE_S: float = settings.DICOMCFG_LEASE_S
"""How long a lease lasts; its holder renews it three times in that span."""

UPKEEP_S = min(5.0, LEASE_S / 3)
"""Between two rounds of a worker's upkeep: heartbeat, new sites, reaping."""

HEARTBEAT_STALE_S = 20.0
"""A heartbeat older than this counts for nothing."""

REWAKE_S = max(30.0, 2 * LEASE_S)
"""A queued check is announced again when nobody took it for so long."""

ATTEMPTS_MAXIMUM = 10
"""A check that ten workers took and none brought back is not tried again: it may be what ends
them.
"""

MESSAGE_IDS = 250
"""Checks announced by one message, but for those of one address or device, which stay together."""

REAP_MAXIMUM = 10_000
"""Checks announced again in one round of upkeep."""

CAPS = Caps()
"""How many associations a worker process has open: in all, to one address, to one device."""

LEASE_BATCH = 250
"""Checks leased in one transaction."""

WRITE_BATCH = 250
"""Results written in one transaction."""

WRITE_EVERY_S = 0.1
"""So long a result waits for others to be written with, while any are to be expected."""

PROGRESS_EVERY_S = 1.0
"""Between two records of what a long check has seen so far."""
