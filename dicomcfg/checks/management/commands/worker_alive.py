"""`manage.py worker_alive`: a container's health check; fails unless a worker here is alive."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dicomcfg.checks import selectors
from dicomcfg.checks.presence import this_host


class Command(BaseCommand):
    """Exits with 1 when no worker of this host has given a heartbeat lately."""

    help = "Succeed when a worker of this host is alive."

    def handle(self, *args: Any, **options: Any) -> None:
        """Look at the heartbeats; raises CommandError where there is none."""
        host = this_host()
        alive = [worker for worker in selectors.workers() if worker.host == host]
        if not alive:
            raise CommandError(f"no worker of {host} is alive")
        for worker in alive:
            self.stdout.write(f"{worker.name}: {', '.join(worker.queues)}")
