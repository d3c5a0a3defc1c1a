"""A table: the preview says what each row means, the apply does exactly that, once."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from dicomcfg.core.records import Connection
from dicomcfg.exchange.applying import apply
from dicomcfg.exchange.choices import Choices
from dicomcfg.exchange.including import include
from dicomcfg.exchange.models import Import, ImportRow, ImportState
from dicomcfg.exchange.reading import read
from dicomcfg.inventory.models import AE, Change, ChangeSet, Device, Site
from dicomcfg.inventory.services import aes
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.errors import ServiceError
from dicomcfg.inventory.services.undo import undo
from tests.parts.imports import ACTOR, applied, found_codes, previewed, seen
from tests.parts.rows import edit_ae

pytestmark = pytest.mark.django_db

TABLE = """AET,IP,Port,TLS,System,Vendor,Tags,Description,Do not probe
PACS,10.0.0.5,104,yes,Archive,Acme,"core, archive",Main archive,
CT1,10.0.0.6,11112,,CT room,,ct,,fragile
"""


def actions(text: str, **options: Any) -> list[str]:
    return list(previewed(text, **options).rows.filter(kind="ae").values_list("action", flat=True))


def states() -> dict[str, AeData]:
    return {ae.ae_title: AeData.of(ae) for ae in AE.objects.all()}


def test_a_table_becomes_aes_and_devices_as_one_act() -> None:
    kept = previewed(TABLE)
    assert seen(kept) == {
        ("device", "Archive", "new"),
        ("device", "CT room", "new"),
        ("ae", "PACS", "new"),
        ("ae", "CT1", "new"),
    }
    change_set = apply(ACTOR, kept)
    assert change_set is not None
    assert change_set.summary == "Imported table.csv: 2 devices new, 2 AEs new"
    assert change_set.changes.count() == 4
    pacs, ct = states()["PACS"], states()["CT1"]
    assert pacs.connections == (Connection("10.0.0.5", 104, "default"),)
    assert (pacs.device, pacs.tags) == (Device.objects.get(name="Archive"), ("archive", "core"))
    assert Device.objects.get(name="Archive").manufacturer == "Acme"
    assert (ct.do_not_probe, ct.do_not_probe_reason) == (True, "fragile")
    assert (kept.change_set, kept.state) == (change_set, ImportState.APPLIED)
    assert list(kept.rows.filter(kind="ae").values_list("line", flat=True)) == [2, 3]


def test_undoing_an_import_leaves_nothing_of_it() -> None:
    change_set = applied(TABLE)
    assert change_set is not None
    undone = undo(ACTOR, change_set)
    assert not AE.objects.exists()
    assert not Device.objects.exists()
    undo(ACTOR, undone)
    assert set(states()) == {"PACS", "CT1"}


def test_the_same_table_again_changes_nothing() -> None:
    applied(TABLE)
    assert actions(TABLE) == ["same", "same"]
    assert applied(TABLE) is None
    assert ChangeSet.objects.count() == 1
    assert Import.objects.latest("pk").applied_at is not None


def test_what_the_table_does_not_say_stays() -> None:
    applied(TABLE)
    edit_ae(ACTOR, AE.objects.get(ae_title="PACS"), state="planned")
    before = states()
    kept = previewed("AE Title,Host,Port,Description\nPACS,10.0.0.9,104,\nNEW,10.0.0.7,104,x\n")
    row = kept.rows.get(label="PACS")
    assert row.changes == [
        [
            "connections",
            [{"hostname": "10.0.0.5", "port": 104, "tls": "default"}],
            [{"hostname": "10.0.0.9", "port": 104, "tls": "default"}],
        ]
    ]
    apply(ACTOR, kept)
    moved = structs.replace(before["PACS"], connections=(Connection("10.0.0.9", 104, "default"),))
    assert states()["PACS"] == moved
    assert states()["CT1"] == before["CT1"]


def test_only_the_first_connection_is_replaced() -> None:
    ae = aes.create_ae(
        ACTOR,
        AeData(
            site=Site.objects.get(),
            ae_title="PACS",
            connections=(Connection("a", 104), Connection("b", 105)),
        ),
    )
    applied("AE Title,Host,Port\nPACS,c,104\n")
    assert AeData.of(AE.objects.get()).connections == (Connection("c", 104), Connection("b", 105))
    assert ae.connections.count() == 2


def test_rows_of_one_title_are_told_apart_by_their_address() -> None:
    both = "AE Title,Host,Port\nSTORE,10.0.0.1,104\nSTORE,10.0.0.2,104\n"
    assert actions(both) == ["new", "new"]
    applied(both)
    assert actions(both) == ["same", "same"]
    assert actions(both + "STORE,10.0.0.3,104\n") == ["same", "same", "new"]
    moved = "AE Title,Host,Port,Description\nSTORE,10.0.0.2,104,second\nSTORE,10.0.0.9,104,\n"
    assert actions(moved) == ["changed", "conflict"]
    assert ("ae-ambiguous", None) in found_codes(previewed(moved))
    assert actions(moved, match="address") == ["changed", "new"]


def test_findings_are_at_their_rows() -> None:
    aes.create_ae(ACTOR, AeData(site=Site.objects.get(), ae_title="TWIN"))
    aes.create_ae(ACTOR, AeData(site=Site.objects.get(), ae_title="TWIN"))
    table = (
        "AE Title,Host,Port,Site,Description,Device\n"
        "ANY-SCP,10.0.0.1,104,,,Box\n"
        "GOOD,10.0.0.1,104,,,Other\n"
        f"LONG,10.0.0.3,104,,{'x' * 300},\n"
        "WHERE,10.0.0.4,104,Mars,,\n"
        "BAD,not a host,0,,,\n"
        "TWIN,10.0.0.5,104,,,\n"
    )
    kept = previewed(table)
    codes = {
        row.label: {each["code"] for each in row.findings} for row in kept.rows.filter(kind="ae")
    }
    assert "ae-title-vendor-default" in codes["ANY-SCP"]
    assert "address-under-two-devices" in codes["ANY-SCP"] & codes["GOOD"]
    assert "text-too-long" in codes["LONG"]
    assert "site-unknown" in codes["WHERE"]
    assert {"hostname-invalid", "port-invalid"} <= codes["BAD"]
    assert "ae-ambiguous" in codes["TWIN"]
    conflicts = kept.rows.filter(action="conflict").values_list("label", flat=True)
    assert set(conflicts) == {"WHERE", "TWIN"}
    assert set(kept.rows.filter(has_errors=True).values_list("label", flat=True)) == {"LONG", "BAD"}


def test_a_row_with_an_error_blocks_until_it_is_excluded() -> None:
    kept = previewed("AE Title,Host,Port\nGOOD,10.0.0.1,104\nBAD,10.0.0.2,70000\n")
    with pytest.raises(ServiceError) as error:
        apply(ACTOR, kept)
    (message,) = error.value.messages["__all__"]
    assert message.startswith("Line 3, cell C3: '70000' is not a TCP port. Give a whole number")
    assert not AE.objects.exists()
    assert Import.objects.get().applied_at is None
    bad = ImportRow.objects.get(has_errors=True)
    assert include(kept, [bad.position], False) == 1
    apply(ACTOR, kept)
    assert set(states()) == {"GOOD"}


def test_rows_may_name_their_site() -> None:
    Site.objects.create(name="North", slug="north")
    main = Site.objects.get(slug="main")
    table = "AE Title,Host,Port,Site\nA,10.0.0.1,104,NORTH\nB,10.0.0.2,104,Main site\nC,h,104,\n"
    applied(table, site=main.pk)
    assert {ae.ae_title: ae.site.slug for ae in AE.objects.all()} == {
        "A": "north",
        "B": "main",
        "C": "main",
    }
    # A title of another site is another AE.
    north = Site.objects.get(slug="north")
    assert actions("AE Title,Host,Port\nB,h,1\n", site=north.pk) == ["new"]


def test_an_import_is_applied_once() -> None:
    kept = previewed(TABLE)
    apply(ACTOR, kept)
    with pytest.raises(ServiceError, match="applied already"):
        apply(ACTOR, kept)


def test_two_thousand_rows_take_few_queries(django_assert_max_num_queries: Any) -> None:
    header = "AE Title,Host,Port,Device,Tags\n"
    rows = "".join(f"A{n},10.0.{n // 250}.{n % 250},104,Box {n // 20},t\n" for n in range(2000))
    kept = previewed(header + rows)
    with django_assert_max_num_queries(12):
        read(kept).planned(Choices())
    assert kept.counts == {"device": {"new": 100}, "ae": {"new": 2000}}
    apply(ACTOR, kept)
    again = previewed(header + rows)
    with django_assert_max_num_queries(12):
        read(again).planned(Choices())
    assert again.counts == {"device": {"same": 100}, "ae": {"same": 2000}}
    assert Change.objects.filter(model="ae").count() == 2000
