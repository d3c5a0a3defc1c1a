"""A discovery as files: every pair as CSV, the command line's JSON, InterSystems' import form.

Names of files are made of the AE title and the check's number, bounded and in plain characters;
the same discovery gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import re

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from dicomcfg.checks.models import Check, Kind
from dicomcfg.checks.selectors import discovery_of
from dicomcfg.core.diagnosis.observation import DiscoverySeen
from dicomcfg.core.formats import intersystems, registry
from dicomcfg.core.formats.tables.table_writer import escape_formula
from dicomcfg.core.negotiation.matrix import Cell
from dicomcfg.core.records import Document, PresentationContext, Profile
from dicomcfg.core.standard import uids
from dicomcfg.web.discoveries.view import MARKS

_NAME_LENGTH = 40
_HEADINGS = (
    "sop_class",
    "sop_class_name",
    "transfer_syntax",
    "transfer_syntax_name",
    "result",
    "words",
)


def as_csv(seen: DiscoverySeen) -> str:
    """A line for each pair: both UIDs with their names, the result and its words.

    The names of private UIDs are what people wrote: none of them runs as a formula.
    """
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(_HEADINGS)
    for sop_class, syntax, cell in seen.matrix.cells():
        result = "" if cell is Cell.UNKNOWN else cell.value
        writer.writerow(
            (
                sop_class,
                escape_formula(uids.name_of(sop_class)),
                syntax,
                escape_formula(uids.name_of(syntax)),
                result,
                MARKS[cell].words,
            )
        )
    return file.getvalue()


def as_json(seen: DiscoverySeen, outcome: str) -> str:
    """The object that `dicomcfg discover --json` prints."""
    value = {**seen.script_json(), "outcome": outcome}
    return json.dumps(value, indent=1) + "\n"


def as_intersystems(seen: DiscoverySeen, name: str) -> bytes:
    """What is accepted, a pair a line, to be imported as an association's contexts."""
    contexts = tuple(PresentationContext(*each) for each in seen.matrix.accepted().items())
    document = Document(intersystems.NAME, profiles=(Profile(name, contexts),))
    return registry.write(document, intersystems.NAME).data


@require_safe
def discovery_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """Every pair."""
    check, seen = _found(pk)
    return _file(check, as_csv(seen), "csv", "text/csv")


@require_safe
def discovery_json(request: HttpRequest, pk: int) -> HttpResponse:
    """What the command line prints."""
    check, seen = _found(pk)
    return _file(check, as_json(seen, check.outcome), "json", "application/json")


@require_safe
def discovery_txt(request: HttpRequest, pk: int) -> HttpResponse:
    """The import format."""
    check, seen = _found(pk)
    data = as_intersystems(seen, check.target["called_ae_title"])
    return _file(check, data, "txt", "text/plain")


def _found(pk: int) -> tuple[Check, DiscoverySeen]:
    check = get_object_or_404(Check, pk=pk, kind=Kind.DISCOVER)
    seen = discovery_of(check)
    if seen is None:
        raise Http404("This discovery has found nothing yet.")
    return check, seen


def _file(check: Check, content: str | bytes, ending: str, content_type: str) -> HttpResponse:
    title = re.sub(r"[^A-Za-z0-9._-]+", "_", check.target["called_ae_title"])[:_NAME_LENGTH]
    name = f"discovery-{check.pk}-{title.strip('._') or 'AE'}.{ending}"
    answer = HttpResponse(content, content_type=f"{content_type}; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer["Cache-Control"] = "no-store"
    return answer


urlpatterns = [
    path("checks/<int:pk>/matrix.csv", discovery_csv, name="discovery-csv"),
    path("checks/<int:pk>/matrix.json", discovery_json, name="discovery-json"),
    path("checks/<int:pk>/matrix.txt", discovery_txt, name="discovery-txt"),
]
