"""The differences of one AE or association: shown, kept, kept no longer, adopted."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.core.negotiation.capabilities import difference
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, ChangeSet
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.drift import (
    Owner,
    adopt,
    adoption_of,
    drift_of,
    keep,
    stop_keeping,
)
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.web.aes.actions import hindrance
from dicomcfg.web.associations.pages import association_or_404, tab
from dicomcfg.web.done import done
from dicomcfg.web.drift.view import narrowed, page_of, token_of
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.row_ids import row_ids

Act = Callable[[Actor], ChangeSet | None]


@require_safe
def ae_drift(request: HttpRequest, pk: int) -> HttpResponse:
    """What an AE is said to be able to against what its discoveries found."""
    ae = _ae(pk)
    context = page_of(ae, request.GET.get("page"), request.GET.get("kind", ""))
    context |= {"ae": ae, "hindrance": hindrance(ae), "prefix": "ae"}
    return render(request, "drift/ae.html", context)


@require_safe
def association_drift(request: HttpRequest, pk: int) -> HttpResponse:
    """What an association proposes against what its last negotiation got."""
    context = tab("drift", pk)
    number, kind = request.GET.get("page"), request.GET.get("kind", "")
    context |= page_of(context["association"], number, kind) | {"prefix": "association"}
    return render(request, "drift/association.html", context)


@requires(Role.EDITOR)
@require_POST
def ae_drift_keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the chosen differences of an AE."""
    ae = _ae(pk)
    return _acted(request, ae, lambda actor: keep(actor, ae, _chosen(request)))


@requires(Role.EDITOR)
@require_POST
def association_drift_keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the chosen differences of an association."""
    row = association_or_404(pk)
    return _acted(request, row, lambda actor: keep(actor, row, _chosen(request)))


@requires(Role.EDITOR)
@require_POST
def ae_drift_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the chosen differences of an AE count again."""
    ae = _ae(pk)
    return _acted(request, ae, lambda actor: stop_keeping(actor, ae, _chosen(request)))


@requires(Role.EDITOR)
@require_POST
def association_drift_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the chosen differences of an association count again."""
    row = association_or_404(pk)
    return _acted(request, row, lambda actor: stop_keeping(actor, row, _chosen(request)))


@requires(Role.EDITOR)
def ae_drift_adopt(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what adopting all of an AE's differences changes; when sent, adopt those chosen."""
    return _adopt(request, _ae(pk))


@requires(Role.EDITOR)
def association_drift_adopt(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what adopting all of an association's differences changes; when sent, adopt."""
    return _adopt(request, association_or_404(pk))


def _adopt(request: HttpRequest, owner: Owner) -> HttpResponse:
    if request.method == "POST":
        revision = next(iter(row_ids([request.POST.get("revision", "")])), 0)
        return _acted(request, owner, lambda actor: adopt(actor, owner, _chosen(request), revision))
    kind, whole = request.GET.get("kind", ""), drift_of(owner) or ()
    rows = narrowed(whole, kind)
    found = adoption_of(owner, rows)
    context = {
        "owner": owner,
        "called": owner if isinstance(owner, AE) else owner.called,
        "back": _page_of(owner),
        "count": len(rows),
        "all_token": token_of(whole, kind),
        "capabilities": difference(found.capabilities_before, found.capabilities_after),
        "contexts": [c for c in found.contexts_before if c not in found.contexts_after],
        "contexts_left": len(found.contexts_after),
    }
    return render(request, "drift/adopt.html", context)


def _acted(request: HttpRequest, owner: Owner, act: Act) -> HttpResponse:
    """Do it, say so or why not, and show the differences as they are then."""
    try:
        change = act(Actor.of(person(request)))
    except (ServiceError, StaleRevision) as refusal:
        messages.error(request, str(refusal))
    else:
        done(request, change, otherwise="Nothing was to be changed.")
    return redirect(_page_of(owner))


def _chosen(request: HttpRequest) -> list[str]:
    """The one row whose own button was pressed, or else those that were ticked."""
    only = request.POST.get("only")
    return [only] if only else list(dict.fromkeys(request.POST.getlist("row")))


def _page_of(owner: Owner) -> str:
    return f"{owner.get_absolute_url()}drift/"


def _ae(pk: int) -> AE:
    return get_object_or_404(selectors.ae_list().select_related("profile"), pk=pk)


_OF_AE = "aes/<int:pk>/drift/"
_OF_ASSOCIATION = "associations/<int:pk>/drift/"
urlpatterns = [
    path(_OF_AE, ae_drift, name="ae-drift"),
    path(f"{_OF_AE}adopt/", ae_drift_adopt, name="ae-drift-adopt"),
    path(f"{_OF_AE}keep/", ae_drift_keep, name="ae-drift-keep"),
    path(f"{_OF_AE}stop/", ae_drift_stop, name="ae-drift-stop"),
    path(_OF_ASSOCIATION, association_drift, name="association-drift"),
    path(f"{_OF_ASSOCIATION}adopt/", association_drift_adopt, name="association-drift-adopt"),
    path(f"{_OF_ASSOCIATION}keep/", association_drift_keep, name="association-drift-keep"),
    path(f"{_OF_ASSOCIATION}stop/", association_drift_stop, name="association-drift-stop"),
]
