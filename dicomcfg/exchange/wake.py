"""Telling a worker that an import waits: a message is a wake-up, never the record."""

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

logger = logging.getLogger(__name__)


def wake(import_id: int) -> None:
    """Send one message, to the first site's bulk queue; workers look for themselves too."""
    queue = Site.objects.order_by("pk")[0].queue(LANE)
    try:
        app.send_task(WORK_ON_IMPORTS, args=(import_id,), queue=queue, retry=False)
    except (BrokerError, CeleryOperationalError, KombuError, OSError) as error:
        logger.warning("The broker did not take a wake-up: %s", error)
