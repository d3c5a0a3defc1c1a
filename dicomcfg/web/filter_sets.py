"""What every filtered table needs of its filter set: its query string, its words, its chips.

The query string is the whole state of a table, so that it can be bookmarked and a selection of
"all that match" can be resolved again on the server.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.http import QueryDict
from django_filters import FilterSet
from django_filters.fields import ModelChoiceField


def filter_query(found: FilterSet) -> str:
    """The filters of a valid set, and nothing else of its address, as a query string."""
    kept = QueryDict(mutable=True)
    for name in found.filters:
        if found.form.cleaned_data.get(name):
            kept[name] = found.data[name]
    return kept.urlencode()


def filter_words(found: FilterSet) -> list[str]:
    """What each filter of a set asks for, for people: `State: Live`."""
    if not found.form.is_valid():
        return []
    return [_words(found, name) for name in found.filters if found.form.cleaned_data.get(name)]


@dataclass(frozen=True, slots=True)
class Chip:
    """One active filter in words, and the query string without it."""

    label: str
    without: str


def active_chips(found: FilterSet, query: QueryDict, apart: Collection[str]) -> list[Chip]:
    """The filters that narrow a table, without those `apart`, which have places of their own."""
    if not found.form.is_valid():
        return []
    chips = []
    for name in found.filters:
        if name in apart or not found.form.cleaned_data.get(name):
            continue
        rest = query.copy()
        rest.pop(name, None)
        rest.pop("page", None)
        chips.append(Chip(_words(found, name), rest.urlencode()))
    return chips


def _words(found: FilterSet, name: str) -> str:
    bound, field = found.filters[name], found.form.fields[name]
    value = found.form.cleaned_data[name]
    if not isinstance(field, ModelChoiceField):
        words = dict(bound.extra.get("choices", ())).get(value) or field.prepare_value(value)
    else:
        words = field.null_label if value == field.null_value else value
    return f"{bound.label}: {words}"
