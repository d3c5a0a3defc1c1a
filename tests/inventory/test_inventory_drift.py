"""Drift on the rows of AEs and associations: counted, kept, adopted, undone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.core.negotiation.drift import Kind, token_of_all
from dicomcfg.core.records import PresentationContext, RoleSelection, TransferCapability
from dicomcfg.inventory.models import (
    AE,
    Association,
    ChangeSet,
    KeptDifference,
    Profile,
    SeenContexts,
)
from dicomcfg.inventory.selectors import capabilities_of, contexts_of
from dicomcfg.inventory.services import aes, associations
from dicomcfg.inventory.services.capabilities import set_capabilities
from dicomcfg.inventory.services.drift import adopt, drift_of, keep, kept_rows_of, stop_keeping
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.undo import CannotUndo, undo
from tests.parts.discovered import discover
from tests.parts.drifting import (
    ECHO,
    STORE,
    able,
    drifting_ae,
    drifting_association,
    negotiate,
    tokens,
)
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, SHELL, VERIFICATION, make_ae, make_association

pytestmark = pytest.mark.django_db
ONE, TWO = "00", "03"


def latest() -> ChangeSet:
    return ChangeSet.objects.order_by("-id")[0]


def count(row: AE | Association) -> int | None:
    row.refresh_from_db()
    return row.drift_count


def kinds(row: AE | Association) -> list[tuple[str, str]]:
    return [(each.kind.value, each.sop_class) for each in drift_of(row) or ()]


def test_nothing_configured_or_nothing_found_is_nothing_to_compare() -> None:
    ae = make_ae("PACS")
    discover(ae, (ONE, TWO))
    assert count(ae) is None
    assert drift_of(ae) is None
    other = able(make_ae("OTHER"), STORE)
    discover(other, ("??", "??"))
    assert count(other) is None
    set_capabilities(SHELL, ae, [STORE, ECHO], 1)
    assert kinds(ae) == [("extra", VERIFICATION), ("missing", CT)]
    set_capabilities(SHELL, ae, [], 2)
    assert (count(ae), ae.drift_since) == (None, None)


def test_since_is_when_it_came_and_not_when_it_grew() -> None:
    ae = drifting_ae()
    since = ae.drift_since
    assert (ae.drift_count, ae.revision) == (2, 2)
    assert since is not None
    discover(ae, (ONE, "33"))
    assert (count(ae), ae.drift_since) == (3, since)
    assert kinds(ae) == [("extra", VERIFICATION), ("missing", CT), ("gone", CT)]
    able(ae, STORE, TransferCapability(VERIFICATION, "SCP", (IMPLICIT, EXPLICIT)))
    discover(ae, (ONE, "00"))
    assert (count(ae), ae.drift_since) == (0, None)


def test_what_went_away_is_gone_since() -> None:
    ae = able(make_ae("PACS"), STORE)
    discover(ae, ("33", "00"))
    assert count(ae) == 0
    before = ae.seen.at
    discover(ae, ("33", "44"))
    (row,) = drift_of(ae) or ()
    assert (row.kind, row.last_seen) == (Kind.GONE, before.isoformat())


def test_roles_that_were_asked_count_too() -> None:
    ae = able(make_ae("PACS"), STORE, ECHO)
    discover(ae, ("0?", "00"), roles=[RoleSelection(CT, scu=True, scp=True)])
    (row,) = drift_of(ae) or ()
    assert (row.kind, row.sop_class, row.role) == (Kind.EXTRA, CT, "SCU")


@pytest.mark.parametrize("chosen", [[0], [1], [0, 1]])
def test_adopting_makes_the_capabilities_as_found_and_can_be_undone(chosen: list[int]) -> None:
    ae = drifting_ae()
    known = tokens(ae)
    change = adopt(SHELL, ae, [known[n] for n in chosen], 2)
    assert change is not None
    assert count(ae) == 2 - len(chosen)
    kept = (IMPLICIT,) if 1 in chosen else STORE.transfer_syntaxes
    wanted = [TransferCapability(CT, "SCP", kept)]
    if 0 in chosen:
        wanted.append(TransferCapability(VERIFICATION, "SCP", (IMPLICIT, EXPLICIT)))
    assert capabilities_of(ae) == wanted
    undo(SHELL, change)
    assert (count(ae), tokens(ae), capabilities_of(ae)) == (2, known, [STORE])
    undo(SHELL, latest())
    assert (count(ae), capabilities_of(ae)) == (2 - len(chosen), wanted)


def test_adopting_all_at_once_and_what_is_refused() -> None:
    ae = drifting_ae()
    rows = drift_of(ae) or ()
    with pytest.raises(ServiceError, match="Tick at least one"):
        adopt(SHELL, ae, [], 2)
    with pytest.raises(StaleRevision):
        adopt(SHELL, ae, [token_of_all(rows)], 1)
    with pytest.raises(ServiceError, match="not the same any more"):
        adopt(SHELL, ae, [rows[0].token, "missing"], 2)
    stale = token_of_all(rows)
    discover(ae, (ONE, "33"))
    with pytest.raises(ServiceError, match="not the same any more"):
        adopt(SHELL, ae, [stale], 2)
    adopt(SHELL, ae, [token_of_all(drift_of(ae) or ())], 2)
    assert capabilities_of(ae) == [TransferCapability(VERIFICATION, "SCP", (IMPLICIT, EXPLICIT))]
    aes.delete_aes(SHELL, [ae])
    with pytest.raises(StaleRevision, match="deleted"):
        adopt(SHELL, ae, [stale], 3)
    with pytest.raises(ServiceError, match="deleted"):
        keep(SHELL, ae, [stale])


def test_who_follows_a_profile_cannot_adopt_into_it() -> None:
    ae, association = drifting_ae(), drifting_association("CT1", "OTHER")
    profile = Profile.objects.create(name="Archive")
    AE.objects.filter(pk=ae.pk).update(profile=profile, profile_role="SCP")
    Association.objects.filter(pk=association.pk).update(profile=profile)
    for owner, revision in ((ae, 2), (association, 1)):
        with pytest.raises(ServiceError, match=r"Archive\. Change the Profile, or stop following"):
            adopt(SHELL, owner, tokens(owner), revision)
        assert count(owner)
    AE.objects.filter(pk=ae.pk).update(profile_role="SCU")
    adopt(SHELL, ae, tokens(ae), 2)
    assert count(ae) == 0


def test_what_is_kept_counts_no_more_and_what_is_new_shows_again() -> None:
    ae = drifting_ae()
    change = keep(SHELL, ae, tokens(ae)[:1])
    assert change is not None
    assert change.summary == "Kept 1 difference of PACS"
    assert (count(ae), kinds(ae)) == (1, [("missing", CT)])
    keep(SHELL, ae, tokens(ae))
    assert (count(ae), ae.drift_since) == (0, None)
    discover(ae, (ONE, "33"))
    assert count(ae) == 1
    keep(SHELL, ae, tokens(ae))
    assert [(row.kind.value, row.transfer_syntaxes) for row in kept_rows_of(ae)] == [
        ("extra", (IMPLICIT, EXPLICIT)),
        ("missing", (EXPLICIT,)),
        ("gone", (IMPLICIT,)),
    ]
    stop_keeping(SHELL, ae, [kept_rows_of(ae)[0].token])
    assert kinds(ae) == [("extra", VERIFICATION)]
    with pytest.raises(ServiceError, match="not the same any more"):
        stop_keeping(SHELL, ae, ["nothing"])


@pytest.mark.parametrize("of_association", [False, True])
def test_keeping_and_stopping_are_undone(of_association: bool) -> None:
    owner = drifting_association() if of_association else drifting_ae()
    whole = count(owner)
    kept = keep(SHELL, owner, tokens(owner))
    stopped = stop_keeping(SHELL, owner, [row.token for row in kept_rows_of(owner)])
    assert kept and stopped and count(owner) == whole
    with pytest.raises(CannotUndo):
        undo(SHELL, kept)
    undo(SHELL, stopped)
    assert count(owner) == 0
    undo(SHELL, kept)
    assert (count(owner), KeptDifference.objects.count()) == (whole, 0)


@pytest.mark.parametrize("of_association", [False, True])
def test_kept_differences_go_and_come_back_with_their_row(of_association: bool) -> None:
    owner: Any = drifting_association() if of_association else drifting_ae()
    keep(SHELL, owner, tokens(owner)[:1])
    left, rows = count(owner), kept_rows_of(owner)
    whole = aes.delete_aes(SHELL, [owner.called if of_association else owner])
    assert whole and not KeptDifference.objects.exists()
    undo(SHELL, whole)
    assert (count(owner), kept_rows_of(owner)) == (left, rows)


def test_what_was_made_is_not_undone_under_what_is_kept_of_it() -> None:
    ae = make_ae("PACS")
    made = latest()
    able(ae, STORE)
    discover(ae, (ONE, TWO))
    keep(SHELL, ae, tokens(ae))
    with pytest.raises(CannotUndo, match="Kept 2 differences"):
        undo(SHELL, made)


def test_an_association_against_its_negotiation() -> None:
    association = make_association(
        "CT1", "PACS", (VERIFICATION, IMPLICIT), (CT, EXPLICIT, IMPLICIT)
    )
    assert drift_of(association) is None
    negotiate(association, 0, 0)
    assert association.drift_count == 0
    before = SeenContexts.objects.get().at
    negotiate(association, 0, 4)
    (row,) = drift_of(association) or ()
    assert (row.kind, row.sop_class, row.last_seen) == (Kind.GONE, CT, before.isoformat())
    contexts = [*contexts_of(association)[:1], PresentationContext(CT, (IMPLICIT,))]
    changed = associations.set_contexts(SHELL, association, contexts, 1)
    assert changed and count(association) == 0
    undo(SHELL, latest())
    assert kinds(association) == [("gone", CT)]


def test_adopting_takes_refused_contexts_away_and_can_be_undone() -> None:
    association = drifting_association()
    change = adopt(SHELL, association, tokens(association), 1)
    assert change and contexts_of(association) == [PresentationContext(VERIFICATION, (IMPLICIT,))]
    assert count(association) == 0
    undo(SHELL, change)
    assert kinds(association) == [("missing", CT)]


def test_an_order_is_adopted_by_the_called_ae() -> None:
    pacs = able(make_ae("PACS"), STORE)
    association = make_association("CT1", pacs, (CT, IMPLICIT, EXPLICIT))
    negotiate(association, EXPLICIT)
    (row,) = drift_of(association) or ()
    assert (row.kind, row.transfer_syntaxes, row.forecast) == (
        Kind.ORDER,
        (EXPLICIT,),
        (IMPLICIT,),
    )
    change = adopt(SHELL, association, [row.token], 1)
    assert change and capabilities_of(pacs) == [TransferCapability(CT, "SCP", (EXPLICIT, IMPLICIT))]
    assert (count(association), association.revision) == (0, 1)
    undo(SHELL, change)
    assert count(association) == 1
    able(pacs, TransferCapability(CT, "SCP", (EXPLICIT, IMPLICIT)))
    assert count(association) == 0
    able(pacs, ECHO)
    assert count(association) == 0


def test_what_was_seen_of_another_pair_counts_no_more() -> None:
    association = drifting_association()
    loaded = associations.load_associations(associations.Q(pk=association.pk))
    (row, before), other = loaded[0], make_ae("NEWPACS")
    with associations.recording(SHELL, "Repointed") as recorder:
        after = associations.replace(before, called=other)
        associations.overwrite_associations(recorder, [(row, before, after)])
    assert count(association) is None
    assert not SeenContexts.objects.exists()


def queries(act: Any) -> int:
    with CaptureQueriesContext(
        connection,
    ) as found:
        act()
    return len(found)


def test_the_queries_of_a_change_do_not_grow_with_those_who_call() -> None:
    def change(title: str, callers: int) -> int:
        pacs = able(make_ae(title), STORE)
        rows = [
            make_association(f"{title}{n}", pacs, (CT, IMPLICIT, EXPLICIT)) for n in range(callers)
        ]
        for row in rows:
            negotiate(row, EXPLICIT)
        wanted = [TransferCapability(CT, "SCP", (EXPLICIT, IMPLICIT))]
        spent = queries(lambda: set_capabilities(SHELL, pacs, wanted, 2))
        assert [count(row) for row in rows] == [0] * callers
        return spent

    change("FIRST", 1)  # its syntax lists are there from now on
    assert change("ONE", 1) == change("TEN", 10)
