"""What one task does with the checks it was told of: lease, probe, record, until none is left.

The calling thread owns the database and never waits for a peer; probes run in a ProbeLoop and
never touch the database. Only as many checks are leased as are being probed, so that a worker
that dies leaves few behind and other workers share a long list.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Sequence
from itertools import islice
from time import monotonic

from django.db import InterfaceError, OperationalError, connection

from dicomcfg.checks import leases, results
from dicomcfg.checks.leases import Lease
from dicomcfg.checks.limits import ATTEMPTS_MAXIMUM, CONCURRENT_CHECKS, LEASE_S, WRITE_BATCH
from dicomcfg.checks.presence import Presence
from dicomcfg.checks.probe_loop import ProbeLoop
from dicomcfg.checks.results import INTERNAL_ERROR, Result, cut_short
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits

logger = logging.getLogger(__name__)

_ATTEND_S = min(0.5, LEASE_S / 4)
"""Between two looks at cancel requests; leases are renewed every third of their length."""

_DATABASE_PATIENCE_S = 60.0
"""So long a task goes on without its database; then its leases run out and others take over."""


class Executor:
    """One task's work; `run` returns when every check has a result or was given back."""

    def __init__(
        self,
        ids: Sequence[int],
        presence: Presence,
        environment: Environment,
        limits: Limits,
        stopping: threading.Event,
    ) -> None:
        self._waiting = deque(dict.fromkeys(ids))
        self._held: dict[int, Lease] = {}
        self._unwritten: list[Result] = []
        self._presence = presence
        self._stopping = stopping
        self._loop = ProbeLoop(environment, limits, min(CONCURRENT_CHECKS, max(1, len(ids))))
        self._renew_at = self._attend_at = monotonic()

    def run(self) -> None:
        """Raises OperationalError when the database stays away for too long."""
        failing_since: float | None = None
        with self._loop:
            while self._waiting or self._held:
                try:
                    if self._stopping.is_set():
                        self._record(timeout_s=0)
                        leases.give_back(list(self._held.values()))
                        return
                    self._round()
                    failing_since = None
                except (OperationalError, InterfaceError) as error:
                    failing_since = failing_since or monotonic()
                    if monotonic() - failing_since > _DATABASE_PATIENCE_S:
                        raise
                    logger.warning("The database did not answer a task: %s", error)
                    connection.close()
                    self._stopping.wait(_ATTEND_S)

    def _round(self) -> None:
        self._lease()
        if self._held:
            self._record(timeout_s=_ATTEND_S)
            self._attend()

    def _lease(self) -> None:
        """Fill up when a quarter of the places is free: few transactions, no idle places."""
        free = self._loop.capacity - len(self._held)
        if not self._waiting or (self._held and free < self._loop.capacity // 4):
            return
        part = list(islice(self._waiting, free))
        taken = leases.take(part, self._presence.name, self._presence.host)
        for _ in part:
            self._waiting.popleft()
        for lease in taken:
            self._held[lease.check_id] = lease
            if lease.fence > ATTEMPTS_MAXIMUM:
                self._unwritten.append((lease, cut_short(lease.kind, INTERNAL_ERROR)))
            else:
                self._loop.start(lease)

    def _record(self, timeout_s: float) -> None:
        """Write what has come in; what cannot be written now is kept for the next round."""
        if not self._unwritten:
            self._unwritten = self._loop.drain(WRITE_BATCH, timeout_s)
        if self._unwritten:
            results.record(self._unwritten)
            for lease, _ in self._unwritten:
                del self._held[lease.check_id]
            self._unwritten = []

    def _attend(self) -> None:
        now = monotonic()
        if now >= self._renew_at:
            leases.renew(self._held.values())
            self._renew_at = now + LEASE_S / 3
        if now >= self._attend_at:
            for check_id in leases.cancel_requests(self._held.values()):
                self._loop.cancel(check_id)
            self._attend_at = now + _ATTEND_S
