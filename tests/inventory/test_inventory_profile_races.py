"""Two people at one Profile: whoever comes second is told, and no follower falls out of step."""

from __future__ import annotations

import pytest

from dicomcfg.core.records import PresentationContext
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import Association, ChangeSet, Profile
from dicomcfg.inventory.profile_selectors import profile_data
from dicomcfg.inventory.services.errors import StaleRevision
from dicomcfg.inventory.services.following import follow
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import create_profile, delete_profiles, update_profile
from dicomcfg.inventory.services.proposed_sets import ProposedSet
from dicomcfg.inventory.services.undo import undo
from tests.inventory.test_inventory_races import ACTOR, PEOPLE, at_once
from tests.parts.rows import IMPLICIT, VERIFICATION, make_ae, make_association

pytestmark = pytest.mark.django_db(transaction=True)


def of(number: int) -> ProposedSet:
    return ProposedSet((PresentationContext(f"{VERIFICATION}.{number + 1}", (IMPLICIT,)),))


def in_step(profile: Profile) -> bool:
    wanted = list(profile_data(profile).proposed.contexts)
    return all(
        selectors.contexts_of(row) == wanted for row in Association.objects.filter(profile=profile)
    )


def test_of_several_changes_of_one_revision_one_is_saved() -> None:
    profile = create_profile(ACTOR, ProfileData(name="Basic"))
    follow(ACTOR, make_association("CT1", "PACS"), profile, 1)
    answers = at_once(
        lambda n: update_profile(ACTOR, profile, ProfileData(name="Basic", proposed=of(n)), 1)
    )
    assert sum(isinstance(answer, Profile) for answer in answers) == 1
    assert sum(isinstance(answer, StaleRevision) for answer in answers) == PEOPLE - 1
    assert in_step(profile)
    assert ChangeSet.objects.filter(summary__startswith="Changed Profile").count() == 1


def test_who_begins_to_follow_during_a_change_is_in_step() -> None:
    profile = create_profile(ACTOR, ProfileData(name="Basic"))
    pacs = make_ae("PACS")
    rows = [make_association(f"CT{n}", pacs) for n in range(PEOPLE)]

    def act(number: int) -> object:
        if number == 0:
            data = ProfileData(name="Basic", proposed=of(number))
            return update_profile(ACTOR, profile, data, 1)
        return follow(ACTOR, rows[number], profile, 1)

    at_once(act)
    assert Association.objects.filter(profile=profile).count() == PEOPLE - 1
    assert in_step(profile)


def test_taking_back_while_others_follow_and_delete_leaves_no_half_copy() -> None:
    profile = create_profile(ACTOR, ProfileData(name="Basic", proposed=of(0)))
    rows = [make_association(f"CT{n}", f"PACS{n}") for n in range(2)]
    follow(ACTOR, rows[0], profile, 1)
    update_profile(ACTOR, profile, ProfileData(name="Basic", proposed=of(1)), 1)
    change = ChangeSet.objects.order_by("-id")[0]
    acts = [
        lambda: undo(ACTOR, change),
        lambda: follow(ACTOR, rows[1], profile, 1),
        lambda: delete_profiles(ACTOR, [profile]),
        lambda: follow(ACTOR, rows[0], profile, 3),
    ]
    answers = at_once(lambda number: acts[number]())
    assert len(answers) == len(acts)
    assert not Profile.objects.exists()
    assert not Association.objects.filter(profile__isnull=False).exists()
