"""The demo network's AEs as rows of the table, so that a newcomer has something to press."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_POST

from dicomcfg.accounts.models import Role
from dicomcfg.core.records import Connection
from dicomcfg.inventory.models import AE, ChangeSet, Device, Site
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.ae_rows import insert_aes
from dicomcfg.inventory.services.devices import DeviceData, insert_devices
from dicomcfg.inventory.services.history import recording
from dicomcfg.network.demo import DEMO_AES, DEMO_HOST, DemoAe
from dicomcfg.web.done import done
from dicomcfg.web.permissions import person, requires

DEPARTMENT = "Demo network"


def load_demo(actor: Actor, base_port: int) -> ChangeSet | None:
    """Add what is missing of the demo's devices and AEs as one act; None when all are there."""
    with recording(actor, "Loaded the demo network") as recorder:
        site = Site.objects.order_by("pk")[0]
        there = set(AE.objects.filter(site=site).values_list("ae_title", flat=True))
        missing = [demo for demo in DEMO_AES if demo.ae_title not in there]
        devices = Device.objects.in_bulk({demo.device for demo in missing}, field_name="name")
        new = sorted({demo.device for demo in missing} - set(devices))
        stations = {demo.device: demo.station_name for demo in missing}
        rows = [
            DeviceData(name=name, department=DEPARTMENT, station_name=stations[name]).row()
            for name in new
        ]
        insert_devices(recorder, rows)
        devices |= {row.name: row for row in rows}
        insert_aes(recorder, [_state(demo, site, devices, base_port) for demo in missing])
    return recorder.change_set


def _state(demo: DemoAe, site: Site, devices: dict[str, Device], base_port: int) -> AeData:
    return AeData(
        site=site,
        ae_title=demo.ae_title,
        device=devices[demo.device],
        description=demo.description,
        association_initiator=demo.initiates,
        tags=("demo",),
        allows_find="find" in demo.allows,
        allows_store="store" in demo.allows,
        connections=(Connection(DEMO_HOST, base_port + demo.port_offset, demo.tls),),
    )


@requires(Role.EDITOR)
@require_POST
def demo_load(request: HttpRequest) -> HttpResponse:
    """Load the demo network; pressing twice adds nothing."""
    change = load_demo(Actor.of(person(request)), settings.DICOMCFG_DEMO_PORT)
    done(
        request,
        change,
        otherwise="The demo network is loaded already.",
        then="Select all and press Echo.",
    )
    return redirect("ae-list")


urlpatterns = [path("demo/load/", demo_load, name="demo-load")]
