"""Sites, for administrators: what we call ourselves there, and which workers serve them."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.checks.models import Lane, WorkerHeartbeat
from dicomcfg.checks.selectors import workers
from dicomcfg.checks.tls_settings import installed_settings, settings_names
from dicomcfg.inventory.models import Site
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.sites import SiteData, create_site, update_site
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.refusals import shown_on


class SiteForm(forms.ModelForm[Site]):
    """What may change about a site; the queues keep the short name it began with."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Site
        fields = ("name", "calling_ae_title", "description")

    def validate_unique(self) -> None:
        """Left to the service, which says it in its own words."""

    def site_data(self) -> SiteData:
        """What the service takes; call when valid."""
        given = {name: self.cleaned_data[name] for name in self.Meta.fields}
        return SiteData(**given, slug=self.cleaned_data.get("slug", ""))


class NewSiteForm(SiteForm):
    """A site with the short name of its queues."""

    slug = forms.SlugField(
        label="Short name",
        required=False,
        max_length=32,
        help_text="Names the site's queues and stays; made from the name if left empty.",
    )


@dataclass(frozen=True, slots=True)
class Served:
    """One lane of a site with the live workers that take its checks."""

    lane: str
    queue: str
    workers: list[WorkerHeartbeat]


@require_safe
@requires(Role.ADMIN)
def site_list(request: HttpRequest) -> HttpResponse:
    """The sites, which workers serve each lane, and how to start one where none does."""
    alive = list(workers())
    known = Site.objects.prefetch_related("orthanc_servers")
    sites = [(site, [_served(site, lane, alive) for lane in Lane]) for site in known]
    context = {
        "sites": [(site, lanes, any(lane.workers for lane in lanes)) for site, lanes in sites],
        "workers": alive,
        "tls": installed_settings(),
        "embedded": connection.vendor == "sqlite",
    }
    return render(request, "sites/list.html", context)


def _served(site: Site, lane: Lane, alive: list[WorkerHeartbeat]) -> Served:
    queue = site.queue(lane)
    return Served(lane.label, queue, [worker for worker in alive if queue in worker.queues])


@requires(Role.ADMIN)
def site_create(request: HttpRequest) -> HttpResponse:
    """Add a site."""
    form = NewSiteForm(request.POST or None)
    if form.is_valid():
        with shown_on(form):
            site = create_site(Actor.of(person(request)), form.site_data())
            messages.success(
                request, f"{site.name} is saved. Its card tells whether a worker serves it."
            )
            return redirect("site-list")
    return render(request, "sites/form.html", {"form": form})


@requires(Role.ADMIN)
def site_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a site's name, our AE title there, or its description."""
    site = get_object_or_404(Site, pk=pk)
    initial = {name: getattr(site, name) for name in (*SiteForm.Meta.fields, "revision")}
    form = SiteForm(request.POST or None, initial=initial)
    if form.is_valid():
        with shown_on(form):
            data, revision = form.site_data(), form.cleaned_data["revision"] or 0
            update_site(Actor.of(person(request)), site, data, revision)
            messages.success(request, f"{form.cleaned_data['name']} is saved.")
            return redirect("site-list")
    return render(request, "sites/form.html", {"form": form, "site": site})


@require_safe
def tls_names(request: HttpRequest) -> HttpResponse:
    """The names of TLS settings that the workers have, as options of a datalist."""
    wanted = request.GET.get("q", "").lower()
    values = [name for name in settings_names() if wanted in name.lower()]
    return render(request, "partials/options.html", {"values": values})


urlpatterns = [
    path("sites/", site_list, name="site-list"),
    path("sites/add/", site_create, name="site-create"),
    path("sites/<int:pk>/", site_edit, name="site-edit"),
    path("suggest/tls/", tls_names, name="tls-names"),
]
