"""What a test asks of a stack's store, done by a process inside the stack's environment.

Pages do the same through the same services. Each line of standard input is a JSON list of verb
and arguments and is answered by a line with one JSON value; `Stack.ask` writes and reads them.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import cycle
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dicomcfg.settings")
django.setup()

from django.db import close_old_connections, transaction  # noqa: E402  after setup

from dicomcfg.accounts.models import Role, User  # noqa: E402
from dicomcfg.checks import selectors, services  # noqa: E402
from dicomcfg.checks.models import Attempt, CheckRun  # noqa: E402
from dicomcfg.core.formats.bundle import Given  # noqa: E402
from dicomcfg.exchange.imports import keep  # noqa: E402
from dicomcfg.exchange.jobs import start_applying  # noqa: E402
from dicomcfg.exchange.models import Import  # noqa: E402
from dicomcfg.exchange.preview import prepare  # noqa: E402
from dicomcfg.inventory.models import AE, ChangeSet, Connection, Device, Site  # noqa: E402
from dicomcfg.inventory.services.actor import Actor  # noqa: E402
from tests.parts.discovered import discover_before_and_after  # noqa: E402
from tests.parts.rows import make_ae  # noqa: E402

PATIENCE_S = 60.0
"""So long a swept AE may keep silent: a peer may be held while workers die and come back."""


def start(count: int, ports: list[int], site: str = "main") -> dict[str, Any]:
    """Echo that many AEs, each on an address of its own and on one of the ports in turn; how
    long the service took."""
    where = Site.objects.get(slug=site)
    aes = AE.objects.bulk_create(AE(site=where, ae_title=f"AE{n}") for n in range(count))
    Connection.objects.bulk_create(
        Connection(ae=ae, hostname=f"127.0.{n // 200 + 1}.{n % 200 + 1}", port=port)
        for n, (ae, port) in enumerate(zip(aes, cycle(ports), strict=False))
    )
    began = time.monotonic()
    run = services.start_echo(None, aes)
    return {"run": run.pk, "elapsed_s": time.monotonic() - began}


def sweep(count: int, ports: list[int]) -> int:
    """Sweep that many new AEs, each on an address of its own, on the ports in turn; the run."""
    aes = AE.objects.bulk_create(
        AE(site=Site.objects.get(slug="main"), ae_title=f"SWEPT{n}") for n in range(count)
    )
    Connection.objects.bulk_create(
        Connection(ae=ae, hostname=f"127.1.{n // 200 + 1}.{n % 200 + 1}", port=port)
        for n, (ae, port) in enumerate(zip(aes, cycle(ports), strict=False))
    )
    return services.start_sweep(None, aes=aes, timeout_s=PATIENCE_S).pk


def wait(run_id: int, finished: int, within_s: float = 45) -> dict[str, Any]:
    """Wait until so many of a run's checks are finished; what is known of it then."""
    run = CheckRun.objects.get(pk=run_id)
    pause, deadline = threading.Event(), time.monotonic() + within_s
    while selectors.run_progress(run).finished < finished and time.monotonic() < deadline:
        pause.wait(0.02)
    return report(run_id)


def report(run_id: int) -> dict[str, Any]:
    """A run's outcomes and attempts."""
    run = CheckRun.objects.get(pk=run_id)
    attempts = Attempt.objects.filter(check_row__run=run)
    per_check = Counter(attempts.values_list("check_row_id", flat=True))
    terminal = attempts.filter(ending__in=["result", "cancelled"])
    return {
        "states": dict(Counter(run.checks.values_list("state", flat=True))),
        "outcomes": dict(Counter(run.checks.values_list("outcome", flat=True))),
        "endings": dict(Counter(attempts.values_list("ending", flat=True))),
        "fences_match": all(c.fence == per_check[c.pk] for c in run.checks.all()),
        "terminal_per_check": sorted(set(Counter(c.check_row_id for c in terminal).values())),
        "statuses": AE.objects.filter(latest_check_id__in=run.checks.values("pk")).count(),
        "workers": sorted(set(attempts.values_list("worker", flat=True))),
        "holders": sorted(set(attempts.filter(ending="").values_list("worker", flat=True))),
    }


def wait_for_queues(*queues: str) -> list[str]:
    """Wait until live workers serve the queues; what they serve then."""
    pause, deadline = threading.Event(), time.monotonic() + 30
    served: set[str] = set()
    while not served.issuperset(queues) and time.monotonic() < deadline:
        pause.wait(0.05)
        served = {queue for worker in selectors.workers() for queue in worker.queues}
    return sorted(served)


def add_site(slug: str) -> str:
    """A site made while workers run."""
    return Site.objects.create(slug=slug, name=slug).slug


def count() -> dict[str, int]:
    """How many AEs and devices there are."""
    return {model.__name__: model.objects.count() for model in (AE, Device)}


def add_administrator(name: str, password: str) -> str:
    """Somebody who may do everything."""
    return User.objects.create_user(name, password=password, role=Role.ADMIN).username


def apply_table(rows: int) -> int:
    """Let a worker apply a table of new AEs that was previewed here; the id of the import."""
    lines = (f"AE{n},10.1.{n // 200}.{n % 200},104" for n in range(rows))
    kept = keep(None, [Given("table.csv", "\n".join(["AET,Host,Port", *lines]).encode())])
    prepare(kept)
    start_applying(Actor.command_line(), kept)
    return kept.pk


def import_state(pk: int) -> dict[str, Any]:
    """How far an import is, and how many acts and AEs there are."""
    row = Import.objects.get(pk=pk)
    acts, aes = ChangeSet.objects.count(), AE.objects.count()
    return {"state": row.state, "stage": row.stage, "acts": acts, "aes": aes}


def discover_twice() -> list[int]:
    """A picky AE with two ended discoveries, between which it learnt CT; ids of it and the later.

    In one transaction, so that workers hear of the checks when they have ended already.
    """
    with transaction.atomic():
        ae = make_ae("PICKY", "127.0.0.1:1")
        return [ae.pk, discover_before_and_after(ae).pk]


VERBS: dict[str, Callable[..., Any]] = {
    verb.__name__: verb
    for verb in (
        start,
        sweep,
        wait,
        report,
        wait_for_queues,
        add_site,
        add_administrator,
        count,
        discover_twice,
        apply_table,
        import_state,
    )
}

if __name__ == "__main__":
    for line in sys.stdin:
        verb, *arguments = json.loads(line)
        close_old_connections()  # the database may have been restarted meanwhile
        print(json.dumps(VERBS[verb](*arguments)), flush=True)
