"""Devices: the list, a device with its AEs, adding, editing, deleting, names while typing."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.checks.models import Check
from dicomcfg.inventory.models import AE, Device
from tests.parts.people import Person
from tests.parts.rows import IMPLICIT, SHELL, VERIFICATION, edit_ae, make_ae, make_association

pytestmark = pytest.mark.django_db


def _form(**fields: object) -> dict[str, object]:
    return {"name": "Scanner", "state": "live", **fields}


def test_only_editors_change_devices(operator: Person) -> None:
    device = Device.objects.create(name="Scanner")
    for address in ("add/", f"{device.pk}/edit/", f"{device.pk}/delete/"):
        assert operator.post(f"/devices/{address}", _form(name="X")).status_code == 403
    assert list(Device.objects.values_list("name", flat=True)) == ["Scanner"]


def test_only_operators_echo_a_device(viewer: Person) -> None:
    device = Device.objects.create(name="Scanner")
    assert viewer.post(f"/devices/{device.pk}/echo/").status_code == 403


def test_a_device_is_added_edited_and_deleted(editor: Person) -> None:
    answer = editor.post("/devices/add/", _form(manufacturer="Maker", department="Emergency"))
    device = Device.objects.get()
    assert answer["Location"] == device.get_absolute_url()
    form = _form(name="Scanner 2", revision=device.revision)
    assert editor.post(f"/devices/{device.pk}/edit/", form).status_code == 302
    device.refresh_from_db()
    assert (device.name, device.manufacturer) == ("Scanner 2", "")
    assert "The history can undo this" in editor.page("device-delete", device.pk)
    assert Device.objects.exists()
    page = editor.post(f"/devices/{device.pk}/delete/", follow=True).content.decode()
    assert "Deleted device Scanner 2" in page and ">Undo<" in page
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"name": "Taken"}, "a device named Taken already"), ({"name": " "}, "required")],
)
def test_a_refused_device_comes_back_with_the_reason(
    editor: Person, fields: dict[str, str], words: str
) -> None:
    Device.objects.create(name="Taken")
    answer = editor.post("/devices/add/", _form(**fields))
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_stale_revision_is_refused(editor: Person) -> None:
    device = Device.objects.create(name="Scanner", revision=2)
    answer = editor.post(f"/devices/{device.pk}/edit/", _form(name="Mine", revision=1))
    assert answer.status_code == 422
    assert "in the meantime" in answer.content.decode()


def test_a_device_with_aes_shows_them_and_stays(editor: Person) -> None:
    device = Device.objects.create(name="Scanner")
    make_ae("CT1", device=device)
    assert "CT1" in editor.get(device.get_absolute_url()).content.decode()
    asked = editor.page("device-delete", device.pk)
    assert "1 AE of it would be left without its device" in asked and "<button class" in asked
    assert "Delete the device" not in asked
    page = editor.post(f"/devices/{device.pk}/delete/", follow=True).content.decode()
    assert "would be left without their device" in page
    assert Device.objects.exists()


@pytest.fixture
def three() -> dict[str, Device]:
    """A live one with a failing AE, a planned one without AEs, a retired one that was accepted."""
    fields = {
        "Alpha": {"department": "Emergency", "manufacturer": "Maker", "model_name": "M1"},
        "Beta": {"state": "planned", "location": "Cellar"},
        "Gamma": {"state": "retired", "manufacturer": "Other"},
    }
    devices = {name: Device.objects.create(name=name, **more) for name, more in fields.items()}
    for title, device, tone in (
        ("CT1", "Alpha", "bad"),
        ("CT2", "Alpha", "ok"),
        ("OLD", "Gamma", "ok"),
    ):
        ae = make_ae(title, device=devices[device])
        AE.objects.filter(pk=ae.pk).update(latest_tone=tone, latest_outcome="x")
    return devices


def _shown(page: str) -> list[str]:
    return re.findall(r'data-label="Name"><a [^>]*>(\w+)</a>', page)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Alpha", "Beta", "Gamma"]),
        ("q=emerg+m1", ["Alpha"]),
        ("q=nothing", []),
        ("state=planned", ["Beta"]),
        ("state=nonsense", ["Alpha", "Beta", "Gamma"]),
        ("status=trouble", ["Alpha"]),
        ("status=ok", ["Alpha", "Gamma"]),
        ("manufacturer=MAKER", ["Alpha"]),
        ("department=emergency&state=live", ["Alpha"]),
        ("sort=-name", ["Gamma", "Beta", "Alpha"]),
        ("sort=-aes", ["Alpha", "Gamma", "Beta"]),
        ("sort=-status", ["Alpha", "Beta", "Gamma"]),
        ("sort=state", ["Alpha", "Beta", "Gamma"]),
        ("sort=-manufacturer", ["Gamma", "Alpha", "Beta"]),
        ("sort=nonsense", ["Alpha", "Beta", "Gamma"]),
    ],
)
def test_the_list_is_narrowed_and_sorted(
    viewer: Person, three: dict[str, Device], query: str, names: list[str]
) -> None:
    page = viewer.get(f"/devices/?{query}").content.decode()
    assert _shown(page) == names
    assert ("No device matches" in page) == (not names)


def test_the_list_tells_the_worst_of_a_devices_aes(
    viewer: Person, three: dict[str, Device]
) -> None:
    page = viewer.get("/devices/").content.decode()
    assert "1 of 2 failed" in page and "1 of 1 accepted" in page
    edit_ae(SHELL, AE.objects.get(ae_title="OLD"), state="retired")
    assert "1 of 1 accepted" not in viewer.get("/devices/").content.decode()


def test_list_and_page_cost_the_same_for_many(viewer: Person, three: dict[str, Device]) -> None:
    device = three["Alpha"]
    counts = []
    for start in (0, 10):
        for number in range(start, start * 2 + 2):
            ae = make_ae(f"AE{number}", f"10.0.1.{number}:104", device=device)
            make_association(ae, f"P{number}", [VERIFICATION, IMPLICIT])
            Device.objects.create(name=f"Device {number}")
        for address in ("/devices/?sort=-status", device.get_absolute_url()):
            with CaptureQueriesContext(connection) as queries:
                assert viewer.get(address).status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


def test_its_page_shows_where_it_listens_and_who_calls(viewer: Person) -> None:
    device = Device.objects.create(name="Scanner", contact="4711")
    ae = make_ae("CT1", "10.9.9.9:4242", device=device)
    make_association(ae, "PACS")
    for number in range(20):
        make_association(f"WS{number:02}", ae)
    page = viewer.page("device-detail", device.pk)
    for words in ("4711", "10.9.9.9:4242", "All 21", f"/devices/{device.pk}/sheet/"):
        assert words in page
    assert "?device=Scanner" in page


def test_what_does_not_fit_its_state_is_said(viewer: Person, three: dict[str, Device]) -> None:
    make_association("CALLER", AE.objects.get(ae_title="OLD"))
    gone = viewer.page("device-detail", three["Gamma"].pk)
    assert "1 AE of it is not" in gone and "still have an association" in gone
    edit_ae(SHELL, AE.objects.get(ae_title="OLD"), state="retired")
    assert "of it is not" not in viewer.page("device-detail", three["Gamma"].pk)
    planned = make_ae("NEW", device=three["Beta"])
    assert "Worth a look" not in viewer.page("device-detail", three["Beta"].pk)
    made = make_association("CALLER2", planned)
    assert "calls its AEs already" in viewer.page("device-detail", three["Beta"].pk)
    edit_ae(SHELL, made.calling, state="planned")
    assert "Worth a look" not in viewer.page("device-detail", three["Beta"].pk)


def test_all_its_aes_are_echoed_but_those_retired_or_deaf(operator: Person) -> None:
    device = Device.objects.create(name="Scanner")
    make_ae("CT1", device=device)
    make_ae("CT2", device=device)
    make_ae("OLD", device=device, state="retired")
    make_ae("SCU", None, device=device, association_acceptor=False)
    assert "Echo 2 of its AEs" in operator.page("device-detail", device.pk)
    answer = operator.post(f"/devices/{device.pk}/echo/")
    assert answer["Location"].startswith("/checks/runs/")
    titles = [check.target["called_ae_title"] for check in Check.objects.order_by("pk")]
    assert titles == ["CT1", "CT2"]


def test_a_device_without_aes_is_not_echoed(operator: Person) -> None:
    device = Device.objects.create(name="Scanner")
    page = operator.post(f"/devices/{device.pk}/echo/", follow=True).content.decode()
    assert "No AE of Scanner accepts associations" in page and not Check.objects.exists()


def test_names_are_suggested_while_typing(viewer: Person) -> None:
    Device.objects.bulk_create(Device(name=f"Scanner {n} <b>") for n in range(30))
    options = viewer.get("/suggest/devices/?q=scan").content.decode()
    assert options.count("<option") == 20
    assert "<b>" not in options
    Device.objects.filter(name__contains="1").update(manufacturer="Maker", department="X-ray")
    assert viewer.get("/suggest/devices/?field=manufacturer&q=").content.decode() == (
        '<option value="Maker"></option>\n'
    )
    odd = viewer.get("/suggest/devices/?field=contact&q=scan").content.decode()
    assert odd.count("<option") == 20
    make_ae("CT1")
    assert '<option value="CT1">' in viewer.get("/suggest/aes/?q=ct").content.decode()
