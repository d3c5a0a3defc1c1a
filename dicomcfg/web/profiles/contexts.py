"""What a Profile holds: its presentation contexts by the common editor, roles beside them."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.core.negotiation.advice import advise
from dicomcfg.core.negotiation.options import RequestOptions
from dicomcfg.core.records import PresentationContext
from dicomcfg.inventory.models import ChangeSet, Profile
from dicomcfg.inventory.profile_selectors import profile_data
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.proposed_sets import ProposedSet
from dicomcfg.web.associations.forms import RevisionForm
from dicomcfg.web.associations.negotiation_forms import BaseClassForms, ClassForms, initial_of
from dicomcfg.web.contexts.holders import Holder
from dicomcfg.web.contexts.rows import list_context, remember_view
from dicomcfg.web.contexts.views import addresses
from dicomcfg.web.permissions import requires
from dicomcfg.web.profiles.changes import propose_change, save_proposed
from dicomcfg.web.profiles.pages import tab
from dicomcfg.web.refusals import shown_on


class ProfileHolder(Holder):
    """The contexts of a Profile; where something follows it, saving them is previewed."""

    frame = "profiles/_frame.html"
    prefix = "profile-context"
    negotiates = True

    def __init__(self, pk: int) -> None:
        super().__init__(pk)
        self._frame = tab("contexts", pk)
        self.profile: Profile = self._frame["profile"]

    @property
    def itself(self) -> str:
        """Other Profiles are offered to it, and not this one."""
        return f"profile:{self.profile.pk}"

    @cached_property
    def data(self) -> ProfileData:
        """Everything that the Profile holds."""
        return profile_data(self.profile)

    @cached_property
    def contexts(self) -> list[PresentationContext]:
        """Those of the Profile."""
        return list(self.data.proposed.contexts)

    @cached_property
    def options(self) -> RequestOptions:
        """Its roles and extended negotiations."""
        held = self.data.proposed
        return RequestOptions(held.role_selections, held.extended_negotiations)

    @property
    def revision(self) -> int:
        """That of the Profile."""
        return self.profile.revision

    @property
    def home(self) -> str:
        """The Profile's page."""
        return self.profile.get_absolute_url()

    @property
    def roles_url(self) -> str:
        """Where roles are set for the Profile."""
        return reverse("profile-roles", args=self.key)

    def page(self) -> dict[str, Any]:
        """The tabs."""
        return self._frame

    def save(
        self, actor: Actor, contexts: list[PresentationContext], revision: int
    ) -> ChangeSet | None:
        """Set them for the Profile and all that follow it."""
        proposed = replace(self.data.proposed, contexts=tuple(contexts))
        return save_proposed(actor, self.profile, proposed, revision)

    def answer(
        self, request: HttpRequest, contexts: list[PresentationContext], revision: int
    ) -> HttpResponse:
        """Save, or show first whom it affects."""
        proposed = replace(self.data.proposed, contexts=tuple(contexts))
        return propose_change(request, self.profile, proposed, revision)


@require_safe
def profile_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What the Profile holds, and what proposing it takes."""
    holder = ProfileHolder(pk)
    context = holder.page() | list_context(request, holder)
    context["advice"] = advise(holder.contexts, context["budget"].requests)
    return remember_view(request, render(request, "profiles/contexts.html", context))


@requires(Role.EDITOR)
def profile_roles(request: HttpRequest, pk: int) -> HttpResponse:
    """Role selection and extended negotiation, SOP Class by SOP Class."""
    holder = ProfileHolder(pk)
    form = RevisionForm(request.POST or None, initial={"revision": holder.revision})
    initial = initial_of(holder.contexts, holder.options)
    classes = cast(
        "BaseClassForms", ClassForms(request.POST or None, initial=initial, prefix="class")
    )
    if form.is_valid() and classes.is_valid():
        with shown_on(form):
            wanted = ProposedSet(
                tuple(holder.contexts), classes.role_selections(), classes.extended_negotiations()
            )
            return propose_change(request, holder.profile, wanted, form.cleaned_data["revision"])
    context = holder.page() | {"form": form, "classes": classes, "holder": holder}
    return render(request, "profiles/roles.html", context)


urlpatterns = [
    path("profiles/<int:pk>/", profile_detail, name="profile-detail"),
    path("profiles/<int:pk>/roles/", profile_roles, name="profile-roles"),
    *addresses("profiles/<int:pk>/contexts/", "profile-context", ProfileHolder),
]
