"""Starting and cancelling: what stands in the rows before any worker hears of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from dicomcfg.accounts.models import User
from dicomcfg.checks import selectors, services
from dicomcfg.checks.models import Attempt, Check, CheckState, Lane
from dicomcfg.core import records
from dicomcfg.inventory.models import (
    AE,
    Association,
    Connection,
    PresentationContext,
    Site,
    SyntaxList,
)
from dicomcfg.probes.target import Target
from tests.parts import rows

pytestmark = pytest.mark.django_db
CT = "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"


@pytest.fixture
def user() -> User:
    return User.objects.create(username="olga")


def associate(calling: AE, called: AE, *contexts: tuple[str, tuple[str, ...]]) -> Association:
    association = Association.objects.create(calling=calling, called=called)
    for position, (abstract, transfer) in enumerate(contexts):
        PresentationContext.objects.create(
            association=association,
            position=position,
            abstract_syntax=abstract,
            syntax_list=SyntaxList.intern([transfer])[transfer],
        )
    return association


def test_an_echo_keeps_a_snapshot_of_its_target(make_ae: Callable[..., AE], user: User) -> None:
    ae = make_ae("PACS", 104)
    Connection.objects.create(ae=ae, position=1, hostname="second", port=105)
    run = services.start_echo(user, [ae])
    check = run.checks.get()
    assert check.target == Target("127.0.0.1", 104, "PACS", "DICOMCFG").to_json()
    assert (check.state, check.borrowed, check.fence) == (CheckState.QUEUED, False, 0)
    assert (run.requested_by_name, run.total, run.label) == ("olga", 1, "Echo PACS")
    ae.delete()
    check = Check.objects.select_related("ae").get(pk=check.pk)
    assert check.ae is None and check.ae_id is not None
    assert Target.from_json(check.target).called_ae_title == "PACS"


def test_the_connection_can_be_chosen_for_one_ae(make_ae: Callable[..., AE]) -> None:
    ae = make_ae("PACS", 104)
    second = Connection.objects.create(ae=ae, position=1, hostname="second", port=105, tls="x")
    target = services.start_echo(None, [ae], connection=second).checks.get().target
    assert (target["hostname"], target["port"], target["tls"]) == ("second", 105, "x")
    with pytest.raises(ValueError, match="one AE only"):
        services.start_echo(None, [ae, make_ae("B")], connection=second)
    with pytest.raises(ValueError, match="nothing to check"):
        services.start_echo(None, [])


def test_the_first_connection_need_not_be_at_position_0(make_ae: Callable[..., AE]) -> None:
    ae = make_ae("PACS")
    for position in (3, 2):
        Connection.objects.create(ae=ae, position=position, hostname=f"h{position}", port=104)
    assert services.start_echo(None, [ae]).checks.get().target["hostname"] == "h2"


@pytest.mark.parametrize(
    ("fields", "port", "outcome", "code", "words"),
    [
        ({"do_not_probe": True, "do_not_probe_reason": "reboots"}, 104, "skipped",
         "check-skipped", "reboots"),
        ({"do_not_probe": True}, None, "skipped", "check-skipped", "no reason was given"),
        ({}, None, "no-address", "no-address", "no connection"),
    ],
)  # fmt: skip
def test_what_needs_no_probe_is_finished_at_once(
    make_ae: Callable[..., AE],
    fields: dict[str, Any],
    port: int | None,
    outcome: str,
    code: str,
    words: str,
) -> None:
    ae = make_ae("FRAGILE", port, **fields)
    check = services.start_echo(None, [ae]).checks.get()
    assert (check.state, check.outcome, check.tone) == (CheckState.FINISHED, outcome, "idle")
    assert [finding["code"] for finding in check.findings] == [code]
    assert words in check.findings[0]["message"]
    assert check.finished_at is not None
    assert not Attempt.objects.exists()
    ae.refresh_from_db()
    assert (ae.latest_check_id, ae.latest_outcome, ae.revision) == (check.pk, outcome, 1)


@pytest.mark.parametrize(("count", "lane"), [(20, Lane.INTERACTIVE), (21, Lane.BULK)])
def test_the_lane_follows_from_the_number(
    make_ae: Callable[..., AE], count: int, lane: Lane
) -> None:
    run = services.start_echo(None, [make_ae(f"AE{i}", 104) for i in range(count)])
    assert run.lane == lane
    assert set(run.checks.values_list("lane", flat=True)) == {lane}


def test_a_borrowed_title_is_marked_and_the_own_one_is_not(make_ae: Callable[..., AE]) -> None:
    ae = make_ae("PACS", 104)
    borrowed = services.start_echo(None, [ae], calling=make_ae("CT1")).checks.get()
    assert (borrowed.borrowed, borrowed.target["calling_ae_title"]) == (True, "CT1")
    own = services.start_echo(None, [ae], calling=make_ae("DICOMCFG")).checks.get()
    assert (own.borrowed, own.target["calling_ae_title"]) == (False, "DICOMCFG")


def test_an_unsaved_form_belongs_to_no_ae(site: Site) -> None:
    target = Target("host", 104, "NEW", "DICOMCFG")
    run = services.start_echo_unsaved(None, site, target)
    check = run.checks.get()
    assert (check.ae, check.borrowed, check.site) == (None, False, site)
    assert Target.from_json(check.target) == target
    assert run.label == "Echo NEW (not saved)"


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        ("scanner.example", "Scanner.EXAMPLE."),
        ("10.0.0.7", "::ffff:10.0.0.7"),
        ("fd00::7", "[FD00:0:0::7]"),
    ],
)
def test_nothing_unsaved_is_sent_where_nothing_may_be(site: Site, kept: str, typed: str) -> None:
    mark = {"do_not_probe": True, "do_not_probe_reason": "reboots"}
    marked = rows.make_ae("FRAGILE", f"{kept}:104", **mark)
    there, beside = (Target(typed, port, "NEW", "DICOMCFG") for port in (104, 105))
    one = services.start_echo_unsaved(None, site, there).checks.get()
    many = services.start_sweep_unsaved(None, site, [there, beside], label="x").checks
    skipped, waiting = many.order_by("id")
    for check in (one, skipped):
        assert (check.outcome, check.findings[0]["code"]) == ("skipped", "check-skipped")
        assert "reboots" in check.findings[0]["message"]
    assert waiting.outcome == ""
    marked.refresh_from_db()
    assert marked.latest_check_id is None


def test_negotiate_takes_the_contexts_in_order_and_belongs_to_the_association(
    make_ae: Callable[..., AE],
) -> None:
    calling, called = make_ae("CT1"), make_ae("PACS", 104)
    association = associate(calling, called, (CT, (EXPLICIT, IMPLICIT)), ("1.2.3", (IMPLICIT,)))
    check = services.start_negotiate(None, [association]).checks.get()
    assert (check.ae, check.association, check.borrowed) == (None, association, True)
    assert Target.from_json(check.target).contexts == (
        records.PresentationContext(CT, (EXPLICIT, IMPLICIT)),
        records.PresentationContext("1.2.3", (IMPLICIT,)),
    )
    assert check.target["calling_ae_title"] == "CT1"


def test_negotiate_without_contexts_says_so(make_ae: Callable[..., AE]) -> None:
    called = make_ae("PACS", 104)
    association = associate(make_ae("CT1"), called)
    check = services.start_negotiate(None, [association]).checks.get()
    assert (check.outcome, check.findings[0]["code"]) == ("skipped", "no-contexts-to-negotiate")
    association.refresh_from_db()
    called.refresh_from_db()
    assert association.latest_check_id == check.pk
    assert called.latest_check_id is None


def test_negotiate_spares_an_ae_that_is_not_to_be_probed(make_ae: Callable[..., AE]) -> None:
    called = make_ae("PACS", 104, do_not_probe=True)
    association = associate(make_ae("CT1"), called, (CT, (IMPLICIT,)))
    assert services.start_negotiate(None, [association]).checks.get().outcome == "skipped"


def test_cancelling_ends_what_is_queued_and_asks_what_runs(
    make_ae: Callable[..., AE], user: User
) -> None:
    aes = [make_ae(f"AE{i}", 104) for i in range(3)]
    run = services.start_echo(None, aes)
    running, finished, queued = run.checks.order_by("id")
    Check.objects.filter(pk=running.pk).update(state=CheckState.RUNNING, fence=1)
    Check.objects.filter(pk=finished.pk).update(
        state=CheckState.FINISHED, outcome="success", finished_at=timezone.now()
    )
    assert services.cancel_run(user, run) == 2
    for check in (running, finished, queued):
        check.refresh_from_db()
    assert (running.state, running.cancel_requested) == (CheckState.RUNNING, True)
    assert (finished.outcome, finished.cancel_requested) == ("success", False)
    assert (queued.state, queued.outcome, queued.fence) == (CheckState.FINISHED, "cancelled", 1)
    assert AE.objects.filter(latest_check_id=None).count() == 3
    progress = selectors.run_progress(run)
    assert (progress.total, progress.running, progress.finished) == (3, 1, 2)
    assert progress.by_outcome == {"success": 1, "cancelled": 1}


def test_the_number_of_queries_does_not_grow_with_the_selection(
    make_ae: Callable[..., AE],
    django_assert_num_queries: Any,
    django_assert_max_num_queries: Any,
) -> None:
    aes = [make_ae(f"AE{i}", 104) for i in range(400)]
    aes = list(AE.objects.select_related("site"))
    with django_assert_max_num_queries(16):  # SQLite takes some sixty rows in one INSERT
        run = services.start_echo(None, aes)
    with django_assert_num_queries(1):
        assert len(selectors.in_flight_for([ae.pk for ae in aes])) == 400
    with django_assert_num_queries(1):
        assert selectors.run_progress(run).in_flight == 400
