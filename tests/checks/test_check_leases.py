"""Leases and fencing: whoever holds the number writes, everyone else does not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from dicomcfg.checks import leases, results, services
from dicomcfg.checks.leases import Lease
from dicomcfg.checks.models import Attempt, Check, CheckState, Ending
from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.inventory.models import AE

pytestmark = pytest.mark.django_db
SEEN = Observation(kind="echo", outcome=Outcome.SUCCESS)


@pytest.fixture
def ids(make_ae: Callable[..., AE]) -> list[int]:
    """Three queued checks."""
    run = services.start_echo(None, [make_ae(f"AE{i}", 104) for i in range(3)])
    return sorted(run.checks.values_list("pk", flat=True))


def run_out(ids: list[int]) -> None:
    Check.objects.filter(pk__in=ids).update(lease_until=timezone.now() - timedelta(seconds=1))


def endings(check_id: int) -> list[str]:
    attempts = Attempt.objects.filter(check_row_id=check_id).order_by("fence")
    return list(attempts.values_list("ending", flat=True))


def test_a_lease_counts_the_fence_up_and_puts_an_attempt_on_record(ids: list[int]) -> None:
    taken = leases.take(ids, "w1", "host1")
    assert [(lease.check_id, lease.fence) for lease in taken] == [(pk, 1) for pk in ids]
    check = Check.objects.get(pk=ids[0])
    assert (check.state, check.fence) == (CheckState.RUNNING, 1)
    assert check.lease_until is not None and check.lease_until > timezone.now()
    attempt = Attempt.objects.get(check_row=check)
    assert (attempt.worker, attempt.worker_host, attempt.ending) == ("w1", "host1", "")


def test_what_is_leased_or_finished_is_not_free(ids: list[int]) -> None:
    leases.take(ids[:1], "w1", "host1")
    Check.objects.filter(pk=ids[1]).update(state=CheckState.FINISHED)
    assert [lease.check_id for lease in leases.take(ids, "w2", "host2")] == ids[2:]
    assert leases.take([*ids, 10**9], "w3", "host3") == []


def test_a_lease_that_ran_out_is_taken_over_and_its_attempt_lost(ids: list[int]) -> None:
    leases.take(ids, "w1", "host1")
    run_out(ids[:1])
    (lease,) = leases.take(ids, "w2", "host2")
    assert (lease.check_id, lease.fence) == (ids[0], 2)
    assert endings(ids[0]) == [Ending.LOST, ""]
    assert endings(ids[1]) == [""]


def test_renewing_prolongs_only_what_is_held(ids: list[int]) -> None:
    old = leases.take(ids, "w1", "host1")
    run_out(ids)
    leases.take(ids[:1], "w2", "host2")
    taken_over = Check.objects.get(pk=ids[0]).lease_until
    leases.renew(old)
    now = timezone.now()
    assert Check.objects.get(pk=ids[0]).lease_until == taken_over
    assert Check.objects.filter(pk__in=ids[1:], lease_until__gt=now).count() == 2


def test_giving_back_queues_what_is_held_for_at_once(ids: list[int]) -> None:
    held = leases.take(ids, "w1", "host1")
    results.record([(held[0], SEEN)])
    leases.give_back(held)
    rows = dict(Check.objects.values_list("pk", "state"))
    assert rows == {ids[0]: "finished", ids[1]: "queued", ids[2]: "queued"}
    assert Check.objects.filter(woken_at=None).count() == 2
    assert [endings(pk) for pk in ids] == [[Ending.RESULT], [Ending.LOST], [Ending.LOST]]
    assert [lease.fence for lease in leases.take(ids, "w2", "host2")] == [2, 2]


def test_the_leases_of_a_dead_worker_end_at_once(ids: list[int]) -> None:
    leases.take(ids[:2], "dead", "host1")
    leases.take(ids[2:], "alive", "host1")
    assert leases.expire_of(["dead"]) == 2
    assert [lease.check_id for lease in leases.take(ids, "w2", "host1")] == ids[:2]
    assert leases.expire_of(["dead"]) == 0


def test_a_late_result_is_kept_and_changes_nothing(ids: list[int]) -> None:
    (late,) = leases.take(ids[:1], "w1", "host1")
    run_out(ids)
    (holder,) = leases.take(ids[:1], "w2", "host2")
    refused = Observation(kind="echo", outcome=Outcome.CONNECTION_REFUSED)
    results.record([(late, refused)])
    check = Check.objects.get(pk=ids[0])
    assert (check.state, check.outcome) == (CheckState.RUNNING, "")
    results.record([(holder, SEEN)])
    results.record([(late, refused)])
    check.refresh_from_db()
    assert (check.state, check.outcome) == (CheckState.FINISHED, "success")
    assert check.ae is not None and check.ae.latest_outcome == "success"
    assert endings(ids[0]) == [Ending.SUPERSEDED, Ending.RESULT]
    kept = Attempt.objects.get(check_row=check, fence=1).observation
    assert kept["outcome"] == "connection-refused"


def test_a_result_after_cancelling_in_the_queue_is_superseded(ids: list[int]) -> None:
    (lease,) = leases.take(ids[:1], "w1", "host1")
    leases.give_back([lease])
    run = Check.objects.get(pk=ids[0]).run
    services.cancel_run(None, run)
    results.record([(lease, SEEN)])
    assert Check.objects.get(pk=ids[0]).outcome == "cancelled"
    assert endings(ids[0]) == [Ending.SUPERSEDED]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_try_at_once_one_gets_each_check(ids: list[int]) -> None:
    """Real connections in real threads, on the database's own terms."""
    barrier = threading.Barrier(6)
    taken: list[Lease] = []

    def take(number: int) -> None:
        barrier.wait()
        try:
            taken.extend(leases.take(ids, f"w{number}", "host"))
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(n,), daemon=True) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(lease.check_id for lease in taken) == ids
    assert Attempt.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_of_many_results_at_once_one_is_terminal(ids: list[int]) -> None:
    held: list[Lease] = []
    for number in range(5):
        held += leases.take(ids[:1], f"w{number}", "host")
        run_out(ids)
    barrier = threading.Barrier(5)

    def record(lease: Lease) -> None:
        barrier.wait()
        try:
            results.record([(lease, SEEN)])
        finally:
            connection.close()

    threads = [threading.Thread(target=record, args=(lease,), daemon=True) for lease in held]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert endings(ids[0]) == [Ending.SUPERSEDED] * 4 + [Ending.RESULT]
