"""Find and store on an AE that allows them: what will be sent is said before it is."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from dicomcfg.accounts.models import Role
from dicomcfg.checks import services
from dicomcfg.core.standard import uids
from dicomcfg.inventory import selectors
from dicomcfg.probes.objects.identifiers import FIND_CLASSES
from dicomcfg.probes.objects.making import PATIENT_ID, PATIENT_NAME, offered
from dicomcfg.probes.target import StoreSettings
from dicomcfg.web.permissions import person, requires


def _named(choices: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(uid, uids.name_of(uid)) for uid in choices]


class FindForm(forms.Form):
    """Which SOP Class is queried."""

    sop_class = forms.ChoiceField(label="SOP Class", choices=_named(FIND_CLASSES))


class StoreForm(forms.Form):
    """What the test object is, and in which of the transfer syntaxes that it can have."""

    sop_class = forms.ChoiceField(label="SOP Class", choices=_named(tuple(offered())))
    transfer_syntax = forms.ChoiceField(
        label="Transfer syntax",
        error_messages={"invalid_choice": "A test object of this SOP Class cannot have it."},
    )

    def __init__(self, posted: QueryDict | None, sop_class: str) -> None:
        classes = offered()
        chosen = sop_class if sop_class in classes else next(iter(classes))
        super().__init__(posted, initial={"sop_class": chosen})
        syntaxes = cast("forms.ChoiceField", self.fields["transfer_syntax"])
        syntaxes.choices = _named(classes[chosen])
        # The page shows the syntaxes of another class as soon as one is chosen.
        self.fields["sop_class"].widget.attrs |= {
            "hx-get": "",
            "hx-target": "#syntaxes",
            "hx-select": "#syntaxes",
            "hx-swap": "outerHTML",
        }

    def settings(self) -> StoreSettings:
        """What the service takes; call when valid."""
        return StoreSettings(**self.cleaned_data)


@requires(Role.OPERATOR)
def ae_find(request: HttpRequest, pk: int) -> HttpResponse:
    """Query an AE for what it cannot have."""
    ae = get_object_or_404(selectors.ae_list(), pk=pk)
    form = FindForm(request.POST or None)
    context = {"ae": ae, "form": form, "kind": "find", "allowed": ae.allows_find}
    if not form.is_valid():
        return _page(request, context)
    try:
        run = services.start_find(person(request), ae, form.cleaned_data["sop_class"])
    except services.NotAllowed:
        return _page(request, context)
    return redirect(run.checks.get())


@requires(Role.OPERATOR)
def ae_store(request: HttpRequest, pk: int) -> HttpResponse:
    """Send an AE one test object."""
    ae = get_object_or_404(selectors.ae_list(), pk=pk)
    asked = request.POST if request.method == "POST" else request.GET
    form = StoreForm(request.POST or None, asked.get("sop_class", ""))
    context = {"ae": ae, "form": form, "kind": "store", "allowed": ae.allows_store}
    if not form.is_valid():
        return _page(request, context)
    try:
        run = services.start_store(person(request), ae, form.settings())
    except services.NotAllowed:
        return _page(request, context)
    return redirect(run.checks.get())


def _page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The form, or why there is none; 409 where something was sent to an AE that forbids it."""
    status = 200
    if request.method == "POST":
        status = 422 if context["allowed"] else 409
    names = {"patient_id": PATIENT_ID, "patient_name": PATIENT_NAME}
    return render(request, f"aes/{context['kind']}.html", context | names, status=status)


urlpatterns = [
    path("aes/<int:pk>/find/", ae_find, name="ae-find"),
    path("aes/<int:pk>/store/", ae_store, name="ae-store"),
]
