"""Devices: the list, a device with its AEs, adding, editing, deleting, names while typing."""

from __future__ import annotations

import pytest

from dicomcfg.inventory.models import Device
from tests.parts.people import Person
from tests.parts.rows import make_ae

pytestmark = pytest.mark.django_db


def _form(**fields: object) -> dict[str, object]:
    return {"name": "Scanner", "state": "live", **fields}


def test_only_editors_change_devices(operator: Person) -> None:
    device = Device.objects.create(name="Scanner")
    for address in ("add/", f"{device.pk}/edit/", f"{device.pk}/delete/"):
        assert operator.post(f"/devices/{address}", _form(name="X")).status_code == 403
    assert list(Device.objects.values_list("name", flat=True)) == ["Scanner"]


def test_a_device_is_added_edited_and_deleted(editor: Person) -> None:
    answer = editor.post("/devices/add/", _form(manufacturer="Maker", department="Emergency"))
    device = Device.objects.get()
    assert answer["Location"] == device.get_absolute_url()
    form = _form(name="Scanner 2", revision=device.revision)
    assert editor.post(f"/devices/{device.pk}/edit/", form).status_code == 302
    device.refresh_from_db()
    assert (device.name, device.manufacturer) == ("Scanner 2", "")
    assert editor.post(f"/devices/{device.pk}/delete/")["Location"] == "/devices/"
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
    page = editor.post(f"/devices/{device.pk}/delete/", follow=True).content.decode()
    assert "would be left without their device" in page
    assert Device.objects.exists()


def test_the_list_is_searched_and_sorted(viewer: Person) -> None:
    device = Device.objects.create(name="Alpha", department="Emergency")
    Device.objects.create(name="Beta")
    make_ae("CT1", device=device)
    page = viewer.get("/devices/?q=emerg").content.decode()
    assert ("Alpha" in page, "Beta" in page) == (True, False)
    page = viewer.get("/devices/?sort=-aes").content.decode()
    assert page.index("Alpha") < page.index("Beta")


def test_names_are_suggested_while_typing(viewer: Person) -> None:
    Device.objects.bulk_create(Device(name=f"Scanner {n} <b>") for n in range(30))
    options = viewer.get("/suggest/devices/?q=scan").content.decode()
    assert options.count("<option") == 20
    assert "<b>" not in options
    make_ae("CT1")
    assert '<option value="CT1">' in viewer.get("/suggest/aes/?q=ct").content.decode()
