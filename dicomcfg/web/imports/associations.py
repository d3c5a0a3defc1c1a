"""Import of an association: a file or a paste, its preview line by line, and the apply.

The pair and `overwrite` are kept with the import, so that what is applied is what the preview
showed.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from dicomcfg.accounts.models import Role
from dicomcfg.core.formats import intersystems
from dicomcfg.core.negotiation.options import PLAIN, RequestOptions
from dicomcfg.exchange.associations import NEW, apply_association, preview_association
from dicomcfg.exchange.imports import choose, keep_import
from dicomcfg.exchange.models import Import
from dicomcfg.inventory.models import AE, Association
from dicomcfg.inventory.selectors import options_of_all
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError
from dicomcfg.probes.cost import budget_of
from dicomcfg.web.associations.forms import AeField
from dicomcfg.web.associations.pages import ends_named_in
from dicomcfg.web.done import done
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.refusals import shown_on

FORMAT = intersystems.NAME
LINES_PER_PAGE = 200
PASTED = "pasted lines"
NEW_HELP = "Choose from the table. A title that is not in it makes a new AE."


class PairForm(forms.Form):
    """What the file does not say: whose association it is."""

    calling = AeField(label="Calling AE", new_allowed=True, required=False, help_text=NEW_HELP)
    called = AeField(label="Called AE", new_allowed=True, required=False, help_text=NEW_HELP)
    overwrite = forms.BooleanField(
        label="Overwrite the contexts if this association exists", required=False
    )

    def options(self) -> dict[str, Any]:
        """The choices as an import keeps them; call when valid."""
        data = self.cleaned_data
        ends = {name: _choice(data[name]) for name in ("calling", "called")}
        return ends | {"overwrite": data["overwrite"]}

    @classmethod
    def of(cls, options: dict[str, Any]) -> PairForm:
        """The form filled with what was chosen before."""
        fields: dict[str, Any] = {"overwrite": options.get("overwrite", False)}
        for name in ("calling", "called"):
            choice = str(options.get(name, ""))
            ae = AE.objects.filter(pk=int(choice)).first() if choice.isdecimal() else None
            fields[name] = ae or [choice.removeprefix(NEW), ""]
        return cls(initial=fields)


class SourceForm(PairForm):
    """A file or a paste, with the pair where it is known already."""

    file = forms.FileField(required=False, label="File")
    text = forms.CharField(
        required=False,
        label="Or paste the lines",
        widget=forms.Textarea({"rows": 7, "spellcheck": "false", "class": "mono"}),
    )

    def clean(self) -> dict[str, Any]:
        """Something to read, from one place."""
        data = super().clean() or {}
        if bool(data.get("file")) == bool(data.get("text", "").strip()):
            raise forms.ValidationError("Give a file or paste the lines, one of the two.")
        return data

    def source(self) -> tuple[bytes, str]:
        """The bytes and what they are called; call when valid."""
        file = self.cleaned_data["file"]
        return (file.read(), file.name) if file else (self.cleaned_data["text"].encode(), PASTED)


def _choice(end: AE | str | None) -> str:
    return str(end.pk) if isinstance(end, AE) else f"{NEW}{end}" if end else ""


@requires(Role.EDITOR)
def association_import(request: HttpRequest) -> HttpResponse:
    """Take a file in; nothing changes before its preview is applied."""
    initial = ends_named_in(request)
    form = SourceForm(request.POST or None, request.FILES or None, initial=initial)
    if form.is_valid():
        with shown_on(form):
            data, name = form.source()
            return redirect(keep_import(person(request), data, name, FORMAT, **form.options()))
    return render(request, "imports/association.html", {"form": form})


@requires(Role.EDITOR)
@require_POST
def association_import_choose(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the pair or `overwrite`, and preview again."""
    kept = get_object_or_404(Import, pk=pk, format=FORMAT, applied_at=None)
    form = PairForm(request.POST)
    if not form.is_valid():
        return preview(request, kept, form)
    choose(kept, **form.options())
    return redirect(kept)


def preview(request: HttpRequest, kept: Import, form: PairForm | None = None) -> HttpResponse:
    """Every line with the names of its UIDs and its findings, and what applying would do."""
    seen = preview_association(kept, **_chosen(kept))
    lines = Paginator(seen.lines, LINES_PER_PAGE)
    context = {
        "kept": kept,
        "preview": seen,
        "form": form or PairForm.of(kept.options),
        "page": lines.get_page(request.GET.get("page")),
        "budget": budget_of(seen.contexts, _kept_options(seen.existing)),
        # Those of a line stand beside it, and the page itself links to the pair that exists.
        "findings_above": [
            finding
            for finding in seen.all_findings
            if finding.line is None and finding.code != "association-exists"
        ],
        "line_errors": [f.line for f in seen.all_findings if f.line and f.severity == "error"],
    }
    return render(request, "imports/association_preview.html", context)


def _kept_options(existing: Association | None) -> RequestOptions:
    """What overwriting an association leaves as it is, and so is proposed with the new contexts."""
    return PLAIN if existing is None else options_of_all([existing])[existing.pk]


def apply(request: HttpRequest, kept: Import) -> HttpResponse:
    """Write what the preview showed, as one act."""
    try:
        association = apply_association(Actor.of(person(request)), kept, **_chosen(kept))
    except ServiceError as refusal:
        messages.error(request, f"Nothing was imported. {refusal}")
        return redirect(kept)
    done(request, kept.change_set, otherwise=f"{association} was so already.")
    return redirect("association-contexts", association.pk)


def _chosen(kept: Import) -> dict[str, Any]:
    options = kept.options
    return {
        "calling": str(options.get("calling", "")),
        "called": str(options.get("called", "")),
        "overwrite": bool(options.get("overwrite", False)),
    }


urlpatterns = [
    path("import/association/", association_import, name="association-import"),
    path("imports/<int:pk>/choose/", association_import_choose, name="association-import-choose"),
]
