"""Taking files in, and the list of what was taken in before."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_safe

from dicomcfg.accounts.models import Role
from dicomcfg.core.formats.base import Format
from dicomcfg.core.formats.bundle import Given
from dicomcfg.core.formats.registry import FORMATS
from dicomcfg.exchange.imports import keep
from dicomcfg.exchange.jobs import start_reading
from dicomcfg.exchange.models import Import, ImportFile
from dicomcfg.exchange.selectors import imports_list, wrong_rows
from dicomcfg.web.associations.pages import ends_named_in
from dicomcfg.web.imports.forms import GivenForm
from dicomcfg.web.imports.totals import changed_words
from dicomcfg.web.permissions import person, requires
from dicomcfg.web.refusals import shown_on

PER_PAGE = 50
FORMATS_OF = Prefetch("files", ImportFile.objects.defer("data", "columns"))


@requires(Role.EDITOR)
def import_create(request: HttpRequest) -> HttpResponse:
    """Take files or a paste in; nothing changes before the preview is applied."""
    form = GivenForm(request.POST or None, request.FILES or None, initial=ends_named_in(request))
    if form.is_valid():
        with shown_on(form):
            kept = keep(person(request), given_in(form), **form.options())
            start_reading(kept)
            return redirect(kept)
    context = {"form": form, "formats": known_formats()}
    return render(request, "imports/create.html", context, status=422 if form.is_bound else 200)


def given_in(form: GivenForm) -> list[Given]:
    """What was sent, with the format that was named; call when valid."""
    data = form.cleaned_data
    named = data["format"] or None
    if data["given"]:
        return [Given(file.name, file.read(), named) for file in data["given"]]
    return [Given("", data["text"].encode(), named)]


def known_formats() -> list[Format]:
    """Every format, by title."""
    return sorted(FORMATS.values(), key=lambda entry: entry.title.casefold())


@requires(Role.EDITOR)
@require_safe
def import_list(request: HttpRequest) -> HttpResponse:
    """Every import that is kept, latest first."""
    kept = imports_list().select_related("change_set__undone_by").prefetch_related(FORMATS_OF)
    page = Paginator(kept, PER_PAGE).get_page(request.GET.get("page"))
    wrong = wrong_rows([kept.pk for kept in page])
    rows = [
        (each, _formats_of(each), changed_words(each.counts), wrong.get(each.pk, 0))
        for each in page
    ]
    return render(request, "imports/list.html", {"page": page, "rows": rows})


def _formats_of(kept: Import) -> list[str]:
    """The titles of the formats of its files, each once."""
    names = dict.fromkeys(file.format for file in kept.files.all())
    return [FORMATS[name].title for name in names if name in FORMATS]


urlpatterns = [
    path("import/", import_create, name="import-create"),
    path("imports/", import_list, name="import-list"),
]
