"""What is announced again: everything that nobody would otherwise hear of, and no more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from dicomcfg.celery import app
from dicomcfg.checks import leases, selectors, services
from dicomcfg.checks.limits import HEARTBEAT_STALE_S, REWAKE_S
from dicomcfg.checks.models import Check, CheckState, WorkerHeartbeat
from dicomcfg.checks.presence import Presence, bury_dead, forget
from dicomcfg.checks.reaper import reap
from dicomcfg.checks.upkeep import Upkeep
from dicomcfg.inventory.models import AE, Site

pytestmark = pytest.mark.django_db


def ago(seconds: float) -> Any:
    return timezone.now() - timedelta(seconds=seconds)


def messages(queue: str) -> list[list[int]]:
    """The ids of every message in a queue, taken out of it."""
    found = []
    with app.connection_for_read() as connection:
        while message := connection.default_channel.basic_get(queue, no_ack=True):
            found.append(message.payload[0][2])
    return found


@pytest.fixture(autouse=True)
def empty_queues() -> None:
    for queue in ("main.interactive", "main.bulk", "second.bulk"):
        messages(queue)


@pytest.fixture
def check(make_ae: Callable[..., AE]) -> Check:
    """A queued check, its message lost."""
    return services.start_echo(None, [make_ae("PACS", 104)]).checks.get()


@pytest.mark.parametrize(
    ("fields", "at_start", "is_due"),
    [
        ({"woken_at": None}, False, True),
        ({"woken_at": REWAKE_S + 1}, False, True),
        ({"woken_at": 0}, False, False),
        ({"woken_at": 0}, True, True),
        ({"state": "running", "woken_at": 60, "lease_until": 1}, False, True),
        ({"state": "running", "woken_at": 60, "lease_until": -10}, False, False),
        ({"state": "running", "woken_at": 0, "lease_until": 1}, False, False),
        ({"state": "running", "woken_at": None, "lease_until": 1}, False, True),
        ({"state": "running", "woken_at": REWAKE_S + 1, "lease_until": REWAKE_S + 2}, False, True),
        ({"state": "running", "woken_at": 0, "lease_until": -10}, True, False),
        ({"state": "finished", "woken_at": None}, True, False),
    ],
)
def test_what_is_due(
    check: Check, site: Site, fields: dict[str, Any], at_start: bool, is_due: bool
) -> None:
    times = {k: ago(v) if isinstance(v, int | float) else v for k, v in fields.items()}
    Check.objects.filter(pk=check.pk).update(**times)
    assert reap([site], "interactive", at_start=at_start) == int(is_due)
    assert messages("main.interactive") == ([[check.pk]] if is_due else [])


def test_what_was_announced_is_not_announced_again_at_once(check: Check, site: Site) -> None:
    Check.objects.update(woken_at=None)
    assert reap([site], "interactive") == 1
    assert reap([site], "interactive") == 0


def test_a_worker_reaps_only_the_queues_it_serves(check: Check, site: Site) -> None:
    second = Site.objects.create(name="Second", slug="second")
    Check.objects.update(woken_at=None, site=second, lane="bulk")
    assert reap([site], "bulk") == 0
    assert reap([second], "interactive") == 0
    assert reap([site, second], "bulk") == 1
    assert messages("second.bulk") == [[check.pk]]


def test_a_dead_workers_lock_is_found_once_and_a_living_ones_never(tmp_path: Path) -> None:
    living, dead = (Presence.announce(tmp_path, lane) for lane in ("bulk", "interactive"))
    assert bury_dead(tmp_path) == []
    dead.lock.close()
    assert bury_dead(tmp_path) == [dead.name]
    assert bury_dead(tmp_path) == []
    living.withdraw()
    assert list(tmp_path.iterdir()) == []


def test_upkeep_takes_over_from_the_dead_and_beats(
    check: Check, site: Site, tmp_path: Path, presence: Presence
) -> None:
    dead = Presence.announce(tmp_path / "workers", "interactive")
    dead.beat(["main.interactive"])
    leases.take([check.pk], dead.name, dead.host)
    dead.lock.close()
    queues: list[str] = []
    stopping = threading.Event()
    upkeep = Upkeep(presence, tmp_path / "workers", "interactive", None, queues.append, stopping)
    upkeep.round()
    assert queues == ["main.interactive"]
    assert [worker.name for worker in selectors.workers()] == [presence.name]
    assert messages("main.interactive") == [[check.pk]]
    assert [lease.fence for lease in leases.take([check.pk], "w", "host")] == [2]


def test_a_new_site_is_consumed_and_a_named_worker_ignores_it(
    site: Site, tmp_path: Path, presence: Presence
) -> None:
    for_all: list[str] = []
    for_main: list[str] = []
    stopping = threading.Event()
    general = Upkeep(presence, tmp_path, "bulk", None, for_all.append, stopping)
    named = Upkeep(presence, tmp_path, "bulk", ["main"], for_main.append, stopping)
    general.round()
    Site.objects.create(name="Second", slug="second")
    general.round()
    named.round()
    assert for_all == ["main.bulk", "main.bulk", "second.bulk"]
    assert for_main == ["main.bulk"]


def test_pages_see_which_sites_are_served(site: Site, presence: Presence) -> None:
    assert selectors.sites_without_worker() == [site]
    presence.beat(["main.bulk"])
    assert selectors.sites_without_worker() == [site]
    assert [worker.name for worker in selectors.workers_for(site)] == [presence.name]
    presence.beat(["main.bulk", "main.interactive"])
    assert selectors.sites_without_worker() == []
    WorkerHeartbeat.objects.update(seen_at=ago(HEARTBEAT_STALE_S + 1))
    assert selectors.workers_for(site) == []
    assert selectors.sites_without_worker() == [site]
    WorkerHeartbeat.objects.update(seen_at=ago(90_000))
    forget([])
    assert not WorkerHeartbeat.objects.exists()


def test_in_flight_is_told_by_ae(check: Check, make_ae: Callable[..., AE]) -> None:
    idle = make_ae("IDLE", 104)
    newer = services.start_echo(None, [check.ae]).checks.get()  # type: ignore[list-item]
    assert selectors.in_flight_for([check.ae_id, idle.pk]) == {check.ae_id: newer}
    assert selectors.in_flight_count_for([check.ae_id, idle.pk]) == 2
    Check.objects.update(state=CheckState.FINISHED, finished_at=ago(0))
    assert selectors.in_flight_for([check.ae_id]) == {}
