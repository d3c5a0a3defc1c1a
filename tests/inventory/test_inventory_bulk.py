"""Statements about many rows at once: nothing is lost of them, in one statement or in several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from django.db import connection
from django.db.models.functions import Lower
from django.test.utils import CaptureQueriesContext
from msgspec import structs

from dicomcfg.core.records import Connection
from dicomcfg.inventory import bulk
from dicomcfg.inventory.models import AE, Change, Device, Site
from dicomcfg.inventory.models import Connection as ConnectionRow
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.ae_rows import insert_aes, load_aes, overwrite_aes
from dicomcfg.inventory.services.devices import DeviceData, insert_devices, overwrite_devices
from dicomcfg.inventory.services.history import recording
from dicomcfg.inventory.services.undo import undo

pytestmark = pytest.mark.django_db
ACTOR = Actor(None, "anna")
MANY = 1_050
ODD = "tab\there, \\N, \\. and \\t, \"so\" 'so' {so}, line\nend\r, Röntgen %s"


def states() -> list[AeData]:
    site, device = Site.objects.get(), Device.objects.create(name=ODD)
    return [
        AeData(
            site=site,
            ae_title=f"AE{number}",
            device=device if number % 2 else None,
            description=ODD,
            tags=("ct", f"ward {number % 3}"),
            maximum_associations_in=number % 5 or None,
            allows_find=number % 7 == 0,
            connections=tuple(Connection(f"h{number}", 104 + n) for n in range(number % 3)),
        )
        for number in range(MANY)
    ]


def stored() -> list[AeData]:
    return [data for _, data in load_aes(AE.objects.values_list("pk", flat=True), lock=False)]


@pytest.fixture(params=[4_000_000, 20_000], ids=["one statement", "several"])
def _parameter_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "_PARAMETER_BYTES", request.param)


@pytest.mark.usefixtures("_parameter_bytes")
def test_many_new_aes_are_stored_as_given_and_have_their_ids() -> None:
    wanted = states()
    with recording(ACTOR, "many") as recorder:
        rows = insert_aes(recorder, wanted)
    assert stored() == wanted
    assert [row.ae_title for row in AE.objects.order_by("pk")] == [row.ae_title for row in rows]
    assert set(Change.objects.values_list("object_id", flat=True)) == {row.pk for row in rows}
    # What comes next gets an id that is free.
    assert AE.objects.create(ae_title="NEXT", site=wanted[0].site).pk not in {r.pk for r in rows}


@pytest.mark.parametrize(
    "fields",
    [
        {"connections": (Connection("moved", 11112), Connection("and", 11113, "default"))},
        {"tags": ("mr",)},
        {"description": ODD[::-1], "device": None, "maximum_associations_in": None},
        {"description": "", "tags": (), "connections": (), "state": "retired"},
    ],
)
def test_many_changed_aes_are_what_they_were_changed_to_and_back(fields: dict[str, object]) -> None:
    wanted = states()
    with recording(ACTOR, "many") as recorder:
        insert_aes(recorder, wanted)
    AE.objects.update(latest_tone="bad")
    loaded = load_aes(AE.objects.values_list("pk", flat=True), lock=False)
    after = [structs.replace(data, **fields) for _, data in loaded]  # type: ignore[arg-type]
    changed = sum(each != data for each, (_, data) in zip(after, loaded, strict=True))
    with recording(ACTOR, "changed") as recorder:
        changes = [(row, data, each) for (row, data), each in zip(loaded, after, strict=True)]
        assert len(overwrite_aes(recorder, changes)) == changed
    assert stored() == after
    assert AE.objects.filter(revision=2).count() == changed
    assert AE.objects.filter(latest_tone="bad").count() == MANY
    assert recorder.change_set is not None
    undo(ACTOR, recorder.change_set)
    assert stored() == wanted


def test_undo_of_many_takes_as_many_statements_as_undo_of_few() -> None:
    wanted = states()
    counts = []
    for part in (wanted[:2], wanted[2:]):
        with recording(ACTOR, "many") as recorder:
            insert_aes(recorder, part)
        assert recorder.change_set is not None
        with CaptureQueriesContext(connection) as queries:
            undo(ACTOR, recorder.change_set)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert not AE.objects.exists()
    assert not ConnectionRow.objects.exists()


def test_many_devices_are_added_and_changed() -> None:
    wanted = [DeviceData(name=f"Box {number:04}", location=ODD) for number in range(MANY)]
    rows = [data.row() for data in wanted]
    with recording(ACTOR, "many") as recorder:
        insert_devices(recorder, rows)
        after = [replace(data, location="", contact=ODD) for data in wanted]
        overwrite_devices(recorder, list(zip(rows, after, strict=True)))
    assert [DeviceData.of(row) for row in Device.objects.order_by("name")] == after


@pytest.mark.parametrize(
    ("values", "of", "found"),
    [
        (["A", "c", ODD], "ae_title", ["A"]),
        (["a", "b"], Lower("ae_title"), ["A", "B"]),
        ([ODD], "device__name", ["B"]),
        ([], "ae_title", []),
        ([], "pk", []),
    ],
)
def test_rows_among_long_lists(values: Sequence[str], of: str | Lower, found: list[str]) -> None:
    site, device = Site.objects.get(), Device.objects.create(name=ODD)
    for title in "ABC":
        AE.objects.create(ae_title=title, site=site, device=device if title == "B" else None)
    rows = AE.objects.filter(bulk.among(values, of)).order_by("ae_title")
    assert [row.ae_title for row in rows] == found


def test_rows_among_ids() -> None:
    site = Site.objects.get()
    ids = [AE.objects.create(ae_title=title, site=site).pk for title in "ABC"]
    wanted = [*ids[1:], 2**62]
    assert list(AE.objects.filter(bulk.among(wanted)).values_list("pk", flat=True)) == ids[1:]
