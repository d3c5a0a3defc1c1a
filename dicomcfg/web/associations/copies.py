"""New pairs out of one: duplicating an association for other AEs, and reversing it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from dicomcfg.accounts.models import Role
from dicomcfg.core.records import RoleSelection
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import Association
from dicomcfg.inventory.services import copies
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.association_rows import AssociationData
from dicomcfg.inventory.services.copies import Roles
from dicomcfg.web.associations.forms import PairForm, RevisionForm
from dicomcfg.web.associations.pages import association_or_404, tab
from dicomcfg.web.checks.answers import role_words
from dicomcfg.web.done import done_to
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.refusals import shown_on


class DuplicateForm(PairForm):
    """The copy's own; all else is the original's."""

    follow = forms.BooleanField(required=False, initial=True)

    def __init__(self, *args: Any, original: Association, **options: Any) -> None:
        super().__init__(*args, **options)
        if original.profile:
            self.fields["follow"].label = f"Follow Profile {original.profile.name} too"
        else:
            del self.fields["follow"]


class ReverseForm(RevisionForm):
    """What becomes of the roles."""

    roles = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(self, *args: Any, original: Association, **options: Any) -> None:
        super().__init__(*args, **options)
        calling, called = original.calling.ae_title, original.called.ae_title
        choices = [
            (Roles.LEFT_OUT.value, f"Leave them out: {called} uses what {calling} offers (SCU)"),
            (Roles.SWAPPED.value, f"Swap them: {calling} and {called} each stay what they are"),
        ]
        if original.profile:
            words = f"As Profile {original.profile.name} says, and follow it"
            choices.append((Roles.PROFILE.value, words))
        self.fields["roles"].choices = choices  # type: ignore[attr-defined]


@requires(Role.EDITOR)
def association_duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """A copy for another calling or called AE."""
    original = association_or_404(pk)
    initial = {name: getattr(original, name) for name in ("calling", "called", "description")}
    form = DuplicateForm(request.POST or None, original=original, initial=initial)
    if form.is_valid():
        with shown_on(form), transaction.atomic():
            values = {"follow": False} | form.cleaned_data
            made = copies.duplicate_association(Actor.of(person(request)), original, **values)
            done_to(request, made)
            return redirect(made)
    return render(request, "associations/duplicate.html", tab("duplicate", pk) | {"form": form})


@requires(Role.EDITOR)
def association_reverse(request: HttpRequest, pk: int) -> HttpResponse:
    """The pair the other way round, after a look at its roles."""
    original = association_or_404(pk)
    initial = {"roles": Roles.LEFT_OUT.value, "revision": original.revision}
    form = ReverseForm(request.POST or None, original=original, initial=initial)
    if form.is_valid():
        with shown_on(form), transaction.atomic():
            made = copies.reverse_association(
                Actor.of(person(request)),
                original,
                Roles(form.cleaned_data["roles"]),
                form.cleaned_data["revision"],
            )
            done_to(request, made)
            return redirect(made)
    context = tab("reverse", pk) | {"form": form, "rows": _preview(original)}
    context["existing"] = selectors.association_of(original.called, original.calling)
    return render(request, "associations/reverse.html", context)


def _preview(original: Association) -> list[dict[str, Any]]:
    """Each context with its role now and under both choices."""
    contexts = selectors.contexts_of(original)
    now = selectors.options_of_all([original])[original.pk].role_selections
    data = AssociationData(
        calling=original.calling,
        called=original.called,
        contexts=tuple(contexts),
        role_selections=now,
    )
    before, after = _by_class(now), _by_class(copies.reversed_roles(data, Roles.SWAPPED))
    return [
        {
            "context": context,
            "now": before.get(context.abstract_syntax, ""),
            "swapped": after.get(context.abstract_syntax, ""),
        }
        for context in contexts
    ]


def _by_class(selections: tuple[RoleSelection, ...]) -> dict[str, str]:
    return {role.sop_class: role_words(role) for role in selections}


urlpatterns = [
    path("associations/<int:pk>/duplicate/", association_duplicate, name="association-duplicate"),
    path("associations/<int:pk>/reverse/", association_reverse, name="association-reverse"),
]
