"""Repointing: what moves, what is refused, and that one undo brings all of it back."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from dicomcfg.checks.models import Check
from dicomcfg.checks.selectors import latest_negotiation_of
from dicomcfg.checks.services import start_negotiate
from dicomcfg.core.diagnosis.observation import ContextResult
from dicomcfg.inventory.models import AE, Association, ChangeSet, SeenContexts
from dicomcfg.inventory.selectors import contexts_of
from dicomcfg.inventory.services.aes import delete_aes
from dicomcfg.inventory.services.associations import (
    delete_associations,
    set_contexts,
    update_association,
)
from dicomcfg.inventory.services.drift import keep, kept_rows_of
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.repoint import Chosen, Hindrance, plan, repoint
from dicomcfg.inventory.services.undo import CannotUndo, undo
from tests.parts.drifting import drifting_association, negotiate, tokens
from tests.parts.rows import (
    CT,
    IMPLICIT,
    SHELL,
    VERIFICATION,
    answer_run,
    make_ae,
    make_association,
    negotiated,
)

pytestmark = pytest.mark.django_db
ACCEPTED = negotiated(ContextResult(1, 1, VERIFICATION, (IMPLICIT,), 0, IMPLICIT))


def seen(row: Association) -> tuple[int, int]:
    return row.pk, row.revision


def pairs() -> list[str]:
    return [str(row) for row in Association.objects.select_related("calling", "called")]


@pytest.fixture
def old() -> AE:
    return make_ae("PACS")


@pytest.fixture
def new() -> AE:
    return make_ae("PACS2")


def test_chosen_associations_move_in_one_act_and_back(old: AE, new: AE) -> None:
    first = make_association("CT1", old, (VERIFICATION, IMPLICIT), name="Night")
    second = make_association(old, "MWL")
    make_association("MR1", old)
    change = repoint(SHELL, old, new, [Chosen(seen(first)), Chosen(seen(second))])
    assert change is not None
    assert change.summary == "Repointed 2 associations from PACS to PACS2"
    assert pairs() == ["CT1 → PACS2", "MR1 → PACS", "PACS2 → MWL"]
    first.refresh_from_db()
    assert (first.name, first.revision, len(contexts_of(first))) == ("Night", 2, 1)
    undo(SHELL, change)
    assert pairs() == ["CT1 → PACS", "MR1 → PACS", "PACS → MWL"]


def test_the_plan_tells_what_becomes_of_each(old: AE, new: AE) -> None:
    ct1 = make_ae("CT1")
    rows = [
        make_association(ct1, old),
        make_association("MR1", old),
        make_association(old, new),
        make_association(old, old),
        make_association("US1", "OTHER"),
    ]
    existing = make_association(ct1, new)
    moves = plan(rows, old, new)
    assert [(str(m.association), m.calling, m.called.ae_title, m.hindrance) for m in moves] == [
        ("CT1 → PACS", ct1, "PACS2", Hindrance.EXISTS),
        ("MR1 → PACS", rows[1].calling, "PACS2", None),
        ("PACS → PACS2", new, "PACS2", Hindrance.SELF),
        ("PACS → PACS", new, "PACS2", None),
    ]
    assert moves[0].existing == existing


def test_an_existing_pair_is_replaced_and_comes_back(old: AE, new: AE) -> None:
    moving = make_association("CT1", old, (CT, IMPLICIT), name="old one")
    there = make_association(moving.calling, new, (VERIFICATION, IMPLICIT), name="new one")
    change = repoint(SHELL, old, new, [Chosen(seen(moving), seen(there))])
    assert change is not None and "replacing 1" in change.summary
    left = Association.objects.get()
    assert (left.pk, str(left), left.name) == (moving.pk, "CT1 → PACS2", "old one")
    undo(SHELL, change)
    assert pairs() == ["CT1 → PACS", "CT1 → PACS2"]
    assert [c.abstract_syntax for c in contexts_of(there)] == [VERIFICATION]


def test_what_cannot_be_is_refused_and_nothing_moves(old: AE, new: AE) -> None:
    taken = make_association("CT1", old)
    there = make_association(taken.calling, new)
    itself = make_association(old, new)
    stranger = make_association("US1", "OTHER")
    fine = make_association("MR1", old)
    before = pairs()
    wrong: list[tuple[AE, Chosen, str]] = [
        (new, Chosen(seen(taken)), "CT1 → PACS2 exists"),
        (new, Chosen(seen(itself)), "call itself"),
        (new, Chosen(seen(stranger)), "no association of PACS"),
        (new, Chosen(seen(taken), seen(stranger)), "replaced by none"),
        (new, Chosen(seen(taken), seen(fine)), "replaced by none"),
        (old, Chosen(seen(fine)), "another AE"),
    ]
    for target, chosen, words in wrong:
        with pytest.raises(ServiceError, match=words):
            repoint(SHELL, old, target, [Chosen(seen(fine)), chosen])
    assert pairs() == before
    assert repoint(SHELL, old, new, []) is None
    assert repoint(SHELL, old, new, [Chosen(seen(taken), seen(there))]) is not None


def test_what_changed_since_it_was_seen_is_refused(old: AE, new: AE) -> None:
    moving = make_association("CT1", old)
    there = make_association(moving.calling, new)
    chosen = Chosen(seen(moving), seen(there))
    update_association(SHELL, there, "renamed", "", 1)
    with pytest.raises(StaleRevision, match=r"CT1 → PACS2 was changed \(name\)"):
        repoint(SHELL, old, new, [chosen])
    delete_associations(SHELL, [moving])
    with pytest.raises(StaleRevision, match="CT1 → PACS was deleted"):
        repoint(SHELL, old, new, [Chosen(seen(moving))])
    delete_aes(SHELL, [new])
    with pytest.raises(ServiceError, match="deleted in the meantime"):
        repoint(SHELL, old, new, [])


def test_an_undo_is_refused_when_the_old_pair_was_made_again(old: AE, new: AE) -> None:
    moving = make_association("CT1", old)
    change = repoint(SHELL, old, new, [Chosen(seen(moving))])
    assert change is not None
    make_association(moving.calling, old)
    with pytest.raises(CannotUndo):
        undo(SHELL, change)
    assert pairs() == ["CT1 → PACS", "CT1 → PACS2"]


def test_the_status_is_of_the_pair_that_was_checked(old: AE, new: AE) -> None:
    """The new pair was never tested; with the old pair comes back what was known of it."""
    moving = make_association("CT1", old, (VERIFICATION, IMPLICIT))
    answer_run(start_negotiate(None, [moving]), ACCEPTED)
    moving.refresh_from_db()
    first = moving.latest_check_id
    Association.objects.update(drift_count=3, drift_since=timezone.now())
    assert SeenContexts.objects.get().check_id == first
    change = repoint(SHELL, old, new, [Chosen(seen(moving))])
    assert change is not None
    moving.refresh_from_db()
    assert (moving.latest_check_id, moving.latest_outcome, moving.latest_tone) == (None, "", "")
    assert (moving.latest_at, moving.drift_count, moving.drift_since) == (None, None, None)
    assert not SeenContexts.objects.exists()
    assert latest_negotiation_of(moving) is None
    undo(SHELL, change)
    moving.refresh_from_db()
    assert (moving.latest_check_id, moving.latest_tone) == (first, "ok")
    assert moving.latest_at is not None
    kept = latest_negotiation_of(moving)
    assert kept is not None and kept.pk == first


def test_what_is_kept_of_the_old_pair_hides_nothing_at_the_new_one(old: AE, new: AE) -> None:
    moving = drifting_association("CT1", old)
    keep(SHELL, moving, tokens(moving))
    change = repoint(SHELL, old, new, [Chosen(seen(moving))])
    assert change is not None
    moving = Association.objects.select_related("calling", "called").get()
    assert kept_rows_of(moving) == ()
    negotiate(moving, IMPLICIT, 3)
    assert (moving.drift_count, len(tokens(moving))) == (1, 1)
    undone = undo(SHELL, change)
    assert [row.sop_class for row in kept_rows_of(moving)] == [CT]
    undo(SHELL, undone)
    assert kept_rows_of(moving) == ()


def test_what_is_kept_of_the_new_pair_comes_back_when_it_does(old: AE, new: AE) -> None:
    moving = make_association("CT1", old, (VERIFICATION, IMPLICIT), (CT, IMPLICIT))
    change = repoint(SHELL, old, new, [Chosen(seen(moving))])
    assert change is not None
    moving = Association.objects.select_related("calling", "called").get()
    negotiate(moving, IMPLICIT, 3)
    keep(SHELL, moving, tokens(moving))
    undone = undo(SHELL, change)
    assert kept_rows_of(moving) == ()
    undo(SHELL, undone)
    assert [row.sop_class for row in kept_rows_of(moving)] == [CT]


def test_each_pair_keeps_its_own_status_over_undo_and_redo(old: AE, new: AE) -> None:
    moving = make_association("CT1", old, (VERIFICATION, IMPLICIT))
    change = repoint(SHELL, old, new, [Chosen(seen(moving))])
    assert change is not None
    moving = Association.objects.select_related("calling", "called").get()
    answer_run(start_negotiate(None, [moving]), ACCEPTED)
    undone = undo(SHELL, change)
    moving.refresh_from_db()
    assert (moving.latest_outcome, latest_negotiation_of(moving)) == ("", None)
    undo(SHELL, undone)
    moving.refresh_from_db()
    assert moving.latest_outcome == "success"
    assert latest_negotiation_of(moving) == Check.objects.get()


def test_a_check_of_the_old_pair_that_ends_later_is_no_status_of_the_new_one(
    old: AE, new: AE
) -> None:
    moving = make_association("CT1", old, (VERIFICATION, IMPLICIT))
    begun = start_negotiate(None, [moving])
    repoint(SHELL, old, new, [Chosen(seen(moving))])
    answer_run(begun, ACCEPTED)
    moving = Association.objects.select_related("calling", "called").get()
    assert (moving.latest_outcome, latest_negotiation_of(moving)) == ("", None)
    answer_run(start_negotiate(None, [moving]), ACCEPTED)
    moving.refresh_from_db()
    assert moving.latest_outcome == "success"


def test_a_check_that_was_planned_for_the_old_pair_is_none_of_the_new_one(old: AE, new: AE) -> None:
    """Somebody repoints between the look at the pair and the check that comes of it."""
    moving = make_association("CT1", old, (VERIFICATION, IMPLICIT))
    seen_before = Association.objects.select_related("calling", "called__site").get()
    repoint(SHELL, old, new, [Chosen(seen(moving))])
    answer_run(start_negotiate(None, [seen_before]), ACCEPTED)
    moving.refresh_from_db()
    assert (moving.latest_outcome, latest_negotiation_of(moving)) == ("", None)
    assert Check.objects.get().target["called_ae_title"] == "PACS"


def test_a_deletion_taken_back_does_not_forget_that_the_pair_moved(old: AE, new: AE) -> None:
    moving = make_association("CT1", old, (VERIFICATION, IMPLICIT))
    answer_run(start_negotiate(None, [moving]), ACCEPTED)
    repoint(SHELL, old, new, [Chosen(seen(moving))])
    gone = delete_associations(SHELL, [moving])
    assert gone is not None
    undo(SHELL, gone)
    moving = Association.objects.get()
    assert moving.repointed_at is not None
    assert latest_negotiation_of(moving) is None


def test_a_deletion_taken_back_shows_the_status_again(old: AE) -> None:
    row = make_association("CT1", old, (VERIFICATION, IMPLICIT))
    answer_run(start_negotiate(None, [row]), ACCEPTED)
    row.refresh_from_db()
    gone = delete_associations(SHELL, [row])
    assert gone is not None
    undo(SHELL, gone)
    back = Association.objects.get()
    assert (back.latest_check_id, back.latest_at) == (row.latest_check_id, row.latest_at)
    assert (back.latest_tone, back.latest_headline) == ("ok", row.latest_headline)


def test_an_edit_keeps_the_status(old: AE) -> None:
    moving = make_association("CT1", old, (VERIFICATION, IMPLICIT))
    answer_run(start_negotiate(None, [moving]), ACCEPTED)
    set_contexts(SHELL, moving, [], 1)
    moving.refresh_from_db()
    assert (moving.latest_outcome, moving.repointed_at) == ("success", None)


@pytest.mark.parametrize("size", [3, 40])
def test_the_number_of_queries_does_not_grow(
    old: AE, new: AE, size: int, django_assert_max_num_queries: Any
) -> None:
    rows = [make_association(f"CT{n}", old, (VERIFICATION, IMPLICIT)) for n in range(size)]
    acts = ChangeSet.objects.count()
    with django_assert_max_num_queries(18):
        moves = plan(rows, old, new)
        repoint(SHELL, old, new, [Chosen(seen(move.association)) for move in moves])
    assert ChangeSet.objects.count() == acts + 1
