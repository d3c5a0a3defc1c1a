"""Telling workers that something of ours waits: a message is a wake-up, never the record."""

from __future__ import annotations

import logging

from celery.exceptions import OperationalError as CeleryOperationalError
from kombu.exceptions import KombuError
from kombu.exceptions import OperationalError as BrokerError

from dicomcfg.celery import app

logger = logging.getLogger(__name__)


def wake(task: str, queue: str, row_id: int) -> bool:
    """Announce one row; False when the broker did not take it, and the row waits to be found."""
    try:
        app.send_task(task, args=(row_id,), queue=queue, retry=False)
    except (BrokerError, CeleryOperationalError, KombuError, OSError) as error:
        logger.warning("The broker did not take a wake-up: %s", error)
        return False
    return True
