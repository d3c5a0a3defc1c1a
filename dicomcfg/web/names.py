"""Private UIDs bear their names on every page: the middleware that makes the core know them."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from dicomcfg.inventory.naming import named_uids


def with_names(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: names are read when a request first meets a UID that is not registered.

    What a streamed answer writes after this has returned shows UIDs.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        with named_uids():
            return get_response(request)

    return answer
