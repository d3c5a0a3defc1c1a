"""What is done to many associations at once: negotiate, follow, repoint, delete.

A selection is a list of ids, or "all that match" a query string of the table, as for AEs.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from dicomcfg.accounts.models import Role
from dicomcfg.checks.selectors import in_flight_for_associations
from dicomcfg.checks.services import start_negotiate
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import Association, Profile
from dicomcfg.inventory.services import associations as services
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.following import follow_all, stop_all
from dicomcfg.web.associations.filters import matching
from dicomcfg.web.done import done, page_before
from dicomcfg.web.exports.handing import ASSOCIATIONS, handed_over
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.refusals import shown_on
from dicomcfg.web.row_ids import row_ids

SHOWN = 100
LIST = "association-list"


def selected(sent: QueryDict) -> QuerySet[Association]:
    """The associations that a selection means, sent in an address or by a form."""
    if sent.get("scope") == "all":
        return matching(sent.get("query", ""))
    ids = row_ids(sent.getlist("association"))
    return selectors.associations_list().filter(pk__in=ids)


@requires(Role.OPERATOR)
@require_POST
def association_bulk(request: HttpRequest) -> HttpResponse:
    """Hand the selection to the action whose button was pressed."""
    rows = selected(request.POST)
    if not rows.exists():
        messages.warning(request, "Choose at least one association.")
        return redirect(page_before(request, LIST))
    return ACTIONS.get(request.POST.get("action", ""), _negotiate)(request, rows)


@requires(Role.OPERATOR)
def _negotiate(request: HttpRequest, rows: QuerySet[Association]) -> HttpResponse:
    run = start_negotiate(person(request), rows.select_related("calling", "called__site"))
    link = format_html('Started: <a href="{}">{}</a>.', run.get_absolute_url(), run.label)
    messages.info(request, link)
    return redirect(page_before(request, LIST))


@requires(Role.VIEWER)
def _export(request: HttpRequest, rows: QuerySet[Association]) -> HttpResponse:
    return handed_over(request, ASSOCIATIONS, rows, page_before(request, LIST))


@requires(Role.EDITOR)
def _repoint(request: HttpRequest, _rows: QuerySet[Association]) -> HttpResponse:
    kept = QueryDict(mutable=True)
    if request.POST.get("scope") == "all":
        kept["scope"], kept["query"] = "all", request.POST.get("query", "")
    else:
        kept.setlist("association", request.POST.getlist("association"))
    return redirect(f"{reverse('association-repoint')}?{kept.urlencode()}")


class FollowForm(forms.Form):
    """Which Profile, or none."""

    profile = forms.ModelChoiceField(
        Profile.objects.all(), required=False, empty_label="None: stop following"
    )


@requires(Role.EDITOR)
def _choose_profile(request: HttpRequest, rows: QuerySet[Association]) -> HttpResponse:
    return render(request, "associations/follow_many.html", _page(request, rows, FollowForm()))


@requires(Role.EDITOR)
@require_POST
def associations_follow(request: HttpRequest) -> HttpResponse:
    """Let the selection follow the chosen Profile, or none; never more than the page showed."""
    rows, form = selected(request.POST), FollowForm(request.POST)
    if request.POST.get("count") != str(rows.count()):
        messages.warning(request, "The table has changed: these are selected now.")
        return render(request, "associations/follow_many.html", _page(request, rows, form))
    if form.is_valid():
        with shown_on(form):
            actor, profile = Actor.of(person(request)), form.cleaned_data["profile"]
            change = follow_all(actor, rows, profile) if profile else stop_all(actor, rows)
            done(request, change, otherwise="That is how it was.")
            return redirect(page_before(request, LIST))
    page = _page(request, rows, form)
    return render(request, "associations/follow_many.html", page, status=422)


@requires(Role.EDITOR)
def _confirm(request: HttpRequest, rows: QuerySet[Association]) -> HttpResponse:
    page = _page(request, rows) | {
        "contexts": rows.aggregate(total=Sum("context_count"))["total"] or 0,
        "under_way": len(in_flight_for_associations(rows.values_list("pk", flat=True))),
    }
    return render(request, "associations/delete_many.html", page)


def _page(
    request: HttpRequest, rows: QuerySet[Association], form: FollowForm | None = None
) -> dict[str, Any]:
    """What a page about a selection shows, and what it posts again."""
    count = rows.count()
    return {
        "associations": rows[:SHOWN],
        "count": count,
        "more": max(0, count - SHOWN),
        "scope": request.POST.get("scope", ""),
        "query": request.POST.get("query", ""),
        "next": page_before(request, LIST),
        "form": form,
    }


@requires(Role.EDITOR)
@require_POST
def associations_delete(request: HttpRequest) -> HttpResponse:
    """Delete the selection, which the confirmation page has shown; never more than it showed."""
    rows = selected(request.POST)
    if request.POST.get("count") != str(rows.count()):
        messages.warning(request, "The table has changed: this is what would be deleted now.")
        return _confirm(request, rows)
    change = services.delete_associations(Actor.of(person(request)), rows)
    done(request, change, otherwise="They were gone already.")
    return redirect(LIST)


ACTIONS = {
    "negotiate": _negotiate,
    "export": _export,
    "delete": _confirm,
    "repoint": _repoint,
    "follow": _choose_profile,
}

urlpatterns = [
    path("associations/bulk/", association_bulk, name="association-bulk"),
    path("associations/follow/", associations_follow, name="association-follow-many"),
    path("associations/delete/", associations_delete, name="association-delete-many"),
]
