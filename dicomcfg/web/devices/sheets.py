"""Connection sheets: what an engineer hands to a vendor about a device, an AE or an association.

Printed from the browser. A sheet holds a few associations at a time, chosen by partner or by page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from dicomcfg.core.negotiation.options import RequestOptions
from dicomcfg.core.negotiation.sheet import Steps, steps_for
from dicomcfg.core.records import PresentationContext
from dicomcfg.inventory import selectors
from dicomcfg.inventory.device_selectors import associations_of_device
from dicomcfg.inventory.models import AE, Association, Device
from dicomcfg.inventory.return_paths import known_about
from dicomcfg.web.checks.answers import role_words
from dicomcfg.web.permissions import person

AT_A_TIME = 10
AES = 100


@dataclass(frozen=True, slots=True)
class Line:
    """A presentation context with the role proposed for its SOP Class in words, or nothing.

    `same_as` is the number of the first context with the same list of transfer syntaxes, where
    writing that list again would only make the sheet longer.
    """

    context: PresentationContext
    role: str
    same_as: int | None


@dataclass(frozen=True, slots=True)
class Block:
    """One association on a sheet."""

    association: Association
    lines: Sequence[Line]
    steps: Steps


def blocks_of(associations: Sequence[Association]) -> list[Block]:
    """What a sheet says of each association; constant queries. Select ends and connections."""
    known = known_about(associations)
    options = selectors.options_of_all(associations)
    return [
        Block(
            row,
            _lines(known[row.pk].offer.contexts, options[row.pk]),
            steps_for(
                known[row.pk],
                [each.record() for each in row.called.connections.all()],
                row.associations_at_once,
            ),
        )
        for row in associations
    ]


def _lines(contexts: Sequence[PresentationContext], options: RequestOptions) -> list[Line]:
    roles = {role.sop_class: role_words(role) for role in options.role_selections}
    first: dict[tuple[str, ...], int] = {}
    lines = []
    for number, each in enumerate(contexts, 1):
        syntaxes = each.transfer_syntaxes
        written = first.setdefault(syntaxes, number)
        same_as = written if written < number and len(syntaxes) > 1 else None
        lines.append(Line(each, roles.get(each.abstract_syntax, ""), same_as))
    return lines


@require_safe
def device_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """A device with its AEs and what each of their associations asks of both sides."""
    device = get_object_or_404(Device, pk=pk)
    aes = device.aes.prefetch_related("connections").order_by("ae_title", "pk")
    context = {"device": device, "aes": aes[:AES], "ae_count": device.aes.count()}
    return _sheet(request, device.name, device, associations_of_device(device), context)


@require_safe
def ae_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """An AE and what each of its associations asks of both sides."""
    ae = get_object_or_404(AE.objects.select_related("device", "site"), pk=pk)
    rows = selectors.associations_list().filter(Q(calling=ae) | Q(called=ae))
    context = {"device": ae.device, "aes": [ae], "ae_count": 1}
    return _sheet(request, ae.ae_title, ae, rows, context)


@require_safe
def association_sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """One association."""
    rows = selectors.associations_list().filter(pk=pk)
    association = get_object_or_404(rows)
    return _sheet(request, str(association), association, rows, {"alone": True})


def _sheet(
    request: HttpRequest,
    title: str,
    subject: Device | AE | Association,
    rows: QuerySet[Association],
    context: dict[str, Any],
) -> HttpResponse:
    partner = request.GET.get("partner", "").strip()[:16]
    if partner and "alone" not in context:
        rows = rows.filter(Q(calling__ae_title=partner) | Q(called__ae_title=partner))
    both = ("calling", "called")
    rows = rows.select_related(
        *(f"{end}__device" for end in both), *(f"{end}__site" for end in both)
    ).prefetch_related(*(f"{end}__connections" for end in both))
    page = Paginator(rows, AT_A_TIME).get_page(request.GET.get("page"))
    context |= {
        "title": title,
        "subject": subject,
        "partner": partner,
        "page": page,
        "blocks": blocks_of(list(page)),
        "printed_at": timezone.now(),
        "printed_by": person(request).get_username(),
        "several_sites": selectors.several_sites(),
    }
    return render(request, "sheets/sheet.html", context)


urlpatterns = [
    path("devices/<int:pk>/sheet/", device_sheet, name="device-sheet"),
    path("aes/<int:pk>/sheet/", ae_sheet, name="ae-sheet"),
    path("associations/<int:pk>/sheet/", association_sheet, name="association-sheet"),
]
