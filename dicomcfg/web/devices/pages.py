"""Devices: the list, one with its AEs, adding, editing, deleting, echoing; names for type-ahead."""

from __future__ import annotations

from dataclasses import fields
from typing import cast

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.checks.services import start_echo
from dicomcfg.inventory import device_selectors, selectors
from dicomcfg.inventory.device_selectors import tallies_of
from dicomcfg.inventory.models import AE, Device
from dicomcfg.inventory.services import devices as services
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.devices import DeviceData
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.web.aes.rows import table_rows
from dicomcfg.web.devices.filters import DeviceFilter, sorted_devices
from dicomcfg.web.done import done
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.refusals import shown_on

ROWS = 50
SUGGESTIONS = 20
CONNECTIONS = 50
ASSOCIATIONS = 20
CHANGES = 10
SUGGESTED = ("name", "manufacturer", "department")


class DeviceForm(forms.ModelForm[Device]):
    """A device's fields; the service decides what they may hold."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Device
        fields = tuple(field.name for field in fields(DeviceData))

    def validate_unique(self) -> None:
        """Left to the service, which says it in its own words."""

    def device_data(self) -> DeviceData:
        """What the service takes; call when valid."""
        return DeviceData(**{name: self.cleaned_data[name] for name in self.Meta.fields})


@require_safe
def device_list(request: HttpRequest) -> HttpResponse:
    """The devices, searched, filtered, sorted, each with how its AEs stand."""
    found = DeviceFilter(request.GET, Device.objects.all())
    rows = sorted_devices(found.qs, request.GET.get("sort", ""))
    pages = Paginator(rows, ROWS)
    pages.count = found.qs.count()
    page = pages.get_page(request.GET.get("page"))
    tallies = tallies_of(page)
    context = {
        "page": page,
        "rows": [(device, tallies[device.pk]) for device in page],
        "filter": found,
        "narrowed": any(request.GET.get(name) for name in found.filters),
    }
    return render(request, "devices/list.html", context)


@require_safe
def device_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A device: what it is, its AEs and where they listen, who calls whom, its history."""
    device = get_object_or_404(Device, pk=pk)
    aes = Paginator(selectors.ae_list().filter(device=device), ROWS)
    page = aes.get_page(request.GET.get("page"))
    associations = device_selectors.associations_of_device(device)
    connections = device_selectors.connections_of_device(device)
    context = {
        "device": device,
        "page": page,
        "rows": table_rows(cast("QuerySet[AE]", page.object_list)),
        "findings": device_selectors.device_findings(device),
        "connections": connections[:CONNECTIONS],
        "connection_count": connections.count(),
        "associations": associations[:ASSOCIATIONS],
        "association_count": associations.count(),
        "echoes": device_selectors.echoed(device).count(),
        "changes": selectors.object_history("device", pk)[:CHANGES],
    }
    return render(request, "devices/detail.html", context)


@requires(Role.EDITOR)
def device_create(request: HttpRequest) -> HttpResponse:
    """Add a device."""
    form = DeviceForm(request.POST or None)
    if form.is_valid():
        with shown_on(form):
            device = services.create_device(Actor.of(person(request)), form.device_data())
            messages.success(request, f"Added {device.name}.")
            return redirect(device)
    status = 422 if form.is_bound else 200
    return render(request, "devices/form.html", {"form": form}, status=status)


@requires(Role.EDITOR)
def device_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit a device."""
    device = get_object_or_404(Device, pk=pk)
    form = DeviceForm(request.POST or None, initial=_initial(device))
    if form.is_valid():
        with shown_on(form):
            data, revision = form.device_data(), form.cleaned_data["revision"] or 0
            services.update_device(Actor.of(person(request)), device, data, revision)
            messages.success(request, f"Saved {data.name}.")
            return redirect("device-detail", pk)
    status = 422 if form.is_bound else 200
    return render(request, "devices/form.html", {"form": form, "device": device}, status=status)


@requires(Role.EDITOR)
def device_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask first; then delete a device that has no AEs. The history can bring it back."""
    device = get_object_or_404(Device, pk=pk)
    if request.method != "POST":
        context = {"device": device, "ae_count": device.aes.count()}
        return render(request, "devices/delete.html", context)
    try:
        change = services.delete_device(Actor.of(person(request)), device, device.revision)
    except (ServiceError, StaleRevision) as refusal:
        messages.error(request, str(refusal))
        return redirect(device)
    done(request, change, otherwise=f"{device.name} was gone already.")
    return redirect("device-list")


@requires(Role.OPERATOR)
@require_POST
def device_echo(request: HttpRequest, pk: int) -> HttpResponse:
    """Echo every AE of a device that accepts associations and is not retired."""
    device = get_object_or_404(Device, pk=pk)
    aes = list(device_selectors.echoed(device))
    if not aes:
        messages.warning(request, f"No AE of {device.name} accepts associations.")
        return redirect(device)
    return redirect(start_echo(person(request), aes))


@require_safe
def device_names(request: HttpRequest) -> HttpResponse:
    """Options for a datalist: names, or by `field` other values of devices, that hold the text."""
    field = request.GET.get("field", "")
    field = field if field in SUGGESTED else "name"
    found = Device.objects.filter(**{f"{field}__icontains": request.GET.get("q", "")})
    values = found.exclude(**{field: ""}).order_by(field).values_list(field, flat=True)
    context = {"values": values.distinct()[:SUGGESTIONS]}
    return render(request, "partials/options.html", context)


@require_safe
def ae_titles(request: HttpRequest) -> HttpResponse:
    """The same for AE titles."""
    titles = AE.objects.filter(ae_title__icontains=request.GET.get("q", "")).order_by("ae_title")
    context = {"values": titles.values_list("ae_title", flat=True).distinct()[:SUGGESTIONS]}
    return render(request, "partials/options.html", context)


def _initial(device: Device) -> dict[str, object]:
    return {name: getattr(device, name) for name in (*DeviceForm.Meta.fields, "revision")}


urlpatterns = [
    path("devices/", device_list, name="device-list"),
    path("devices/add/", device_create, name="device-create"),
    path("devices/<int:pk>/", device_detail, name="device-detail"),
    path("devices/<int:pk>/edit/", device_edit, name="device-edit"),
    path("devices/<int:pk>/delete/", device_delete, name="device-delete"),
    path("devices/<int:pk>/echo/", device_echo, name="device-echo"),
    path("suggest/devices/", device_names, name="device-names"),
    path("suggest/aes/", ae_titles, name="ae-titles"),
]
