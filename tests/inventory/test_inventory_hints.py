"""What the inventory tells the diagnosis about a target."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from dicomcfg.core.diagnosis.hints import Hints, KnownListener
from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.core.records import Connection
from dicomcfg.inventory.hints import LISTED, Asked, hints_for
from dicomcfg.inventory.models import AE, Site
from dicomcfg.inventory.services import aes, devices
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.devices import DeviceData
from tests.parts.rows import edit_ae

pytestmark = pytest.mark.django_db
ACTOR = Actor(None, "anna")


def make(title: str, hostname: str, port: int, device: str = "") -> AE:
    box = devices.create_device(ACTOR, DeviceData(name=device)) if device else None
    connections = (Connection(hostname, port),)
    data = AeData(site=Site.objects.get(), ae_title=title, device=box, connections=connections)
    return aes.create_ae(ACTOR, data)


def ask(ae: AE | None, calling: str = "DICOMCFG", borrowed: bool = False) -> Hints:
    (hints,) = hints_for([asked(ae, calling, borrowed)])
    return hints


def asked(ae: AE | None, calling: str = "DICOMCFG", borrowed: bool = False) -> Asked:
    return Asked(
        hostname="pacs.example",
        port=104,
        calling_ae_title=calling,
        site_id=Site.objects.get().pk,
        ae_id=ae.pk if ae else None,
        is_borrowed=borrowed,
        outcome=Outcome.ASSOCIATION_REJECTED,
    )


def test_neighbours_by_host_without_case_and_by_device() -> None:
    pacs = make("PACS", "pacs.example", 104, "Archive")
    make("QUERY", "PACS.Example", 11112)
    make("TWIN", "pacs.EXAMPLE", 104)
    elsewhere = make("WEB", "10.0.0.9", 8080)
    edit_ae(ACTOR, elsewhere, device=pacs.device)
    make("OTHER", "10.0.0.10", 104, "Other")
    hints = ask(pacs)
    assert hints.other_connections == (
        KnownListener("QUERY", "PACS.Example", 11112),
        KnownListener("WEB", "10.0.0.9", 8080),
    )
    assert hints.listeners_at_address == (KnownListener("TWIN", "pacs.EXAMPLE", 104),)
    assert hints.answered_before_as is None
    assert ask(None).listeners_at_address[0].ae_title == "PACS"


def test_the_device_by_its_names_and_contact() -> None:
    ct = make("CT", "pacs.example", 104)
    box = devices.create_device(
        ACTOR, DeviceData(name="CT 2", station_name="CT_ER", contact="office")
    )
    assert (ask(ct).device, ask(ct).station_name, ask(ct).contact) == ("", "", "")
    edit_ae(ACTOR, ct, device=box)
    assert (ask(ct).device, ask(ct).station_name, ask(ct).contact) == ("CT 2", "CT_ER", "office")


def test_the_title_that_this_address_answered_to_last() -> None:
    make("OLD", "pacs.example", 104)
    make("NEW", "PACS.example", 104)
    make("FAILED", "pacs.example", 104)
    for title, outcome in (("OLD", "success"), ("NEW", "success"), ("FAILED", "echo-timeout")):
        AE.objects.filter(ae_title=title).update(latest_outcome=outcome, latest_at=timezone.now())
    before = ask(None).answered_before_as
    assert before is not None
    assert before.ae_title == "NEW"


def test_whose_title_was_borrowed_and_where_it_lives() -> None:
    make("CT", "10.0.0.7", 104)
    hints = ask(None, "CT", borrowed=True)
    assert (hints.calling_is_borrowed, hints.borrowed_expected_host) == (True, "10.0.0.7")
    assert hints.site_calling_title == "DICOMCFG"
    assert ask(None).borrowed_expected_host == ""


def test_a_batch_takes_as_many_queries_as_one(django_assert_max_num_queries: Any) -> None:
    box = devices.create_device(ACTOR, DeviceData(name="Archive"))
    called = [make(f"AE{n}", f"host{n % 5}.example", 104 + n) for n in range(40)]
    AE.objects.update(device=box)
    batch = [replace(asked(ae), hostname=f"HOST{n % 5}.example", port=104 + n, is_borrowed=True)
             for n, ae in enumerate(called)]  # fmt: skip
    with django_assert_max_num_queries(6):
        together = hints_for(batch)
    assert together == [hints_for([each])[0] for each in batch]
    assert all(len(hints.other_connections) == LISTED for hints in together)
