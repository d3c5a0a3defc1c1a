"""The board: how the network stands, what needs attention, what happened; or what to do next."""

from __future__ import annotations

from collections import Counter

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from dicomcfg.checks.models import CheckRun
from dicomcfg.checks.selectors import sites_without_worker
from dicomcfg.core.diagnosis.observation import Layer, Outcome, layer_of
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE
from dicomcfg.inventory.selectors import BoardCounts
from dicomcfg.web.ae_filters import LAYERS, LayerWords
from dicomcfg.web.ae_rows import table_rows
from dicomcfg.web.run_lists import tallied

TROUBLES = 12
RECENT = 8


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """The first page after signing in."""
    counts = selectors.board_counts()
    context = {"counts": counts, "unserved": sites_without_worker()}
    if counts.aes:
        context |= {
            "layers": by_layer(counts),
            "troubles": table_rows(failing()[:TROUBLES]),
            "trouble_count": counts.by_tone.get("bad", 0) + counts.by_tone.get("warn", 0),
            "runs": tallied(CheckRun.objects.all()[:RECENT]),
            "changes": selectors.history_list()[:RECENT],
        }
    return render(request, "board.html", context)


def by_layer(counts: BoardCounts) -> list[tuple[LayerWords, int]]:
    """How many AEs stand at each layer, best first."""
    found = Counter({Layer.UNTESTED: counts.never_checked})
    for outcome, count in counts.by_outcome.items():
        found[layer_of(Outcome(outcome))] += count
    return [(each, found[each.layer]) for each in LAYERS]


def failing() -> QuerySet[AE]:
    """AEs whose latest check failed, the latest first."""
    return selectors.ae_list().filter(latest_tone__in=["bad", "warn"]).order_by("-latest_at", "pk")


urlpatterns = [path("", board, name="board")]
