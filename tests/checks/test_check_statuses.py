"""What results do to the rows of AEs and associations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from dicomcfg.checks import leases, results, selectors, services
from dicomcfg.checks.models import Attempt, Check, Ending
from dicomcfg.checks.storable import MAXIMUM_PDU_HEX, MAXIMUM_TEXT
from dicomcfg.core.diagnosis.observation import (
    Observation,
    Outcome,
    PduRecord,
    Peer,
    Stage,
    StageName,
)
from dicomcfg.inventory.models import AE, Association
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.aes import delete_aes
from dicomcfg.inventory.services.undo import undo

pytestmark = pytest.mark.django_db


def seen(outcome: Outcome = Outcome.SUCCESS, ms: float = 5.0) -> Observation:
    stages = (Stage(StageName.CONNECT, "success", 1.0), Stage(StageName.ECHO, "success", ms - 1))
    return Observation(kind="echo", outcome=outcome, stages=stages)


def finish(check: Check, observation: Observation) -> None:
    """Give a check its result, as a worker does."""
    (lease,) = leases.take([check.pk], "w", "host")
    results.record([(lease, observation)])


def echo(ae: AE, *, calling: AE | None = None) -> Check:
    return services.start_echo(None, [ae], calling=calling).checks.get()


def test_the_newest_check_sets_the_status(make_ae: Callable[..., AE]) -> None:
    ae = make_ae("PACS", 104)
    check = echo(ae)
    finish(check, seen(ms=5.0))
    ae.refresh_from_db()
    check.refresh_from_db()
    assert (ae.latest_check_id, ae.latest_outcome, ae.latest_tone) == (check.pk, "success", "ok")
    assert (ae.latest_headline, ae.latest_at) == (check.headline, check.finished_at)
    assert ae.latest_stages == [["connect", "success", 1.0], ["echo", "success", 4.0]]
    assert (ae.recent, ae.revision) == ([["ok", 5.0]], 1)


def test_an_older_check_that_ends_later_changes_nothing(make_ae: Callable[..., AE]) -> None:
    ae = make_ae("PACS", 104)
    older, newer = echo(ae), echo(ae)
    finish(newer, seen())
    finish(older, seen(Outcome.CONNECTION_REFUSED))
    ae.refresh_from_db()
    older.refresh_from_db()
    assert (ae.latest_check_id, ae.latest_outcome) == (newer.pk, "success")
    assert older.outcome == "connection-refused"
    assert list(selectors.checks_of(ae)) == [newer, older]


def test_several_results_for_one_ae_in_one_batch(make_ae: Callable[..., AE]) -> None:
    ae = make_ae("PACS", 104)
    checks = [echo(ae) for _ in range(25)]
    held = leases.take([check.pk for check in checks], "w", "host")
    results.record([(lease, seen(ms=i + 1.0)) for i, lease in reversed(list(enumerate(held)))])
    ae.refresh_from_db()
    assert ae.latest_check_id == checks[-1].pk
    assert ae.recent == [["ok", i + 1.0] for i in range(5, 25)]


def test_a_borrowed_title_gets_its_outcome_beside(make_ae: Callable[..., AE]) -> None:
    ae, modality = make_ae("PACS", 104), make_ae("CT1", 105)
    finish(echo(ae), seen())
    borrowed = echo(ae, calling=modality)
    finish(borrowed, seen(Outcome.ASSOCIATION_REJECTED))
    ae.refresh_from_db()
    assert (ae.latest_outcome, len(ae.recent)) == ("success", 1)
    beside = ae.borrowed_latest
    assert (beside["check_id"], beside["calling_ae_title"]) == (borrowed.pk, "CT1")
    assert beside["outcome"] == "association-rejected"


def test_an_older_borrowed_check_does_not_replace_a_newer(make_ae: Callable[..., AE]) -> None:
    ae, modality = make_ae("PACS", 104), make_ae("CT1", 105)
    older, newer = echo(ae, calling=modality), echo(ae, calling=modality)
    finish(newer, seen())
    finish(older, seen(Outcome.CONNECTION_REFUSED))
    ae.refresh_from_db()
    assert ae.borrowed_latest["check_id"] == newer.pk
    assert ae.latest_check_id is None


def test_a_negotiation_concerns_the_association_alone(make_ae: Callable[..., AE]) -> None:
    called = make_ae("PACS", 104)
    association = Association.objects.create(calling=make_ae("CT1"), called=called)
    check = echo(called)
    Check.objects.filter(pk=check.pk).update(kind="negotiate", association=association, ae=None)
    finish(check, Observation(kind="negotiate", outcome=Outcome.ASSOCIATION_REJECTED))
    association.refresh_from_db()
    called.refresh_from_db()
    assert association.latest_check_id == check.pk
    assert association.latest_outcome == "association-rejected"
    assert called.latest_check_id is None
    assert list(selectors.checks_of_association(association)) == [check]


def test_a_cancelled_check_says_nothing_about_its_target(make_ae: Callable[..., AE]) -> None:
    ae = make_ae("PACS", 104)
    check = echo(ae)
    finish(check, seen(Outcome.CANCELLED))
    ae.refresh_from_db()
    assert ae.latest_check_id is None
    assert Attempt.objects.get().ending == Ending.CANCELLED


def test_a_person_who_edits_meanwhile_loses_nothing(make_ae: Callable[..., AE]) -> None:
    ae = make_ae("PACS", 104)
    check = echo(ae)
    AE.objects.filter(pk=ae.pk).update(description="edited", revision=2)
    finish(check, seen())
    ae.refresh_from_db()
    assert (ae.description, ae.revision, ae.latest_outcome) == ("edited", 2, "success")


def test_the_ae_may_be_gone_when_the_result_comes(make_ae: Callable[..., AE]) -> None:
    ae = make_ae("PACS", 104)
    check = echo(ae)
    (lease,) = leases.take([check.pk], "w", "host")
    ae.delete()
    results.record([(lease, seen())])
    check = Check.objects.select_related("ae").get()
    assert (check.outcome, check.ae) == ("success", None)
    assert selectors.observation_of(check) == seen()


def test_an_ae_brought_back_has_its_kept_results(make_ae: Callable[..., AE]) -> None:
    ae = make_ae("PACS", 104)
    check = echo(ae)
    actor = Actor.command_line()
    deletion = delete_aes(actor, [ae])
    assert deletion is not None
    undo(actor, deletion)
    assert list(selectors.checks_of(AE.objects.get())) == [check]


@pytest.mark.parametrize("name", ["\x00nul", "\ud800half", "x" * 100_000])
def test_what_a_peer_says_is_made_storable(make_ae: Callable[..., AE], name: str) -> None:
    """PostgreSQL refuses U+0000 in JSON, and nothing encodes half a surrogate pair."""
    check = echo(make_ae("PACS", 104))
    finish(check, Observation("echo", Outcome.SUCCESS, peer=Peer(implementation_version_name=name)))
    stored = Attempt.objects.get().observation["peer"]["implementation_version_name"]
    assert len(stored) <= MAXIMUM_TEXT
    assert not {"\x00", "\ud800"} & set(stored)


def test_stored_pdus_are_bounded(make_ae: Callable[..., AE]) -> None:
    check = echo(make_ae("PACS", 104))
    pdus = tuple(PduRecord("in", 0.0, 10**6, "ab" * 60_000) for _ in range(1000))
    finish(check, Observation("echo", Outcome.PROTOCOL_ERROR, pdus=pdus, notes=("n",) * 1000))
    stored = Attempt.objects.get().observation
    assert sum(len(pdu["hex"]) for pdu in stored["pdus"]) == MAXIMUM_PDU_HEX
    assert (len(stored["pdus"]), len(stored["notes"])) == (256, 64)
    assert stored["pdus"][-1]["length_bytes"] == 10**6


def test_one_result_that_cannot_be_stored_does_not_hold_up_the_others(
    make_ae: Callable[..., AE],
) -> None:
    checks = [echo(make_ae(f"AE{i}", 104)) for i in range(3)]
    held = leases.take([check.pk for check in checks], "w", "host")
    broken = Observation(kind="echo", outcome="no outcome")  # type: ignore[arg-type]
    observations: Sequence[Observation] = (seen(), broken, seen())
    results.record(list(zip(held, observations, strict=True)))
    rows = [Check.objects.get(pk=check.pk) for check in checks]
    assert [row.outcome for row in rows] == ["success", "cancelled", "success"]
    assert [finding["code"] for finding in rows[1].findings] == ["check-failed-inside"]
