"""Devices: the list, a device with its AEs, adding, editing, deleting; names for type-ahead."""

from __future__ import annotations

from dataclasses import fields
from typing import cast

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, Device
from dicomcfg.inventory.services import devices as services
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.devices import DeviceData
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.web.ae_rows import table_rows
from dicomcfg.web.bounds import search_words
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.refusals import shown_on

ROWS = 50
SUGGESTIONS = 20
SORTS = {
    "name": "name",
    "manufacturer": "manufacturer",
    "department": "department",
    "aes": "ae_count",
}


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


def words_in_device(word: str) -> Q:
    """Where the search looks for a word."""
    return (
        Q(name__icontains=word)
        | Q(manufacturer__icontains=word)
        | Q(model_name__icontains=word)
        | Q(department__icontains=word)
        | Q(location__icontains=word)
    )


@require_safe
def device_list(request: HttpRequest) -> HttpResponse:
    """All devices with the number of their AEs."""
    rows = selectors.device_list()
    for word in search_words(request.GET.get("q", "")):
        rows = rows.filter(words_in_device(word))
    sort = request.GET.get("sort", "")
    column = SORTS.get(sort.removeprefix("-"), "name")
    down = "-" if sort.startswith("-") else ""
    page = Paginator(rows.order_by(f"{down}{column}", "name"), ROWS)
    context = {"page": page.get_page(request.GET.get("page"))}
    return render(request, "devices/list.html", context)


@require_safe
def device_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A device and its AEs."""
    device = get_object_or_404(Device, pk=pk)
    aes = Paginator(selectors.ae_list().filter(device=device), ROWS)
    page = aes.get_page(request.GET.get("page"))
    changes = selectors.object_history("device", pk)[:10]
    context = {
        "device": device,
        "page": page,
        "rows": table_rows(cast("QuerySet[AE]", page.object_list)),
        "changes": changes,
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
@require_POST
def device_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a device that has no AEs."""
    device = get_object_or_404(Device, pk=pk)
    try:
        services.delete_device(Actor.of(person(request)), device, device.revision)
    except (ServiceError, StaleRevision) as refusal:
        messages.error(request, str(refusal))
        return redirect(device)
    messages.success(request, f"Deleted {device.name}.")
    return redirect("device-list")


@require_safe
def device_names(request: HttpRequest) -> HttpResponse:
    """Options for a datalist: devices whose name holds what was typed."""
    names = Device.objects.filter(name__icontains=request.GET.get("q", ""))
    context = {"values": names.values_list("name", flat=True)[:SUGGESTIONS]}
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
    path("suggest/devices/", device_names, name="device-names"),
    path("suggest/aes/", ae_titles, name="ae-titles"),
]
