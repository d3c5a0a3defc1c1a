"""How far an import is that a worker reads or applies, kept up to date by the page's polling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from dicomcfg.accounts.models import Role
from dicomcfg.checks.selectors import workers
from dicomcfg.exchange.models import Import, ImportState
from dicomcfg.web.permissions import person
from dicomcfg.web.polling import Fragments, renders

IN_FLIGHT = (ImportState.KEPT, ImportState.READING, ImportState.APPLYING)


def is_in_flight(kept: Import) -> bool:
    """Whether it waits for a worker or one has it."""
    return kept.state in IN_FLIGHT


def waiting_context(kept: Import) -> dict[str, Any]:
    """What the progress shows."""
    return {"kept": kept, "waiting": True, "unserved": not workers().exists()}


@renders("import")
def live_imports(request: HttpRequest, ids: Sequence[int]) -> Fragments:
    """The progress of imports under way; one that ended fetches its page in its place."""
    fragments = Fragments()
    if not person(request).may(Role.EDITOR):
        return fragments
    for kept in Import.objects.filter(pk__in=ids[:1]):
        template = "imports/_progress.html" if is_in_flight(kept) else "imports/_ended.html"
        context = waiting_context(kept) | {"oob": True}
        fragments.html.append(render_to_string(template, context, request))
        if not is_in_flight(kept):
            fragments.said.append(f"{kept}: {kept.get_state_display()}")
    return fragments
