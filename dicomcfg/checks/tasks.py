"""The Celery task: a wake-up naming checks that may be waiting."""

from __future__ import annotations

from dicomcfg.celery import app
from dicomcfg.checks import worker
from dicomcfg.checks.executor import Executor
from dicomcfg.checks.surroundings import environment
from dicomcfg.checks.wake import RUN_CHECKS
from dicomcfg.probes.target import Limits


@app.task(name=RUN_CHECKS, ignore_result=True)
def run_checks(site_slug: str, lane: str, ids: list[int]) -> None:
    """Run those of the checks that are free; the message's claim to be right is not needed.

    `site_slug` and `lane` repeat the queue, for the worker's log.
    """
    Executor(ids, worker.presence(), environment(), Limits(), worker.stopping).run()
