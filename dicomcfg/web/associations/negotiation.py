"""What an association proposes beside its contexts: its settings, and a negotiation with others."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from dicomcfg.accounts.models import Role
from dicomcfg.checks.services import start_negotiate
from dicomcfg.core.negotiation.options import RequestOptions
from dicomcfg.inventory.models import Association
from dicomcfg.inventory.selectors import contexts_of, options_of_all
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.associations import set_negotiation
from dicomcfg.web.associations.forms import RevisionForm
from dicomcfg.web.associations.negotiation_forms import (
    BaseClassForms,
    ClassForms,
    OptionsForm,
    initial_of,
)
from dicomcfg.web.associations.pages import association_or_404, tab
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.refusals import shown_on


@requires(Role.EDITOR)
def association_roles(request: HttpRequest, pk: int) -> HttpResponse:
    """Role selection and extended negotiation, SOP Class by SOP Class."""
    association = association_or_404(pk)
    form = RevisionForm(request.POST or None, initial={"revision": association.revision})
    classes = _class_forms(request, association)
    if form.is_valid() and classes.is_valid():
        with shown_on(form):
            wanted = classes.role_selections(), classes.extended_negotiations()
            revision = form.cleaned_data["revision"]
            set_negotiation(Actor.of(person(request)), association, *wanted, revision)
            return redirect("association-contexts", pk)
    context = tab("contexts", pk) | {"form": form, "classes": classes}
    return render(request, "associations/roles.html", context)


@requires(Role.OPERATOR)
def negotiate_options(request: HttpRequest, pk: int) -> HttpResponse:
    """One negotiation with other options than the association's own, which stay as they are."""
    association = association_or_404(pk)
    form = OptionsForm(request.POST or None)
    classes = _class_forms(request, association)
    if form.is_valid() and classes.is_valid():
        start_negotiate(person(request), [association], form.options(classes))
        return redirect(association)
    context = tab("detail", pk) | {"form": form, "classes": classes}
    return render(request, "associations/negotiate.html", context)


def _class_forms(request: HttpRequest, association: Association) -> BaseClassForms:
    initial = initial_of(contexts_of(association), _options(association))
    forms = ClassForms(request.POST or None, initial=initial, prefix="class")
    return cast("BaseClassForms", forms)


def _options(association: Association) -> RequestOptions:
    return options_of_all([association])[association.pk]


urlpatterns = [
    path("associations/<int:pk>/roles/", association_roles, name="association-roles"),
    path("associations/<int:pk>/negotiate/", negotiate_options, name="negotiate-options"),
]
