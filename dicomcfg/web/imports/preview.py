"""The preview of an import: what applying would do, how it is taken, and the apply.

What is shown was worked out when the files were read; looking at it asks for a page of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.exchange import imports as services
from dicomcfg.exchange.including import include
from dicomcfg.exchange.jobs import start_applying, start_reading
from dicomcfg.exchange.models import Action, Import, ImportRow, ImportState, RowKind
from dicomcfg.inventory.models import ChangeSet
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError
from dicomcfg.web.imports.forms import ChoicesForm, format_choices
from dicomcfg.web.imports.live import is_in_flight, waiting_context
from dicomcfg.web.imports.rows import OPENED, Narrowing, made_by, page_of, shown
from dicomcfg.web.imports.shown_files import ShownFile, shown_files
from dicomcfg.web.imports.sources import gravest
from dicomcfg.web.imports.summary import outlook_of, said_of
from dicomcfg.web.imports.totals import count_findings, tiles
from dicomcfg.web.partials import is_partial
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.refusals import shown_on
from dicomcfg.web.row_ids import row_ids
from dicomcfg.web.undo_roles import acts


def kept_or_404(pk: int) -> Import:
    """The import with its people."""
    return get_object_or_404(Import.objects.select_related("created_by", "applied_by"), pk=pk)


@requires(Role.EDITOR)
@require_safe
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is, or the preview, or what was applied; to htmx the rows alone."""
    kept = kept_or_404(pk)
    if is_in_flight(kept):
        return render(request, "imports/detail.html", waiting_context(kept))
    if is_partial(request) and request.htmx.target == "results":  # type: ignore[attr-defined]
        context = rows_context(request.GET, kept, shown_files(kept))
        return render(request, "imports/_rows.html", context)
    return render(request, "imports/detail.html", detail_context(request, kept))


def detail_context(
    request: HttpRequest, kept: Import, form: ChoicesForm | None = None
) -> dict[str, Any]:
    """Everything around the rows, and a page of them."""
    is_open = kept.state == ImportState.PREVIEWED
    files = shown_files(kept)
    return {
        **rows_context(request.GET, kept, files),
        "outlook": outlook_of(kept),
        "act": act_of(kept),
        "tiles": tiles(kept.counts),
        "form": (form or ChoicesForm.of(kept.options)) if is_open else None,
        "said": said_of(kept.options),
        "files": files,
        "format_choices": format_choices(""),
        "findings": gravest(kept.findings, files),
        "found": count_findings(kept.findings),
        "row_count": sum(sum(found.values()) for found in kept.counts.values()),
        "is_stored": {each for found in kept.counts.values() for each in found} == {Action.SAME},
        "kinds": RowKind.choices,
        "actions": Action.choices,
    }


def act_of(kept: Import) -> ChangeSet | None:
    """What applying it changed, with what took that back."""
    pk = kept.change_set_id
    return acts().filter(pk=pk).first() if pk else None


def rows_context(query: QueryDict, kept: Import, files: Sequence[ShownFile]) -> dict[str, Any]:
    """A page of the rows, narrowed as the address says."""
    narrowing = Narrowing.of(query)
    page = page_of(kept, narrowing, query.get("page"))
    rows = shown(page.object_list, files, made_by(kept, page.object_list))
    can_choose = kept.state == ImportState.PREVIEWED
    return {
        "kept": kept,
        "narrowing": narrowing,
        "page": page,
        "rows": rows,
        "open_lists": page.paginator.count <= OPENED,
        "can_choose": can_choose,
        "may_tick": can_choose and any(row.can_be_taken for row in rows),
    }


@requires(Role.EDITOR)
@require_POST
def import_choose(request: HttpRequest, pk: int) -> HttpResponse:
    """Change how the files are taken, and preview them again."""
    kept = kept_or_404(pk)
    form = ChoicesForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            services.choose(kept, **form.options())
            start_reading(kept)
            return redirect(kept)
    if kept.state != ImportState.PREVIEWED:
        return redirect(kept)
    context = detail_context(request, kept, form)
    return render(request, "imports/detail.html", context, status=422)


@requires(Role.EDITOR)
@require_POST
def import_include(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which rows are applied: all that fit a filter, or those whose ticks a page shows."""
    kept = kept_or_404(pk)
    try:
        _include(kept, request.POST)
    except ServiceError as refusal:
        messages.error(request, str(refusal))
        return redirect(kept)
    shown_query = _shown_query(request.POST)
    if not is_partial(request):
        return redirect(f"{kept.get_absolute_url()}?{shown_query.urlencode()}#rows")
    context = {"kept": kept, "outlook": outlook_of(kept), "oob": True}
    # What needs a row that is left out says so, so that the rows may read otherwise now.
    if ImportRow.objects.filter(of=kept).exclude(needs=[]).exists():
        context |= rows_context(shown_query, kept, shown_files(kept))
    return render(request, "imports/_included.html", context)


def _shown_query(sent: QueryDict) -> QueryDict:
    """The address of the rows that were on the page that sent this."""
    query = QueryDict(sent.get("query", "")[:1000], mutable=True)
    query["page"] = sent.get("page", "")[:20]
    return query


def _include(kept: Import, sent: QueryDict) -> None:
    if sent.get("all") == "errors":
        wrong = ImportRow.objects.filter(of=kept, has_errors=True)
        include(kept, list(wrong.values_list("position", flat=True)), False)
        return
    if sent.get("all") in ("include", "exclude"):
        narrowing = Narrowing.of(_shown_query(sent))
        include(kept, None, sent["all"] == "include", **narrowing.filters())
        return
    shown_rows, taken = row_ids(sent.getlist("row")), set(row_ids(sent.getlist("take")))
    include(kept, [row for row in shown_rows if row in taken], True)
    include(kept, [row for row in shown_rows if row not in taken], False)


@requires(Role.EDITOR)
@require_POST
def import_apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Write what the preview shows as one change, or start a worker on it."""
    kept = kept_or_404(pk)
    if kept.state == ImportState.PREVIEWED and outlook_of(kept).is_idle:
        messages.info(request, "There is nothing to write: no ticked row is new or changed.")
        return redirect(kept)
    try:
        start_applying(Actor.of(person(request)), kept)
    except ServiceError as refusal:
        for texts in refusal.messages.values():
            for text in texts[:10]:
                messages.error(request, f"Nothing was imported. {text}")
    return redirect(kept)


urlpatterns = [
    path("imports/<int:pk>/", import_detail, name="import-detail"),
    path("imports/<int:pk>/choose/", import_choose, name="import-choose"),
    path("imports/<int:pk>/include/", import_include, name="import-include"),
    path("imports/<int:pk>/apply/", import_apply, name="import-apply"),
]
