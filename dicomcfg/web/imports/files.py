"""The files of an import: their source beside the findings, their format, and the way to have
them again as they are kept."""

from __future__ import annotations

from pathlib import PurePath

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.exchange import imports as services
from dicomcfg.exchange.jobs import start_reading
from dicomcfg.exchange.models import Import
from dicomcfg.web.imports.forms import format_choices
from dicomcfg.web.imports.shown_files import ShownFile, shown_files
from dicomcfg.web.imports.sources import finding_lines, lines_of, placed
from dicomcfg.web.permissions import requires
from dicomcfg.web.refusals import shown_on

NAME_LENGTH = 120


def file_or_404(pk: int, number: int) -> tuple[Import, ShownFile]:
    """An import and its file of this number, counted from 1."""
    kept = get_object_or_404(Import, pk=pk)
    files = shown_files(kept)
    if not 1 <= number <= len(files):
        raise Http404
    return kept, files[number - 1]


@requires(Role.EDITOR)
@require_safe
def import_source(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """The lines of a file with their findings, and above them what is said of no line."""
    kept, file = file_or_404(pk, number)
    lines, page = lines_of(kept, file, request.GET.get("page"))
    spoken = finding_lines(file)
    first, last = page.start_index(), page.end_index()
    context = {
        "kept": kept,
        "file": file,
        "page": page,
        "lines": lines,
        "above": [placed(f, file, with_name=False) for f in file.findings if not f.get("line")],
        "next": next((file.line_url(line) for line in spoken if line > last), ""),
        "before": next((file.line_url(line) for line in reversed(spoken) if line < first), ""),
        "first": next((file.line_url(line) for line in spoken), ""),
    }
    return render(request, "imports/source.html", context)


@requires(Role.EDITOR)
@require_safe
def import_file(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """The file as it is kept: what was secret in it is blank."""
    _, file = file_or_404(pk, number)
    answer = HttpResponse(bytes(file.row.data), content_type="application/octet-stream")
    name = download_name(file.row.name) or f"import-{pk}-{number}.txt"
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return answer


def download_name(name: str) -> str:
    """The last part of a name without what has no place in a header or a folder."""
    last = PurePath(name.replace("\\", "/")).name
    return "".join(c for c in last if c.isprintable())[:NAME_LENGTH].strip(". ")


class FormatForm(forms.Form):
    """What a file is read as; empty to detect it."""

    format = forms.ChoiceField(required=False, choices=lambda: format_choices("Detected"))


@requires(Role.EDITOR)
@require_POST
def import_format(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Read a file as another format, and preview again."""
    kept, file = file_or_404(pk, number)
    form = FormatForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            services.set_format(file.row, form.cleaned_data["format"] or None)
            start_reading(kept)
    return redirect(kept)


urlpatterns = [
    path("imports/<int:pk>/source/<int:number>/", import_source, name="import-source"),
    path("imports/<int:pk>/files/<int:number>/", import_file, name="import-file"),
    path("imports/<int:pk>/format/<int:number>/", import_format, name="import-format"),
]
