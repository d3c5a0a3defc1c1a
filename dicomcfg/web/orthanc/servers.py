"""Orthanc servers themselves: the list, naming one, changing, forgetting it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.exchange.orthanc.calls import latest_calls
from dicomcfg.exchange.orthanc.models import OrthancCall
from dicomcfg.exchange.orthanc.overview import Overview, overviews
from dicomcfg.exchange.orthanc.plan import TO_PUSH, Standing
from dicomcfg.inventory.models import OrthancServer, Site
from dicomcfg.inventory.selectors import several_sites
from dicomcfg.inventory.services import orthanc_servers as services
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import StaleRevision
from dicomcfg.inventory.services.orthanc_servers import VARIABLE_PREFIX, OrthancServerData
from dicomcfg.web.done import done
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.refusals import shown_on

PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class Row:
    """One server as the list shows it: `overview` None where it never told what it holds."""

    server: OrthancServer
    overview: Overview | None
    call: OrthancCall | None

    @property
    def tone(self) -> str:
        """Of the pill: whether there is something to do."""
        undone = self._number(*TO_PUSH, Standing.NO_ADDRESS)
        return "warn" if undone else "ok" if self._number(Standing.IN_STEP) else "idle"

    @property
    def words(self) -> str:
        """Of the pill."""
        if self.overview is None:
            return "Not compared"
        if to_push := self._number(*TO_PUSH):
            return f"{to_push:,} to push"
        if lacking := self._number(Standing.NO_ADDRESS):
            return f"{lacking:,} without address"
        return "In step" if self._number(Standing.IN_STEP) else "Nothing managed"

    @property
    def parts(self) -> list[str]:
        """The figures by standing, those of which there are any."""
        said = [f"{n:,} {_verb(each, n)}" for each in Standing if (n := self._number(each))]
        if self.overview and (alone := self.overview.only_there):
            foreign = self._number(Standing.FOREIGN)
            said.append("only there" if alone == foreign else f"{alone:,} of them only there")
        return said

    def _number(self, *standings: Standing) -> int:
        counts = self.overview.counts if self.overview else {}
        return sum(counts.get(each, 0) for each in standings)


def _verb(standing: Standing, number: int) -> str:
    return "differ" if standing is Standing.DIFFERS and number > 1 else standing.value


class OrthancServerForm(forms.ModelForm[OrthancServer]):
    """Where a server is and which variables hold its credentials."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = OrthancServer
        fields = ("name", "url", "site", "username_variable", "password_variable", "tls")
        help_texts = MappingProxyType(
            {
                "url": "The root of its REST interface, such as http://orthanc.example:8042.",
                "site": "Its workers ask the server.",
                "username_variable": "A variable of the worker's environment, such as "
                f"{VARIABLE_PREFIX}USERNAME: no credentials are stored here.",
                "password_variable": f"Likewise, such as {VARIABLE_PREFIX}PASSWORD. Both names "
                f"begin with {VARIABLE_PREFIX}.",
                "tls": "For https: the name of TLS settings of the worker; empty trusts what its "
                "system trusts.",
            }
        )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        sites = list(Site.objects.order_by("pk")[:2])
        self.fields["site"].initial = sites[0]
        if len(sites) == 1:
            self.fields["site"].widget = forms.HiddenInput()

    def validate_unique(self) -> None:
        """Left to the service, which says it in its own words."""

    def data_of(self) -> OrthancServerData:
        """What the service takes; call when valid."""
        return OrthancServerData(**{name: self.cleaned_data[name] for name in self.Meta.fields})


@require_safe
def server_list(request: HttpRequest) -> HttpResponse:
    """How each server stands, and what became of the last request to it."""
    found = OrthancServer.objects.select_related("site")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    servers = list(page)
    stands, calls = overviews(servers), latest_calls(servers)
    rows = [Row(each, stands.get(each.pk), calls.get(each.pk)) for each in servers]
    context = {"page": page, "rows": rows, "several_sites": several_sites()}
    return render(request, "orthanc/list.html", context)


@requires(Role.ADMIN)
def server_create(request: HttpRequest) -> HttpResponse:
    """Name a server."""
    form = OrthancServerForm(request.POST or None)
    if form.is_valid():
        with shown_on(form):
            server = services.create_orthancserver(_actor(request), form.data_of())
            messages.success(request, f"{server.name} is saved. Compare it with the inventory now.")
            return redirect(server)
    return _form_page(request, form)


@requires(Role.ADMIN)
def server_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change where a server is, or its variables."""
    server = get_object_or_404(OrthancServer, pk=pk)
    initial = {name: getattr(server, name) for name in (*OrthancServerForm.Meta.fields, "revision")}
    form = OrthancServerForm(request.POST or None, initial=initial)
    if form.is_valid():
        with shown_on(form):
            data, revision = form.data_of(), form.cleaned_data["revision"] or 0
            saved = services.update_orthancserver(_actor(request), server, data, revision)
            messages.success(request, f"{saved.name} is saved.")
            return redirect(saved)
    return _form_page(request, form, server=server)


@requires(Role.ADMIN)
def server_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask first; then forget the server, which keeps what it holds."""
    server = get_object_or_404(OrthancServer, pk=pk)
    if request.method != "POST":
        return render(request, "orthanc/delete.html", {"server": server})
    try:
        change = services.delete_orthancserver(_actor(request), server, server.revision)
    except StaleRevision as refusal:
        messages.error(request, str(refusal))
    else:
        done(request, change, otherwise="It was gone already.")
    return redirect("orthancserver-list")


def _form_page(request: HttpRequest, form: OrthancServerForm, **more: Any) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, "orthanc/form.html", {"form": form, **more}, status=status)


def _actor(request: HttpRequest) -> Actor:
    return Actor.of(person(request))


urlpatterns = [
    path("orthanc/", server_list, name="orthancserver-list"),
    path("orthanc/add/", server_create, name="orthancserver-create"),
    path("orthanc/<int:pk>/edit/", server_edit, name="orthancserver-edit"),
    path("orthanc/<int:pk>/delete/", server_delete, name="orthancserver-delete"),
]
