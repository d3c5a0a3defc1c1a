"""Who accepts X: AEs by the SOP Classes and transfer syntaxes that they are configured for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from dicomcfg.core.standard import uids
from dicomcfg.core.standard.uid_groups import families
from dicomcfg.inventory.acceptors import Wanted, accepting, fitting_of, who_accepts
from dicomcfg.inventory.models import CapabilityRole
from dicomcfg.web.uids import UidField

PER_PAGE = 50
_ASKED = ("sop_class", "transfer_syntax", "family")


class AcceptsForm(forms.Form):
    """A SOP Class, a transfer syntax or a family of them, or both, and the role."""

    sop_class = UidField(kinds=uids.ABSTRACT_SYNTAX, required=False, max_length=120)
    transfer_syntax = UidField(kinds=uids.TRANSFER_SYNTAX, required=False, max_length=120)
    family = forms.ChoiceField(required=False, label="Or any transfer syntax of a family")
    role = forms.ChoiceField(
        choices=[
            (CapabilityRole.SCP.value, "accepts it (SCP)"),
            (CapabilityRole.SCU.value, "sends it (SCU)"),
        ],
        widget=forms.RadioSelect,
        required=False,
        label="Who",
    )
    sop_class.label = "SOP Class"

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.families = families()
        choices = [("", "one alone, or all"), *((name, name) for name in self.families)]
        self.fields["family"].choices = choices  # type: ignore[attr-defined]

    def clean_role(self) -> str:
        """SCP where nothing was chosen."""
        return self.cleaned_data["role"] or CapabilityRole.SCP.value

    def clean(self) -> dict[str, Any]:
        """At least one of the two, and no syntax beside a family."""
        values = super().clean() or {}
        if self.errors:
            return values
        if values["transfer_syntax"] and values["family"]:
            raise forms.ValidationError("Name a transfer syntax or a family, not both.")
        if not any(values[name] for name in _ASKED):
            raise forms.ValidationError("Name a SOP Class, a transfer syntax or both.")
        return values

    def wanted(self) -> Wanted:
        """What is asked for; call when valid."""
        values = self.cleaned_data
        one = (values["transfer_syntax"],) if values["transfer_syntax"] else ()
        syntaxes = self.families.get(values["family"], one)
        return Wanted(values["sop_class"], syntaxes, values["role"])


@require_safe
def accepts(request: HttpRequest) -> HttpResponse:
    """The AEs that fit, by title; `?uid=` stands for whichever of the two fields it fits."""
    data = request.GET.copy()
    if uid := data.get("uid", ""):
        entry = uids.lookup(uid)
        is_syntax = entry is not None and entry.kind in uids.TRANSFER_SYNTAX
        data.setdefault("transfer_syntax" if is_syntax else "sop_class", uid)
    data.setdefault("role", CapabilityRole.SCP.value)
    asked = any(name in data for name in _ASKED)
    form = AcceptsForm(data if asked else None, initial={"role": CapabilityRole.SCP.value})
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        wanted = form.wanted()
        found = who_accepts(wanted)
        pages = Paginator(found.ids, PER_PAGE)
        pages.count = found.count
        page = pages.get_page(request.GET.get("page"))
        ids = list(page.object_list)
        counts = {} if wanted.sop_class else fitting_of(wanted, ids)
        rows = [(ae, counts.get(ae.pk, 0)) for ae in accepting(ids)]
        family = form.cleaned_data["family"]
        context |= {"page": page, "wanted": wanted, "family": family, "rows": rows}
        context["complete"] = found.complete
    return render(request, "search/accepts.html", context)


urlpatterns = [path("accepts/", accepts, name="accepts")]
