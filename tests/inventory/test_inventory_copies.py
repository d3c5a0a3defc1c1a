"""Duplicating and reversing: what the new pair proposes, and what is refused."""

from __future__ import annotations

import pytest

from dicomcfg.core.records import ExtendedNegotiation, RoleSelection
from dicomcfg.inventory.models import Association, Profile
from dicomcfg.inventory.selectors import contexts_of, options_of_all
from dicomcfg.inventory.services.associations import (
    delete_associations,
    set_negotiation,
    update_association,
)
from dicomcfg.inventory.services.copies import Roles, duplicate_association, reverse_association
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, SHELL, VERIFICATION, make_ae, make_association

pytestmark = pytest.mark.django_db
COMMITMENT = "1.2.840.10008.1.20.1"


@pytest.fixture
def original() -> Association:
    made = make_association(
        "CT1",
        "PACS",
        (VERIFICATION, IMPLICIT),
        (CT, EXPLICIT, IMPLICIT),
        (COMMITMENT, IMPLICIT),
        (CT, IMPLICIT),
    )
    set_negotiation(
        SHELL, made, [RoleSelection(CT, True, True)], [ExtendedNegotiation(CT, "0101")], 1
    )
    made.refresh_from_db()
    return made


def _roles(row: Association) -> list[tuple[str, bool, bool]]:
    selections = options_of_all([row])[row.pk].role_selections
    return [(role.sop_class, role.scu, role.scp) for role in selections]


def test_a_copy_proposes_the_same_for_other_aes(original: Association) -> None:
    mr1 = make_ae("MR1")
    copy = duplicate_association(SHELL, original, mr1, original.called, "MR", "", follow=True)
    assert str(copy) == "MR1 → PACS"
    assert contexts_of(copy) == contexts_of(original)
    assert options_of_all([copy])[copy.pk] == options_of_all([original])[original.pk]
    assert (copy.name, copy.revision, copy.latest_outcome) == ("MR", 1, "")


def test_a_copy_of_the_same_pair_is_refused(original: Association) -> None:
    with pytest.raises(ServiceError, match="CT1 → PACS exists already"):
        duplicate_association(
            SHELL, original, original.calling, original.called, "", "", follow=False
        )


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (Roles.LEFT_OUT, []),
        (Roles.SWAPPED, [(CT, True, True), (COMMITMENT, False, True)]),
    ],
)
def test_the_reverse_has_the_same_contexts_and_the_roles_asked_for(
    original: Association, roles: Roles, expected: list[tuple[str, bool, bool]]
) -> None:
    reverse = reverse_association(SHELL, original, roles, original.revision)
    assert str(reverse) == "PACS → CT1"
    assert contexts_of(reverse) == contexts_of(original)
    assert _roles(reverse) == expected


def test_swapping_twice_gives_what_was_meant_at_first(original: Association) -> None:
    """1/0 is what no role selection means; the second reverse only says it."""
    reverse = reverse_association(SHELL, original, Roles.SWAPPED, original.revision)
    delete_associations(SHELL, [original])
    again = reverse_association(SHELL, reverse, Roles.SWAPPED, reverse.revision)
    assert _roles(again) == [(CT, True, True), (COMMITMENT, True, False)]


def test_the_reverse_is_of_what_was_seen(original: Association) -> None:
    update_association(SHELL, original, "changed", "", original.revision)
    with pytest.raises(StaleRevision, match="CT1 → PACS was changed"):
        reverse_association(SHELL, original, Roles.LEFT_OUT, original.revision)


def test_what_has_no_reverse_is_refused(original: Association) -> None:
    itself = make_association(original.calling, original.calling)
    with pytest.raises(ServiceError, match="its own reverse"):
        reverse_association(SHELL, itself, Roles.LEFT_OUT, 1)
    with pytest.raises(ServiceError, match="follows no Profile"):
        reverse_association(SHELL, original, Roles.PROFILE, original.revision)
    reverse_association(SHELL, original, Roles.LEFT_OUT, original.revision)
    with pytest.raises(ServiceError, match="PACS → CT1 exists already"):
        reverse_association(SHELL, original, Roles.LEFT_OUT, original.revision)


@pytest.mark.parametrize("follow", [True, False])
def test_a_copy_follows_the_profile_if_it_shall(original: Association, follow: bool) -> None:
    profile = Profile.objects.create(name="Routine")
    Association.objects.filter(pk=original.pk).update(profile=profile)
    mr1 = make_ae("MR1")
    copy = duplicate_association(SHELL, original, mr1, original.called, "", "", follow=follow)
    assert copy.profile == (profile if follow else None)
    roles = Roles.PROFILE if follow else Roles.SWAPPED
    reverse = reverse_association(SHELL, original, roles, original.revision)
    assert reverse.profile == (profile if follow else None)


def test_a_gone_original_is_said(original: Association) -> None:
    delete_associations(SHELL, [original])
    with pytest.raises(StaleRevision, match="was deleted"):
        duplicate_association(SHELL, original, make_ae("X"), original.called, "", "", follow=False)
