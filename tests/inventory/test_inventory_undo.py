"""Undo: the state before comes back, ids included, unless something later stands in the way."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Q

from dicomcfg.core.records import (
    Connection,
    ExtendedNegotiation,
    PresentationContext,
    RoleSelection,
)
from dicomcfg.inventory.models import AE, Association, Change, ChangeSet, Device, Site
from dicomcfg.inventory.services import aes, associations, devices, sites
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.ae_rows import load_aes
from dicomcfg.inventory.services.association_rows import load_associations
from dicomcfg.inventory.services.devices import DeviceData
from dicomcfg.inventory.services.sites import SiteData
from dicomcfg.inventory.services.undo import CannotUndo, reasons_against, undo
from tests.parts.rows import edit_ae

pytestmark = pytest.mark.django_db
ACTOR, BOB = Actor(None, "anna"), Actor(None, "bob")
MOVED = (Connection("10.0.0.5", 11112),)
ECHO = PresentationContext("1.2.840.10008.1.1", ("1.2.840.10008.1.2",))
ROLE = RoleSelection("1.2.840.10008.1.1", True, True)
EXTENDED = ExtendedNegotiation("1.2.840.10008.1.1", "01")


def make(title: str = "PACS", **fields: Any) -> AE:
    given = {"connections": (Connection("10.0.0.5", 104),), **fields}
    return aes.create_ae(
        ACTOR, AeData(site=Site.objects.order_by("pk")[0], ae_title=title, **given)
    )


def latest() -> ChangeSet:
    return ChangeSet.objects.order_by("-id")[0]


def inventory() -> dict[str, Any]:
    """All that undo must bring back, with ids and without revisions."""
    return {
        "aes": {
            ae.pk: data.snapshot() for ae, data in load_aes(AE.objects.values_list("pk", flat=True))
        },
        "associations": {row.pk: data.snapshot() for row, data in load_associations(Q())},
        "devices": {row.pk: DeviceData.of(row) for row in Device.objects.all()},
        "sites": {row.pk: sites.ROWS.data_of(row) for row in Site.objects.all()},
    }


def act_delete_many() -> None:
    pacs, ct = AE.objects.order_by("pk")[:2]
    aes.delete_aes(ACTOR, [ct, pacs])


def act_create_association() -> None:
    ct, pacs = AE.objects.order_by("-pk")[:2]
    associations.create_association(ACTOR, ct, pacs, "n", "d", [ECHO])


def act_set_contexts() -> None:
    row = Association.objects.get()
    associations.set_contexts(ACTOR, row, [], row.revision)


def act_set_negotiation() -> None:
    row = Association.objects.get()
    other = RoleSelection("1.2.3", False, False)
    associations.set_negotiation(ACTOR, row, [ROLE, other], [], row.revision)


def act_update_device() -> None:
    devices.update_device(ACTOR, Device.objects.get(), DeviceData(name="Other", location="X"), 1)


def act_delete_association() -> None:
    associations.delete_associations(ACTOR, Association.objects.all())


@pytest.mark.parametrize(
    "act",
    [
        lambda: make("NEW", tags=("x",)),
        lambda: edit_ae(ACTOR, AE.objects.order_by("pk")[0], connections=MOVED),
        lambda: aes.bulk_update(ACTOR, AE.objects.all(), hostname="h", add_tags=["z"], device=None),
        act_delete_many,
        act_create_association,
        act_set_contexts,
        act_set_negotiation,
        act_delete_association,
        act_update_device,
        lambda: devices.create_device(ACTOR, DeviceData(name="New")),
        lambda: sites.create_site(ACTOR, SiteData(name="North")),
        lambda: sites.update_site(ACTOR, Site.objects.get(), SiteData(name="Renamed"), 1),
    ],
)
def test_undo_and_redo_of_every_kind_of_act(act: Any) -> None:
    box = devices.create_device(ACTOR, DeviceData(name="Box"))
    pacs, ct = make("PACS", device=box, tags=("a", "b")), make("CT", do_not_probe=True)
    make("MR", connections=(Connection("a", 1), Connection("b", 2, "default")))
    row = associations.create_association(ACTOR, ct, pacs, "store", "", [ECHO])
    associations.set_negotiation(ACTOR, row, [ROLE], [EXTENDED], row.revision)
    before = inventory()
    act()
    after, done = inventory(), latest()
    assert after != before
    undone = undo(BOB, done)
    assert inventory() == before
    assert (undone.undoes, undone.actor_name) == (done, "bob")
    assert undone.summary == f"Undid: {done.summary}"
    undo(ACTOR, undone)
    assert inventory() == after


def test_a_later_change_of_the_same_object_refuses() -> None:
    ae = make()
    created = latest()
    edit_ae(BOB, ae, connections=MOVED)
    with pytest.raises(CannotUndo) as error:
        undo(ACTOR, created)
    (reason,) = error.value.reasons
    assert str(reason) == "PACS was changed later by bob: Changed AE PACS: connections"
    assert reason.act == latest()
    assert AE.objects.exists()


def test_of_many_later_changes_each_act_is_told_with_the_first_and_the_number() -> None:
    ids = [make(f"CT{number}").pk for number in range(25)]
    added = aes.bulk_update(ACTOR, AE.objects.filter(pk__in=ids), add_tags=["ct"])
    assert added is not None
    aes.bulk_update(BOB, AE.objects.filter(pk__in=ids[:20]), add_tags=["mr"])
    aes.bulk_update(BOB, AE.objects.filter(pk__in=ids), add_tags=["us"])
    assert list(map(str, reasons_against(added))) == [
        "CT0, CT1, CT2, CT3, CT4 and 20 more were changed later by bob: Set tags +us on 25 AEs",
        "CT0, CT1, CT2, CT3, CT4 and 15 more were changed later by bob: Set tags +mr on 20 AEs",
    ]


def test_later_acts_that_were_taken_back_do_not_count() -> None:
    ae = make()
    created = latest()
    edit_ae(ACTOR, ae, connections=MOVED)
    undone = undo(ACTOR, latest())
    assert reasons_against(created) == []
    redone = undo(ACTOR, undone)
    assert reasons_against(created) != []
    undo(ACTOR, redone)
    undo(ACTOR, created)
    assert not AE.objects.exists()


def test_an_act_is_undone_once() -> None:
    make()
    created = latest()
    undo(BOB, created)
    with pytest.raises(CannotUndo, match="bob undid it already"):
        undo(ACTOR, created)


def test_what_now_refers_to_an_object_refuses_its_removal() -> None:
    pacs = make()
    created = latest()
    associations.create_association(ACTOR, make("CT"), pacs)
    with pytest.raises(CannotUndo, match="The association CT → PACS refers to"):
        undo(ACTOR, created)
    box = devices.create_device(ACTOR, DeviceData(name="Box"))
    boxed = latest()
    aes.bulk_update(ACTOR, [pacs], device=box)
    with pytest.raises(CannotUndo, match="The AE PACS refers to"):
        undo(ACTOR, boxed)


def test_what_is_gone_or_taken_refuses_bringing_back() -> None:
    box = devices.create_device(ACTOR, DeviceData(name="Box"))
    ae = make(device=box)
    aes.delete_aes(ACTOR, [ae])
    deleted_ae = latest()
    devices.delete_device(ACTOR, box, 1)
    deleted_box = latest()
    with pytest.raises(CannotUndo, match="The device Box no longer exists"):
        undo(ACTOR, deleted_ae)
    devices.create_device(ACTOR, DeviceData(name="Box"))
    with pytest.raises(CannotUndo, match="taken"):
        undo(ACTOR, deleted_box)
    assert not ChangeSet.objects.filter(undoes__isnull=False).exists()


def test_a_pair_made_again_refuses_bringing_back_the_old_one() -> None:
    pair = make("CT"), make("PACS")
    old = associations.create_association(ACTOR, *pair)
    associations.delete_associations(ACTOR, [old])
    deleted = latest()
    associations.create_association(ACTOR, *pair)
    with pytest.raises(CannotUndo, match="CT → PACS was made since"):
        undo(ACTOR, deleted)


def test_an_association_cannot_come_back_without_its_aes() -> None:
    pair = make("CT"), make("PACS")
    associations.delete_associations(ACTOR, [associations.create_association(ACTOR, *pair)])
    deleted = latest()
    aes.delete_aes(ACTOR, [pair[1]])
    with pytest.raises(CannotUndo, match="The AE PACS no longer exists"):
        undo(ACTOR, deleted)


def test_undo_keeps_what_the_checks_wrote_meanwhile() -> None:
    ae = make()
    edit_ae(ACTOR, ae, connections=MOVED)
    AE.objects.update(latest_outcome="success")
    undo(ACTOR, latest())
    assert AE.objects.get().latest_outcome == "success"


def test_history_of_an_object_tells_every_act() -> None:
    ae = make()
    edit_ae(ACTOR, ae, connections=MOVED)
    undo(ACTOR, latest())
    aes.delete_aes(ACTOR, [ae])
    actions = [c.action for c in Change.objects.filter(model="ae", object_id=ae.pk).order_by("id")]
    assert actions == ["created", "changed", "changed", "deleted"]
