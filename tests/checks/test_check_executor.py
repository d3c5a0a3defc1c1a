"""One task's work against real acceptors: probe, record, cancel, give back."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone

from dicomcfg.checks import leases, limits, selectors, services
from dicomcfg.checks.executor import Executor
from dicomcfg.checks.models import Attempt, Check, CheckState, Ending
from dicomcfg.checks.presence import Presence
from dicomcfg.core.diagnosis.observation import DiscoverySeen, Observation, Outcome
from dicomcfg.core.negotiation.matrix import Matrix
from dicomcfg.inventory.models import AE, Connection, Device
from dicomcfg.network.acceptor import AcceptorPolicy
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.sweep import Caps, Pace
from dicomcfg.probes.target import DiscoverSettings, Limits, Target
from tests.parts.executing import executing, work_off
from tests.parts.limits import within
from tests.parts.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
Start = Callable[..., threading.Event]


@pytest.fixture
def start(presence: Presence, environment: Environment) -> Iterator[Start]:
    """Begins ids in an executor of their own; gives the event that stops it."""
    with ExitStack() as stack:

        def begin(*ids: int, total_s: float = 20.0) -> threading.Event:
            running = stack.enter_context(executing(presence, environment, within(total_s)))
            running.executor.work_on(ids)
            return running.stopping

        yield begin


@contextmanager
def probe(kind: str, function: registry.Probe) -> Iterator[None]:
    """Register another probe for a while: the registry is data."""
    before = registry.KINDS[kind]
    registry.KINDS[kind] = registry.Kind(function)
    try:
        yield
    finally:
        registry.KINDS[kind] = before


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


class Counting:
    """A probe that sees how many of its kind are under way, in all and by a name of theirs."""

    def __init__(self, name_of: Callable[[Target], str]) -> None:
        self.most: Counter[str] = Counter()
        self._now: Counter[str] = Counter()
        self._name_of = name_of

    async def __call__(
        self, target: Target, limits: Limits, environment: Environment
    ) -> Observation:
        names = ("all", self._name_of(target))
        for name in names:
            self._now[name] += 1
            self.most[name] = max(self.most[name], self._now[name])
        await asyncio.sleep(0.01)
        self._now.subtract(names)
        return Observation(kind="echo", outcome=Outcome.SUCCESS)


def test_only_a_few_probes_go_to_one_address_at_a_time(
    make_ae: Callable[..., AE], run_ids: Callable[..., None]
) -> None:
    """A scanner with one association must not be asked twenty times at once, by whatever port."""
    counting = Counting(lambda target: target.hostname)
    aes = [make_ae(f"AE{i}", 1 + i) for i in range(20)]
    Connection.objects.filter(ae__in=aes[10:]).update(hostname="127.0.0.2")
    run = services.start_echo(None, aes)
    with probe("echo", counting):
        run_ids(list(run.checks.values_list("pk", flat=True)))
    cap = limits.CAPS.per_address
    assert counting.most == {"127.0.0.1": cap, "127.0.0.2": cap, "all": 2 * cap}


def test_only_a_few_probes_go_to_one_device_at_a_time(
    make_ae: Callable[..., AE], presence: Presence, environment: Environment
) -> None:
    counting = Counting(lambda target: target.called_ae_title[:3])
    devices = [Device.objects.create(name=name) for name in ("BOX", "PET")]
    aes = [make_ae(f"{devices[i % 2].name}{i}", 104, device=devices[i % 2]) for i in range(12)]
    for number, ae in enumerate(aes):
        ae.connections.update(hostname=f"10.0.0.{number}")
    run = services.start_echo(None, aes)
    caps = Caps(total=5, per_device=3)
    with probe("echo", counting):
        ids = list(run.checks.values_list("pk", flat=True))
        work_off(ids, presence, environment, within(5.0), caps)
    assert counting.most == {"BOX": 3, "PET": 3, "all": 5}


def test_no_more_is_leased_than_is_probed_and_a_full_worker_takes_no_more_messages(
    make_ae: Callable[..., AE], presence: Presence, environment: Environment
) -> None:
    let_go = threading.Event()

    async def waits(target: Target, limits: Limits, environment: Environment) -> Observation:
        await asyncio.to_thread(let_go.wait)
        return Observation(kind="echo", outcome=Outcome.SUCCESS)

    aes = [make_ae(f"AE{i}", 104) for i in range(6)]
    for number, ae in enumerate(aes):
        ae.connections.update(hostname=f"10.0.0.{number}")
    run = services.start_echo(None, aes)
    ids = list(run.checks.values_list("pk", flat=True))
    with (
        probe("echo", waits),
        executing(presence, environment, within(20.0), Caps(total=3)) as running,
    ):
        message = threading.Thread(target=running.executor.work_on, args=(ids,), daemon=True)
        message.start()
        wait_until(are_running(3), "places are filled")
        assert message.is_alive()
        let_go.set()
        message.join(10)
        assert not message.is_alive()
        wait_until(lambda: not run.checks.filter(finished_at=None).exists(), "all end", 10)
    assert not Attempt.objects.exclude(ending=Ending.RESULT).exists()


def test_a_runs_pace_is_kept(make_ae: Callable[..., AE], run_ids: Callable[..., None]) -> None:
    begun: list[float] = []

    async def noting(target: Target, limits: Limits, environment: Environment) -> Observation:
        begun.append(asyncio.get_running_loop().time())
        return Observation(kind="echo", outcome=Outcome.SUCCESS)

    aes = [make_ae(f"AE{i}", 104) for i in range(6)]
    run = services.start_sweep(None, aes=aes, pace=Pace(rate_per_s=20.0, jitter_s=0.01))
    with probe("echo", noting):
        run_ids(list(run.checks.values_list("pk", flat=True)))
    assert max(begun) - min(begun) > 0.1


MATRIX = Matrix(("1.2.3",), ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1"), ("0?",))


@contextmanager
def discovery(probe_function: registry.Probe) -> Iterator[None]:
    """Register a probe for discoveries."""
    registry.KINDS.setdefault("discover", registry.Kind(probe_function))
    with probe("discover", probe_function):
        yield


@pytest.fixture
def discover(make_ae: Callable[..., AE]) -> Check:
    """A queued discovery."""
    settings = DiscoverSettings(MATRIX.sop_classes, MATRIX.transfer_syntaxes)
    return services.start_discover(None, make_ae("PACS", 104), settings).checks.get()


async def half(target: Target, limits: Limits, environment: Environment) -> Observation:
    """Tells half of it and then waits."""
    environment.report(DiscoverySeen(Matrix((), (), ())))
    environment.report(DiscoverySeen(MATRIX, associations=3))
    await asyncio.Event().wait()
    raise AssertionError


def test_a_long_check_is_gone_on_with_from_its_progress(
    discover: Check, start: Start, run_ids: Callable[..., None]
) -> None:
    known: list[Matrix | None] = []

    async def rest(target: Target, limits: Limits, environment: Environment) -> Observation:
        assert target.discover is not None
        known.append(target.discover.known)
        return Observation("discover", Outcome.SUCCESS, discovery=DiscoverySeen(MATRIX))

    with discovery(half):
        stopping = start(discover.pk)
        wait_until(lambda: Check.objects.get().progress, "progress is kept")
        stopping.set()
        wait_until(lambda: Check.objects.get().state == CheckState.QUEUED, "it is given back")
    with discovery(rest):
        run_ids(ids_of(discover))
    assert known == [MATRIX]
    discover.refresh_from_db()
    assert (discover.outcome, discover.progress) == ("success", None)


def test_a_cancelled_discovery_keeps_its_matrix(discover: Check, start: Start) -> None:
    with discovery(half):
        start(discover.pk)
        wait_until(lambda: Check.objects.get().progress, "it has told something")
        services.cancel_run(None, discover.run)
        wait_until(lambda: Check.objects.get().outcome == "cancelled", "it is cancelled", 5)
    seen = selectors.observation_of(discover)
    assert seen is not None and seen.discovery == DiscoverySeen(MATRIX, associations=3)


def test_what_was_cancelled_while_it_waited_is_forgotten(
    make_ae: Callable[..., AE], peer: Callable[..., int], start: Start
) -> None:
    port = peer(AcceptorPolicy(is_silent=True))
    run = services.start_echo(None, [make_ae(f"AE{i}", port) for i in range(10)])
    start(*run.checks.values_list("pk", flat=True))
    wait_until(are_running(limits.CAPS.per_address), "those that may run")
    services.cancel_run(None, run)
    wait_until(lambda: not run.checks.filter(finished_at=None).exists(), "all are cancelled", 5)
    assert set(run.checks.values_list("outcome", flat=True)) == {"cancelled"}
    assert Attempt.objects.count() == limits.CAPS.per_address


def test_a_check_leased_anew_before_its_late_result_is_written_is_held_on(
    make_ae: Callable[..., AE], presence: Presence, environment: Environment
) -> None:
    check = services.start_echo(None, [make_ae("PACS", 104)]).checks.get()
    (late,) = leases.take([check.pk], presence.name, presence.host)
    past = timezone.now() - timedelta(seconds=1)
    Check.objects.filter(pk=check.pk).update(lease_until=past)
    (held,) = leases.take([check.pk], presence.name, presence.host)
    executor = Executor(presence, environment, within(5.0), threading.Event())
    executor._held[check.pk] = held
    with executor._loop:
        for lease, outcome in ((late, Outcome.ECHO_TIMEOUT), (held, Outcome.SUCCESS)):
            executor._end((lease, Observation("echo", outcome)))
            executor._write(is_last=True)
    assert executor._held == {}
    check.refresh_from_db()
    assert check.outcome == "success"
    endings = check.attempts.order_by("fence").values_list("ending", flat=True)
    assert list(endings) == [Ending.SUPERSEDED, Ending.RESULT]
