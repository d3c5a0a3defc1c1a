"""Profiles: the list, the pages of one except its contexts' editor, adding, copying, deleting."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import F, Q
from django.db.models.expressions import OrderBy
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.inventory import profile_selectors as selectors
from dicomcfg.inventory.models import Profile
from dicomcfg.inventory.services import profiles as services
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import StaleRevision
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.proposed_sets import ProposedSet
from dicomcfg.web.bounds import search_words
from dicomcfg.web.done import done, done_to
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.profiles.forms import ProfileForm, origin_named_in
from dicomcfg.web.refusals import shown_on
from dicomcfg.web.row_ids import row_ids
from dicomcfg.web.undo_roles import guarded

PER_PAGE = 50
SORTS = {
    "name": "name",
    "contexts": "context_count",
    "associations": "association_count",
    "aes": "ae_count",
}


@require_safe
def profile_list(request: HttpRequest) -> HttpResponse:
    """All Profiles with what they hold and how many follow them."""
    rows = selectors.profile_list()
    for word in search_words(request.GET.get("q", "")):
        rows = rows.filter(Q(name__icontains=word) | Q(description__icontains=word))
    if request.GET.get("only") == "unused":
        rows = rows.filter(associations=None, aes=None)
    sort = request.GET.get("sort", "")
    column = SORTS.get(sort.removeprefix("-"), "name")
    rows = rows.order_by(OrderBy(F(column), descending=sort.startswith("-")), "name")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    narrowed = any(request.GET.get(name) for name in ("q", "only"))
    return render(request, "profiles/list.html", {"page": page, "narrowed": narrowed})


@require_safe
def profile_followers(request: HttpRequest, pk: int) -> HttpResponse:
    """The associations and the AEs that follow it, each list with pages of its own."""
    context = tab("followers", pk)
    found = selectors.followers_list(context["profile"])
    for name, rows in zip(("associations", "aes"), found, strict=True):
        context[name] = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    # Both turn their pages together: the longer list has the links.
    context["page"] = max(context["associations"], context["aes"], key=_pages)
    return render(request, "profiles/followers.html", context)


def _pages(page: Any) -> int:
    return int(page.paginator.num_pages)


@require_safe
def profile_history(request: HttpRequest, pk: int) -> HttpResponse:
    """Its versions: who changed what, for how many followers, and the way back."""
    context = tab("history", pk)
    versions = selectors.versions_of(context["profile"])
    changes = Paginator(versions.prefetch_related(guarded("change_set__changes")), PER_PAGE)
    context["page"] = changes.get_page(request.GET.get("page"))
    return render(request, "profiles/history.html", context)


@requires(Role.EDITOR)
def profile_create(request: HttpRequest) -> HttpResponse:
    """Add a Profile, empty or of what the query names; what that was may follow it at once."""
    origin = origin_named_in(request)
    form = ProfileForm(request.POST or None)
    if form.is_valid():
        with shown_on(form), transaction.atomic():
            follows = origin is not None and "follow" in request.POST
            made = services.create_profile(
                Actor.of(person(request)),
                _data(form, origin.proposed if origin else ProposedSet()),
                follower=origin.follower if origin and follows else None,
                revision=form.cleaned_data["revision"] or 0,
                role=origin.role if origin else "",
            )
            done_to(request, made)
            return redirect(made)
    status = 422 if form.is_bound else 200
    return render(request, "profiles/form.html", {"form": form, "origin": origin}, status=status)


@requires(Role.EDITOR)
def profile_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change name and description, which concern nobody who follows."""
    profile = get_object_or_404(Profile, pk=pk)
    initial = {"revision": profile.revision}
    form = ProfileForm(request.POST or None, instance=profile, initial=initial)
    if form.is_valid():
        with shown_on(form), transaction.atomic():
            data = _data(form, selectors.profile_data(profile).proposed)
            revision = form.cleaned_data["revision"] or 0
            row = services.update_profile(Actor.of(person(request)), profile, data, revision)
            done_to(request, row, since=revision)
            return redirect("profile-detail", pk)
    context = {"form": form, "profile": get_object_or_404(Profile, pk=pk)}
    return render(request, "profiles/form.html", context, status=422 if form.is_bound else 200)


def _data(form: ProfileForm, proposed: ProposedSet) -> ProfileData:
    data = form.cleaned_data
    return ProfileData(name=data["name"], description=data["description"], proposed=proposed)


@requires(Role.EDITOR)
@require_POST
def profile_duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """Copy a Profile under the next free name, and open the copy."""
    profile = get_object_or_404(Profile, pk=pk)
    try:
        copy = services.duplicate_profile(Actor.of(person(request)), profile)
    except StaleRevision as refusal:
        messages.error(request, f"{refusal}.")
        return redirect("profile-list")
    done_to(request, copy, then="Nothing follows it yet.")
    return redirect(copy)


@requires(Role.EDITOR)
def profile_delete(request: HttpRequest) -> HttpResponse:
    """Say who stops following the Profiles named by `profile`; when sent, delete them."""
    asked = request.POST if request.method == "POST" else request.GET
    rows = list(selectors.profile_list().filter(pk__in=row_ids(asked.getlist("profile"))))
    if request.method == "POST":
        change = services.delete_profiles(Actor.of(person(request)), rows)
        done(request, change, otherwise="There was no such Profile any more.")
        return redirect("profile-list")
    context = {"profiles": rows, "followers": services.followers_of(rows)}
    return render(request, "profiles/delete.html", context)


def tab(name: str, pk: int) -> dict[str, Any]:
    """What every page of one Profile shows around its own content."""
    return {"tab": name, "profile": get_object_or_404(selectors.profile_list(), pk=pk)}


urlpatterns = [
    path("profiles/", profile_list, name="profile-list"),
    path("profiles/add/", profile_create, name="profile-create"),
    path("profiles/delete/", profile_delete, name="profile-delete"),
    path("profiles/<int:pk>/edit/", profile_edit, name="profile-edit"),
    path("profiles/<int:pk>/duplicate/", profile_duplicate, name="profile-duplicate"),
    path("profiles/<int:pk>/followers/", profile_followers, name="profile-followers"),
    path("profiles/<int:pk>/history/", profile_history, name="profile-history"),
]
