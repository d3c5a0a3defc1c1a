"""The Transfer Capabilities of an AE, role by role: the table, narrowed and in pages, and the
common editor of contexts, since in one role a capability is a SOP Class with ordered syntaxes.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from dicomcfg.checks.models import Kind
from dicomcfg.checks.selectors import latest_by_kind
from dicomcfg.core.negotiation.capabilities import SCP, SCU, with_role
from dicomcfg.core.negotiation.selection import contexts_in
from dicomcfg.core.records import PresentationContext, TransferCapability
from dicomcfg.core.standard import uids
from dicomcfg.inventory.models import AE, Association, CapabilityRole, ChangeSet
from dicomcfg.inventory.selectors import capabilities_of, contexts_of, object_history
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.capabilities import set_capabilities
from dicomcfg.web.bounds import search_words
from dicomcfg.web.contexts.holders import Holder
from dicomcfg.web.contexts.rows import list_context, remember_view
from dicomcfg.web.contexts.views import addresses
from dicomcfg.web.done import posted_next
from dicomcfg.web.row_ids import row_ids

PER_PAGE = 100
_ASSOCIATIONS_SHOWN = 100
_OTHER = "other-role"


class CapabilityHolder(Holder):
    """What an AE is able to in one role."""

    frame = "capabilities/_frame.html"
    prefix = "capability"
    repeats = False
    thing = "Transfer Capability"
    short = "capability"
    dense = True

    def __init__(self, pk: int, role: str) -> None:
        if role not in CapabilityRole.values:
            raise Http404
        super().__init__(pk, role)
        self.role = role
        self.ae = get_object_or_404(AE.objects.select_related("profile"), pk=pk)

    @cached_property
    def capabilities(self) -> list[TransferCapability]:
        """Those of both roles."""
        return capabilities_of(self.ae)

    @cached_property
    def contexts(self) -> list[PresentationContext]:
        """Those of the role, as contexts."""
        return contexts_in(self.capabilities, self.role)

    @property
    def revision(self) -> int:
        """That of the AE."""
        return self.ae.revision

    @property
    def home(self) -> str:
        """The table of the role."""
        return reverse("capability-list", args=self.key)

    @property
    def editable(self) -> bool:
        """Not in the role in which the AE follows a Profile."""
        return self.ae.profile_id is None or self.ae.profile_role != self.role

    @cached_property
    def sources(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Its other role, and what its associations propose in this one."""
        other = next(each for each in CapabilityRole.values if each != self.role)
        found = [("This AE", [(_OTHER, f"What it supports as {other}")])]
        pairs = [(f"association:{row.pk}", str(row)) for row in self._associations()]
        return [*found, ("Its associations propose", pairs)] if pairs else found

    def contexts_from(self, source: str) -> list[PresentationContext]:
        """Of the other role or of one association."""
        if source == _OTHER:
            other = next(each for each in CapabilityRole.values if each != self.role)
            return contexts_in(self.capabilities, other)
        wanted = row_ids([source.removeprefix("association:")])
        found = [row for row in self._associations() if [row.pk] == wanted]
        if not found:
            raise LookupError(source)
        return contexts_of(found[0])

    def _associations(self) -> list[Association]:
        end = "calling" if self.role == CapabilityRole.SCU else "called"
        rows = Association.objects.filter(Q(**{end: self.ae})).select_related("calling", "called")
        return list(rows[:_ASSOCIATIONS_SHOWN])

    def page(self) -> dict[str, Any]:
        """The tabs, and from where capabilities can be taken."""
        counts = {role: len(contexts_in(self.capabilities, role)) for role in (SCP, SCU)}
        discovery = latest_by_kind(self.ae).get(Kind.DISCOVER)
        return {"ae": self.ae, "role": self.role, "counts": counts, "discovery": discovery}

    def save(
        self, actor: Actor, contexts: list[PresentationContext], revision: int
    ) -> ChangeSet | None:
        """Set them; what the AE is able to in the other role stays."""
        wanted = [
            TransferCapability(each.abstract_syntax, self.role, each.transfer_syntaxes)
            for each in contexts
        ]
        all_of_both = with_role(self.capabilities, wanted, self.role)
        with transaction.atomic():
            row = set_capabilities(actor, self.ae, all_of_both, revision)
            return change_of(row, revision)

    def answer(
        self, request: HttpRequest, contexts: list[PresentationContext], revision: int
    ) -> HttpResponse:
        """Save, and lead back to the page of the table on which something was done."""
        answer = super().answer(request, contexts, revision)
        return redirect(posted_next(request)) if posted_next(request) else answer


def home_of(ae: AE) -> str:
    """The table of the role in which an AE is able to anything, of what it accepts first."""
    roles = {each.role for each in capabilities_of(ae)}
    role = CapabilityRole.SCP if CapabilityRole.SCP in roles or not roles else CapabilityRole.SCU
    return reverse("capability-list", args=[ae.pk, role.value])


def change_of(ae: AE, revision: int) -> ChangeSet | None:
    """The act that took an AE on from `revision`, None where nothing differed."""
    if ae.revision == revision:
        return None
    change = object_history("ae", ae.pk).first()
    return change.change_set if change else None


def fits(context: PresentationContext, words: Iterable[str]) -> bool:
    """Whether every word stands in its class or in one of its syntaxes, as name, keyword or UID."""
    texts = []
    for uid in (context.abstract_syntax, *context.transfer_syntaxes):
        entry = uids.lookup(uid)
        texts += [uid, entry.name, entry.keyword, entry.short_name] if entry else [uid]
    haystack = "\n".join(texts).casefold()
    return all(word.casefold() in haystack for word in words)


@require_safe
def capability_list(request: HttpRequest, pk: int, role: str) -> HttpResponse:
    """What an AE is able to in one role, in order, narrowed by words."""
    holder = CapabilityHolder(pk, role)
    words = search_words(request.GET.get("q", ""))
    context = holder.page() | list_context(request, holder)
    rows = [row for row in context["rows"] if fits(row.context, words)]
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context |= {"rows": list(page), "page": page, "narrowed": bool(words)}
    return remember_view(request, render(request, "capabilities/list.html", context))


urlpatterns = [
    path("aes/<int:pk>/capabilities/<str:role>/", capability_list, name="capability-list"),
    *addresses("aes/<int:pk>/capabilities/<str:role>/", "capability", CapabilityHolder),
]
