"""AEs through their services: one transaction, one act on record, refusals at the field."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from msgspec import structs

from dicomcfg.core.records import Connection
from dicomcfg.inventory.models import AE, Change, ChangeSet, Site
from dicomcfg.inventory.services import aes, associations, devices
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.aes import AeData
from dicomcfg.inventory.services.devices import DeviceData
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from tests.parts.rows import edit_ae

pytestmark = pytest.mark.django_db
ACTOR = Actor(None, "anna")
MOVED = (Connection("10.0.0.5", 11112),)


def data(title: str = "PACS", **fields: object) -> AeData:
    given = {"connections": (Connection("10.0.0.5", 104),), **fields}
    return structs.replace(AeData(site=Site.objects.get(), ae_title=title), **given)  # type: ignore[arg-type]


def test_creating_writes_the_ae_with_its_connections_and_tags() -> None:
    both = (Connection("10.0.0.5", 104), Connection("pacs.example", 2762, "default"))
    ae = aes.create_ae(ACTOR, data(" PACS ", connections=both, tags=("ct", "ward 1", "ct")))
    stored = AE.objects.get()
    assert stored == ae
    assert AeData.of(stored) == data("PACS", connections=both, tags=("ct", "ward 1"))
    change = Change.objects.get()
    assert (change.model, change.object_id, change.label) == ("ae", ae.pk, "PACS")
    assert change.before is None
    assert change.after is not None
    assert change.after["tags"] == ["ct", "ward 1"]
    assert change.after["connections"][1] == {
        "hostname": "pacs.example",
        "port": 2762,
        "tls": "default",
    }
    assert change.change_set.actor_name == "anna"


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"ae_title": "   "}, "ae_title"),
        ({"ae_title": "SEVENTEEN_LETTERS"}, "ae_title"),
        ({"ae_title": "A\\B"}, "ae_title"),
        ({"connections": (Connection("10.0.0.5", 0),)}, "connections.0.port"),
        (
            {"connections": (Connection("h", 104), Connection("not a host", 104))},
            "connections.1.hostname",
        ),
        ({"connections": (Connection("h", 104, "x" * 65),)}, "connections.0.tls"),
        ({"description": "x" * 255}, "description"),
        ({"tags": ("x" * 33,)}, "tags"),
        ({"state": "asleep"}, "state"),
        ({"maximum_associations_in": 0}, "maximum_associations_in"),
    ],
)
def test_what_is_forbidden_is_refused_at_its_field(fields: dict[str, object], refused: str) -> None:
    with pytest.raises(ServiceError) as error:
        aes.create_ae(ACTOR, structs.replace(data(), **fields))  # type: ignore[arg-type]
    assert list(error.value.messages) == [refused]
    assert not AE.objects.exists()
    assert not ChangeSet.objects.exists()


def test_an_edit_that_changes_nothing_leaves_no_trace() -> None:
    ae = aes.create_ae(ACTOR, data(tags=("b", "a")))
    aes.update_ae(ACTOR, ae, data("PACS ", tags=("a", "b", "")), 1)
    assert AE.objects.get().revision == 1
    assert ChangeSet.objects.count() == 1


def test_a_stale_revision_tells_who_saved_what_in_between() -> None:
    ae = aes.create_ae(ACTOR, data())
    edit_ae(Actor(None, "bob"), ae, connections=MOVED)
    with pytest.raises(StaleRevision) as error:
        aes.update_ae(ACTOR, ae, data(description="new"), 1)
    assert (error.value.who, error.value.what) == ("bob", "changed (connections)")
    assert error.value.when is not None
    aes.delete_aes(Actor(None, "bob"), [ae])
    with pytest.raises(StaleRevision) as error:
        aes.update_ae(ACTOR, ae, data(description="new"), 2)
    assert error.value.what == "deleted"


def test_services_never_touch_what_the_checks_write() -> None:
    ae = aes.create_ae(ACTOR, data())
    # A worker saves a result after the page has read the row.
    AE.objects.update(latest_outcome="success", recent=[["ok", 3.5]], latest_check_id=7)
    edit_ae(ACTOR, ae, description="edited")
    aes.bulk_update(ACTOR, [ae], state="planned")
    stored = AE.objects.get()
    assert (stored.latest_outcome, stored.recent, stored.latest_check_id) == (
        "success",
        [["ok", 3.5]],
        7,
    )


def test_an_edited_connection_keeps_its_row() -> None:
    second = Connection("10.0.0.6", 105)
    ae = aes.create_ae(ACTOR, data(connections=(Connection("10.0.0.5", 104), second)))
    ids = list(ae.connections.values_list("pk", flat=True))
    first = Connection("[::1]", 11112, "default")
    edit_ae(ACTOR, ae, description="x", connections=(first, second))
    stored = AE.objects.get()
    moved = replace(first, hostname="::1")
    assert AeData.of(stored) == data(description="x", connections=(moved, second))
    assert list(stored.connections.values_list("pk", flat=True)) == ids
    assert stored.revision == 2


def test_removing_a_connection_moves_the_others_up() -> None:
    three = tuple(Connection(f"10.0.0.{n}", 104) for n in range(3))
    ae = aes.create_ae(ACTOR, data(connections=three))
    aes.update_ae(ACTOR, ae, data(connections=three[1:]), 1)
    rows = ae.connections.order_by("position").values_list("position", "hostname")
    assert list(rows) == [(0, "10.0.0.1"), (1, "10.0.0.2")]


def test_copies_take_the_next_free_title_within_16_characters() -> None:
    ae = aes.create_ae(ACTOR, data("SIXTEEN_LETTERS1", tags=("ct",)))
    copy = aes.duplicate_ae(ACTOR, ae)
    assert copy.ae_title == "SIXTEEN_LETTER_2"
    assert AeData.of(copy).tags == ("ct",)
    assert aes.duplicate_ae(ACTOR, copy).ae_title == "SIXTEEN_LETTER_3"


def test_a_moved_pacs_is_set_in_one_act() -> None:
    pair = (Connection("old", 104, "default"), Connection("spare", 105))
    moved = [aes.create_ae(ACTOR, data(f"A{n}", connections=pair)) for n in range(3)]
    initiator = aes.create_ae(ACTOR, data("SCU", connections=()))
    change_set = aes.bulk_update(ACTOR, [*moved, initiator], hostname="new", port=11112)
    assert change_set is not None
    assert change_set.changes.count() == 3
    for ae in AE.objects.exclude(pk=initiator.pk):
        assert AeData.of(ae).connections == (Connection("new", 11112, "default"), pair[1])
    assert not initiator.connections.exists()
    assert aes.bulk_update(ACTOR, moved, hostname="new") is None


def test_many_are_tagged_and_put_on_a_device() -> None:
    ae = aes.create_ae(ACTOR, data(tags=("a", "b")))
    box = devices.create_device(ACTOR, DeviceData(name="Box"))
    aes.bulk_update(ACTOR, [ae], add_tags=["c"], remove_tags=["a"], device=box, state="planned")
    state = AeData.of(AE.objects.get())
    assert (state.tags, state.device, state.state) == (("b", "c"), box, "planned")
    aes.bulk_update(ACTOR, [ae], device=None)
    assert AE.objects.get().device is None


def test_bulk_values_are_refused_under_their_own_names() -> None:
    ae = aes.create_ae(ACTOR, data())
    for arguments in ({"hostname": "a b"}, {"port": 70000}, {"state": "?"}):
        with pytest.raises(ServiceError) as error:
            aes.bulk_update(ACTOR, [ae], **arguments)  # type: ignore[arg-type]
        assert list(error.value.messages) == list(arguments)
    with pytest.raises(ServiceError) as error:
        aes.bulk_update(ACTOR, [ae], add_tags=["x" * 40])
    assert list(error.value.messages) == ["add_tags"]


def test_deleting_takes_the_associations_along_in_the_same_act() -> None:
    pacs, ct, mr = (aes.create_ae(ACTOR, data(title)) for title in ("PACS", "CT", "MR"))
    first = associations.create_association(ACTOR, ct, pacs)
    associations.create_association(ACTOR, mr, ct)
    assert [a.pk for a in aes.references_to([pacs])] == [first.pk]
    change_set = aes.delete_aes(ACTOR, [pacs])
    assert change_set is not None
    assert change_set.summary == "Deleted AE PACS and 1 association"
    assert [c.label for c in change_set.changes.all()] == ["CT → PACS", "PACS"]
    assert list(AE.objects.all()) == [ct, mr]
    assert aes.delete_aes(ACTOR, [pacs]) is None


def test_bulk_work_takes_as_many_queries_for_30_as_for_3() -> None:
    def queries(count: int) -> list[int]:
        rows = [aes.create_ae(ACTOR, data(f"Q{count}X{n}", tags=("t",))) for n in range(count)]
        counts = []
        for act in (
            lambda: aes.bulk_update(ACTOR, rows, hostname="moved", add_tags=["u"]),
            lambda: aes.references_to(rows),
            lambda: aes.check_ae(data("Q3X1")),
            lambda: aes.delete_aes(ACTOR, rows),
        ):
            with CaptureQueriesContext(connection) as captured:
                act()
            counts.append(len(captured))
        return counts

    assert queries(3) == queries(30)


def codes(state: AeData, pk: int | None = None) -> set[str]:
    return {finding.code for finding in aes.check_ae(state, pk)}


def test_unwise_titles_and_addresses_are_warned_of_and_saved() -> None:
    box, other = (devices.create_device(ACTOR, DeviceData(name=n)) for n in ("Box", "Other"))
    ae = aes.create_ae(ACTOR, data("ANY-SCP", device=box))
    twin = data("ANY-SCP", device=other)
    assert codes(twin) == {
        "ae-title-vendor-default",
        "ae-title-duplicate",
        "address-under-two-devices",
    }
    aes.create_ae(ACTOR, twin)
    assert "ae-title-duplicate" in codes(data("ANY-SCP", device=box), ae.pk)
    assert codes(data("OWN", device=box), ae.pk) == {"address-under-two-devices"}
    assert codes(data("OWN", connections=(), association_initiator=False)) == {
        "acceptor-without-address"
    }


def test_many_aes_of_one_device_may_share_an_address() -> None:
    box = devices.create_device(ACTOR, DeviceData(name="Box"))
    aes.create_ae(ACTOR, data("STORE", device=box))
    assert codes(data("QUERY", device=box)) == set()
    assert codes(data("STORE", device=box), AE.objects.get().pk) == set()


def test_hosts_are_compared_without_case() -> None:
    box, other = (devices.create_device(ACTOR, DeviceData(name=n)) for n in ("Box", "Other"))
    aes.create_ae(ACTOR, data("STORE", device=box, connections=(Connection("Pacs.example", 104),)))
    shouted = data("QUERY", device=other, connections=(Connection("PACS.EXAMPLE", 104),))
    assert codes(shouted) == {"address-under-two-devices"}


def test_a_title_may_be_used_again_in_another_site() -> None:
    aes.create_ae(ACTOR, data())
    same = data()
    elsewhere = Site.objects.create(name="North", slug="north")
    assert codes(structs.replace(same, site=elsewhere)) == set()
