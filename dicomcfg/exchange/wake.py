"""Telling a worker that something of ours waits: a message is a wake-up, never the record."""

from __future__ import annotations

import logging
from typing import Final

from celery.exceptions import OperationalError as CeleryOperationalError
from kombu.exceptions import KombuError
from kombu.exceptions import OperationalError as BrokerError

from dicomcfg.celery import app
from dicomcfg.inventory.models import Site

WORK_ON_IMPORTS: Final = "dicomcfg.exchange.work_on_imports"
LANE: Final = "bulk"
ASK_ORTHANC: Final = "dicomcfg.exchange.ask_orthanc"
ASKING_LANE: Final = "interactive"

logger = logging.getLogger(__name__)


def wake(import_id: int) -> None:
    """An import: to the first site's bulk queue; workers look for themselves too."""
    _send(WORK_ON_IMPORTS, Site.objects.order_by("pk")[0].queue(LANE), import_id)


def wake_to_ask(site: Site, call_id: int) -> None:
    """A request to an Orthanc: to its site's interactive queue."""
    _send(ASK_ORTHANC, site.queue(ASKING_LANE), call_id)


def _send(task: str, queue: str, row_id: int) -> None:
    try:
        app.send_task(task, args=(row_id,), queue=queue, retry=False)
    except (BrokerError, CeleryOperationalError, KombuError, OSError) as error:
        logger.warning("The broker did not take a wake-up: %s", error)
