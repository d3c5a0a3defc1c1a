"""What a request may be at most, before any page looks at it.

Django bounds the fields of a form but not an uploaded file, and PostgreSQL takes no U+0000 in a
search where SQLite does: both are settled here, once for every page.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from dicomcfg.exchange.imports import MAXIMUM_TOTAL_BYTES

_FORM_BYTES = 1_000_000
_WORDS = 12
_WORDS_LENGTH = 254


def search_words(text: str) -> list[str]:
    """The words to look for; each costs the database a condition, so there is an end to them."""
    return text[:_WORDS_LENGTH].split()[:_WORDS]


def bounded_requests(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: refuses what is too large before reading it, and addresses that hold a NUL."""

    def answer(request: HttpRequest) -> HttpResponse:
        largest = _largest_bytes(request)
        if _length_bytes(request) > largest:
            words = f"At most {largest // 2**20} MB are taken at a time. Send it in parts."
            return render(request, "refused.html", {"words": words}, status=413)
        if "%00" in request.META.get("QUERY_STRING", "") or "\x00" in request.path:
            words = "The address holds a character that nothing here can hold."
            return render(request, "refused.html", {"words": words}, status=400)
        return get_response(request)

    return answer


def _largest_bytes(request: HttpRequest) -> int:
    """What a body may have; an import may bring several files, of which the server keeps the
    larger ones on disk while it reads them."""
    if request.path == reverse("import-create"):
        return MAXIMUM_TOTAL_BYTES + _FORM_BYTES
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def _length_bytes(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0  # the server takes it for no body at all
