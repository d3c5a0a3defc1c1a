"""Starting a discovery: what to ask an AE for, and what that costs it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from dicomcfg.accounts.models import Role
from dicomcfg.checks.services import start_discover
from dicomcfg.inventory import selectors
from dicomcfg.probes.target import DiscoverSettings
from dicomcfg.web.aes.actions import hindrance
from dicomcfg.web.discoveries.forms import DiscoverForm, askable, cost_of
from dicomcfg.web.partials import is_partial
from dicomcfg.web.permissions import person, requires


@requires(Role.OPERATOR)
def ae_discover(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose what to ask for and start; to htmx the cost of what is chosen so far."""
    ae = get_object_or_404(selectors.ae_list(), pk=pk)
    sent = request.POST or (request.GET if is_partial(request) else None)
    known = askable()
    form = DiscoverForm(sent, known)
    valid = form.is_valid()
    if valid and request.method == "POST" and not hindrance(ae):
        run = start_discover(
            person(request), ae, form.settings(), calling=form.cleaned_data["calling"]
        )
        return redirect("discovery", run.checks.get().pk)
    if valid:
        settings = form.settings()
    else:
        settings = DiscoverSettings(known.sop_classes, known.transfer_syntaxes)
    context = {"ae": ae, "form": form, "known": known, "cost": cost_of(settings), "valid": valid}
    if is_partial(request):
        return render(request, "discoveries/_cost.html", context | {"asked": True})
    context["possible"] = not hindrance(ae)
    status = 422 if request.method == "POST" else 200
    return render(request, "discoveries/start.html", context, status=status)


urlpatterns = [path("aes/<int:pk>/discover/", ae_discover, name="ae-discover")]
