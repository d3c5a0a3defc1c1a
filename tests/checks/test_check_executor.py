"""One task's work against real acceptors: probe, record, cancel, give back."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from dicomcfg.checks import limits, services
from dicomcfg.checks.executor import Executor
from dicomcfg.checks.models import Attempt, Check, CheckState, Ending
from dicomcfg.checks.presence import Presence
from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.inventory.models import AE
from dicomcfg.network.acceptor import AcceptorPolicy
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits, Target
from tests.parts.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
Start = Callable[..., threading.Event]


@pytest.fixture
def start(presence: Presence, environment: Environment) -> Iterator[Start]:
    """Runs ids in a thread, as Celery's pool does; gives the event that stops the worker."""
    threads: list[threading.Thread] = []

    def run(*ids: int, total_s: float = 20.0) -> threading.Event:
        stopping = threading.Event()
        executor = Executor(ids, presence, environment, Limits(total_s=total_s), stopping)

        def body() -> None:
            try:
                executor.run()
            finally:
                connection.close()

        threads.append(threading.Thread(target=body, daemon=True))
        threads[-1].start()
        return stopping

    yield run
    for thread in threads:
        thread.join(15)
        assert not thread.is_alive()


@contextmanager
def probe(kind: str, function: registry.Probe) -> Iterator[None]:
    """Register another probe for a while: the registry is data."""
    before = registry.PROBES[kind]
    registry.PROBES[kind] = function
    try:
        yield
    finally:
        registry.PROBES[kind] = before


def ids_of(*checks: Check) -> list[int]:
    return [check.pk for check in checks]


def are_running(count: int) -> Callable[[], bool]:
    return lambda: Check.objects.filter(state=CheckState.RUNNING).count() == count


def test_every_check_gets_its_result(
    make_ae: Callable[..., AE], peer: Callable[..., int], run_ids: Callable[..., None]
) -> None:
    good, strict = peer(AcceptorPolicy()), peer(AcceptorPolicy(ae_title="OTHER"))
    aes = [make_ae(f"GOOD{i}", good) for i in range(10)] + [make_ae("STRICT", strict)]
    run = services.start_echo(None, aes)
    ids = list(run.checks.values_list("pk", flat=True))
    run_ids([*ids, *ids])
    outcomes = dict(run.checks.values_list("ae__ae_title", "outcome"))
    assert outcomes.pop("STRICT") == "association-rejected"
    assert set(outcomes.values()) == {"success"}
    assert not run.checks.exclude(state=CheckState.FINISHED, lease_until=None).exists()
    attempt = Attempt.objects.filter(check_row__ae__ae_title="STRICT").get()
    assert attempt.ending == Ending.RESULT and attempt.ended_at is not None
    seen = Observation.from_json(attempt.observation)
    assert seen.seen_from is not None and seen.seen_from.calling_ae_title == "DICOMCFG"


def test_a_running_check_is_cancelled(
    make_ae: Callable[..., AE], peer: Callable[..., int], start: Start
) -> None:
    port = peer(AcceptorPolicy(is_silent=True))
    run = services.start_echo(None, [make_ae("SILENT", port)])
    start(run.checks.get().pk)
    wait_until(are_running(1), "the check runs")
    services.cancel_run(None, run)
    wait_until(lambda: run.checks.get().outcome == "cancelled", "it is cancelled", 5)
    assert Attempt.objects.get().ending == Ending.CANCELLED


def test_a_worker_told_to_stop_gives_its_checks_back(
    make_ae: Callable[..., AE], peer: Callable[..., int], start: Start
) -> None:
    port = peer(AcceptorPolicy(is_silent=True))
    run = services.start_echo(None, [make_ae(f"AE{i}", port) for i in range(3)])
    stopping = start(*run.checks.values_list("pk", flat=True))
    wait_until(are_running(3), "the checks run")
    stopping.set()
    wait_until(are_running(0), "they are given back", 5)
    assert set(run.checks.values_list("state", "woken_at")) == {(CheckState.QUEUED, None)}
    assert set(Attempt.objects.values_list("ending", flat=True)) == {Ending.LOST}


def test_deleting_or_editing_the_ae_meanwhile_changes_nothing(
    make_ae: Callable[..., AE], peer: Callable[..., int], start: Start
) -> None:
    port = peer(AcceptorPolicy(answer_delay_s=0.5))
    deleted, edited = make_ae("DELETED", port), make_ae("EDITED", port)
    run = services.start_echo(None, [deleted, edited])
    start(*run.checks.values_list("pk", flat=True))
    wait_until(are_running(2), "the checks run")
    deleted.delete()
    edited.connections.update(port=1)
    wait_until(are_running(0), "both end", 10)
    assert set(run.checks.values_list("outcome", flat=True)) == {"success"}
    edited.refresh_from_db()
    assert edited.latest_outcome == "success"


def test_a_lost_lease_ends_superseded_beside_the_new_holder(
    make_ae: Callable[..., AE], peer: Callable[..., int], start: Start
) -> None:
    port = peer(AcceptorPolicy(answer_delay_s=0.5))
    check = services.start_echo(None, [make_ae("SLOW", port)]).checks.get()
    start(check.pk)
    wait_until(are_running(1), "the first attempt runs")
    # The worker could not renew: as far as anyone can tell it is dead.
    Check.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    start(check.pk)

    def endings() -> list[str]:
        return list(Attempt.objects.order_by("fence").values_list("ending", flat=True))

    wait_until(lambda: endings() == [Ending.SUPERSEDED, Ending.RESULT], "both attempts end", 10)
    assert all(Attempt.objects.values_list("observation__outcome", flat=True))


def test_our_own_failure_is_a_result_that_blames_nobody(
    make_ae: Callable[..., AE], run_ids: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(target: Target, limits: Limits, environment: Environment) -> Observation:
        raise RuntimeError("a bug of ours")

    check = services.start_echo(None, [make_ae("PACS", 104)]).checks.get()
    with probe("echo", broken):
        run_ids(ids_of(check))
    check.refresh_from_db()
    assert (check.state, check.outcome) == (CheckState.FINISHED, "cancelled")
    assert check.findings[0]["code"] == "check-failed-inside"
    assert "a bug of ours" in caplog.text
    assert AE.objects.get().latest_check_id is None


def test_a_check_that_nobody_brings_back_is_given_up(
    make_ae: Callable[..., AE], peer: Callable[..., int], run_ids: Callable[..., None]
) -> None:
    aes = [make_ae(title, peer(AcceptorPolicy())) for title in ("DEADLY", "HARMLESS")]
    run = services.start_echo(None, aes)
    deadly = run.checks.get(ae=aes[0])
    Check.objects.filter(pk=deadly.pk).update(fence=limits.ATTEMPTS_MAXIMUM)
    run_ids(list(run.checks.values_list("pk", flat=True)))
    assert dict(run.checks.values_list("ae__ae_title", "outcome")) == {
        "DEADLY": "cancelled",
        "HARMLESS": "success",
    }
    deadly.refresh_from_db()
    assert deadly.findings[0]["code"] == "check-failed-inside"


def test_only_a_few_probes_go_to_one_address_at_a_time(
    make_ae: Callable[..., AE], run_ids: Callable[..., None]
) -> None:
    """A scanner with one association must not be asked twenty times at once."""
    open_now: dict[int, int] = {1: 0, 2: 0}
    most = dict(open_now)

    async def counting(target: Target, limits: Limits, environment: Environment) -> Observation:
        open_now[target.port] += 1
        most[target.port] = max(most[target.port], open_now[target.port])
        await asyncio.sleep(0.01)
        open_now[target.port] -= 1
        return Observation(kind="echo", outcome=Outcome.SUCCESS)

    run = services.start_echo(None, [make_ae(f"AE{i}", 1 + i % 2) for i in range(20)])
    with probe("echo", counting):
        run_ids(list(run.checks.values_list("pk", flat=True)))
    assert most == {1: limits.CONCURRENT_PER_ADDRESS, 2: limits.CONCURRENT_PER_ADDRESS}


def test_leases_are_taken_as_places_become_free(
    make_ae: Callable[..., AE], run_ids: Callable[..., None]
) -> None:
    """A long list is shared: no more is leased than is probed."""

    async def quick(target: Target, limits: Limits, environment: Environment) -> Observation:
        return Observation(kind="echo", outcome=Outcome.SUCCESS)

    count = 3 * limits.CONCURRENT_CHECKS
    run = services.start_echo(None, [make_ae(f"AE{i}", i + 1) for i in range(count)])
    with probe("echo", quick):
        run_ids(list(run.checks.values_list("pk", flat=True)))
    batches = Counter(Attempt.objects.values_list("started_at", flat=True))
    assert len(batches) >= 3
    assert max(batches.values()) <= limits.CONCURRENT_CHECKS
    assert run.checks.filter(state=CheckState.FINISHED).count() == count
