"""Saved filters of the AE table: a name for what the table's own filter set can ask.

What is kept is what that filter set read and wrote itself, and it reads it again each time, so
that a saved filter never means more than the page would show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, SavedFilter
from dicomcfg.inventory.services import savedfilters as services
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import StaleRevision
from dicomcfg.inventory.services.savedfilters import SavedFilterData
from dicomcfg.web.aes.filters import AeFilter
from dicomcfg.web.done import done
from dicomcfg.web.filter_sets import filter_query, filter_words
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.refusals import shown_on


class SavedFilterForm(forms.Form):
    """A filter's name; what it asks stands in the fields of the filter set beside it."""

    name = forms.CharField(required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def data_with(self, found: AeFilter) -> SavedFilterData:
        """What the service takes; call when both are valid."""
        return SavedFilterData(name=self.cleaned_data["name"], query=filter_query(found))


@dataclass(frozen=True, slots=True)
class Line:
    """A saved filter in the list: what it asks in words, none where it cannot be read."""

    saved: SavedFilter
    words: list[str]


def aes_of(saved: SavedFilter) -> QuerySet[AE]:
    """The AEs that a saved filter means now; none where the page would read it otherwise."""
    found = _reread(saved)
    rows: QuerySet[AE] = found.qs if _is_readable(saved, found) else AE.objects.none()
    return rows


@require_safe
def savedfilter_list(request: HttpRequest) -> HttpResponse:
    """All saved filters with what they ask; everybody sees the same."""
    pairs = [(saved, _reread(saved)) for saved in SavedFilter.objects.all()]
    lines = [
        Line(saved, filter_words(found) if _is_readable(saved, found) else [])
        for saved, found in pairs
    ]
    return render(request, "savedfilters/list.html", {"lines": lines})


@requires(Role.EDITOR)
def savedfilter_create(request: HttpRequest) -> HttpResponse:
    """Keep a filter; what the address asks is filled in."""
    form = SavedFilterForm(request.POST or None)
    found = AeFilter(request.POST or request.GET, selectors.ae_list())
    if form.is_valid() and found.is_valid():
        with shown_on(form):
            saved = services.create_savedfilter(_actor(request), form.data_with(found))
            messages.success(request, f"Saved {saved.name}.")
            return redirect(f"{reverse('ae-list')}?{saved.query}")
    return _form_page(request, form, found)


@requires(Role.EDITOR)
def savedfilter_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a filter is called or what it asks."""
    saved = get_object_or_404(SavedFilter, pk=pk)
    initial = {"name": saved.name, "revision": saved.revision}
    form = SavedFilterForm(request.POST or None, initial=initial)
    found = AeFilter(request.POST, selectors.ae_list()) if request.POST else _reread(saved)
    if form.is_valid() and found.is_valid():
        with shown_on(form):
            data, revision = form.data_with(found), form.cleaned_data["revision"] or 0
            services.update_savedfilter(_actor(request), saved, data, revision)
            messages.success(request, f"Saved {data.name}.")
            return redirect("savedfilter-list")
    return _form_page(request, form, found, saved=saved)


@requires(Role.EDITOR)
@require_POST
def savedfilter_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a filter; the AEs stay as they are."""
    saved = get_object_or_404(SavedFilter, pk=pk)
    try:
        change = services.delete_savedfilter(_actor(request), saved, saved.revision)
    except StaleRevision as refusal:
        messages.error(request, str(refusal))
    else:
        done(request, change, otherwise="It was gone already.")
    return redirect("savedfilter-list")


def _reread(saved: SavedFilter) -> AeFilter:
    return AeFilter(QueryDict(saved.query), selectors.ae_list())


def _is_readable(saved: SavedFilter, found: AeFilter) -> bool:
    """Whether there is a query, of which every part still means something."""
    return bool(saved.query and found.is_valid()) and filter_query(found) == saved.query


def _form_page(
    request: HttpRequest, form: SavedFilterForm, found: AeFilter, **more: Any
) -> HttpResponse:
    context = {"form": form, "filter": found, "several_sites": selectors.several_sites(), **more}
    status = 422 if form.is_bound else 200
    return render(request, "savedfilters/form.html", context, status=status)


def _actor(request: HttpRequest) -> Actor:
    return Actor.of(person(request))


urlpatterns = [
    path("filters/", savedfilter_list, name="savedfilter-list"),
    path("filters/add/", savedfilter_create, name="savedfilter-create"),
    path("filters/<int:pk>/", savedfilter_edit, name="savedfilter-edit"),
    path("filters/<int:pk>/delete/", savedfilter_delete, name="savedfilter-delete"),
]
