"""Adding many presentation contexts at once: from where, which, with what; a preview; one act."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from dicomcfg.accounts.models import Role
from dicomcfg.core.negotiation.advice import advise
from dicomcfg.core.negotiation.editing import Addition, Existing, Fate, added
from dicomcfg.core.records import PresentationContext
from dicomcfg.core.standard.uids import IMPLICIT_VR_LITTLE_ENDIAN
from dicomcfg.probes.cost import budget_of
from dicomcfg.web.contexts.forms import TransferSyntaxesField, transfer_syntaxes
from dicomcfg.web.contexts.holders import Find, Holder
from dicomcfg.web.contexts.sources import EVERY, Offer, alternatives_of, groups_of, offer_of
from dicomcfg.web.permissions import requires
from dicomcfg.web.refusals import shown_on

OWN, SOURCE = "own", "source"


class ManyForm(forms.Form):
    """Which of an offer's SOP Classes, with which transfer syntaxes, beside those that exist."""

    use_required_attribute = False

    sop_class = forms.MultipleChoiceField(
        error_messages={
            "required": "Choose at least one SOP Class.",
            "invalid_choice": "%(value)s is not among them any more: choose again.",
        }
    )
    syntaxes = forms.ChoiceField(
        label="Transfer syntaxes",
        choices=[(SOURCE, "Those of the source, in its order"), (OWN, "The same for all")],
        widget=forms.RadioSelect,
    )
    transfer_syntaxes = TransferSyntaxesField(
        required=False,
        label="The same for all",
        help_text="One a line, the preferred one first; names or UIDs.",
    )
    existing = forms.ChoiceField(
        label="SOP Classes that have a context already",
        choices=[
            (Existing.SKIP, "Leave them as they are"),
            (Existing.ADD, "Add the transfer syntaxes that they lack"),
            (Existing.REPLACE, "Replace their transfer syntaxes"),
        ],
        widget=forms.RadioSelect,
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, offer: Offer, data: QueryDict) -> None:
        super().__init__(data)
        self.offer = offer
        classes = [each.abstract_syntax for each in offer.contexts]
        sop_class = cast("forms.MultipleChoiceField", self.fields["sop_class"])
        sop_class.choices = [(uid, uid) for uid in classes]
        if offer.is_standard:
            self.fields["syntaxes"].required = False

    def clean(self) -> dict[str, Any]:
        """Transfer syntaxes of one's own are needed where the source has none."""
        data = super().clean() or {}
        own = self.offer.is_standard or data.get("syntaxes") == OWN
        if own and not data.get("transfer_syntaxes") and "transfer_syntaxes" not in self.errors:
            self.add_error("transfer_syntaxes", "Choose at least one transfer syntax.")
        data["own"] = own
        return data

    def addition(self, contexts: list[PresentationContext]) -> Addition:
        """What adding to `contexts` makes; call when valid."""
        data = self.cleaned_data
        chosen, own = set(data["sop_class"]), data["transfer_syntaxes"]
        wanted = [
            PresentationContext(each.abstract_syntax, own) if data["own"] else each
            for each in self.offer.contexts
            if each.abstract_syntax in chosen
        ]
        return added(contexts, wanted, Existing(data["existing"]))


@requires(Role.EDITOR)
def context_many(request: HttpRequest, find: Find, **key: int | str) -> HttpResponse:
    """Choose, see what would come of it, and add it as one act."""
    holder = find(**key)
    groups = groups_of(holder)
    offer = offer_of(holder, groups, request.POST or request.GET)
    context = holder.page() | {"holder": holder, "groups": groups, "offer": offer}
    if offer is not None and offer.contexts:
        form = ManyForm(offer, request.POST or _defaults(holder, offer))
        if "apply" in request.POST and (answer := _applied(request, holder, form)):
            return answer
        if form.is_valid():
            context |= _preview(holder, form.addition(holder.contexts))
        context |= {"form": form, "syntaxes": transfer_syntaxes()}
    if offer is not None and offer.key == EVERY:
        context["alternatives"] = alternatives_of(holder)
    return render(request, "contexts/many.html", context)


def _applied(request: HttpRequest, holder: Holder, form: ManyForm) -> HttpResponse | None:
    """Save what the preview shows; None for a refusal, which stands on the form afterwards."""
    if request.POST.get("offered") != form.offer.token:
        form.add_error(None, "What the source holds changed since it was shown. Preview it again.")
    if form.is_valid():
        with shown_on(form):
            wanted = list(form.addition(holder.contexts).contexts)
            return holder.answer(request, wanted, form.cleaned_data["revision"])
    return None


def _defaults(holder: Holder, offer: Offer) -> QueryDict:
    """The form as it stands before anybody changed it: everything, and nothing lost."""
    data = QueryDict(mutable=True)
    data.setlist("sop_class", [each.abstract_syntax for each in offer.contexts])
    data.update(
        {
            "syntaxes": OWN if offer.is_standard else SOURCE,
            "transfer_syntaxes": IMPLICIT_VR_LITTLE_ENDIAN,
            "existing": Existing.SKIP,
            "revision": str(holder.revision),
        }
    )
    return data


def _preview(holder: Holder, addition: Addition) -> dict[str, Any]:
    """What becomes of each chosen SOP Class, and what proposing the result takes."""
    after = budget_of(addition.contexts, holder.options)
    return {
        "addition": addition,
        "tally": [(fate.value, addition.count(fate)) for fate in Fate if addition.count(fate)],
        "only_new": addition.count(Fate.COMPLETED, Fate.REPLACED) == 0,
        "changes": addition.count(Fate.NEW, Fate.COMPLETED, Fate.REPLACED),
        "before": budget_of(holder.contexts, holder.options),
        "budget": after,
        "result_advice": advise(addition.contexts, after.requests) if holder.negotiates else (),
    }
