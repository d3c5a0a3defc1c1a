"""The Transfer Capabilities of an AE: the table, narrowed and in pages, and changes in place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.views.decorators.http import require_safe

from dicomcfg.checks.selectors import latest_by_kind
from dicomcfg.core.records import TransferCapability
from dicomcfg.core.standard import uids
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, CapabilityRole, ChangeSet
from dicomcfg.inventory.selectors import capabilities_of
from dicomcfg.web.bounds import search_words

PER_PAGE = 100


def change_of(ae: AE, revision: int) -> ChangeSet | None:
    """The act that took an AE on from `revision`, None where nothing differed."""
    if ae.revision == revision:
        return None
    change = selectors.object_history("ae", ae.pk).first()
    return change.change_set if change else None


def fits(capability: TransferCapability, words: Iterable[str]) -> bool:
    """Whether every word stands in its class or in one of its syntaxes, as name, keyword or UID."""
    texts = []
    for uid in (capability.sop_class, *capability.transfer_syntaxes):
        entry = uids.lookup(uid)
        texts += [uid, entry.name, entry.keyword, entry.short_name] if entry else [uid]
    haystack = "\n".join(texts).casefold()
    return all(word.casefold() in haystack for word in words)


@require_safe
def capability_list(request: HttpRequest, pk: int) -> HttpResponse:
    """All capabilities in order, narrowed by words and role."""
    ae = get_object_or_404(AE.objects.select_related("profile"), pk=pk)
    capabilities = capabilities_of(ae)
    role = request.GET.get("role", "")
    words = search_words(request.GET.get("q", ""))
    found = [each for each in capabilities if role in ("", each.role) and fits(each, words)]
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "ae": ae,
        "page": page,
        "counts": dict.fromkeys(CapabilityRole.values, 0) | _counts(capabilities),
        "narrowed": bool(role or words),
        "discovery": latest_by_kind(ae).get("discover"),
    }
    return render(request, "capabilities/list.html", context)


def _counts(capabilities: Iterable[TransferCapability]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in capabilities:
        found[each.role] = found.get(each.role, 0) + 1
    return found


def links_of(ae: AE) -> dict[str, Any]:
    """What the page of an AE shows of them."""
    return {"ae": ae}


urlpatterns = [path("aes/<int:pk>/capabilities/", capability_list, name="capability-list")]
