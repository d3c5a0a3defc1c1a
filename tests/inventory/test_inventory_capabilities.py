"""What AEs are able to: set as a whole list, kept in the history, brought back by an undo."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.core.records import Connection, TransferCapability
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, Change, ChangeSet
from dicomcfg.inventory.services import aes
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.capabilities import MOST, set_capabilities
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.undo import CannotUndo, undo
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, VERIFICATION, edit_ae, make_ae

pytestmark = pytest.mark.django_db
ANNA, BOB = Actor(None, "anna"), Actor(None, "bob")
MOVED = (Connection("10.0.0.5", 11112),)
ECHO = TransferCapability(VERIFICATION, "SCP", (IMPLICIT,))
STORE = TransferCapability(CT, "SCP", (EXPLICIT, IMPLICIT))
SEND = TransferCapability(CT, "SCU", (IMPLICIT,))


def latest() -> ChangeSet:
    return ChangeSet.objects.order_by("-id")[0]


def test_a_list_is_set_in_order_and_read_back() -> None:
    ae = set_capabilities(ANNA, make_ae("PACS"), [STORE, ECHO, SEND], 1)
    assert selectors.capabilities_of(ae) == [STORE, ECHO, SEND]
    assert ae.revision == AE.objects.get().revision == 2
    assert latest().summary == "Set capabilities of PACS: 3 new"
    set_capabilities(ANNA, ae, [ECHO, TransferCapability(CT, "SCP", (EXPLICIT,))], 2)
    assert latest().summary == "Set capabilities of PACS: 1 changed, 1 gone"
    set_capabilities(ANNA, ae, list(reversed(selectors.capabilities_of(ae))), 3)
    assert latest().summary == "Set capabilities of PACS: 2 capabilities reordered"
    assert [row.label for row in selectors.object_history("ae", ae.pk)] == ["PACS"] * 4


def test_the_same_list_again_leaves_no_trace() -> None:
    ae = set_capabilities(ANNA, make_ae("PACS"), [STORE], 1)
    before = ChangeSet.objects.count()
    spaced = TransferCapability(f" {CT} ", "SCP", (EXPLICIT, f" {IMPLICIT}", EXPLICIT))
    assert set_capabilities(ANNA, ae, [spaced], 2).revision == 2
    assert ChangeSet.objects.count() == before


def test_who_saved_in_between_is_named() -> None:
    ae = make_ae("PACS")
    set_capabilities(BOB, ae, [ECHO], 1)
    with pytest.raises(StaleRevision, match=r"changed \(transfer capabilities\) by bob"):
        set_capabilities(ANNA, ae, [STORE], 1)
    with pytest.raises(StaleRevision, match="by bob"):
        edit_ae(ANNA, ae, connections=MOVED)
    aes.delete_aes(BOB, [ae])
    with pytest.raises(StaleRevision, match="deleted by bob"):
        set_capabilities(ANNA, ae, [STORE], 2)


@pytest.mark.parametrize(
    ("capability", "field"),
    [
        (TransferCapability("CT", "SCP", (IMPLICIT,)), "sop_class"),
        (TransferCapability(CT, "SCP", (IMPLICIT, "1.2.\x00")), "transfer_syntaxes"),
        (TransferCapability(CT, "SCP", ()), "transfer_syntaxes"),
        (TransferCapability(CT, "both", (IMPLICIT,)), "role"),
        (TransferCapability(VERIFICATION, "SCP", (EXPLICIT,)), "sop_class"),
    ],
)
def test_what_is_refused_is_named_by_its_place(capability: TransferCapability, field: str) -> None:
    ae = make_ae("PACS")
    with pytest.raises(ServiceError) as refused:
        set_capabilities(ANNA, ae, [ECHO, capability], 1)
    assert list(refused.value.messages) == [f"capabilities.1.{field}"]
    assert selectors.capabilities_of(ae) == []


def test_too_many_are_refused() -> None:
    many = [TransferCapability(f"1.2.{n}", "SCP", (IMPLICIT,)) for n in range(MOST + 1)]
    with pytest.raises(ServiceError, match="10,001 capabilities"):
        set_capabilities(ANNA, make_ae("PACS"), many, 1)


def test_setting_is_undone_and_done_again() -> None:
    ae = set_capabilities(ANNA, make_ae("PACS"), [STORE], 1)
    first = latest()
    set_capabilities(ANNA, ae, [ECHO, SEND], 2)
    undone = undo(BOB, latest())
    assert selectors.capabilities_of(ae) == [STORE]
    undo(BOB, undone)
    assert selectors.capabilities_of(ae) == [ECHO, SEND]
    with pytest.raises(CannotUndo, match="Set capabilities of PACS"):
        undo(BOB, first)
    assert AE.objects.get().revision == 5


def test_the_first_list_is_undone_to_none() -> None:
    ae = set_capabilities(ANNA, make_ae("PACS"), [STORE], 1)
    undo(BOB, latest())
    assert selectors.capabilities_of(ae) == []
    actions = Change.objects.filter(model="capabilities").order_by("id")
    assert [change.action for change in actions] == ["changed", "changed"]


def test_a_deleted_ae_comes_back_with_what_it_is_able_to() -> None:
    ae = set_capabilities(ANNA, make_ae("PACS"), [STORE, ECHO], 1)
    setting = latest()
    aes.delete_aes(ANNA, [ae])
    deletion = latest()
    with pytest.raises(CannotUndo, match="deleted later by anna"):
        undo(BOB, setting)
    undone = undo(BOB, deletion)
    assert selectors.capabilities_of(ae) == [STORE, ECHO]
    redone = undo(BOB, undone)
    assert not AE.objects.exists()
    undo(BOB, redone)
    assert selectors.capabilities_of(ae) == [STORE, ECHO]
    undo(BOB, setting)
    assert selectors.capabilities_of(ae) == []


def test_capabilities_of_an_ae_that_is_gone_cannot_come_back() -> None:
    ae = set_capabilities(ANNA, make_ae("PACS"), [STORE], 1)
    set_capabilities(ANNA, ae, [], 2)
    emptied = latest()
    aes.delete_aes(ANNA, [ae])
    with pytest.raises(CannotUndo, match="no longer exists"):
        undo(BOB, emptied)


def test_an_ae_that_got_capabilities_since_is_not_unmade() -> None:
    ae = make_ae("PACS")
    making = latest()
    set_capabilities(BOB, ae, [STORE], 1)
    with pytest.raises(CannotUndo, match="PACS was changed later by bob: Set capabilities"):
        undo(ANNA, making)
    undo(BOB, latest())
    undo(ANNA, making)
    assert not AE.objects.exists()


def test_editing_many_aes_loads_no_capabilities() -> None:
    rows = [set_capabilities(ANNA, make_ae(f"AE{n}"), [STORE], 1) for n in range(3)]
    with CaptureQueriesContext(connection) as queries:
        aes.bulk_update(ANNA, rows, hostname="10.0.0.9")
    assert not any("transfercapability" in query["sql"] for query in queries)


def test_300_capabilities_take_a_few_statements() -> None:
    ae = make_ae("PACS")
    many = [TransferCapability(f"1.2.{n}", "SCP", (IMPLICIT, f"1.3.{n % 7}")) for n in range(300)]
    with CaptureQueriesContext(connection) as queries:
        set_capabilities(ANNA, ae, many, 1)
    assert len(queries) < 20
    with CaptureQueriesContext(connection) as queries:
        assert selectors.capabilities_of(ae) == many
    assert len(queries) == 1


def test_syntaxes_in_use_are_told_once() -> None:
    for title in ("PACS", "ARCHIVE"):
        private = TransferCapability("1.2.840.113619.4.2", "SCP", ("1.2.840.113619.5.2",))
        set_capabilities(ANNA, make_ae(title), [private, ECHO], 1)
    abstract, transfer = selectors.syntaxes_in_use()
    assert abstract == [VERIFICATION, "1.2.840.113619.4.2"]
    assert transfer == [IMPLICIT, "1.2.840.113619.5.2"]
