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
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.wording import counted
from dicomcfg.inventory import selectors
from dicomcfg.inventory.drift_selectors import drift_counts
from dicomcfg.inventory.models import AE
from dicomcfg.inventory.selectors import BoardCounts
from dicomcfg.web.aes.filters import LAYERS, LayerWords
from dicomcfg.web.aes.rows import table_rows
from dicomcfg.web.checks.run_lists import tallied

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
            **drift_found(),
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


def drift_found() -> dict[str, object]:
    """The finding that rows differ from what was found, if any do, and the page to look at."""
    found = drift_counts()
    if found.since is None:
        return {}
    counts = ((found.aes, "AE"), (found.associations, "association"))
    words = " and ".join(counted(count, word) for count, word in counts if count)
    verb = "differs" if found.aes + found.associations == 1 else "differ"
    finding = Finding(
        code="drift-found",
        severity=Severity.WARNING,
        subject="drift",
        message=f"{words} {verb} from what was found, since {found.since:%Y-%m-%d}.",
        remedy="Adopt what was found, correct the peer, or keep the difference.",
    )
    return {"drift": [finding], "drift_page": "drift" if found.aes else "drift-associations"}


def failing() -> QuerySet[AE]:
    """AEs whose latest check failed, the latest first."""
    return selectors.ae_list().filter(latest_tone__in=["bad", "warn"]).order_by("-latest_at", "pk")


urlpatterns = [path("", board, name="board")]
