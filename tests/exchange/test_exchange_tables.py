"""A pasted table: the preview says what each row means, the apply does exactly that, once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dicomcfg.core.formats.base import MAXIMUM_BYTES
from dicomcfg.core.records import Connection
from dicomcfg.exchange import imports
from dicomcfg.exchange.models import Import
from dicomcfg.exchange.tables import Action, TablePreview, apply_table, preview_table
from dicomcfg.inventory.models import AE, Change, ChangeSet, Device, Site
from dicomcfg.inventory.services import aes
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.errors import ServiceError
from dicomcfg.inventory.services.undo import undo
from tests.parts.rows import edit_ae

pytestmark = pytest.mark.django_db
ACTOR = Actor(None, "anna")
NEW, CHANGED, SAME = Action.NEW, Action.CHANGED, Action.SAME


def keep(text: str, **options: object) -> Import:
    return imports.keep_import(None, text.encode(), "table.csv", "ae-table", **options)


def preview(text: str) -> TablePreview:
    return preview_table(keep(text))


def actions(text: str) -> list[Action | None]:
    return [row.action for row in preview(text).rows]


def apply(text: str) -> ChangeSet | None:
    return apply_table(ACTOR, keep(text))


def states() -> dict[str, AeData]:
    return {ae.ae_title: AeData.of(ae) for ae in AE.objects.all()}


def codes(text: str) -> set[tuple[str, str | None]]:
    return {(f.code, f.cell) for f in preview(text).all_findings}


TABLE = """AET,IP,Port,TLS,System,Vendor,Tags,Description,Do not probe
PACS,10.0.0.5,104,yes,Archive,Acme,"core, archive",Main archive,
CT1,10.0.0.6,11112,,CT room,,ct,,fragile
"""


def test_a_table_becomes_aes_and_devices_as_one_act() -> None:
    change_set = apply(TABLE)
    assert change_set is not None
    assert change_set.summary == "Imported table.csv: 2 AEs new, 0 changed"
    assert change_set.changes.count() == 4
    pacs, ct = states()["PACS"], states()["CT1"]
    assert pacs.connections == (Connection("10.0.0.5", 104, "default"),)
    assert (pacs.device, pacs.tags) == (Device.objects.get(name="Archive"), ("archive", "core"))
    assert Device.objects.get(name="Archive").manufacturer == "Acme"
    assert (ct.do_not_probe, ct.do_not_probe_reason) == (True, "fragile")
    assert Import.objects.get().change_set == change_set


def test_undoing_an_import_leaves_nothing_of_it() -> None:
    change_set = apply(TABLE)
    assert change_set is not None
    undone = undo(ACTOR, change_set)
    assert not AE.objects.exists()
    assert not Device.objects.exists()
    undo(ACTOR, undone)
    assert set(states()) == {"PACS", "CT1"}


def test_the_same_table_again_changes_nothing() -> None:
    apply(TABLE)
    assert actions(TABLE) == [SAME, SAME]
    assert apply(TABLE) is None
    assert ChangeSet.objects.count() == 1
    assert Import.objects.order_by("id").last().applied_at is not None  # type: ignore[union-attr]


def test_what_the_table_does_not_say_stays() -> None:
    apply(TABLE)
    edit_ae(ACTOR, AE.objects.get(ae_title="PACS"), state="planned")
    before = states()
    table = "AE Title,Host,Port,Description\nPACS,10.0.0.9,104,\nNEW,10.0.0.7,104,x\n"
    shown = preview(table)
    assert [row.action for row in shown.rows] == [CHANGED, NEW]
    assert shown.rows[0].changed_fields == ("connections",)
    apply(table)
    moved = replace(before["PACS"], connections=(Connection("10.0.0.9", 104, "default"),))
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
    apply("AE Title,Host,Port\nPACS,c,104\n")
    assert AeData.of(AE.objects.get()).connections == (Connection("c", 104), Connection("b", 105))
    assert ae.connections.count() == 2


def test_rows_of_one_title_are_told_apart_by_their_address() -> None:
    both = "AE Title,Host,Port\nSTORE,10.0.0.1,104\nSTORE,10.0.0.2,104\n"
    assert actions(both) == [NEW, NEW]
    apply(both)
    assert actions(both) == [SAME, SAME]
    assert actions(both + "STORE,10.0.0.3,104\n") == [SAME, SAME, NEW]
    moved = "AE Title,Host,Port,Description\nSTORE,10.0.0.2,104,second\nSTORE,10.0.0.9,104,\n"
    shown = preview(moved)
    assert [row.action for row in shown.rows] == [CHANGED, None]
    assert ("ae-ambiguous", "A3") in {(f.code, f.cell) for f in shown.all_findings}
    assert shown.blocked


def test_findings_name_their_cells() -> None:
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
    assert codes(table) >= {
        ("ae-title-vendor-default", "A2"),
        ("address-under-two-devices", "B2"),
        ("address-under-two-devices", "B3"),
        ("text-too-long", "E4"),
        ("site-unknown", "D5"),
        ("hostname-invalid", "B6"),
        ("port-invalid", "C6"),
        ("ae-ambiguous", "A7"),
    }


def test_an_error_blocks_the_whole_table_and_says_where() -> None:
    table = "AE Title,Host,Port\nGOOD,10.0.0.1,104\nBAD,10.0.0.2,70000\n"
    with pytest.raises(ServiceError) as error:
        apply(table)
    (message,) = error.value.messages["__all__"]
    assert message.startswith("Line 3, cell C3: '70000' is not a TCP port. Give a whole number")
    assert not AE.objects.exists()
    assert Import.objects.get().applied_at is None


def test_a_device_that_does_not_fit_blocks() -> None:
    table = f"AE Title,Host,Port,Device\nA,10.0.0.1,104,{'x' * 100}\n"
    assert preview(table).blocked


def test_rows_may_name_their_site() -> None:
    Site.objects.create(name="North", slug="north")
    main = Site.objects.get(slug="main")
    table = "AE Title,Host,Port,Site\nA,10.0.0.1,104,NORTH\nB,10.0.0.2,104,Main site\nC,h,104,\n"
    apply_table(ACTOR, keep(table, site=main.pk))
    assert {ae.ae_title: ae.site.slug for ae in AE.objects.all()} == {
        "A": "north",
        "B": "main",
        "C": "main",
    }
    # A title of another site is another AE.
    north = Site.objects.get(slug="north")
    assert [r.action for r in preview_table(keep("AE Title,Host,Port\nB,h,1\n"), north).rows] == [
        NEW
    ]


def test_an_import_is_applied_once() -> None:
    kept = keep(TABLE)
    apply_table(ACTOR, kept)
    assert kept.applied_at is not None
    with pytest.raises(ServiceError, match="applied already"):
        apply_table(ACTOR, kept)


def test_what_cannot_be_kept_or_read_is_said() -> None:
    with pytest.raises(ServiceError) as error:
        imports.keep_import(None, b"x" * (MAXIMUM_BYTES + 1), "big", "ae-table")
    assert "source" in error.value.messages
    with pytest.raises(ServiceError) as error:
        imports.keep_import(None, b"x", "f", "no-such-format")
    assert "format" in error.value.messages
    assert preview("").blocked
    assert preview("\x00\x01").blocked


def test_two_thousand_rows_take_few_queries(django_assert_max_num_queries: object) -> None:
    header = "AE Title,Host,Port,Device,Tags\n"
    rows = "".join(f"A{n},10.0.{n // 250}.{n % 250},104,Box {n // 20},t\n" for n in range(2000))
    kept = keep(header + rows)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        assert preview_table(kept).count(NEW) == 2000
    apply_table(ACTOR, kept)
    again = keep(header + rows)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        assert preview_table(again).count(SAME) == 2000
    assert Change.objects.filter(model="ae").count() == 2000
