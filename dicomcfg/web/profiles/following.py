"""Lets an association or an AE follow a Profile: choose, see what changes, follow; or stop."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from dicomcfg.accounts.models import Role
from dicomcfg.core.negotiation.capabilities import difference
from dicomcfg.core.negotiation.context_difference import context_difference
from dicomcfg.inventory.models import AE, Association, CapabilityRole, ChangeSet, Profile
from dicomcfg.inventory.profile_selectors import profile_data, proposed_by
from dicomcfg.inventory.selectors import capabilities_of, object_history
from dicomcfg.inventory.services import following as services
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.followers import governed
from dicomcfg.web.done import SAME, done
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.row_ids import row_ids


class FollowForm(forms.Form):
    """Which Profile, and for an AE in which role."""

    profile = forms.ModelChoiceField(Profile.objects.all(), empty_label="Choose a Profile")
    role = forms.ChoiceField(
        choices=CapabilityRole.choices,
        initial=CapabilityRole.SCP,
        widget=forms.RadioSelect,
        label="As",
        help_text="In this role the AE supports what the Profile holds; the other role is left.",
    )

    def __init__(self, data: Any, subject: Association | AE) -> None:
        super().__init__(data, initial={"profile": subject.profile_id})
        if isinstance(subject, Association):
            del self.fields["role"]


@requires(Role.EDITOR)
def association_follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose a Profile that says what an association proposes."""
    rows = Association.objects.select_related("calling", "called", "profile")
    return _follow(request, get_object_or_404(rows, pk=pk))


@requires(Role.EDITOR)
def ae_follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose a Profile that says what an AE is able to in one role."""
    return _follow(request, get_object_or_404(AE.objects.select_related("profile"), pk=pk))


def _follow(request: HttpRequest, subject: Association | AE) -> HttpResponse:
    """Show the choice, with what would change once there is one; when sent, follow."""
    asked = request.POST if request.method == "POST" else request.GET
    form = FollowForm(asked if "profile" in asked else None, subject)
    context = {"form": form, "subject": subject, "is_ae": isinstance(subject, AE)}
    if form.is_valid():
        profile, role = form.cleaned_data["profile"], form.cleaned_data.get("role", "")
        if request.method == "POST":
            return _act(request, subject, profile, role)
        context |= {"chosen": profile, "role": role, **_preview(subject, profile, role)}
    return render(request, "profiles/follow.html", context)


def _preview(subject: Association | AE, profile: Profile, role: str) -> dict[str, Any]:
    proposed = profile_data(profile).proposed
    if isinstance(subject, Association):
        before = proposed_by(subject)
        same = before == proposed and subject.profile_id == profile.pk
        found = context_difference(before.contexts, proposed.contexts)
        return {"difference": found, "count": len(proposed.contexts), "same": same}
    present = tuple(capabilities_of(subject))
    wanted = governed(present, proposed, role)
    same = wanted == present and (subject.profile_id, subject.profile_role) == (profile.pk, role)
    return {"difference": difference(present, wanted), "count": len(wanted), "same": same}


def _act(
    request: HttpRequest, subject: Association | AE, profile: Profile | None, role: str = ""
) -> HttpResponse:
    """Follow, or stop where there is no Profile, at the revisions that the page showed."""
    revision = next(iter(row_ids([request.POST.get("revision", "")])), 0)
    shown = next(iter(row_ids([request.POST.get("shown", "")])), None)
    actor = Actor.of(person(request))
    try:
        if profile is None:
            services.stop_following(actor, subject, revision)
        else:
            services.follow(actor, subject, profile, revision, role, shown=shown)
    except (ServiceError, StaleRevision) as refusal:
        messages.error(request, f"{str(refusal).rstrip('.')}. Nothing was changed.")
    else:
        done(request, _change_of(subject, revision), otherwise=SAME)
    return redirect(subject)


def _change_of(subject: Association | AE, revision: int) -> ChangeSet | None:
    row = type(subject).objects.get(pk=subject.pk)
    if row.revision == revision:
        return None
    model = "association" if isinstance(subject, Association) else "ae"
    change = object_history(model, subject.pk).first()
    return change.change_set if change else None


@requires(Role.EDITOR)
@require_POST
def association_unfollow(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an association keep its contexts as its own."""
    return _act(request, get_object_or_404(Association, pk=pk), None)


@requires(Role.EDITOR)
@require_POST
def ae_unfollow(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an AE keep its capabilities as its own."""
    return _act(request, get_object_or_404(AE, pk=pk), None)


urlpatterns = [
    path("associations/<int:pk>/follow/", association_follow, name="association-follow"),
    path("associations/<int:pk>/unfollow/", association_unfollow, name="association-unfollow"),
    path("aes/<int:pk>/follow/", ae_follow, name="ae-follow"),
    path("aes/<int:pk>/unfollow/", ae_unfollow, name="ae-unfollow"),
]
