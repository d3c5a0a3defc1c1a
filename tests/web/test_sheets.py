"""Connection sheets: both sides, contexts, orders and the last test; bounded however many."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dicomcfg.core.records import Connection
from dicomcfg.inventory.models import Association
from dicomcfg.inventory.services.devices import DeviceData, create_device
from dicomcfg.inventory.services.private_uids import PrivateUidData, create_privateuid
from tests.parts.people import Person
from tests.parts.rows import (
    CT,
    EXPLICIT,
    IMPLICIT,
    SHELL,
    VERIFICATION,
    edit_ae,
    make_ae,
    make_association,
)

pytestmark = pytest.mark.django_db

MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
RAW = "1.2.3.4.5.6"


def test_the_sheet_of_an_association_has_all_of_both_sides(viewer: Person) -> None:
    device = create_device(
        SHELL,
        DeviceData(
            name="Scanner 7", manufacturer="Maker", contact="<b>call</b> 4711", state="planned"
        ),
    )
    scanner = make_ae("CT1", "10.0.0.7:11112", device=device)
    pacs = make_ae("PACS")
    edit_ae(SHELL, pacs, connections=(Connection("10.0.0.1", 2762, "clinic"),))
    create_privateuid(SHELL, PrivateUidData(uid=RAW, name="Acme Raw Storage"))
    made = make_association(
        scanner, pacs, [CT, EXPLICIT, IMPLICIT], [RAW, EXPLICIT, IMPLICIT], [MOVE, IMPLICIT]
    )
    now = timezone.now()
    Association.objects.filter(pk=made.pk).update(latest_headline="2 of 3 accepted", latest_at=now)
    page = viewer.page("association-sheet", made.pk)
    for words in (
        "Calling system",
        "Called system",
        "10.0.0.7:11112",
        "TLS clinic",
        "Scanner 7",
        "planned",
        "&lt;b&gt;call&lt;/b&gt; 4711",
        "Enter PACS as a destination: host 10.0.0.1, port 2762, over TLS (clinic).",
        "Register CT1 at 10.0.0.7:11112 as a move destination.",
        "CT Image Storage",
        "Acme Raw Storage",
        "as No. 1",
        f"2 of 3 accepted when negotiated on {now:%Y-%m-%d}",
        "viewer",
    ):
        assert words in page, words
    assert "Only with" not in page


def test_an_ae_without_associations_has_a_sheet_too(viewer: Person) -> None:
    ae = make_ae("PACS")
    page = viewer.page("ae-sheet", ae.pk)
    assert "10.0.0.5:104" in page and "No association is configured yet" in page


def test_a_device_without_anything_has_a_sheet_too(viewer: Person) -> None:
    device = create_device(SHELL, DeviceData(name="Box"))
    assert "No AE belongs to it" in viewer.page("device-sheet", device.pk)


def test_a_sheet_holds_some_at_a_time_and_a_partner_can_be_chosen(viewer: Person) -> None:
    device = create_device(SHELL, DeviceData(name="Archive"))
    pacs = make_ae("PACS", device=device)
    for number in range(23):
        make_association(f"CT{number:02}", pacs, [VERIFICATION, IMPLICIT])
    make_association(pacs, "CT99", [CT, IMPLICIT])
    for name, pk in (("ae-sheet", pacs.pk), ("device-sheet", device.pk)):
        page = viewer.page(name, pk)
        assert page.count("<article") == 10 and "24 associations" in page
        assert viewer.page(name, pk, "?page=3").count("<article") == 4
        only = viewer.page(name, pk, "?partner=CT99")
        assert only.count("<article") == 1 and "CT Image Storage" in only
        none = viewer.page(name, pk, "?partner=" + "X" * 5000)
        assert "No association with" in none
        assert viewer.page(name, pk, "?page=" + "9" * 5000).count("<article") == 10


@pytest.mark.parametrize("name", ["ae-sheet", "device-sheet"])
def test_it_costs_the_same_for_many(viewer: Person, name: str) -> None:
    device = create_device(SHELL, DeviceData(name="Archive"))
    pacs = make_ae("PACS", device=device)
    pk = pacs.pk if name == "ae-sheet" else device.pk
    counts = []
    for start in (0, 10):
        for number in range(start, start * 2 + 2):
            there = make_association(f"CT{number}", pacs, [MOVE, IMPLICIT], [CT, IMPLICIT])
            make_association(pacs, there.calling, [CT, IMPLICIT])
        with CaptureQueriesContext(connection) as queries:
            viewer.page(name, pk)
        counts.append(len(queries))
    assert counts[0] == counts[1]
