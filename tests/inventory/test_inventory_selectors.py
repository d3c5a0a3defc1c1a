"""Questions to the inventory: right answers, in a number of queries that never grows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dicomcfg.core.records import Connection, PresentationContext
from dicomcfg.inventory import device_selectors, selectors
from dicomcfg.inventory.models import AE, Association, Device, Site
from dicomcfg.inventory.services import aes, associations, devices
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.ae_rows import insert_aes
from dicomcfg.inventory.services.aes import AeData
from dicomcfg.inventory.services.devices import DeviceData
from dicomcfg.inventory.services.history import recording
from tests.parts.rows import edit_ae

pytestmark = pytest.mark.django_db
ACTOR = Actor(None, "anna")


def fill(count: int, stem: str) -> list[AE]:
    site = Site.objects.get()
    pair = (Connection("10.0.0.5", 104, "default"), Connection("10.0.0.6", 105))
    with recording(ACTOR, "fill") as recorder:
        datas = [
            AeData(site=site, ae_title=f"{stem}{n}", tags=("a", "b"), connections=pair)
            for n in range(count)
        ]
        return insert_aes(recorder, datas)


def test_the_list_shows_the_first_connection_flat() -> None:
    fill(1, "A")
    aes.create_ae(ACTOR, AeData(site=Site.objects.get(), ae_title="SCU"))
    rows = {ae.ae_title: (ae.hostname, ae.port, ae.tls) for ae in selectors.ae_list()}
    assert rows == {"A0": ("10.0.0.5", 104, "default"), "SCU": (None, None, None)}
    assert selectors.ae_list().filter(hostname="10.0.0.6").count() == 0
    assert selectors.ae_list().count() == 2


QUESTIONS: list[Callable[[], object]] = [
    lambda: [(a.hostname, a.device, a.site.name, *a.tags.all()) for a in selectors.ae_list()],
    lambda: [(a.calling, a.called, a.context_count) for a in selectors.associations_list()],
    lambda: list(selectors.history_list()),
    lambda: [(c.label, c.change_set.at) for c in selectors.object_history("ae", 1)],
    selectors.board_counts,
    lambda: selectors.first_connections(AE.objects.all()),
    lambda: selectors.contexts_of_all(Association.objects.all()),
    lambda: list(device_selectors.tallies_of(Device.objects.all())),
    lambda: [(str(c), c.ae) for c in device_selectors.connections_of_device(Device(pk=1))],
]


def test_2_000_rows_take_as_many_queries_as_10() -> None:
    def counts() -> list[int]:
        taken = []
        for question in QUESTIONS:
            with CaptureQueriesContext(connection) as captured:
                question()
            taken.append(len(captured))
        return taken

    few = fill(10, "A")
    associations.create_association(ACTOR, few[0], few[1])
    before = counts()
    many = fill(1_990, "B")
    for called in many[:20]:
        associations.create_association(ACTOR, few[0], called)
    assert counts() == before
    assert max(before) <= 3


def test_associations_count_their_contexts() -> None:
    calling, called = fill(2, "A")
    contexts = [PresentationContext("1.2", ("1.2.840.10008.1.2",))] * 3
    associations.create_association(ACTOR, calling, called, contexts=contexts)
    bare = associations.create_association(ACTOR, called, calling)
    counted = {a.pk: a.context_count for a in selectors.associations_list()}
    assert sorted(counted.values()) == [0, 3]
    assert selectors.contexts_of(bare) == []
    assert selectors.association_of(called, calling) == bare
    assert selectors.association_of(called, called) is None


def test_the_board_counts_by_outcome() -> None:
    rows = fill(4, "A")
    devices.create_device(ACTOR, DeviceData(name="Box"))
    for row, (outcome, tone) in zip(
        rows, [("success", "ok"), ("success", "ok"), ("echo-timeout", "bad")], strict=False
    ):
        AE.objects.filter(pk=row.pk).update(
            latest_outcome=outcome, latest_tone=tone, latest_at=timezone.now()
        )
    counts = selectors.board_counts()
    assert (counts.aes, counts.devices, counts.associations) == (4, 1, 0)
    assert counts.never_checked == 1
    assert counts.by_outcome == {"success": 2, "echo-timeout": 1}
    assert counts.by_tone == {"ok": 2, "bad": 1}


def test_history() -> None:
    _, second = fill(2, "A")
    edit_ae(ACTOR, second, ae_title="A0")
    assert [change.action for change in selectors.object_history("ae", second.pk)] == [
        "changed",
        "created",
    ]
    assert selectors.history_list()[0].change_count == 1
    assert selectors.history_list()[1].change_count == 2
    assert selectors.several_sites() is False
