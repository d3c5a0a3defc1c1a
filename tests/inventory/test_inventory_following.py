"""What follows a Profile holds what the Profile holds, however it came to follow it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dicomcfg.core.records import PresentationContext, RoleSelection, TransferCapability
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, Association, ChangeSet, Profile
from dicomcfg.inventory.profile_selectors import profile_data
from dicomcfg.inventory.services import aes, associations
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.association_rows import AssociationData
from dicomcfg.inventory.services.capabilities import set_capabilities
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.following import follow, stop_following
from dicomcfg.inventory.services.history import recording
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import create_profile, delete_profiles, update_profile
from dicomcfg.inventory.services.proposed_sets import ProposedSet
from dicomcfg.inventory.services.undo import CannotUndo, undo
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, VERIFICATION, make_ae, make_association

pytestmark = pytest.mark.django_db
ANNA, BOB = Actor(None, "anna"), Actor(None, "bob")
ECHO = PresentationContext(VERIFICATION, (IMPLICIT,))
STORE = PresentationContext(CT, (EXPLICIT, IMPLICIT))
OLD, NEW = ProposedSet((ECHO,)), ProposedSet((STORE,), (RoleSelection(CT, True, True),))
OWN = TransferCapability(CT, "SCU", (IMPLICIT,))
ACCEPTS = TransferCapability(VERIFICATION, "SCP", (EXPLICIT,))


@pytest.fixture
def profile(db: None) -> Profile:
    return create_profile(ANNA, ProfileData(name="Basic", proposed=OLD))


@pytest.fixture
def association(db: None) -> Association:
    return make_association("CT1", "PACS", [CT, IMPLICIT])


@pytest.fixture
def ae(db: None) -> AE:
    return set_capabilities(ANNA, make_ae("ARCHIVE"), [ACCEPTS, OWN], 1)


def latest() -> ChangeSet:
    return ChangeSet.objects.order_by("-id")[0]


def change(profile: Profile, proposed: ProposedSet = NEW) -> ChangeSet:
    profile.refresh_from_db()
    data = replace(profile_data(profile), proposed=proposed)
    update_profile(ANNA, profile, data, profile.revision)
    return latest()


def held(row: Association | AE) -> object:
    row.refresh_from_db()
    if isinstance(row, Association):
        return row.profile_id, selectors.contexts_of(row), row.role_selections.count()
    return row.profile_id, row.profile_role, selectors.capabilities_of(row)


def test_an_association_takes_the_contexts_and_keeps_them_when_it_stops(
    profile: Profile, association: Association
) -> None:
    before = held(association)
    follow(ANNA, association, profile, 1)
    assert latest().summary == "Let CT1 → PACS follow Profile Basic"
    followed = latest()
    assert held(association) == (profile.pk, [ECHO], 0)
    stop_following(ANNA, association, 2)
    assert latest().summary == "Let CT1 → PACS no longer follow Profile Basic"
    assert held(association) == (None, [ECHO], 0)
    change(profile)
    assert held(association) == (None, [ECHO], 0)
    with pytest.raises(CannotUndo, match="no longer follow"):
        undo(BOB, followed)
    assert held(association) != before


def test_an_ae_takes_the_contexts_of_a_class_as_one_capability_in_its_role(
    profile: Profile, ae: AE
) -> None:
    twice = ProposedSet((STORE, ECHO, PresentationContext(CT, (IMPLICIT, "1.2.840.10008.1.2.5"))))
    change(profile, twice)
    before = held(ae)
    follow(ANNA, ae, profile, 2, "SCP")
    merged = (EXPLICIT, IMPLICIT, "1.2.840.10008.1.2.5")
    capabilities = [
        TransferCapability(CT, "SCP", merged),
        TransferCapability(VERIFICATION, "SCP", (IMPLICIT,)),
        OWN,
    ]
    assert held(ae) == (profile.pk, "SCP", capabilities)
    after = latest().changes.get().after
    assert after is not None
    assert (after["profile"], after["profile_role"]) == ({"id": profile.pk, "name": "Basic"}, "SCP")
    undone = undo(BOB, latest())
    assert held(ae) == before
    undo(BOB, undone)
    assert held(ae) == (profile.pk, "SCP", capabilities)
    stop_following(ANNA, ae, AE.objects.get(pk=ae.pk).revision)
    assert held(ae) == (None, "", capabilities)


def test_a_role_that_is_none_and_what_changed_meanwhile_are_refused(
    profile: Profile, association: Association, ae: AE
) -> None:
    for role in ("", "both"):
        with pytest.raises(ServiceError) as refused:
            follow(ANNA, ae, profile, 2, role)
        assert list(refused.value.messages) == ["role"]
    for subject in (association, ae):
        with pytest.raises(StaleRevision):
            follow(ANNA, subject, profile, 7, "SCU")
        with pytest.raises(StaleRevision):
            stop_following(ANNA, subject, 7)
    delete_profiles(BOB, [profile])
    with pytest.raises(StaleRevision, match="Profile Basic was deleted by bob"):
        follow(ANNA, association, profile, 1)
    stop_following(ANNA, association, 1)
    assert latest().summary == "Deleted Profile Basic"


def test_what_the_profile_governs_is_not_changed_beside_it(
    profile: Profile, association: Association, ae: AE
) -> None:
    follow(ANNA, association, profile, 1)
    follow(ANNA, ae, profile, 2, "SCP")
    words = "CT1 → PACS follows Profile Basic.*stop following it first"
    with pytest.raises(ServiceError, match=words):
        associations.set_contexts(ANNA, association, [STORE], 2)
    with pytest.raises(ServiceError, match=words):
        associations.set_negotiation(ANNA, association, NEW.role_selections, [], 2)
    with recording(ANNA) as recorder, pytest.raises(ServiceError, match=words):
        associations.replace_contexts(recorder, association, [STORE])
    associations.update_association(ANNA, association, "name", "", 2)
    governed = TransferCapability(VERIFICATION, "SCP", (IMPLICIT,))
    for refused in ([OWN], [governed, OWN, TransferCapability(CT, "SCP", (IMPLICIT,))]):
        with pytest.raises(ServiceError, match=r"ARCHIVE follows Profile Basic.* as SCP"):
            set_capabilities(ANNA, ae, refused, 3)
    more = TransferCapability(VERIFICATION, "SCU", (IMPLICIT,))
    set_capabilities(ANNA, ae, [more, governed], 3)
    assert held(ae) == (profile.pk, "SCP", [more, governed])


def test_a_new_pair_of_a_profile_proposes_what_it_holds(profile: Profile) -> None:
    with recording(ANNA, "add") as recorder:
        data = AssociationData(
            calling=make_ae("A"), called=make_ae("B"), profile=profile, contexts=(STORE,)
        )
        row = associations.add_association(recorder, data)
    assert held(row) == (profile.pk, [ECHO], 0)


def test_followers_come_back_in_step_with_what_their_profile_holds_now(
    profile: Profile, association: Association, ae: AE
) -> None:
    follow(ANNA, association, profile, 1)
    follow(ANNA, ae, profile, 2, "SCP")
    associations.delete_associations(ANNA, [association])
    first = latest()
    aes.delete_aes(ANNA, [ae])
    second = latest()
    change(profile)
    undo(BOB, first)
    undo(BOB, second)
    assert held(association) == (profile.pk, [STORE], 1)
    stored = TransferCapability(CT, "SCP", (EXPLICIT, IMPLICIT))
    assert held(ae) == (profile.pk, "SCP", [stored, OWN])


def test_followers_of_a_profile_that_is_gone_come_back_without_it(
    profile: Profile, association: Association, ae: AE
) -> None:
    follow(ANNA, association, profile, 1)
    follow(ANNA, ae, profile, 2, "SCP")
    contexts, capabilities = selectors.contexts_of(association), selectors.capabilities_of(ae)
    associations.delete_associations(ANNA, [association])
    first = latest()
    aes.delete_aes(ANNA, [ae])
    second = latest()
    delete_profiles(ANNA, [profile])
    undo(BOB, first)
    undo(BOB, second)
    assert held(association) == (None, contexts, 0)
    assert held(ae) == (None, "", capabilities)


def test_a_follower_without_any_capability_comes_back_as_a_follower(profile: Profile) -> None:
    change(profile, ProposedSet())
    ae = make_ae("EMPTY")
    follow(ANNA, ae, profile, 1, "SCU")
    aes.delete_aes(ANNA, [ae])
    undo(BOB, latest())
    assert held(ae) == (profile.pk, "SCU", [])


def test_taking_back_that_it_stopped_brings_it_in_step(
    profile: Profile, association: Association
) -> None:
    follow(ANNA, association, profile, 1)
    stop_following(ANNA, association, 2)
    stopped = latest()
    change(profile)
    undo(BOB, stopped)
    assert held(association) == (profile.pk, [STORE], 1)


def test_taking_back_a_change_reaches_those_that_follow_since(
    profile: Profile, association: Association, ae: AE
) -> None:
    act = change(profile)
    follow(ANNA, association, profile, 1)
    follow(ANNA, ae, profile, 2, "SCP")
    undone = undo(BOB, act)
    assert held(association) == (profile.pk, [ECHO], 0)
    assert held(ae) == (
        profile.pk,
        "SCP",
        [TransferCapability(VERIFICATION, "SCP", (IMPLICIT,)), OWN],
    )
    undo(BOB, undone)
    assert held(association) == (profile.pk, [STORE], 1)


def test_a_profile_that_something_follows_is_not_unmade(
    profile: Profile, association: Association, ae: AE
) -> None:
    making = ChangeSet.objects.get(summary="Added Profile Basic")
    follow(ANNA, association, profile, 1)
    follow(ANNA, ae, profile, 2, "SCU")
    with pytest.raises(CannotUndo, match="CT1 → PACS refers to what this act made"):
        undo(BOB, making)
    stop_following(ANNA, association, 2)
    with pytest.raises(CannotUndo, match="AE ARCHIVE refers to"):
        undo(BOB, making)


def test_a_profile_made_of_an_association_is_followed_by_it_from_the_start(
    association: Association,
) -> None:
    before = held(association)
    data = ProfileData(name="Made", proposed=ProposedSet((PresentationContext(CT, (IMPLICIT,)),)))
    profile = create_profile(ANNA, data, follower=association, revision=1)
    assert latest().summary == "Added Profile Made, which CT1 → PACS follows"
    after = held(association)
    assert after == (profile.pk, [PresentationContext(CT, (IMPLICIT,))], 0)
    undone = undo(BOB, latest())
    assert held(association) == before
    assert not Profile.objects.exists()
    undo(BOB, undone)
    assert held(association) == after
    with pytest.raises(StaleRevision):
        create_profile(ANNA, replace(data, name="Other"), follower=association, revision=1)
    assert Profile.objects.count() == 1


def test_an_ae_that_follows_since_it_was_made_is_not_unmade(profile: Profile) -> None:
    ae = make_ae("NEW")
    making = latest()
    follow(BOB, ae, profile, 1, "SCU")
    with pytest.raises(CannotUndo, match="NEW was changed later by bob"):
        undo(ANNA, making)
