"""The standard's three tables: abstract syntaxes, transfer syntaxes, data elements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from dicomcfg.core.standard import dictionary, uids
from dicomcfg.core.standard.enumerated import coded_elements
from dicomcfg.core.standard.narrowing import haystack
from dicomcfg.core.standard.uid_groups import family_of
from dicomcfg.core.standard.uid_names import aliases_of
from dicomcfg.core.standard.uids import UidEntry, UidKind
from dicomcfg.web.standard.tables import Facet, TableKind, state_of, table_page


@dataclass(frozen=True, slots=True)
class UidRow:
    """A UID with the service or family under which the tables list it, and other names for it."""

    entry: UidEntry
    group: str
    aliases: str

    @property
    def private(self) -> bool:
        """Whether this inventory names it, not the standard."""
        return not uids.is_registered(self.entry.uid)


def row_of(entry: UidEntry) -> UidRow:
    """An entry as the tables and its own page show it."""
    group = entry.service or family_of(entry.uid)
    return UidRow(entry, group, ", ".join(aliases_of(entry.uid)))


def page_of_kind(kind: UidKind) -> str | None:
    """The URL name of the pages of a kind; None for one that never stands in an association."""
    if kind in uids.ABSTRACT_SYNTAX:
        return "abstract-syntax-detail"
    return "transfer-syntax-detail" if kind in uids.TRANSFER_SYNTAX else None


def _searchable(row: UidRow) -> tuple[UidRow, str]:
    entry = row.entry
    state = state_of(entry.retired)
    texts = (entry.uid, entry.name, entry.short_name, entry.keyword, entry.kind, row.group, state)
    return row, haystack(*texts, row.aliases, "private" if row.private else "")


@cache
def _registered(kinds: frozenset[UidKind]) -> tuple[tuple[UidRow, str], ...]:
    found = (entry for entry in uids.registry().values() if entry.kind in kinds)
    return tuple(_searchable(row_of(entry)) for entry in found)


def _rows(kinds: frozenset[UidKind]) -> Sequence[tuple[UidRow, str]]:
    """The registered UIDs of some kinds, then those that this inventory names itself."""
    named = (row_of(entry) for entry in uids.private_entries() if entry.kind in kinds)
    return (*_registered(kinds), *map(_searchable, named))


def _number(row: UidRow) -> list[int]:
    return [int(part) for part in row.entry.uid.split(".") if part.isdecimal()]


_UID_SORTS = {
    "name": lambda row: row.entry.name.casefold(),
    "uid": _number,
    "keyword": lambda row: row.entry.keyword.casefold(),
    "kind": lambda row: row.entry.kind,
    "group": lambda row: row.group.casefold(),
    "state": lambda row: row.entry.retired,
}
_STATE = Facet("state", "State", "Any state", lambda row: (state_of(row.entry.retired),))
ABSTRACT = TableKind(
    facets=(
        Facet("group", "Service", "Any service", lambda row: (row.group,)),
        Facet("kind", "Kind", "Any kind", lambda row: (row.entry.kind,)),
        _STATE,
    ),
    sorts=_UID_SORTS,
    page="standard/abstract_syntaxes.html",
    rows="standard/_abstract_syntaxes.html",
)
TRANSFER = TableKind(
    facets=(Facet("group", "Family", "Any family", lambda row: (row.group,)), _STATE),
    sorts=_UID_SORTS,
    page="standard/transfer_syntaxes.html",
    rows="standard/_transfer_syntaxes.html",
)
ELEMENTS = TableKind(
    facets=(
        Facet("vr", "VR", "Any VR", lambda entry: entry.vrs),
        Facet("state", "State", "Any state", lambda entry: (state_of(entry.retired),)),
        Facet(
            "codes",
            "Codes",
            "With or without codes",
            lambda entry: ("With codes",) if entry.path in coded_elements() else (),
        ),
    ),
    sorts={
        "tag": lambda entry: entry.path,
        "name": lambda entry: entry.name.casefold(),
        "keyword": lambda entry: entry.keyword.casefold(),
        "vr": lambda entry: entry.vr,
        "vm": lambda entry: entry.vm,
        "state": lambda entry: entry.retired,
        "codes": lambda entry: entry.path not in coded_elements(),
    },
    page="standard/dictionary.html",
    rows="standard/_elements.html",
)


@require_safe
def abstract_syntax_list(request: HttpRequest) -> HttpResponse:
    """Every SOP Class and Meta SOP Class, registered or named here."""
    return table_page(request, ABSTRACT, _rows(uids.ABSTRACT_SYNTAX))


@require_safe
def transfer_syntax_list(request: HttpRequest) -> HttpResponse:
    """Every transfer syntax, registered or named here."""
    return table_page(request, TRANSFER, _rows(uids.TRANSFER_SYNTAX))


@require_safe
def element_list(request: HttpRequest) -> HttpResponse:
    """Every data element of the standard."""
    return table_page(request, ELEMENTS, dictionary.haystacks())


urlpatterns = [
    path("standard/abstract-syntaxes/", abstract_syntax_list, name="abstract-syntax-list"),
    path("standard/transfer-syntaxes/", transfer_syntax_list, name="transfer-syntax-list"),
    path("standard/dictionary/", element_list, name="element-list"),
]
