"""Associations: the pair is unique and fixed, the contexts ordered, every change on record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dicomcfg.core.records import ExtendedNegotiation, PresentationContext, RoleSelection
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, Association, Change, ChangeSet, Site, SyntaxList
from dicomcfg.inventory.services import aes, associations
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.association_findings import check_association
from dicomcfg.inventory.services.association_rows import AssociationData
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision

pytestmark = pytest.mark.django_db
ACTOR = Actor(None, "anna")
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
ECHO = PresentationContext("1.2.840.10008.1.1", (IMPLICIT,))
CT = PresentationContext("1.2.840.10008.5.1.4.1.1.2", (EXPLICIT, IMPLICIT))
PRIVATE = PresentationContext("1.3.6.1.4.1.99999.1", (IMPLICIT,))


@pytest.fixture
def pair() -> tuple[AE, AE]:
    site = Site.objects.get()
    ct, pacs = (
        aes.create_ae(ACTOR, aes.AeData(site=site, ae_title=title)) for title in ("CT", "PACS")
    )
    return ct, pacs


def test_contexts_keep_their_order_and_share_interned_lists(pair: tuple[AE, AE]) -> None:
    contexts = [CT, ECHO, PRIVATE, ECHO]
    association = associations.create_association(ACTOR, *pair, " name ", "", contexts)
    assert association.name == "name"
    assert selectors.contexts_of(association) == contexts
    assert SyntaxList.objects.count() == 2
    after = Change.objects.get(model="association").after
    assert after is not None
    assert after["presentation_contexts"][0]["transfer_syntaxes"] == [EXPLICIT, IMPLICIT]


def test_the_pair_is_unique_but_its_reverse_is_another(pair: tuple[AE, AE]) -> None:
    associations.create_association(ACTOR, *pair)
    with pytest.raises(ServiceError) as error:
        associations.create_association(ACTOR, *pair)
    assert "exists already" in error.value.messages["__all__"][0]
    associations.create_association(ACTOR, pair[1], pair[0])
    assert Association.objects.count() == 2


@pytest.mark.parametrize(
    ("arguments", "refused"),
    [
        ({"name": "x" * 65}, "name"),
        ({"description": "x" * 255}, "description"),
        ({"contexts": [PresentationContext("1.02", (IMPLICIT,))]}, "contexts.0.abstract_syntax"),
        ({"contexts": [ECHO, PresentationContext("1.2", ())]}, "contexts.1.transfer_syntaxes"),
        ({"contexts": [PresentationContext("1.2", ("x",))]}, "contexts.0.transfer_syntaxes"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    pair: tuple[AE, AE], arguments: dict[str, object], refused: str
) -> None:
    with pytest.raises(ServiceError) as error:
        associations.create_association(ACTOR, *pair, **arguments)  # type: ignore[arg-type]
    assert list(error.value.messages) == [refused]
    assert not Association.objects.exists()


def test_contexts_are_set_as_a_whole(pair: tuple[AE, AE]) -> None:
    association = associations.create_association(ACTOR, *pair, contexts=[ECHO, CT, PRIVATE])
    associations.set_contexts(ACTOR, association, [PRIVATE, ECHO], 1)
    assert selectors.contexts_of(association) == [PRIVATE, ECHO]
    twice = PresentationContext(ECHO.abstract_syntax, (IMPLICIT, f" {EXPLICIT}", IMPLICIT))
    associations.set_contexts(ACTOR, association, [twice], 2)
    assert selectors.contexts_of(association)[0].transfer_syntaxes == (IMPLICIT, EXPLICIT)
    count = ChangeSet.objects.count()
    associations.set_contexts(ACTOR, association, selectors.contexts_of(association), 3)
    assert ChangeSet.objects.count() == count
    with pytest.raises(StaleRevision):
        associations.set_contexts(ACTOR, association, [], 2)


def test_name_and_description_change_without_the_contexts(pair: tuple[AE, AE]) -> None:
    association = associations.create_association(ACTOR, *pair, contexts=[ECHO])
    changed = associations.update_association(ACTOR, association, "n", "d", 1)
    assert (changed.name, changed.description, changed.revision) == ("n", "d", 2)
    assert selectors.contexts_of(association) == [ECHO]
    assert ChangeSet.objects.order_by("id").last().summary.endswith("name, description")  # type: ignore[union-attr]


def test_an_ae_that_is_gone_cannot_be_paired(pair: tuple[AE, AE]) -> None:
    aes.delete_aes(ACTOR, [pair[0]])
    gone = AE(pk=999_999, ae_title="CT", site=pair[1].site)
    with pytest.raises(ServiceError) as error:
        associations.create_association(ACTOR, gone, pair[1])
    assert "deleted" in error.value.messages["__all__"][0]


def test_deleting_several_is_one_act(pair: tuple[AE, AE]) -> None:
    both = [
        associations.create_association(ACTOR, *pair, contexts=[ECHO]),
        associations.create_association(ACTOR, pair[1], pair[0]),
    ]
    change_set = associations.delete_associations(ACTOR, both)
    assert change_set is not None
    assert change_set.summary == "Deleted 2 associations"
    assert not Association.objects.exists()
    assert associations.delete_associations(ACTOR, both) is None


ROLE = RoleSelection(CT.abstract_syntax, True, False)
EXTENDED = ExtendedNegotiation(CT.abstract_syntax, "0101")


def _negotiated(association: Association) -> tuple[object, object]:
    options = selectors.options_of_all([association])[association.pk]
    return options.role_selections, options.extended_negotiations


def test_roles_and_extended_negotiation_are_set_and_kept(pair: tuple[AE, AE]) -> None:
    association = associations.create_association(ACTOR, *pair, contexts=[CT])
    neither = RoleSelection(ECHO.abstract_syntax, False, False)
    spaced = ExtendedNegotiation(f" {CT.abstract_syntax}", "0A 01")
    associations.set_negotiation(ACTOR, association, [ROLE, neither], [spaced], 1)
    wanted = (ROLE, neither), (ExtendedNegotiation(CT.abstract_syntax, "0a01"),)
    assert _negotiated(association) == wanted
    associations.set_contexts(ACTOR, association, [ECHO], 2)
    assert _negotiated(association) == wanted
    count = ChangeSet.objects.count()
    associations.set_negotiation(ACTOR, association, *wanted, 3)
    assert ChangeSet.objects.count() == count
    with pytest.raises(StaleRevision):
        associations.set_negotiation(ACTOR, association, [], [], 2)
    associations.set_negotiation(ACTOR, association, [], [], 3)
    assert _negotiated(association) == ((), ())


@pytest.mark.parametrize(
    ("roles", "extended", "refused"),
    [
        ([RoleSelection("1.02", True, True)], [], "role_selections.0.sop_class"),
        ([ROLE, RoleSelection(CT.abstract_syntax, False, True)], [], "role_selections.1.sop_class"),
        ([], [ExtendedNegotiation("x", "01")], "extended_negotiations.0.sop_class"),
        ([], [EXTENDED, EXTENDED], "extended_negotiations.1.sop_class"),
        ([], [ExtendedNegotiation("1.2", "0")], "extended_negotiations.0.information"),
        ([], [ExtendedNegotiation("1.2", "zz")], "extended_negotiations.0.information"),
        ([], [ExtendedNegotiation("1.2", "")], "extended_negotiations.0.information"),
        ([], [ExtendedNegotiation("1.2", "00" * 257)], "extended_negotiations.0.information"),
    ],
)
def test_what_cannot_be_negotiated_is_refused(
    pair: tuple[AE, AE],
    roles: list[RoleSelection],
    extended: list[ExtendedNegotiation],
    refused: str,
) -> None:
    association = associations.create_association(ACTOR, *pair, contexts=[CT])
    with pytest.raises(ServiceError) as error:
        associations.set_negotiation(ACTOR, association, roles, extended, 1)
    assert list(error.value.messages) == [refused]
    assert _negotiated(association) == ((), ())


def test_a_role_without_a_context_is_saved_and_warned_of(pair: tuple[AE, AE]) -> None:
    data = AssociationData(calling=pair[0], called=pair[1], role_selections=(ROLE,))
    assert [(f.code, f.severity) for f in check_association(data)] == [
        ("negotiation-without-context", "warning")
    ]
    assert check_association(replace(data, contexts=(CT,))) == []


def test_a_snapshot_older_than_roles_can_be_read(pair: tuple[AE, AE]) -> None:
    data = AssociationData(calling=pair[0], called=pair[1], role_selections=(ROLE,))
    snapshot = data.snapshot()
    aes_by_id = {ae.pk: ae for ae in pair}
    assert AssociationData.from_snapshot(snapshot, aes_by_id, {}) == data
    del snapshot["role_selections"], snapshot["extended_negotiations"]
    assert AssociationData.from_snapshot(snapshot, aes_by_id, {}).role_selections == ()
