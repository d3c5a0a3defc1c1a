"""The Celery task, a wake-up naming checks that may be waiting, and what its probes run under."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from dicomcfg.celery import app
from dicomcfg.checks import worker
from dicomcfg.checks.wake import RUN_CHECKS
from dicomcfg.network.demo import demo_ports
from dicomcfg.network.policy import AddressPolicy
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
    policy = AddressPolicy.build(
        allowed_networks=settings.DICOMCFG_ALLOWED_NETWORKS,
        loopback_ports=demo_ports(settings.DICOMCFG_DEMO_PORT).values(),
        allows_loopback=settings.DICOMCFG_ALLOW_LOOPBACK,
    )
    return Environment(policy=policy, tls_folder=settings.DICOMCFG_TLS_FOLDER)
