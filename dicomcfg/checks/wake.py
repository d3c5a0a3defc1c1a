"""Telling workers that checks wait: a message is a wake-up, never the record.

Sending fails fast: one try, about a second at most, and no error reaches the caller. Rows are
written with `woken_at` set; where a message could not be sent it is emptied again, and a
reaper announces those rows as soon as it can.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from celery.exceptions import OperationalError as CeleryOperationalError
from kombu.exceptions import KombuError
from kombu.exceptions import OperationalError as BrokerError

from dicomcfg.celery import app
from dicomcfg.checks.models import Check, CheckState
from dicomcfg.checks.places import messages_of
from dicomcfg.inventory.models import Site

RUN_CHECKS = "dicomcfg.checks.run_checks"

logger = logging.getLogger(__name__)


def wake(site: Site, lane: str, ids: Sequence[int]) -> bool:
    """Announce the checks of a site's lane; True when every message was sent.

    The first failure ends it: a broker that refused once is not asked again in this call.
    """
    messages = messages_of(ids)
    for number, part in enumerate(messages):
        try:
            app.send_task(
                RUN_CHECKS,
                args=(site.slug, lane, part),
                queue=site.queue(lane),
                retry=False,
            )
        except (BrokerError, CeleryOperationalError, KombuError, OSError) as error:
            logger.warning("The broker did not take a wake-up: %s", error)
            _unannounce([check_id for left in messages[number:] for check_id in left])
            return False
    return True


def _unannounce(ids: Sequence[int]) -> None:
    Check.objects.filter(pk__in=ids).exclude(state=CheckState.FINISHED).update(woken_at=None)
