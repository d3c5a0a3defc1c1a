"""The presentation contexts of one association: add, edit, reorder, delete, and what they cost.

Every act computes the whole new list and saves it at the revision that the person saw, so that
two people who reorder at once do not undo each other unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.core.negotiation import proposal
from dicomcfg.core.negotiation.options import PLAIN, RequestOptions
from dicomcfg.core.records import PresentationContext
from dicomcfg.core.standard import uids
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import Association
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.associations import set_contexts
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.upper_layer.identity import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicomcfg.web.association_forms import ContextForm
from dicomcfg.web.associations import association_or_404, tab
from dicomcfg.web.check_answers import role_words
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.refusals import shown_on

# Some acceptors read no more than this of a request (facts measured on real ones).
SAFE_REQUEST_BYTES = 32_768
# DCMTK-based acceptors answer 50 transfer syntaxes in a context and never 51.
SAFE_SYNTAXES = 32


@dataclass(frozen=True, slots=True)
class Row:
    """A context with what is proposed for its SOP Class beside it; empty where nothing is."""

    context: PresentationContext
    role: str
    extended: str


def rows_of(contexts: Sequence[PresentationContext], options: RequestOptions) -> list[Row]:
    """The contexts in order."""
    roles = {role.sop_class: role_words(role) for role in options.role_selections}
    extended = {each.sop_class: each.information for each in options.extended_negotiations}
    return [
        Row(
            context,
            roles.get(context.abstract_syntax, ""),
            extended.get(context.abstract_syntax, ""),
        )
        for context in contexts
    ]


def idle_of(contexts: Sequence[PresentationContext], options: RequestOptions) -> list[str]:
    """SOP Classes with a role or an extended negotiation, and without a context to send it with."""
    named = [role.sop_class for role in options.role_selections]
    named += [each.sop_class for each in options.extended_negotiations]
    proposed = {context.abstract_syntax for context in contexts}
    return [uid for uid in dict.fromkeys(named) if uid not in proposed]


@dataclass(frozen=True, slots=True)
class Budget:
    """What proposing the contexts takes: how many, in which requests, of how many bytes."""

    count: int
    per_request: int
    requests: tuple[int, ...]

    @property
    def largest(self) -> int:
        """Bytes of the largest request; 0 without contexts."""
        return max(self.requests, default=0)

    @property
    def too_large(self) -> bool:
        """Whether weak acceptors may not read the largest request."""
        return self.largest > SAFE_REQUEST_BYTES


def budget_of(contexts: Sequence[PresentationContext], options: RequestOptions = PLAIN) -> Budget:
    """The cost of proposing these as our requestor would encode them.

    A role or an extended negotiation goes with the contexts of its class.
    """
    requests = tuple(
        proposal.request_bytes(
            among,
            implementation_class_uid=IMPLEMENTATION_CLASS_UID,
            implementation_version_name=IMPLEMENTATION_VERSION_NAME,
            options=options.among({context.abstract_syntax for context in among}),
        )
        for among in (
            [proposed.context for proposed in request.contexts]
            for request in proposal.split(contexts)
        )
    )
    return Budget(len(contexts), proposal.CONTEXTS_PER_REQUEST, requests)


@require_safe
def association_contexts(request: HttpRequest, pk: int) -> HttpResponse:
    """The Presentation contexts tab."""
    context = tab("contexts", pk)
    association = context["association"]
    contexts = selectors.contexts_of(association)
    options = selectors.options_of_all([association])[association.pk]
    context |= {
        "rows": rows_of(contexts, options),
        "idle": idle_of(contexts, options),
        "budget": budget_of(contexts, options),
        "safe_syntaxes": SAFE_SYNTAXES,
    }
    return render(request, "associations/contexts.html", context)


@requires(Role.EDITOR)
def context_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a context at the end."""
    association = association_or_404(pk)
    form = ContextForm(request.POST or None, initial={"revision": association.revision})
    contexts = selectors.contexts_of(association)
    return _save(request, association, form, lambda new: [*contexts, new])


@requires(Role.EDITOR)
def context_edit(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Change the context that stands at `number`, counted from 1."""
    association = association_or_404(pk)
    contexts = selectors.contexts_of(association)
    if not 1 <= number <= len(contexts):
        raise Http404
    initial = ContextForm.initial_of(contexts[number - 1]) | {"revision": association.revision}
    form = ContextForm(request.POST or None, initial=initial)
    before, after = contexts[: number - 1], contexts[number:]
    return _save(request, association, form, lambda new: [*before, new, *after], number)


def _save(
    request: HttpRequest,
    association: Association,
    form: ContextForm,
    place: Callable[[PresentationContext], list[PresentationContext]],
    number: int | None = None,
) -> HttpResponse:
    """Show the form, or save the list that `place` makes of the form's context."""
    if form.is_valid():
        with shown_on(form):
            revision = form.cleaned_data["revision"]
            set_contexts(Actor.of(person(request)), association, place(form.context()), revision)
            return redirect("association-contexts", association.pk)
    usable = [entry for entry in uids.search("", uids.TRANSFER_SYNTAX, limit=200) if entry.usable]
    context = tab("contexts", association.pk) | {"form": form, "number": number, "syntaxes": usable}
    return render(request, "associations/context_form.html", context)


@requires(Role.EDITOR)
@require_POST
def context_arrange(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a context `up` or `down`, or `delete` it; the button's value is its number."""
    association = association_or_404(pk)
    contexts = selectors.contexts_of(association)
    try:
        wanted = _arranged(contexts, request.POST)
        revision = int(request.POST["revision"])
        set_contexts(Actor.of(person(request)), association, wanted, revision)
    except (KeyError, ValueError, IndexError) as error:
        raise Http404 from error
    except (ServiceError, StaleRevision) as refusal:
        messages.error(request, f"{refusal}. Look at the list again.")
    return redirect("association-contexts", pk)


def _arranged(
    contexts: Sequence[PresentationContext], act: Mapping[str, str]
) -> list[PresentationContext]:
    """The list after the act. Raises KeyError, ValueError or IndexError for a made-up one."""
    name = next((name for name in ("up", "down", "delete") if name in act), "")
    wanted, index = list(contexts), int(act[name]) - 1
    if not 0 <= index < len(wanted):
        raise IndexError(index)
    moved = wanted.pop(index)
    if name != "delete":
        wanted.insert(max(0, index - 1) if name == "up" else index + 1, moved)
    return wanted


urlpatterns = [
    path("associations/<int:pk>/contexts/", association_contexts, name="association-contexts"),
    path("associations/<int:pk>/contexts/add/", context_add, name="context-add"),
    path("associations/<int:pk>/contexts/<int:number>/", context_edit, name="context-edit"),
    path("associations/<int:pk>/contexts/arrange/", context_arrange, name="context-arrange"),
]
