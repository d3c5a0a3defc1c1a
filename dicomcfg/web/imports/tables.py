"""A pasted or uploaded AE table: taken in, previewed cell by cell, applied as one change."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from dicomcfg.accounts.models import Role
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats import ae_table
from dicomcfg.exchange.imports import keep_import
from dicomcfg.exchange.models import Import
from dicomcfg.exchange.tables import Action, PlannedRow, TablePreview, apply_table, preview_table
from dicomcfg.inventory.models import Site
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError
from dicomcfg.web.done import done
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.refusals import shown_on

FORMAT = ae_table.NAME
ROWS_SHOWN = 300
FINDINGS_SHOWN = 100


class TableForm(forms.Form):
    """A table as text or as a file, and the site its rows belong to."""

    text = forms.CharField(
        label="Paste the table here",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "mono"}),
    )
    source = forms.FileField(label="Or choose a file (CSV, TSV, text)", required=False)
    site = forms.ModelChoiceField(
        queryset=Site.objects.all(), empty_label=None, label="Site, for rows that name none"
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sites = list(Site.objects.order_by("pk"))
        self.fields["site"].initial = self.sites[0]
        if len(self.sites) == 1:
            self.fields["site"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        """One of the two must hold something."""
        data = super().clean() or {}
        if not self.errors and not data.get("source") and not data["text"].strip():
            raise forms.ValidationError("Paste a table or choose a file.")
        return data

    def content(self) -> tuple[bytes, str]:
        """The bytes and the file's name, empty for a paste; call when valid."""
        file = self.cleaned_data["source"]
        if file:
            return file.read(), file.name
        return self.cleaned_data["text"].encode(), ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the preview with the findings that name it."""

    heading: str
    text: str
    findings: tuple[Finding, ...]

    @property
    def severity(self) -> str:
        """The worst severity, or empty."""
        found = {finding.severity for finding in self.findings}
        return next((s.value for s in Severity if s in found), "")


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row of the preview: what applying does with it, its cells, findings about all of it."""

    number: int
    action: str
    cells: tuple[Cell, ...]
    findings: tuple[Finding, ...]
    changed: tuple[str, ...]


@requires(Role.EDITOR)
def table_import(request: HttpRequest) -> HttpResponse:
    """Take in a table and keep it; nothing changes before the preview is applied."""
    form = TableForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        data, name = form.content()
        with shown_on(form):
            site = form.cleaned_data["site"].pk
            return redirect(keep_import(person(request), data, name, FORMAT, site=site))
    status = 422 if form.is_bound else 200
    return render(request, "imports/table.html", {"form": form}, status=status)


def preview(request: HttpRequest, kept: Import) -> HttpResponse:
    """What applying would do, row by row."""
    if kept.applied_at is not None:
        return render(request, "imports/table_applied.html", {"kept": kept})
    table = preview_table(kept)
    context = {
        "kept": kept,
        "columns": table.columns,
        "rows": [shown_row(row, table) for row in islice(table.rows, ROWS_SHOWN)],
        "rows_left": max(0, len(table.rows) - ROWS_SHOWN),
        "new": table.count(Action.NEW),
        "changed": table.count(Action.CHANGED),
        "same": table.count(Action.SAME),
        "left_out": table.count(None),
        "findings": worst_first(table.all_findings)[:FINDINGS_SHOWN],
        "finding_count": len(table.all_findings),
        "blocked": table.blocked,
    }
    return render(request, "imports/table_preview.html", context)


def apply(request: HttpRequest, kept: Import) -> HttpResponse:
    """Write the table as one change."""
    try:
        change = apply_table(Actor.of(person(request)), kept)
    except ServiceError as refusal:
        for texts in refusal.messages.values():
            for text in texts[:10]:
                messages.error(request, text)
        return redirect(kept)
    done(request, change, otherwise="All of it was so already.")
    return redirect("ae-list")


def shown_row(planned: PlannedRow, table: TablePreview) -> ShownRow:
    """The row with its findings put at their cells."""
    row = planned.row
    at: dict[str, list[Finding]] = {}
    for finding in planned.findings:
        at.setdefault(finding.cell or "", []).append(finding)
    cells = tuple(
        Cell(
            column.heading or column.letter,
            text,
            tuple(at.pop(f"{column.letter}{row.number}", ())),
        )
        for text, column in zip(row.cells, table.columns, strict=False)
    )
    failed = any(finding.severity is Severity.ERROR for finding in planned.findings)
    action = "error" if failed else planned.action.value if planned.action else "left out"
    rest = tuple(finding for findings in at.values() for finding in findings)
    return ShownRow(row.number, action, cells, rest, planned.changed_fields)


def worst_first(findings: tuple[Finding, ...]) -> list[Finding]:
    """Errors, then warnings, then the rest, each in the table's order."""
    order = list(Severity)
    return sorted(findings, key=lambda finding: order.index(finding.severity))


urlpatterns = [path("import/aes/", table_import, name="table-import")]
