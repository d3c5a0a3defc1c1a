"""A change of what a Profile holds: saved at once where nothing follows it, shown first with all
whom it affects where something does.
"""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from dicomcfg.accounts.models import Role
from dicomcfg.core.negotiation.capabilities import Difference, capabilities_of_contexts, difference
from dicomcfg.core.negotiation.context_difference import context_difference
from dicomcfg.inventory.models import CapabilityRole, ChangeSet, Profile
from dicomcfg.inventory.profile_selectors import profile_data, versions_of
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.profiles import followers_of, update_profile
from dicomcfg.inventory.services.proposed_sets import ProposedSet
from dicomcfg.web.done import SAME, done
from dicomcfg.web.pending import MISSHAPEN, proposed_text
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.profiles.forms import ChangeForm
from dicomcfg.web.profiles.pages import tab


def propose_change(
    request: HttpRequest, profile: Profile, proposed: ProposedSet, revision: int
) -> HttpResponse:
    """Save, or show the preview if something follows the Profile; the answer to a form.

    Raises ServiceError and StaleRevision.
    """
    before, proposed = profile_data(profile).proposed, proposed.normalised()
    if before == proposed or not followers_of([profile]).total:
        _save(request, profile, proposed, revision)
        return redirect(profile)
    if profile.revision != revision:
        # The service says who it was; the preview would only hide it until the last step.
        update_profile(Actor.of(person(request)), profile, profile_data(profile), revision)
    return _preview(request, profile, before, proposed)


def _preview(
    request: HttpRequest, profile: Profile, before: ProposedSet, proposed: ProposedSet
) -> HttpResponse:
    context = tab("contexts", profile.pk) | {
        "difference": context_difference(before.contexts, proposed.contexts),
        "negotiation_changed": replace(before, contexts=()) != replace(proposed, contexts=()),
        "for_aes": _for_aes(before, proposed),
        "followers": followers_of([profile]),
        "count": len(proposed.contexts),
        "proposed": proposed_text(proposed),
    }
    return render(request, "profiles/change.html", context)


def _for_aes(before: ProposedSet, proposed: ProposedSet) -> Difference:
    """What the AEs that follow gain and lose, in whichever role."""
    role = CapabilityRole.SCP.value
    states = (capabilities_of_contexts(each.contexts, role) for each in (before, proposed))
    return difference(*states)


@requires(Role.EDITOR)
@require_POST
def profile_save(request: HttpRequest, pk: int) -> HttpResponse:
    """Save what the preview showed, for the Profile and all that follow it, as one act."""
    profile = get_object_or_404(Profile, pk=pk)
    form = ChangeForm(request.POST)
    if not form.is_valid():
        messages.error(request, MISSHAPEN)
        return redirect(profile)
    data = form.cleaned_data
    try:
        _save(request, profile, data["proposed"], data["revision"], data["seen"])
    except (ServiceError, StaleRevision) as refusal:
        messages.error(request, f"{str(refusal).rstrip('.')}. Nothing was saved.")
    return redirect(profile)


def _save(
    request: HttpRequest, profile: Profile, proposed: ProposedSet, revision: int, seen: str = ""
) -> None:
    actor = Actor.of(person(request))
    done(request, save_proposed(actor, profile, proposed, revision, seen), otherwise=SAME)


def save_proposed(
    actor: Actor, profile: Profile, proposed: ProposedSet, revision: int, seen: str = ""
) -> ChangeSet | None:
    """Save, and find the act in the history before anybody else can change the Profile again.

    None where nothing differed. Raises ServiceError and StaleRevision.
    """
    with transaction.atomic():
        data = replace(profile_data(profile), proposed=proposed)
        row = update_profile(actor, profile, data, revision, seen)
        change = versions_of(row).first() if row.revision != revision else None
    return change.change_set if change else None


urlpatterns = [path("profiles/<int:pk>/save/", profile_save, name="profile-save")]
