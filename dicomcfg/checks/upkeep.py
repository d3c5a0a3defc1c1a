"""What a worker does beside its tasks, in a thread: heartbeat, new sites, reaping."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections

from dicomcfg.checks import leases
from dicomcfg.checks.limits import UPKEEP_S
from dicomcfg.checks.presence import Presence, bury_dead, forget
from dicomcfg.checks.reaper import reap
from dicomcfg.inventory.models import Site
from dicomcfg.network.tls import list_settings

logger = logging.getLogger(__name__)


def served_sites(slugs: Sequence[str] | None) -> list[Site]:
    """The sites a worker is for: those named, or all there are at this moment."""
    sites = Site.objects.all()
    return list(sites if slugs is None else sites.filter(slug__in=slugs))


class Upkeep(threading.Thread):
    """Runs a round every UPKEEP_S until stopped; a database that is away is tried again.

    `consume` is told the queue of every site served, each round: that is how a site made while
    the worker runs gets its queue.
    """

    def __init__(
        self,
        presence: Presence,
        folder: Path,
        lane: str,
        slugs: Sequence[str] | None,
        consume: Callable[[str], None],
        stopping: threading.Event,
    ) -> None:
        super().__init__(name="upkeep", daemon=True)
        self._presence = presence
        self._folder = folder
        self._lane = lane
        self._slugs = slugs
        self._consume = consume
        self._stopping = stopping
        self._is_first = True

    def run(self) -> None:
        """The thread's body."""
        while not self._stopping.is_set():
            try:
                self.round()
            except DatabaseError as error:
                logger.warning("Upkeep did not reach the database: %s", error)
            finally:
                close_old_connections()
            self._stopping.wait(UPKEEP_S)
        try:
            forget([self._presence.name])
        except DatabaseError as error:
            logger.warning("The worker could not sign off: %s", error)
        connections.close_all()

    def round(self) -> None:
        """One round; the first also announces everything that is queued."""
        sites = served_sites(self._slugs)
        queues = [site.queue(self._lane) for site in sites]
        for queue in queues:
            self._consume(queue)
        self._presence.beat(queues, list_settings(settings.DICOMCFG_TLS_FOLDER))
        dead = bury_dead(self._folder)
        if dead:
            leases.expire_of(dead)
            forget(dead)
        reap(sites, self._lane, at_start=self._is_first)
        self._is_first = False
