"""A table of the standard's, filtered over every column, narrowed by facets, sorted, by pages.

The query string is the whole state. The rows are in memory; nothing here asks the database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from dicomcfg.core.standard.narrowing import narrowed
from dicomcfg.web.bounds import search_words
from dicomcfg.web.partials import is_partial

Row = TypeVar("Row")
ROWS = 100


@dataclass(frozen=True, slots=True)
class Facet:
    """A choice that narrows the table: its name in the query string, its words, a row's values."""

    name: str
    label: str
    empty: str
    values_of: Callable[[Any], Sequence[str]]


@dataclass(frozen=True, slots=True)
class TableKind:
    """What the tables differ in: facets, sort keys by column, and the templates' names."""

    facets: tuple[Facet, ...]
    sorts: Mapping[str, Callable[[Any], Any]]
    page: str
    rows: str


def state_of(retired: bool) -> str:
    """What the column and the facet say of an entry."""
    return "Retired" if retired else "In use"


def table_page(
    request: HttpRequest, kind: TableKind, rows: Sequence[tuple[Row, str]]
) -> HttpResponse:
    """The page with its table, or for htmx the table alone; a row is a pair with its haystack."""
    query = request.GET
    found = _sorted(_faceted(narrowed(rows, _words(query)), kind.facets, query), kind, query)
    partial = is_partial(request)
    context = {
        "page": Paginator(found, ROWS).get_page(query.get("page")),
        "total": len(rows),
        # The form stays as it is while somebody types.
        "facets": [] if partial else [_choices(facet, rows, query) for facet in kind.facets],
        "asked": any(query.get(name) for name in ("q", *(facet.name for facet in kind.facets))),
        "rows_template": kind.rows,
    }
    response = render(request, "standard/_results.html" if partial else kind.page, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _words(query: QueryDict) -> str:
    return " ".join(search_words(query.get("q", "")))


def _faceted(rows: list[Row], facets: Sequence[Facet], query: QueryDict) -> list[Row]:
    for facet in facets:
        if wanted := query.get(facet.name):
            rows = [row for row in rows if wanted in facet.values_of(row)]
    return rows


def _sorted(rows: list[Row], kind: TableKind, query: QueryDict) -> list[Row]:
    """By a column of `kind.sorts`, `-name` for descending; else in the order of the standard."""
    name = query.get("sort", "")
    key = kind.sorts.get(name.removeprefix("-"))
    return sorted(rows, key=key, reverse=name.startswith("-")) if key else rows


def _choices(facet: Facet, rows: Sequence[tuple[Any, str]], query: QueryDict) -> dict[str, object]:
    values = {value for row, _ in rows for value in facet.values_of(row)}
    return {
        "name": facet.name,
        "label": facet.label,
        "empty": facet.empty,
        "values": sorted(values),
        "chosen": query.get(facet.name, ""),
    }
