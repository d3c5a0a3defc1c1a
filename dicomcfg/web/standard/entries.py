"""A page for each entry of the standard's tables: its facts, its codes, where it is used here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from dicomcfg.core.standard import dictionary, uids
from dicomcfg.core.standard.enumerated import CodeTable, codes_of
from dicomcfg.core.standard.narrowing import haystack, narrowed
from dicomcfg.core.standard.uids import UidEntry, UidKind
from dicomcfg.core.standard.value_representations import vr_name
from dicomcfg.inventory.models import PrivateUid
from dicomcfg.inventory.standard_use import Use, uses_of_abstract_syntax, uses_of_transfer_syntax
from dicomcfg.web.bounds import search_words
from dicomcfg.web.partials import is_partial
from dicomcfg.web.standard.fields import fields_of
from dicomcfg.web.standard.pages import page_of_kind, row_of


@require_safe
def abstract_syntax_detail(request: HttpRequest, uid: str) -> HttpResponse:
    """A SOP Class: registered, named here, or only used here."""
    return _uid_page(request, uid, uids.ABSTRACT_SYNTAX, uses_of_abstract_syntax)


@require_safe
def transfer_syntax_detail(request: HttpRequest, uid: str) -> HttpResponse:
    """A transfer syntax, likewise."""
    return _uid_page(request, uid, uids.TRANSFER_SYNTAX, uses_of_transfer_syntax)


def _uid_page(
    request: HttpRequest,
    uid: str,
    kinds: frozenset[UidKind],
    uses_of: Callable[[str], list[Use]],
) -> HttpResponse:
    """404 for a UID that nobody named and nothing here uses; to its own page if it has another."""
    entry = uids.lookup(uid)
    if entry is not None and entry.kind not in kinds:
        return _where_it_belongs(entry)
    uses = uses_of(uid) if uids.is_valid_uid(uid) else []
    used = any(use.count for use in uses)
    if entry is None and not used:
        raise Http404(f"{uid[:80]} is not registered, and nothing here uses it.")
    field = "transfer_syntax" if kinds == uids.TRANSFER_SYNTAX else "sop_class"
    context = {
        "uid": uid,
        "row": row_of(entry) if entry else None,
        "private": None if uids.is_registered(uid) else PrivateUid.objects.filter(uid=uid).first(),
        "transfer": kinds == uids.TRANSFER_SYNTAX,
        "uses": [(use, _all_of(field, uid, use.kind)) for use in uses if use.count],
        "used": used,
    }
    return render(request, "standard/uid.html", context)


def _where_it_belongs(entry: UidEntry) -> HttpResponse:
    name = page_of_kind(entry.kind)
    if name is None:
        raise Http404(f"{entry.uid} is neither an abstract nor a transfer syntax.")
    return redirect(name, entry.uid)


def _all_of(field: str, uid: str, kind: str) -> str:
    """Where all that use it in a way are listed; empty for Profiles, whose table cannot."""
    if kind == "association":
        return f"{reverse('association-list')}?{urlencode({'uid': uid})}"
    if kind not in ("SCP", "SCU"):
        return ""
    return f"{reverse('accepts')}?{urlencode({field: uid, 'role': kind})}"


@require_safe
def element_detail(request: HttpRequest, tag: str) -> HttpResponse:
    """A data element; any spelling of its tag and its keyword lead to its one address."""
    entry = _element(tag)
    if entry.path != tag:
        return redirect("element-detail", entry.path)
    context = {
        "entry": entry,
        "vrs": [(vr, vr_name(vr)) for vr in entry.vrs],
        "tables": _marked(codes_of(entry.path), ""),
        "fields": fields_of(entry.path),
    }
    return render(request, "standard/element.html", context)


@require_safe
def element_codes(request: HttpRequest, tag: str) -> HttpResponse:
    """The values of an element with their meanings: a page, or for htmx what a dialog shows."""
    entry = _element(tag)
    tables = codes_of(entry.path)
    if not tables:
        raise Http404(f"No codes are listed for {entry.tag}.")
    context = {"entry": entry, "tables": _marked(tables, request.GET.get("q", ""))}
    partial = is_partial(request)
    return render(request, "standard/_dialog.html" if partial else "standard/codes.html", context)


def _marked(tables: Sequence[CodeTable], words: str) -> list[dict[str, Any]]:
    """Each table with its codes and whether they hold the words; the others are hidden only, so
    that the script which narrows while somebody types can bring them back."""
    wanted = " ".join(search_words(words))
    marked = []
    for table in tables:
        said = f"{table.of} {table.kind} {table.clause}"
        rows = [(code, haystack(said, code.value, code.meaning)) for code in table.codes]
        held = set(narrowed(rows, wanted))
        codes = [(code, code in held) for code in table.codes]
        marked.append({"table": table, "said": said, "codes": codes})
    return marked


def _element(tag: str) -> dictionary.DictionaryEntry:
    entry = dictionary.lookup(tag)
    if entry is None:
        raise Http404(f"{tag[:80]} is no data element of the standard.")
    return entry


urlpatterns = [
    path(
        "standard/abstract-syntaxes/<str:uid>/",
        abstract_syntax_detail,
        name="abstract-syntax-detail",
    ),
    path(
        "standard/transfer-syntaxes/<str:uid>/",
        transfer_syntax_detail,
        name="transfer-syntax-detail",
    ),
    path("standard/dictionary/<str:tag>/", element_detail, name="element-detail"),
    path("standard/dictionary/<str:tag>/codes/", element_codes, name="element-codes"),
]
