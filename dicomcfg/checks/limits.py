"""The numbers that bound the checks, in one place."""

from __future__ import annotations

from django.conf import settings

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

MESSAGE_IDS = 1000
"""Checks announced by one message."""

REAP_MAXIMUM = 10_000
"""Checks announced again in one round of upkeep."""

CONCURRENT_CHECKS = 128
"""Leases that one task holds at a time, and so the probes it has under way."""

CONCURRENT_PER_ADDRESS = 4
"""Probes that one task has under way to one host and port."""

WRITE_BATCH = 50
"""Results written in one transaction."""
