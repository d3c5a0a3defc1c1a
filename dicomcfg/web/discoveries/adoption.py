"""What a discovery showed, taken over as the AE's Transfer Capabilities."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from dicomcfg.accounts.models import Role
from dicomcfg.checks.models import CheckState
from dicomcfg.checks.selectors import discovery_of
from dicomcfg.core.negotiation.capabilities import adopted, difference
from dicomcfg.core.records import TransferCapability
from dicomcfg.inventory.models import AE, Change
from dicomcfg.inventory.selectors import capabilities_of, object_history
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.capabilities import set_capabilities
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.web.discoveries.pages import discoveries
from dicomcfg.web.done import done
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.row_ids import row_ids


@requires(Role.EDITOR)
def discovery_adopt(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what would change in the AE's capabilities; when sent, change it."""
    check = get_object_or_404(discoveries(), pk=pk, state=CheckState.FINISHED)
    seen = discovery_of(check)
    if check.ae is None or seen is None:
        raise Http404("There is no AE, or nothing was found.")
    present = capabilities_of(check.ae)
    wanted = adopted(present, seen.matrix, seen.roles)
    if request.method == "POST":
        return _adopt(request, pk, check.ae, wanted)
    context = {
        "check": check,
        "ae": check.ae,
        "seen": seen,
        "difference": difference(present, wanted),
        "count": len(wanted),
    }
    return render(request, "discoveries/adopt.html", context)


def _adopt(
    request: HttpRequest, pk: int, ae: AE, wanted: tuple[TransferCapability, ...]
) -> HttpResponse:
    """Set them at the revision that the preview showed."""
    revision = next(iter(row_ids([request.POST.get("revision", "")])), 0)
    try:
        row = set_capabilities(Actor.of(person(request)), ae, wanted, revision)
    except (ServiceError, StaleRevision) as refusal:
        messages.error(request, f"{refusal}. Look at the preview again.")
        return redirect("discovery-adopt", pk)
    change: Change | None = None
    if row.revision != revision:
        change = object_history("ae", ae.pk).first()
    words = f"{ae.ae_title} had these Transfer Capabilities already."
    done(request, change.change_set if change else None, otherwise=words)
    return redirect(ae)


urlpatterns = [path("checks/<int:pk>/matrix/adopt/", discovery_adopt, name="discovery-adopt")]
