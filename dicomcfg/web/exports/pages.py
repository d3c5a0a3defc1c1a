"""The export page, and the file that it shows."""

from __future__ import annotations

import shlex
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from dicomcfg.core.findings import has_errors
from dicomcfg.core.formats.output import Output, is_context_format, output
from dicomcfg.core.records import Document
from dicomcfg.exchange.export import MOST_AT_ONCE, Depth, document_of, weight_of
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import SavedFilter
from dicomcfg.web.exports.formats import grouped, holds
from dicomcfg.web.exports.forms import (
    DEVICE,
    EVERYTHING,
    PROFILES,
    SITE,
    WHAT,
    ExportForm,
)
from dicomcfg.web.exports.handing import AES, ASSOCIATIONS
from dicomcfg.web.exports.preview import common_remedy, look_at
from dicomcfg.web.exports.preview import grouped as grouped_findings
from dicomcfg.web.exports.words import chosen_words, stem_of
from dicomcfg.web.partials import is_partial

LOST = "not-carried"


@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """Choose, and see the file with what it does not carry; the address is the choice."""
    form = ExportForm(request.GET)
    context = {"form": form, **_result(form)}
    if is_partial(request):
        answer = render(request, "exports/result.html", context)
        if form.is_valid():
            answer["HX-Push-Url"] = f"{reverse('export')}?{form.address()}"
        return answer
    sites = selectors.several_sites()
    context |= {
        "what": form["what"].value(),
        "choices": [(name, words) for name, words in WHAT.items() if sites or name != SITE],
        "groups": grouped(),
        "table_choice": chosen_words(form),
        "has_filters": SavedFilter.objects.exists(),
    }
    return render(request, "exports/export.html", context)


@require_safe
def export_file(request: HttpRequest) -> HttpResponse:
    """The file that the page of the same address shows."""
    form = ExportForm(request.GET)
    found = _result(form)
    file: Output | None = found.get("file")
    if file is None:
        context = {"form": form, **found}
        return render(request, "exports/not_written.html", context, status=422)
    answer = HttpResponse(file.data, content_type=file.media_type)
    answer["Content-Disposition"] = content_disposition_header(True, file.name) or "attachment"
    answer["Cache-Control"] = "no-store"
    return answer


def _result(form: ExportForm) -> dict[str, Any]:
    """The file with what is shown of it; without one, why there is none."""
    if not form.is_valid():
        return {}
    selection = form.selection()
    found: dict[str, Any] = {"holds": holds(form.chosen), "command": command_of(form)}
    depth = Depth.for_format(form.chosen)
    if weight_of(selection, depth) > MOST_AT_ONCE:
        return {**found, "too_much": MOST_AT_ONCE}
    document = document_of(selection, depth)
    file = output(document, form.chosen, stem_of(form), each=form.is_zipped)
    lost = grouped_findings(f for f in file.findings if f.code == LOST)
    found |= {
        "counts": _counts(document),
        "lost": lost,
        "remedy": common_remedy(lost),
        "others": grouped_findings(f for f in file.findings if f.code != LOST),
        "sets": len(document.associations) + len(document.profiles),
        "takes_contexts_only": is_context_format(form.chosen),
    }
    if has_errors(file.findings):
        return found
    return {**found, "file": file, "look": look_at(file), "address": form.address()}


def _counts(document: Document) -> list[tuple[int, str]]:
    """What the file is made of, for a line of words."""
    counts = (
        (len(document.aes), "AE"),
        (len(document.devices), "device"),
        (len(document.associations), "association"),
        (len(document.profiles), "Profile"),
    )
    return [(number, word) for number, word in counts if number]


def command_of(form: ExportForm) -> str:
    """The same from the shell; empty for rows that were ticked in a table."""
    data = form.cleaned_data
    words = ["dicomcfg", "export", data["format"]]
    what = data["what"]
    if what == AES and not data["ae"]:
        asked = data["ae_query"] or (data["filter"].name if data["filter"] else "")
        words += ["--filter", asked] if asked else []
    elif what == PROFILES and data["profile"]:
        words += ["--profile", data["profile"].name]
    elif what == DEVICE:
        words += ["--filter", f"device={data['device']}"]
    elif what == SITE:
        words += ["--site", data["site"].slug]
    elif what == ASSOCIATIONS and data["calling"] and data["called"]:
        words += ["--association", f"{data['calling']}:{data['called']}"]
    elif what != EVERYTHING:
        return ""
    words += ["--each"] if form.is_zipped else []
    suffix = ".zip" if form.is_zipped else form.chosen.suffix
    return shlex.join([*words, "-o", stem_of(form) + suffix])


urlpatterns = [
    path("export/", export, name="export"),
    path("export/file/", export_file, name="export-file"),
]
