"""What an AE is able to, taken from another AE or out of a file: chosen, previewed, one act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from dicomcfg.accounts.models import Role
from dicomcfg.core.findings import Finding, has_errors
from dicomcfg.core.formats import registry
from dicomcfg.core.formats.base import FORM_BYTES
from dicomcfg.core.formats.text import decode
from dicomcfg.core.negotiation.capabilities import (
    SCP,
    SCU,
    capabilities_of_contexts,
    difference,
    merged,
    with_role,
)
from dicomcfg.core.records import Document, TransferCapability
from dicomcfg.core.wording import listed
from dicomcfg.inventory.models import AE
from dicomcfg.inventory.selectors import capabilities_of
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.capabilities import set_capabilities
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.web.associations.forms import AeField
from dicomcfg.web.capabilities.pages import change_of, home_of
from dicomcfg.web.done import done
from dicomcfg.web.pending import MISSHAPEN, CapabilitiesField, capabilities_text
from dicomcfg.web.permissions import person, requires

Capabilities = tuple[TransferCapability, ...]
MERGE, REPLACE = "merge", "replace"
BOTH = "both"
_SHOWN_PARTS = 10


class _TakenForm(forms.Form):
    """What becomes of the capabilities that are there already."""

    mode = forms.ChoiceField(
        label="What is there already",
        choices=[
            (MERGE, "Stays, and gets what it lacks"),
            (REPLACE, "Is replaced, in the role or roles that are taken"),
        ],
        initial=MERGE,
        widget=forms.RadioSelect,
    )

    def wanted(self, present: Capabilities, taken: Capabilities, roles: set[str]) -> Capabilities:
        """The capabilities afterwards; call when valid."""
        if self.cleaned_data["mode"] == MERGE:
            return merged(present, taken)
        for role in sorted(roles):
            present = with_role(present, [each for each in taken if each.role == role], role)
        return present


class CopyForm(_TakenForm):
    """Another AE and the roles to take."""

    source = AeField(label="From AE", help_text="Its capabilities are copied as they are now.")
    roles = forms.ChoiceField(
        label="Which roles",
        choices=[(BOTH, "Both"), (SCP, "SCP only"), (SCU, "SCU only")],
        initial=BOTH,
        widget=forms.RadioSelect,
    )
    field_order = ("source", "roles", "mode")

    def chosen_roles(self) -> set[str]:
        """The roles; call when valid."""
        role = self.cleaned_data["roles"]
        return {SCU, SCP} if role == BOTH else {role}


class FileForm(_TakenForm):
    """A file or a paste of any readable format, and what of it is meant."""

    file = forms.FileField(required=False, label="File")
    text = forms.CharField(
        required=False,
        label="Or paste the lines",
        widget=forms.Textarea({"rows": 7, "spellcheck": "false", "class": "mono"}),
    )
    part = forms.CharField(
        required=False,
        max_length=254,
        label="Which part",
        help_text="Where it holds several AEs, associations or Profiles: the name of one.",
    )
    role = forms.ChoiceField(
        choices=[(SCP, "SCP: what the AE accepts"), (SCU, "SCU: what the AE proposes")],
        initial=SCP,
        widget=forms.RadioSelect,
        label="Presentation contexts are what it supports as",
        help_text="The Transfer Capabilities of an AE bring their own roles.",
    )
    field_order = ("file", "text", "role", "part", "mode")

    def clean(self) -> dict[str, Any]:
        """Something to read, from one place."""
        data = super().clean() or {}
        if bool(data.get("file")) == bool(data.get("text", "").strip()):
            raise forms.ValidationError("Give a file or paste the lines, one of the two.")
        if data.get("file") and data["file"].size > FORM_BYTES:
            raise forms.ValidationError(f"At most {FORM_BYTES:,} bytes are taken.")
        return data

    def source(self) -> tuple[bytes, str]:
        """The bytes and what they are called; call once when valid."""
        file = self.cleaned_data["file"]
        return (file.read(), file.name) if file else (self.cleaned_data["text"].encode(), "")


@dataclass(frozen=True, slots=True)
class Part:
    """One named thing in a Document that says what an AE is able to."""

    name: str
    words: str
    capabilities: Capabilities


def parts_of(document: Document, role: str) -> list[Part]:
    """The AEs, associations and Profiles of a Document that hold anything; contexts in `role`."""
    titles = {each.key: each.ae_title for each in document.aes}
    found = [
        Part(each.ae_title, f"AE {each.ae_title}", each.transfer_capabilities)
        for each in document.aes
    ]
    for pair in document.associations:
        ends = (titles.get(end, end) for end in (pair.calling, pair.called))
        capabilities = capabilities_of_contexts(pair.presentation_contexts, role)
        name = " → ".join(ends)
        found.append(Part(name, f"association {name}", capabilities))
    for profile in document.profiles:
        capabilities = capabilities_of_contexts(profile.presentation_contexts, role)
        found.append(Part(profile.name, f"Profile {profile.name}", capabilities))
    return [part for part in found if part.capabilities]


@requires(Role.EDITOR)
def capability_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """Take over what another AE is able to, after a preview."""
    ae = get_object_or_404(AE, pk=pk)
    form = CopyForm(request.POST or None)
    if form.is_valid():
        source, roles = form.cleaned_data["source"], form.chosen_roles()
        taken = tuple(each for each in capabilities_of(source) if each.role in roles)
        if taken:
            wanted = form.wanted(tuple(capabilities_of(ae)), taken, roles)
            return _preview(request, ae, wanted, f"from AE {source.ae_title}")
        form.add_error("source", f"Nothing is on record of what {source.ae_title} supports so.")
    return _shown(request, "capabilities/copy.html", ae, form)


@requires(Role.EDITOR)
def capability_import(request: HttpRequest, pk: int) -> HttpResponse:
    """Take over what a file says, after a preview."""
    ae = get_object_or_404(AE, pk=pk)
    form = FileForm(request.POST or None, request.FILES or None)
    found: tuple[Finding, ...] = ()
    if form.is_valid():
        data, name = form.source()
        document = registry.read(data, name=name)
        part = None if has_errors(document.findings) else _part(form, document, ae, data)
        if part is not None:
            roles = {each.role for each in part.capabilities}
            wanted = form.wanted(tuple(capabilities_of(ae)), part.capabilities, roles)
            return _preview(request, ae, wanted, f"from {part.words}", document.findings)
        found = document.findings
    return _shown(request, "capabilities/import.html", ae, form, found)


def _part(form: FileForm, document: Document, ae: AE, data: bytes) -> Part | None:
    """The part that is meant; None with an error on the form where that is not clear.

    The text stays in the form, so that a file need not be chosen again.
    """
    parts, wanted = parts_of(document, form.cleaned_data["role"]), form.cleaned_data["part"]
    if wanted:
        fitting = [part for part in parts if wanted in (part.name, part.words)]
    else:
        fitting = parts if len(parts) == 1 else [p for p in parts if p.name == ae.ae_title]
    if len(fitting) == 1:
        return fitting[0]
    if not parts:
        form.add_error(None, "It holds neither presentation contexts nor Transfer Capabilities.")
    else:
        names = listed([part.words for part in parts], _SHOWN_PARTS)
        form.add_error("part", f"Say which is meant: {names}.")
        form.data = {**form.data, "text": decode(data, FORM_BYTES).text}
    return None


def _shown(
    request: HttpRequest,
    template: str,
    ae: AE,
    form: forms.Form,
    findings: tuple[Finding, ...] = (),
) -> HttpResponse:
    context = {"ae": ae, "form": form, "findings": findings}
    return render(request, template, context, status=422 if form.is_bound else 200)


def _preview(
    request: HttpRequest,
    ae: AE,
    wanted: Capabilities,
    source: str,
    findings: tuple[Finding, ...] = (),
) -> HttpResponse:
    context = {
        "ae": ae,
        "source": source,
        "findings": findings,
        "difference": difference(capabilities_of(ae), wanted),
        "count": len(wanted),
        "capabilities": capabilities_text(wanted),
        "back": home_of(ae),
    }
    return render(request, "capabilities/preview.html", context)


class ApplyForm(forms.Form):
    """What a preview showed."""

    capabilities = CapabilitiesField()
    revision = forms.IntegerField()


@requires(Role.EDITOR)
@require_POST
def capability_apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Set what the preview showed, at the revision that it showed."""
    ae = get_object_or_404(AE, pk=pk)
    form = ApplyForm(request.POST)
    if not form.is_valid():
        messages.error(request, MISSHAPEN)
        return redirect(home_of(ae))
    wanted, revision = form.cleaned_data["capabilities"], form.cleaned_data["revision"]
    try:
        row = set_capabilities(Actor.of(person(request)), ae, wanted, revision)
    except (ServiceError, StaleRevision) as refusal:
        messages.error(request, f"{str(refusal).rstrip('.')}. Nothing was changed.")
    else:
        words = f"{ae.ae_title} had these Transfer Capabilities already."
        done(request, change_of(row, revision), otherwise=words)
    return redirect(home_of(ae))


urlpatterns = [
    path("aes/<int:pk>/capabilities/copy/", capability_copy, name="capability-copy"),
    path("aes/<int:pk>/capabilities/import/", capability_import, name="capability-import"),
    path("aes/<int:pk>/capabilities/apply/", capability_apply, name="capability-apply"),
]
