"""Profiles: made, changed with all that follows them, copied, deleted, each as one act."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.core.records import ExtendedNegotiation, PresentationContext, RoleSelection
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, Association, Change, ChangeSet, Profile, SyntaxList
from dicomcfg.inventory.profile_selectors import profile_data, profile_list
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.association_rows import AssociationData, insert_associations
from dicomcfg.inventory.services.capabilities import set_capabilities
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.following import follow
from dicomcfg.inventory.services.history import recording
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import (
    create_profile,
    delete_profiles,
    duplicate_profile,
    followers_of,
    update_profile,
)
from dicomcfg.inventory.services.proposed_sets import ProposedSet
from dicomcfg.inventory.services.undo import undo
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, VERIFICATION, make_ae, make_association

pytestmark = pytest.mark.django_db
ANNA, BOB = Actor(None, "anna"), Actor(None, "bob")
ECHO = PresentationContext(VERIFICATION, (IMPLICIT,))
STORE = PresentationContext(CT, (EXPLICIT, IMPLICIT))
LOSSLESS = PresentationContext(CT, ("1.2.840.10008.1.2.4.70",))
BOTH = RoleSelection(CT, scu=True, scp=True)
RELATIONAL = ExtendedNegotiation(CT, "01")
HELD = ProposedSet((ECHO, STORE, LOSSLESS), (BOTH,), (RELATIONAL,))


def make_profile(name: str = "Storage", proposed: ProposedSet = HELD) -> Profile:
    return create_profile(ANNA, ProfileData(name=name, proposed=proposed))


def latest() -> ChangeSet:
    return ChangeSet.objects.order_by("-id")[0]


def test_it_holds_contexts_roles_and_extended_negotiations() -> None:
    profile = make_profile(" Storage ")
    assert profile_data(profile) == ProfileData(name="Storage", proposed=HELD)
    assert latest().summary == "Added Profile Storage"
    undone = undo(BOB, latest())
    assert not Profile.objects.exists()
    undo(BOB, undone)
    assert profile_data(profile) == ProfileData(name="Storage", proposed=HELD)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (ProfileData(name=" "), "name"),
        (ProfileData(name="x" * 65), "name"),
        (ProfileData(name="taken"), "name"),
        (ProfileData(name="x", description="x" * 255), "description"),
        (
            ProfileData(name="x", proposed=ProposedSet((PresentationContext(CT, ()),))),
            "contexts.0.transfer_syntaxes",
        ),
        (ProfileData(name="x", proposed=ProposedSet((ECHO,) * 10_001)), "contexts"),
        (
            ProfileData(name="x", proposed=ProposedSet((), (BOTH, BOTH))),
            "role_selections.1.sop_class",
        ),
    ],
)
def test_what_is_refused_is_named_by_its_field(data: ProfileData, field: str) -> None:
    make_profile("taken")
    other = make_profile("other")
    for act in (
        lambda: create_profile(ANNA, data),
        lambda: update_profile(ANNA, other, data, 1),
    ):
        with pytest.raises(ServiceError) as refused:
            act()
        assert list(refused.value.messages) == [field]
    assert profile_data(other) == ProfileData(name="other", proposed=HELD)


def test_a_change_is_carried_to_all_that_follow_and_taken_back_with_them() -> None:
    profile = make_profile()
    association, ae = make_association("CT1", "PACS", [VERIFICATION, EXPLICIT]), make_ae("ARCHIVE")
    alone = make_association("MR1", "PACS2", [VERIFICATION, EXPLICIT])
    follow(ANNA, association, profile, 1)
    follow(ANNA, ae, profile, 1, "SCP")
    wanted = ProposedSet((STORE,))
    update_profile(BOB, profile, ProfileData(name="Storage", proposed=wanted), 1)
    assert selectors.contexts_of(association) == [STORE]
    assert not association.role_selections.exists()
    assert [each.sop_class for each in selectors.capabilities_of(ae)] == [CT]
    assert selectors.contexts_of(alone)[0].transfer_syntaxes == (EXPLICIT,)
    act = latest()
    assert act.summary == (
        "Changed Profile Storage: presentation contexts, role selections, extended negotiations, "
        "for 1 association and 1 AE"
    )
    assert Counter(act.changes.values_list("model", flat=True)) == {
        "profile": 1,
        "association": 1,
        "capabilities": 1,
    }
    undone = undo(ANNA, act)
    assert profile_data(profile).proposed == HELD
    assert selectors.contexts_of(association) == list(HELD.contexts)
    assert association.role_selections.get().record() == BOTH
    assert len(selectors.capabilities_of(ae)) == 2
    undo(ANNA, undone)
    assert profile_data(profile).proposed == wanted
    assert selectors.contexts_of(association) == [STORE]


def test_a_new_name_touches_no_follower() -> None:
    profile, association = make_profile(), make_association("CT1", "PACS")
    follow(ANNA, association, profile, 1)
    update_profile(ANNA, profile, replace(profile_data(profile), name="Images"), 1)
    assert latest().summary == "Changed Profile Images: name"
    assert Association.objects.get().revision == 2


def test_who_saved_in_between_is_named() -> None:
    profile = make_profile()
    update_profile(BOB, profile, replace(profile_data(profile), description="x"), 1)
    with pytest.raises(StaleRevision, match=r"Profile Storage was changed \(description\) by bob"):
        update_profile(ANNA, profile, ProfileData(name="Storage"), 1)
    delete_profiles(BOB, [profile])
    with pytest.raises(StaleRevision, match="deleted by bob"):
        update_profile(ANNA, profile, ProfileData(name="Storage"), 2)
    with pytest.raises(StaleRevision, match="deleted by bob"):
        duplicate_profile(ANNA, profile)


def test_a_change_is_refused_when_others_follow_than_were_shown() -> None:
    profile, first, ae = make_profile(), make_association("CT1", "PACS"), make_ae("ARCHIVE")
    follow(ANNA, first, profile, 1)
    seen = followers_of([profile])
    assert (seen.associations, seen.aes, seen.words) == (1, 0, "1 association")
    follow(BOB, ae, profile, 1, "SCP")
    with pytest.raises(ServiceError, match="no longer what it was"):
        update_profile(ANNA, profile, ProfileData(name="Storage"), 1, seen.key)
    now = followers_of([profile])
    assert now.words == "1 association and 1 AE"
    update_profile(ANNA, profile, ProfileData(name="Storage"), 1, now.key)
    assert selectors.contexts_of(first) == []


def test_a_copy_has_a_free_name_and_no_followers() -> None:
    profile = make_profile()
    follow(ANNA, make_association("CT1", "PACS"), profile, 1)
    names = [duplicate_profile(ANNA, profile).name for _ in range(2)]
    assert names == ["Storage 2", "Storage 3"]
    assert duplicate_profile(ANNA, Profile.objects.get(name="Storage 2")).name == "Storage 4"
    long = make_profile("x" * 64)
    assert duplicate_profile(ANNA, long).name == "x" * 62 + " 2"
    copied = Profile.objects.get(name="Storage 2")
    assert profile_data(copied).proposed == HELD
    assert followers_of([copied]).total == 0


def test_what_followed_a_deleted_profile_keeps_what_it_holds() -> None:
    profile, other = make_profile(), make_profile("Other", ProposedSet((ECHO,)))
    association, ae = make_association("CT1", "PACS"), make_ae("ARCHIVE")
    follow(ANNA, association, profile, 1)
    follow(ANNA, ae, other, 1, "SCU")
    act = delete_profiles(BOB, [profile, other])
    assert act is not None
    assert act.summary == "Deleted 2 Profiles, which 1 association and 1 AE followed"
    assert selectors.contexts_of(association) == list(HELD.contexts)
    assert [each.role for each in selectors.capabilities_of(ae)] == ["SCU"]
    assert not Profile.objects.exists()
    assert AE.objects.get(pk=ae.pk).profile_role == ""
    undone = undo(ANNA, act)
    association.refresh_from_db()
    ae.refresh_from_db()
    assert (association.profile_id, ae.profile_id) == (profile.pk, other.pk)
    undo(ANNA, undone)
    assert not Profile.objects.exists()
    assert delete_profiles(BOB, [profile]) is None


def test_the_list_counts_contexts_and_users() -> None:
    profile = make_profile()
    make_profile("Alone", ProposedSet())
    follow(ANNA, make_association("CT1", "PACS"), profile, 1)
    follow(ANNA, make_ae("A"), profile, 1, "SCU")
    found = {
        row.name: (row.context_count, row.association_count, row.ae_count, row.user_count)
        for row in profile_list()
    }
    assert found == {"Alone": (0, 0, 0, 0), "Storage": (3, 1, 1, 2)}


def with_followers(name: str, count: int) -> Profile:
    profile = make_profile(name, ProposedSet((ECHO,)))
    with recording(ANNA, "fill") as recorder:
        pacs = make_ae(f"{name}0", None)
        pairs = [
            AssociationData(
                calling=make_ae(f"{name}{n + 1}", None),
                called=pacs,
                profile=profile,
                contexts=(ECHO,),
            )
            for n in range(count)
        ]
        rows = insert_associations(recorder, pairs)
    for row in rows:
        follow(ANNA, row.calling, profile, 1, "SCU")
    return profile


def test_100_followers_take_as_many_statements_as_2() -> None:
    """But for the batches in which the database takes new rows."""
    few, many = with_followers("F", 2), with_followers("M", 100)
    make_profile("Known lists", ProposedSet((STORE,)))
    counts = []
    for profile in (few, many):
        data = ProfileData(name=profile.name, proposed=ProposedSet((STORE,)))
        with CaptureQueriesContext(connection) as queries:
            assert followers_of([profile]).total
        asked = len(queries)
        with CaptureQueriesContext(connection) as queries:
            update_profile(ANNA, profile, data, 1)
        written = [query["sql"].split("(")[0] for query in queries]
        taken = ("INSERT", "COPY")
        counts.append((asked, sum(not sql.startswith(taken) for sql in written)))
    assert counts[0] == counts[1]
    assert Change.objects.filter(change_set=latest()).count() == 201
    assert all(
        row.presentation_contexts.get().abstract_syntax == CT
        for row in Association.objects.filter(profile=many)
    )


def test_many_aes_of_the_same_lists_keep_few_of_them() -> None:
    profile = make_profile()
    for n in range(40):
        ae = make_ae(f"AE{n}")
        follow(ANNA, ae, profile, 1, "SCP")
        set_capabilities(ANNA, ae, selectors.capabilities_of(ae), 2)
    merged = (EXPLICIT, IMPLICIT, "1.2.840.10008.1.2.4.70")
    lists = {row.transfer_syntaxes for row in SyntaxList.objects.all()}
    assert lists == {(IMPLICIT,), (EXPLICIT, IMPLICIT), ("1.2.840.10008.1.2.4.70",), merged}
