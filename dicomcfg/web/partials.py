"""Pages of which htmx may ask for a part."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx asks for a part, and not for the whole page that a Back button needs."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.history_restore_request
