"""Large imports are left to workers: the row is the record, whoever takes it finishes it once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dicomcfg.accounts.models import User
from dicomcfg.exchange import jobs, working
from dicomcfg.exchange.jobs import start_applying, start_reading
from dicomcfg.exchange.models import Import, ImportState
from dicomcfg.exchange.tasks import work_on_imports
from dicomcfg.exchange.working import work_on_next
from dicomcfg.inventory.models import AE, ChangeSet
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError
from tests.parts.imports import ACTOR, kept_file, previewed
from tests.parts.rows import make_ae

# A renewing thread and the one that works see each other's rows only when they are committed.
pytestmark = pytest.mark.django_db(transaction=True)
TABLE = "AE Title,Host,Port\nPACS,10.0.0.5,104\nCT,10.0.0.6,104\n"


@pytest.fixture
def all_is_large(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Everything goes to workers; the wake-ups that were sent."""
    sent: list[int] = []
    monkeypatch.setattr(jobs, "SMALL_BYTES", 10)
    monkeypatch.setattr(jobs, "SMALL_ROWS", 1)
    monkeypatch.setattr(jobs, "wake", sent.append)
    return sent


def test_small_ones_need_no_worker() -> None:
    kept = kept_file(TABLE)
    assert start_reading(kept)
    assert start_applying(ACTOR, kept)
    assert AE.objects.count() == 2
    assert not work_on_next()


def test_large_ones_are_read_and_applied_by_a_worker(all_is_large: list[int]) -> None:
    anna = User.objects.create(username="anna")
    kept = kept_file(TABLE)
    assert not start_reading(kept)
    assert (kept.state, kept.stage) == (ImportState.READING, jobs.WAITING)
    assert work_on_next()
    kept.refresh_from_db()
    assert (kept.state, kept.stage, kept.counts) == ("previewed", "", {"ae": {"new": 2}})
    assert not start_applying(Actor.of(anna), kept)
    assert (kept.state, kept.applied_by) == (ImportState.APPLYING, anna)
    assert not AE.objects.exists()
    with pytest.raises(ServiceError, match="being applied"):
        start_applying(ACTOR, kept)
    assert work_on_next()
    kept.refresh_from_db()
    assert kept.state == ImportState.APPLIED
    assert ChangeSet.objects.get().actor_name == "anna"
    assert all_is_large == [kept.pk, kept.pk]
    assert not work_on_next()


def test_what_another_worker_holds_is_taken_over_when_its_lease_ran_out(
    all_is_large: list[int],
) -> None:
    kept = previewed(TABLE)
    start_applying(ACTOR, kept)
    now = timezone.now()
    Import.objects.update(lease_until=now + timedelta(seconds=60))
    assert not work_on_next()
    Import.objects.update(lease_until=now - timedelta(seconds=1))
    assert not work_on_next(unheard_s=3600)
    assert work_on_next()
    assert AE.objects.count() == 2


def test_what_keeps_it_from_being_applied_is_its_problem(all_is_large: list[int]) -> None:
    kept = previewed(TABLE)
    start_applying(ACTOR, kept)
    make_ae("PACS", "10.9.9.9:104")
    assert work_on_next()
    kept.refresh_from_db()
    assert (kept.state, kept.applied_by) == (ImportState.PREVIEWED, None)
    assert "changed since the preview: PACS" in kept.problem
    assert kept.counts == {"ae": {"changed": 1, "new": 1}}


def test_a_failure_inside_is_its_problem_too(
    all_is_large: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    kept = kept_file(TABLE)
    start_reading(kept)
    monkeypatch.setattr(working, "prepare", fail)
    assert work_on_next()
    kept.refresh_from_db()
    assert kept.state == ImportState.KEPT
    assert kept.problem.startswith("dicomcfg itself failed")


def test_errors_are_told_before_a_worker_is_asked(all_is_large: list[int]) -> None:
    kept = previewed(TABLE.replace("10.0.0.6", "no host"))
    with pytest.raises(ServiceError, match="Line 3"):
        start_applying(ACTOR, kept)
    assert kept.state == ImportState.PREVIEWED
    assert not all_is_large


def test_the_message_only_wakes() -> None:
    assert work_on_imports(999_999_999) is None
