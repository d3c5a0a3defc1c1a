"""Private UIDs: the list, one with its uses, naming, renaming, taking the name away."""

from __future__ import annotations

from dataclasses import fields
from types import MappingProxyType
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.core.standard import uids
from dicomcfg.inventory import selectors, uid_uses
from dicomcfg.inventory.models import PrivateUid, PrivateUidKind
from dicomcfg.inventory.services import private_uids as services
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import StaleRevision
from dicomcfg.inventory.services.private_uids import PrivateUidData
from dicomcfg.web.bounds import search_words
from dicomcfg.web.done import done
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.refusals import shown_on

ROWS, USES, CHANGES, UNNAMED = 50, 20, 10, 100


class PrivateUidForm(forms.ModelForm[PrivateUid]):
    """A UID and its name; the service decides what they may be."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = PrivateUid
        fields = tuple(field.name for field in fields(PrivateUidData))
        widgets = MappingProxyType(
            {"uid": forms.TextInput({"class": "mono", "spellcheck": "false"})}
        )
        help_texts = MappingProxyType(
            {"name": "Shown wherever the UID stands, and found by searches."}
        )

    def validate_unique(self) -> None:
        """Left to the service, which says it in its own words."""

    def data_of(self) -> PrivateUidData:
        """What the service takes; call when valid."""
        return PrivateUidData(**{name: self.cleaned_data[name] for name in self.Meta.fields})


@require_safe
def private_uid_list(request: HttpRequest) -> HttpResponse:
    """All named private UIDs with their uses; `?unnamed` also those in use without a name."""
    rows = PrivateUid.objects.all()
    for word in search_words(request.GET.get("q", "")):
        rows = rows.filter(
            Q(uid__icontains=word) | Q(name__icontains=word) | Q(description__icontains=word)
        )
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    uses = uid_uses.uses_of(row.uid for row in page)
    context: dict[str, Any] = {"page": page, "rows": [(row, uses[row.uid]) for row in page]}
    if "unnamed" in request.GET:
        context["unnamed"] = _unnamed()[:UNNAMED]
    return render(request, "private_uids/list.html", context)


def _unnamed() -> list[tuple[str, str]]:
    """UIDs in use that neither the standard nor anybody here names, each with its kind."""
    abstract, transfer = selectors.syntaxes_in_use()
    kinds = ((PrivateUidKind.SOP_CLASS, abstract), (PrivateUidKind.TRANSFER_SYNTAX, transfer))
    return [
        (uid, kind.value)
        for kind, in_use in kinds
        for uid in in_use
        if uids.lookup(uid) is None and uids.is_valid_uid(uid)
    ]


@require_safe
def private_uid_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One private UID: what uses it, and its history."""
    row = get_object_or_404(PrivateUid, pk=pk)
    context = {"row": row, "changes": selectors.object_history(services.MODEL, pk)[:CHANGES]}
    return render(request, "private_uids/detail.html", context | _used(row.uid))


def _used(uid: str) -> dict[str, Any]:
    return {
        "uses": uid_uses.uses_of([uid])[uid],
        "associations": uid_uses.associations_using(uid)[:USES],
        "aes": uid_uses.aes_using(uid)[:USES],
        "profiles": uid_uses.profiles_using(uid)[:USES],
        "shown": USES,
    }


@requires(Role.EDITOR)
def private_uid_create(request: HttpRequest) -> HttpResponse:
    """Name a UID; `?uid=` and `?kind=` are filled in."""
    asked = {name: request.GET[name] for name in ("uid", "kind") if name in request.GET}
    form = PrivateUidForm(request.POST or None, initial=asked)
    if form.is_valid():
        with shown_on(form):
            row = services.create_privateuid(_actor(request), form.data_of())
            messages.success(request, f"{row.uid} is now shown as {row.name}.")
            return redirect("privateuid-detail", row.pk)
    return _form_page(request, form)


@requires(Role.EDITOR)
def private_uid_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a name, a kind, or the UID itself where it was mistyped."""
    row = get_object_or_404(PrivateUid, pk=pk)
    initial = {name: getattr(row, name) for name in (*PrivateUidForm.Meta.fields, "revision")}
    form = PrivateUidForm(request.POST or None, initial=initial)
    if form.is_valid():
        with shown_on(form):
            data, revision = form.data_of(), form.cleaned_data["revision"] or 0
            saved = services.update_privateuid(_actor(request), row, data, revision)
            messages.success(request, f"Saved {saved.name}.")
            return redirect("privateuid-detail", pk)
    return _form_page(request, form, row=row)


@requires(Role.EDITOR)
def private_uid_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask first, saying what uses it; then take the name away."""
    row = get_object_or_404(PrivateUid, pk=pk)
    if request.method != "POST":
        return render(request, "private_uids/delete.html", {"row": row} | _used(row.uid))
    try:
        change = services.delete_privateuid(_actor(request), row, row.revision)
    except StaleRevision as refusal:
        messages.error(request, str(refusal))
    else:
        done(request, change, otherwise="It was gone already.")
    return redirect("privateuid-list")


def _form_page(request: HttpRequest, form: PrivateUidForm, **more: Any) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, "private_uids/form.html", {"form": form, **more}, status=status)


def _actor(request: HttpRequest) -> Actor:
    return Actor.of(person(request))


urlpatterns = [
    path("private-uids/", private_uid_list, name="privateuid-list"),
    path("private-uids/add/", private_uid_create, name="privateuid-create"),
    path("private-uids/<int:pk>/", private_uid_detail, name="privateuid-detail"),
    path("private-uids/<int:pk>/edit/", private_uid_edit, name="privateuid-edit"),
    path("private-uids/<int:pk>/delete/", private_uid_delete, name="privateuid-delete"),
]
