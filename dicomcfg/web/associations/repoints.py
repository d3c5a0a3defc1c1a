"""Repointing: from the AE that was replaced to the one that took its place, previewed.

The address is the whole question (which AEs, which associations), so that the preview can be
opened again after a refusal; what is posted names every row with the revision that was seen.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode

from dicomcfg.accounts.models import Role
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, Association
from dicomcfg.inventory.services import repoint as services
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.repoint import Chosen, Move
from dicomcfg.web.associations.bulk import selected
from dicomcfg.web.associations.forms import AeField
from dicomcfg.web.done import done
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.row_ids import row_ids

MOST = 2_000
_SELECTION = ("scope", "query", "association")


class RepointForm(forms.Form):
    """From which AE to which."""

    old = AeField(label="AE that is replaced")
    new = AeField(label="AE that takes its place")

    def clean(self) -> dict[str, Any]:
        """Two different AEs."""
        values = super().clean() or {}
        if values.get("old") and values.get("old") == values.get("new"):
            self.add_error("new", "This is the AE that is replaced. Choose another one.")
        return values


@requires(Role.EDITOR)
def association_repoint(request: HttpRequest) -> HttpResponse:
    """Ask for both AEs, show what would move, and move what is ticked."""
    asked = "new_title" in request.GET
    initial = {"old": _old_named_in(request)}
    form = RepointForm(request.GET if asked else None, initial=initial)
    context: dict[str, Any] = {"form": form, "kept": _kept(request)}
    status = 200
    if form.is_valid():
        old, new = form.cleaned_data["old"], form.cleaned_data["new"]
        if request.method == "POST" and _moved(request, old, new):
            return redirect(f"{reverse('association-list')}?{urlencode({'ae': new.ae_title})}")
        status = 409 if request.method == "POST" else 200
        context |= _preview(request, old, new)
    return render(request, "associations/repoint.html", context, status=status)


def _moved(request: HttpRequest, old: AE, new: AE) -> bool:
    """Whether the ticked ones moved; where not, the page says why and shows them as they are."""
    chosen = chosen_in(request.POST.getlist("move"))
    try:
        change = services.repoint(Actor.of(person(request)), old, new, chosen)
    except ServiceError as error:
        for texts in error.messages.values():
            for text in texts:
                messages.error(request, text)
        return False
    except StaleRevision as error:
        messages.error(request, f"{error}. Nothing was moved. This is how it stands now.")
        return False
    if change is None:
        messages.warning(request, "Tick what is to move.")
        return False
    done(request, change, otherwise="", then="Negotiate them: the new pairs were never tested.")
    return True


def chosen_in(sent: list[str]) -> list[Chosen]:
    """`id:revision`, or `id:revision:id:revision` with the one to replace; the rest is left out."""
    chosen = []
    for text in sent:
        words = text.split(":")
        numbers = [number for word in words for number in row_ids([word])]
        if len(numbers) == len(words) == 2:
            chosen.append(Chosen((numbers[0], numbers[1])))
        elif len(numbers) == len(words) == 4:
            chosen.append(Chosen((numbers[0], numbers[1]), (numbers[2], numbers[3])))
    return chosen


def _preview(request: HttpRequest, old: AE, new: AE) -> dict[str, Any]:
    rows = _asked_for(request).filter(Q(calling=old) | Q(called=old))
    rows = rows.order_by("calling__ae_title", "called__ae_title", "pk")
    moves = services.plan(rows[:MOST], old, new)
    as_called = [move for move in moves if move.association.called_id == old.pk]
    as_calling = [move for move in moves if move.association.called_id != old.pk]
    return {
        "old": old,
        "new": new,
        "moves": moves,
        "sides": [side for side in (("called", as_called), ("calling", as_calling)) if side[1]],
        "more": max(0, rows.count() - MOST),
        "cautions": _cautions(new, as_called, as_calling),
    }


def _cautions(new: AE, as_called: list[Move], as_calling: list[Move]) -> list[str]:
    """What the new AE's settings say against it; it is not forbidden."""
    found = []
    if as_called and not new.association_acceptor:
        found.append(f"{new.ae_title} is set not to accept associations.")
    elif as_called and not new.connections.exists():
        found.append(f"{new.ae_title} has no host and port, so nobody can call it.")
    if as_calling and not new.association_initiator:
        found.append(f"{new.ae_title} is set not to initiate associations.")
    return found


def _asked_for(request: HttpRequest) -> QuerySet[Association]:
    """The selection that the address names; all associations where it names none."""
    if request.GET.get("scope") == "all" or "association" in request.GET:
        return selected(request.GET)
    return selectors.associations_list()


def _old_named_in(request: HttpRequest) -> AE | None:
    """The AE of `?old=ID`, else the one that most of the selection refers to, rather as called."""
    ids = row_ids(request.GET.getlist("old"))
    if not ids and any(name in request.GET for name in _SELECTION):
        pairs = selected(request.GET).values_list("called", "calling")[:MOST]
        ends = Counter(end for pair in sorted(pairs) for end in pair)
        ids = [pk for pk, _ in ends.most_common(1)]
    return AE.objects.filter(pk__in=ids).first()


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    """What the address says of the selection, for the form to say again."""
    return [(name, value) for name in _SELECTION for value in request.GET.getlist(name)]


urlpatterns = [path("associations/repoint/", association_repoint, name="association-repoint")]
