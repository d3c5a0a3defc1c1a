"""The Celery task, a wake-up naming checks that may be waiting, and what its probes run under."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from dicomcfg.address_policy import address_policy
from dicomcfg.celery import app
from dicomcfg.checks import worker
from dicomcfg.checks.wake import RUN_CHECKS
from dicomcfg.probes.environment import Environment


@app.task(name=RUN_CHECKS, ignore_result=True)
def run_checks(site_slug: str, lane: str, ids: list[int]) -> None:
    """Run those of the checks that are free; the message's claim to be right is not needed.

    `site_slug` and `lane` repeat the queue. Ends when the worker has room for another message,
    often before the checks do: the rows are the record.
    """
    worker.executor(lane, environment()).work_on(ids)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """One for the process: its resolver keeps threads.

    Raises ValueError for an allowed network that is none.
    """
    return Environment(policy=address_policy(), tls_folder=settings.DICOMCFG_TLS_FOLDER)
