"""The list of presentation contexts as a tree and as a dense table: two views of one list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from dicomcfg.core.records import PresentationContext
from dicomcfg.probes.cost import budget_of
from dicomcfg.web.checks.answers import role_words
from dicomcfg.web.contexts.holders import Holder

VIEWS = {"table": "Table", "tree": "Tree"}
COOKIE = "contexts-view"
_YEAR_S = 31_536_000


@dataclass(frozen=True, slots=True)
class Row:
    """A context with what is proposed for its SOP Class beside it; empty where nothing is."""

    number: int
    context: PresentationContext
    role: str
    extended: str
    edit_url: str


def rows_of(holder: Holder) -> list[Row]:
    """The contexts in order, numbered from 1."""
    options = holder.options
    roles = {role.sop_class: role_words(role) for role in options.role_selections}
    extended = {each.sop_class: each.information for each in options.extended_negotiations}
    return [
        Row(
            number,
            context,
            roles.get(context.abstract_syntax, ""),
            extended.get(context.abstract_syntax, ""),
            holder.url("edit", number),
        )
        for number, context in enumerate(holder.contexts, 1)
    ]


def list_context(request: HttpRequest, holder: Holder) -> dict[str, Any]:
    """What `contexts/_list.html` needs: the rows, the view, and what proposing them takes."""
    return {
        "holder": holder,
        "rows": rows_of(holder),
        "view": _view(request),
        "views": VIEWS,
        "budget": budget_of(holder.contexts, holder.options),
    }


def remember_view(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Keep the view that `?view=` asked for, as the theme is kept."""
    if request.GET.get("view") in VIEWS:
        response.set_cookie(COOKIE, _view(request), max_age=_YEAR_S, samesite="Lax")
    return response


def _view(request: HttpRequest) -> str:
    asked = (request.GET.get("view"), request.COOKIES.get(COOKIE))
    return next((view for view in asked if view in VIEWS), "table")
