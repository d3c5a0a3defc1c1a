"""Devices and sites through their services."""

from __future__ import annotations

import pytest

from dicomcfg.inventory.models import ChangeSet, Device, Site
from dicomcfg.inventory.services import aes, devices, sites
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.devices import DeviceData
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.sites import SiteData

pytestmark = pytest.mark.django_db
ACTOR = Actor(None, "anna")


def test_a_device_is_created_changed_and_deleted_on_record() -> None:
    box = devices.create_device(ACTOR, DeviceData(name=" Box ", manufacturer="Acme"))
    assert (box.name, box.manufacturer) == ("Box", "Acme")
    devices.update_device(ACTOR, box, DeviceData(name="Box", location="Room 3"), 1)
    with pytest.raises(StaleRevision, match="by anna"):
        devices.update_device(ACTOR, box, DeviceData(name="Box"), 1)
    devices.update_device(ACTOR, box, DeviceData(name="Box", location="Room 3"), 2)
    devices.delete_device(ACTOR, box, 2)
    assert [c.summary for c in ChangeSet.objects.order_by("id")] == [
        "Added device Box",
        "Changed device Box: manufacturer, location",
        "Deleted device Box",
    ]
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (DeviceData(name=" "), "name"),
        (DeviceData(name="Taken"), "name"),
        (DeviceData(name="x" * 65), "name"),
        (DeviceData(name="Box", contact="x" * 255), "contact"),
        (DeviceData(name="Box", state="?"), "state"),
    ],
)
def test_device_fields_are_refused(data: DeviceData, refused: str) -> None:
    devices.create_device(ACTOR, DeviceData(name="Taken"))
    with pytest.raises(ServiceError) as error:
        devices.create_device(ACTOR, data)
    assert list(error.value.messages) == [refused]


def test_a_device_with_aes_is_not_deleted() -> None:
    box = devices.create_device(ACTOR, DeviceData(name="Box"))
    site = Site.objects.get()
    aes.create_ae(ACTOR, aes.AeData(site=site, ae_title="PACS", device=box))
    with pytest.raises(ServiceError, match="1 AE of Box"):
        devices.delete_device(ACTOR, box, 1)


def test_a_site_names_its_queues_after_itself_once() -> None:
    north = sites.create_site(ACTOR, SiteData(name="North Wing", calling_ae_title=" NORTH "))
    assert (north.slug, north.calling_ae_title) == ("north-wing", "NORTH")
    renamed = sites.update_site(ACTOR, north, SiteData(name="South", calling_ae_title="SOUTH"), 1)
    assert (renamed.slug, renamed.name) == ("north-wing", "South")
    assert ChangeSet.objects.order_by("-id")[0].summary == (
        "Changed site South: name, calling ae title"
    )
    sites.update_site(ACTOR, renamed, sites.ROWS.data_of(renamed), 2)
    assert ChangeSet.objects.count() == 2
    with pytest.raises(StaleRevision, match="North Wing"):
        sites.update_site(ACTOR, north, SiteData(name="West"), 1)


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (SiteData(name="", slug="x"), "name"),
        (SiteData(name="Main site", slug="x"), "name"),
        (SiteData(name="North", calling_ae_title="A\\B"), "calling_ae_title"),
        (SiteData(name="North", slug="a b"), "slug"),
        (SiteData(name="North", slug="main"), "slug"),
        (SiteData(name="日本"), "slug"),
        (SiteData(name="North", slug="x" * 33), "slug"),
        (SiteData(name="North", description="x" * 255), "description"),
    ],
)
def test_site_fields_are_refused(data: SiteData, refused: str) -> None:
    with pytest.raises(ServiceError) as error:
        sites.create_site(ACTOR, data)
    assert list(error.value.messages) == [refused]
