"""Files of contexts: the vendor's sample, the pair or a Profile, an existing pair, followers."""

from __future__ import annotations

from typing import Any

import pytest

from dicomcfg.core.records import PresentationContext
from dicomcfg.exchange.applying import apply
from dicomcfg.exchange.models import Import, ImportState
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, Association, ChangeSet, Profile
from dicomcfg.inventory.services import associations
from dicomcfg.inventory.services.errors import ServiceError
from dicomcfg.inventory.services.following import follow
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import create_profile
from dicomcfg.inventory.services.proposed_sets import ProposedSet
from dicomcfg.inventory.services.undo import undo
from tests.parts.imports import ACTOR, previewed
from tests.parts.rows import make_ae, make_association

pytestmark = pytest.mark.django_db
WORKLIST = "1.2.840.10008.5.1.4.31"
SAMPLE = f"""1.2.840.10008.1.1
{WORKLIST}\\1.2.840.10008.1.2
{WORKLIST}\\1.2.840.10008.1.2.1
{WORKLIST}\\1.2.840.10008.1.2.2
"""
CONTEXTS = [
    PresentationContext("1.2.840.10008.1.1", ("1.2.840.10008.1.2",)),
    PresentationContext(
        WORKLIST, ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
    ),
]
CT_STORE = PresentationContext("1.2.840.10008.5.1.4.1.1.2", ("1.2.840.10008.1.2",))


def pair(calling: str, called: str, text: str = SAMPLE, **options: Any) -> Import:
    ends = {"target": "association", "calling": calling, "called": called}
    return previewed(text, "MyAssociations.txt", "intersystems", **ends, **options)


def the_row(kept: Import) -> tuple[str, set[str]]:
    row = kept.rows.get(kind="association")
    return row.action, {each["code"] for each in row.findings}


def test_the_vendors_sample_becomes_two_contexts_and_new_aes() -> None:
    kept = pair("new:ENS-SCU", "new:MWL-SCP", tags=["new"])
    change_set = apply(ACTOR, kept)
    association = Association.objects.get()
    assert str(association) == "ENS-SCU → MWL-SCP"
    assert selectors.contexts_of(association) == CONTEXTS
    assert association.calling.association_initiator
    assert not association.calling.association_acceptor
    assert association.called.association_acceptor
    assert change_set == ChangeSet.objects.get() == kept.change_set
    assert change_set.summary == "Imported MyAssociations.txt: 2 AEs new, 1 association new"
    undo(ACTOR, change_set)
    assert not AE.objects.exists()
    assert not Association.objects.exists()


def test_without_a_pair_they_become_a_profile_that_is_added_to() -> None:
    apply(ACTOR, previewed(SAMPLE, "Worklist.txt"))
    profile = Profile.objects.get(name="Worklist")
    more = previewed(f"{WORKLIST}\\1.2.840.10008.1.2.5\n", "Worklist.txt")
    row = more.rows.get()
    assert (row.kind, row.action, row.stored_id) == ("profile", "changed", profile.pk)
    apply(ACTOR, more)
    contexts = profile.presentation_contexts.order_by("position")
    assert [len(c.record().transfer_syntaxes) for c in contexts] == [1, 4]


@pytest.mark.parametrize(
    ("options", "action", "after"),
    [
        ({"overwrite": False}, "conflict", [CT_STORE]),
        ({"overwrite": True}, "changed", CONTEXTS),
        ({"mode": "merge"}, "changed", [CT_STORE, *CONTEXTS]),
        ({"mode": "replace"}, "changed", CONTEXTS),
        ({"mode": "new"}, "left", [CT_STORE]),
    ],
)
def test_an_existing_pair_after_the_choice(
    options: dict[str, Any], action: str, after: list[PresentationContext]
) -> None:
    calling, called = make_ae("CT"), make_ae("PACS")
    old = associations.create_association(ACTOR, calling, called, "Mine", "kept", [CT_STORE])
    kept = pair(str(calling.pk), str(called.pk), **options)
    assert the_row(kept)[0] == action
    assert ("association-exists" in the_row(kept)[1]) is (options.get("overwrite") is False)
    apply(ACTOR, kept)
    old.refresh_from_db()
    assert (old.name, old.description) == ("Mine", "kept")
    assert selectors.contexts_of(old) == after


@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_a_follower_of_a_profile_is_never_overwritten(mode: str) -> None:
    row = make_association("CT", "PACS")
    profile = create_profile(ACTOR, ProfileData(name="Basic"))
    follow(ACTOR, row, profile, row.revision)
    kept = pair(str(row.calling_id), str(row.called_id), mode=mode)
    action, codes = the_row(kept)
    assert action == "conflict"
    assert "association-follows-profile" in codes
    assert apply(ACTOR, kept) is None
    assert selectors.contexts_of(row) == []


def test_a_changed_profile_carries_to_all_that_follow_it() -> None:
    row = make_association("CT", "PACS")
    proposed = ProposedSet((CT_STORE,))
    profile = create_profile(ACTOR, ProfileData(name="Worklist", proposed=proposed))
    follow(ACTOR, row, profile, row.revision)
    kept = previewed(SAMPLE, "Worklist.txt")
    assert "profile-has-followers" in {each["code"] for each in kept.rows.get().findings}
    change_set = apply(ACTOR, kept)
    assert selectors.contexts_of(row) == [CT_STORE, *CONTEXTS]
    assert change_set is not None
    undo(ACTOR, change_set)
    assert selectors.contexts_of(row) == [CT_STORE]


def test_overwriting_with_the_same_is_no_act() -> None:
    row = make_association("CT", "PACS")
    ends = str(row.calling_id), str(row.called_id)
    apply(ACTOR, pair(*ends))
    count = ChangeSet.objects.count()
    kept = pair(*ends, overwrite=True)
    assert apply(ACTOR, kept) is None
    assert ChangeSet.objects.count() == count
    assert kept.state == ImportState.APPLIED


@pytest.mark.parametrize(
    ("calling", "called", "code"),
    [
        ("", "new:B", "ae-not-chosen"),
        ("new:A", "", "ae-not-chosen"),
        ("999999", "new:B", "ae-not-chosen"),
        ("x", "new:B", "ae-not-chosen"),
        ("9" * 200, "new:B", "ae-not-chosen"),
        ("new:A", "new:", "ae-title-empty"),
        ("new:SEVENTEEN_LETTERS", "new:B", "ae-title-too-long"),
    ],
)
def test_both_ends_must_be_chosen(calling: str, called: str, code: str) -> None:
    kept = pair(calling, called)
    assert code in {each["code"] for row in kept.rows.all() for each in row.findings}
    with pytest.raises(ServiceError):
        apply(ACTOR, kept)
    assert not AE.objects.exists()
    assert kept.applied_at is None


def test_a_broken_line_blocks_with_its_number() -> None:
    with pytest.raises(ServiceError) as error:
        apply(ACTOR, pair("new:A", "new:B", SAMPLE + "1.2.840.\n"))
    (message,) = error.value.messages["__all__"]
    assert message.startswith("Line 5: The abstract syntax '1.2.840.' has an empty component.")
    assert not AE.objects.exists()


def test_an_ae_may_be_associated_with_itself() -> None:
    apply(ACTOR, pair("new:LOOP", "new:LOOP"))
    association = Association.objects.get()
    assert association.calling == association.called
    assert association.calling.association_initiator
    assert association.calling.association_acceptor
