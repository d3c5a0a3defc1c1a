"""The history: who changed what and when, field by field, and the way back."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.inventory.models import ChangeSet
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.undo import CannotUndo, undo
from dicomcfg.web.bounds import search_words
from dicomcfg.web.done import page_before, posted_next
from dicomcfg.web.partials import is_partial
from dicomcfg.web.permissions import demand, person, requires
from dicomcfg.web.undo_roles import acts, role_to_undo

PER_PAGE = 50


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """All acts, latest first; what each changed is fetched when its line is opened."""
    page = Paginator(_narrowed(request), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "history/list.html", {"page": page})


def _narrowed(request: HttpRequest) -> QuerySet[ChangeSet]:
    found = acts()
    if request.GET.get("actor"):
        found = found.filter(actor_name=request.GET["actor"])
    for word in search_words(request.GET.get("q", "")):
        found = found.filter(summary__icontains=word)
    return found


@require_safe
def change_set_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One act with its changes; to htmx the changes alone."""
    act = get_object_or_404(acts(), pk=pk)
    page = Paginator(act.changes.order_by("id"), PER_PAGE).get_page(request.GET.get("page"))
    template = "history/_opened.html" if is_partial(request) else "history/act.html"
    return render(request, template, {"act": act, "page": page})


@requires(Role.EDITOR)
@require_POST
def change_set_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an act back as a new act, or say what stands in the way."""
    act = get_object_or_404(acts(), pk=pk)
    demand(request, role_to_undo(act))
    try:
        undone = undo(Actor.of(person(request)), act)
    except CannotUndo as refusal:
        page = Paginator(act.changes.order_by("id"), PER_PAGE).get_page(1)
        context = {"act": act, "page": page, "reasons": refusal.reasons}
        context["back"] = posted_next(request)
        return render(request, "history/act.html", context, status=409)
    messages.success(request, f"Undone: {act.summary}.")
    # Where something was made, the page behind may be the page of what is gone now.
    if "next" not in request.POST or act.changes.filter(before__isnull=True).exists():
        return redirect("change-set-detail", undone.pk)
    return redirect(page_before(request, "history"))


urlpatterns = [
    path("history/", history, name="history"),
    path("history/<int:pk>/", change_set_detail, name="change-set-detail"),
    path("history/<int:pk>/undo/", change_set_undo, name="change-set-undo"),
]
