"""The columns of a table: what each is read as, corrected by a person and remembered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from dicomcfg.accounts.models import Role
from dicomcfg.core.formats.base import Source
from dicomcfg.core.formats.registry import FORMATS, source_of
from dicomcfg.core.formats.tables.table_mapping import TABLES, Sample, fields_of, sample_of
from dicomcfg.exchange.columns import set_columns
from dicomcfg.exchange.jobs import start_reading
from dicomcfg.exchange.models import ImportFile
from dicomcfg.web.imports.files import file_or_404
from dicomcfg.web.imports.shown_files import remembered
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.refusals import shown_on

IGNORED = "Nothing: left out"
HEADED = "The first row holds the headings, and no data"


class ColumnsForm(forms.Form):
    """A select for each column, named by its place."""

    def __init__(self, sample: Sample, fields: dict[str, str], *args: Any) -> None:
        super().__init__(*args)
        self._columns = sample.columns
        self._first_row = sample.rows[0] if sample.rows else ()
        if sample.header_row is None and any(self._first_row):
            self.fields["headed"] = forms.BooleanField(label=HEADED, required=False)
        choices = [("", IGNORED), *fields.items()]
        for place, column in enumerate(sample.columns):
            self.fields[f"column-{place}"] = forms.ChoiceField(
                choices=choices, required=False, initial=column.field or ""
            )

    def columns(self) -> list[tuple[str, str | None]]:
        """The headings with what they mean; call when valid."""
        said = self.cleaned_data
        headings = self._first_row if said.get("headed") else [c.heading for c in self._columns]
        return [
            (heading, said[f"column-{place}"] or None) for place, heading in enumerate(headings)
        ]


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """One column: its letter, its heading, its first cells that hold something, its select."""

    letter: str
    heading: str
    cells: tuple[str, ...]
    field: forms.BoundField


def source_of_file(row: ImportFile) -> Source:
    """A kept file as its reader gets it."""
    known = FORMATS[row.format]
    source = source_of(bytes(row.data), row.name, known.maximum_bytes, known.is_binary)
    return replace(source, columns=tuple((heading, field) for heading, field in row.columns))


def shown_columns(sample: Sample, form: ColumnsForm) -> list[ShownColumn]:
    """The columns beside the selects of the form."""
    return [
        ShownColumn(
            column.letter,
            column.heading,
            tuple(row[place] for row in sample.rows if row[place]),
            form[f"column-{place}"],
        )
        for place, column in enumerate(sample.columns)
    ]


@requires(Role.EDITOR)
def import_columns(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Say what the columns of a table mean; the preview is made anew."""
    kept, file = file_or_404(pk, number)
    if file.row.format not in TABLES:
        raise Http404
    sample = sample_of(source_of_file(file.row), file.row.format)
    form = ColumnsForm(sample, fields_of(file.row.format), request.POST or None)
    if form.is_valid():
        with shown_on(form):
            set_columns(person(request), file.row, form.columns())
            start_reading(kept)
            return redirect(kept)
    context = {
        "kept": kept,
        "file": file,
        "form": form,
        "columns": shown_columns(sample, form),
        "known": remembered([file.row]).get(file.row.pk),
    }
    status = 422 if form.is_bound else 200
    return render(request, "imports/columns.html", context, status=status)


urlpatterns = [
    path("imports/<int:pk>/columns/<int:number>/", import_columns, name="import-columns"),
]
