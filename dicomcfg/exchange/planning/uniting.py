"""Lays what a file says over what is stored: one list over another, for merging.

What is there keeps its place, and what the file has beside it follows at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from dicomcfg.core.records import (
    Connection,
    ExtendedNegotiation,
    PresentationContext,
    RoleSelection,
)
from dicomcfg.core.standard.endpoint import one_spelling

Contexts = tuple[PresentationContext, ...]
_ByClass = TypeVar("_ByClass", bound=RoleSelection | ExtendedNegotiation)


def place_of(connection: Connection) -> tuple[str, int]:
    """Where it is, whatever the spelling of the host and the TLS settings."""
    return one_spelling(connection.hostname), connection.port


def united_connections(
    present: Sequence[Connection], said: Sequence[Connection]
) -> tuple[Connection, ...]:
    """An address that is there stays in its place; a new first one replaces the first, which has
    moved, and others follow. TLS settings that the file does not say stay."""
    places = {place_of(connection): index for index, connection in enumerate(present)}
    result = list(present)
    for number, connection in enumerate(said):
        index = places.get(place_of(connection))
        if index is None and number == 0 and present:
            index = 0
        if index is None:
            result.append(connection)
        else:
            tls = connection.tls or result[index].tls
            result[index] = connection if tls == connection.tls else replace(connection, tls=tls)
    return tuple(result)


def united_contexts(present: Contexts, said: Iterable[PresentationContext]) -> Contexts:
    """A context of an abstract syntax that has exactly one gets what it lacks at its end; where
    it has several, what none of them has becomes one more."""
    if not present:
        return tuple(said)
    result = list(present)
    places: dict[str, list[int]] = {}
    for index, context in enumerate(result):
        places.setdefault(context.abstract_syntax, []).append(index)
    for context in said:
        here = places.get(context.abstract_syntax, [])
        had = {uid for index in here for uid in result[index].transfer_syntaxes}
        lacking = tuple(uid for uid in context.transfer_syntaxes if uid not in had)
        if len(here) == 1:
            index = here[0]
            both = (*result[index].transfer_syntaxes, *lacking)
            result[index] = replace(result[index], transfer_syntaxes=both)
        elif lacking or not here:
            places.setdefault(context.abstract_syntax, []).append(len(result))
            result.append(replace(context, transfer_syntaxes=lacking or context.transfer_syntaxes))
    return tuple(result)


def united_by_class(present: Sequence[_ByClass], said: Iterable[_ByClass]) -> tuple[_ByClass, ...]:
    """One for each SOP Class: the file's in place of what was there."""
    more = {each.sop_class: each for each in said}
    stays = [more.pop(each.sop_class, each) for each in present]
    return (*stays, *more.values())
