"""One polling request a page over what is in flight, answered by out-of-band fragments.

An element that waits carries `data-poll="kind:id"`; static/js/live.js gathers them, asks
`/poll/?kind=id,id&...` and stops when the page holds none. Each kind has a renderer, registered
where its pages live, that returns the elements as they are now: with `data-poll` while still in
flight, without it when done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from dicomcfg.web.row_ids import row_ids

MOST_IDS = 200


@dataclass
class Fragments:
    """Elements for htmx's out-of-band swap, and sentences for people who cannot see them."""

    html: list[SafeString] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


Renderer = Callable[[HttpRequest, Sequence[int]], Fragments]
_renderers: dict[str, Renderer] = {}


def renders(kind: str) -> Callable[[Renderer], Renderer]:
    """Register a kind's renderer; it answers in a constant number of queries."""

    def register(renderer: Renderer) -> Renderer:
        _renderers[kind] = renderer
        return renderer

    return register


@require_safe
def poll(request: HttpRequest) -> HttpResponse:
    """What became of the elements in flight; unknown kinds and ids are left out."""
    html: list[SafeString] = []
    said: list[str] = []
    for kind, renderer in _renderers.items():
        if ids := row_ids(request.GET.get(kind, "").split(",")[:MOST_IDS]):
            fragments = renderer(request, ids)
            html += fragments.html
            said += fragments.said
    html.append(announcement(said))
    response = HttpResponse(mark_safe("".join(html)))  # noqa: S308 - fragments are safe already
    response["Cache-Control"] = "no-store"
    return response


def table_row(row: SafeString) -> SafeString:
    """A row of a table as a fragment: bare, the parser drops it after anything but a row."""
    return format_html("<template>{}</template>", row)


def shown_query(request: HttpRequest) -> QueryDict:
    """The query string of the page that polls, so that its parts come back as it shows them."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return QueryDict(urlsplit(htmx.current_url or "").query)


def announcement(sentences: Iterable[str]) -> SafeString:
    """The page's polite live region filled anew; nothing where there is nothing to say."""
    words = ". ".join(sentences)
    if not words:
        return SafeString("")
    return format_html('<div id="live" hx-swap-oob="innerHTML">{}</div>', words)


urlpatterns = [path("poll/", poll, name="poll")]
