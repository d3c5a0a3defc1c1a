"""After an act: the message about it with the way back beside it, and the page to return to.

A message keeps words only; the id of the act travels in its tags, from which the `undo_id`
filter of the template reads it.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from dicomcfg.inventory.models import Association, ChangeSet, Profile
from dicomcfg.inventory.services.history import last_change

UNDO = "undo-"
SAME = "Nothing differs from what was there."


def done(request: HttpRequest, change: ChangeSet | None, *, otherwise: str, then: str = "") -> None:
    """Say what `change` did and offer its undo; `otherwise` where nothing changed.

    `then` is a sentence about what to do next.
    """
    if change is None:
        messages.info(request, otherwise)
        return
    words = f"{change.summary}. {then}".rstrip()
    messages.success(request, words, extra_tags=f"{UNDO}{change.pk}")


def done_to(
    request: HttpRequest, row: Association | Profile, *, since: int = 0, then: str = ""
) -> None:
    """The same for the latest act on a row, unless that is still at revision `since`."""
    model = "profile" if isinstance(row, Profile) else "association"
    change = last_change(model, row.pk) if row.revision != since else None
    done(request, change.change_set if change else None, otherwise=SAME, then=then)


def page_before(request: HttpRequest, otherwise: str) -> str:
    """The posted `next`, never another site's address; else the page of this name."""
    return posted_next(request) or reverse(otherwise)


def posted_next(request: HttpRequest) -> str:
    """The posted `next` where it is an address of ours, else empty."""
    target = request.POST.get("next", "")
    # A word without a slash would be taken for the name of a page.
    safe = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if safe else ""
