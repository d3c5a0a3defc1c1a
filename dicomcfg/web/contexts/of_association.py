"""The presentation contexts of one association, with what proposing them takes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from dicomcfg.core.negotiation import selection
from dicomcfg.core.negotiation.advice import advise
from dicomcfg.core.negotiation.capabilities import SCP, SCU
from dicomcfg.core.negotiation.options import RequestOptions
from dicomcfg.core.records import PresentationContext
from dicomcfg.inventory import selectors
from dicomcfg.inventory.context_selectors import loads_of
from dicomcfg.inventory.models import ChangeSet
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.associations import set_contexts
from dicomcfg.inventory.services.history import last_change
from dicomcfg.web.associations.pages import association_or_404, tab
from dicomcfg.web.contexts.holders import Holder
from dicomcfg.web.contexts.rows import list_context, remember_view
from dicomcfg.web.contexts.views import addresses

BOTH, CALLING, CALLED = "both", "calling", "called"


class AssociationHolder(Holder):
    """The contexts that an association proposes."""

    frame = "associations/_frame.html"
    prefix = "context"
    negotiates = True

    def __init__(self, pk: int) -> None:
        super().__init__(pk)
        self.association = association_or_404(pk)

    @cached_property
    def contexts(self) -> list[PresentationContext]:
        """Those of the association."""
        return selectors.contexts_of(self.association)

    @cached_property
    def options(self) -> RequestOptions:
        """Its roles and extended negotiations."""
        return selectors.options_of_all([self.association])[self.association.pk]

    @property
    def revision(self) -> int:
        """That of the association."""
        return self.association.revision

    @property
    def home(self) -> str:
        """The Presentation contexts tab."""
        return reverse("association-contexts", args=self.key)

    @property
    def editable(self) -> bool:
        """Not while it follows a Profile, whose contexts are changed for all who follow."""
        return self.association.profile_id is None

    @property
    def roles_url(self) -> str:
        """Roles and extended negotiation, SOP Class by SOP Class."""
        return reverse("association-roles", args=self.key)

    @property
    def sources(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What the two AEs are able to."""
        calling, called = self.association.calling.ae_title, self.association.called.ae_title
        able = [
            (BOTH, f"What both support: {calling} as SCU, {called} as SCP"),
            (CALLING, f"What {calling} supports as SCU"),
            (CALLED, f"What {called} supports as SCP"),
        ]
        return [("Transfer Capabilities", able)]

    def contexts_from(self, source: str) -> list[PresentationContext]:
        """The capabilities of one AE or those that both have."""
        if source == CALLING:
            return self._scu
        if source == CALLED:
            return self._scp
        if source == BOTH:
            return selection.in_common(self._scu, self._scp)
        raise LookupError(source)

    @property
    def needed(self) -> list[str]:
        """Above all what both are able to."""
        return [BOTH, CALLING, CALLED]

    @cached_property
    def _scu(self) -> list[PresentationContext]:
        return selection.contexts_in(selectors.capabilities_of(self.association.calling), SCU)

    @cached_property
    def _scp(self) -> list[PresentationContext]:
        return selection.contexts_in(selectors.capabilities_of(self.association.called), SCP)

    def page(self) -> dict[str, Any]:
        """The tabs."""
        return tab("contexts", self.association.pk)

    def save(
        self, actor: Actor, contexts: list[PresentationContext], revision: int
    ) -> ChangeSet | None:
        """Set them, and find the act in the history before anybody else can change it again."""
        with transaction.atomic():
            row = set_contexts(actor, self.association, contexts, revision)
            change = last_change("association", row.pk) if row.revision != revision else None
        return change.change_set if change else None


def idle_of(contexts: Sequence[PresentationContext], options: RequestOptions) -> list[str]:
    """SOP Classes with a role or an extended negotiation, and without a context to send it with."""
    named = [role.sop_class for role in options.role_selections]
    named += [each.sop_class for each in options.extended_negotiations]
    proposed = {context.abstract_syntax for context in contexts}
    return [uid for uid in dict.fromkeys(named) if uid not in proposed]


@require_safe
def association_contexts(request: HttpRequest, pk: int) -> HttpResponse:
    """The Presentation contexts tab."""
    holder = AssociationHolder(pk)
    context = holder.page() | list_context(request, holder)
    context["idle"] = idle_of(holder.contexts, holder.options)
    loads = loads_of(holder.association).both
    context["advice"] = advise(holder.contexts, context["budget"].requests, loads)
    return remember_view(request, render(request, "associations/contexts.html", context))


urlpatterns = [
    path("associations/<int:pk>/contexts/", association_contexts, name="association-contexts"),
    *addresses("associations/<int:pk>/contexts/", "context", AssociationHolder),
]
