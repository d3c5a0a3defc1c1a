"""A Change in words: field by field, before and after, as lines that a person can compare.

The history keeps objects as plain JSON with UIDs; names are looked up here, when they are shown.
Knows no particular model: any field may hold a value, a list of values or a list of objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from dicomcfg.core.records import RoleSelection
from dicomcfg.core.standard import uids
from dicomcfg.web.checks.answers import role_words

_NAMES = {
    "ae_title": "AE title",
    "calling_ae_title": "our AE title",
    "association_initiator": "initiates associations",
    "association_acceptor": "accepts associations",
    "model_name": "model",
    "tls": "TLS",
}
# A longer run of equal lines is counted instead of shown.
_SAME_SHOWN = 3
_UID = re.compile(r"\d+(\.\d+){4,}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a field's value; `mark` is `same`, `removed` or `added`."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """What became of one field; never empty."""

    name: str
    lines: tuple[Line, ...]


def diff(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[FieldDiff]:
    """The fields that differ, in the object's own order; None is an object that is not there."""
    before, after = before or {}, after or {}
    fields = dict.fromkeys((*before, *after))
    pairs = ((name, lines_of(before.get(name)), lines_of(after.get(name))) for name in fields)
    return [
        FieldDiff(field_name(name), tuple(_compare(old, new)))
        for name, old, new in pairs
        if old != new
    ]


def field_name(name: str) -> str:
    """A field's name for people."""
    return _NAMES.get(name, name.replace("_", " "))


def _compare(old: list[str], new: list[str]) -> Iterator[Line]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for _, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if old[old_from:old_to] == new[new_from:new_to]:
            yield from _same(old[old_from:old_to])
        else:
            yield from (Line("removed", text) for text in old[old_from:old_to])
            yield from (Line("added", text) for text in new[new_from:new_to])


def _same(lines: list[str]) -> Iterator[Line]:
    if len(lines) > _SAME_SHOWN:
        yield Line("same", f"… {len(lines)} as before")
    else:
        yield from (Line("same", text) for text in lines)


def lines_of(value: Any) -> list[str]:
    """A field's value as lines, one for each item of a list; none where it is empty."""
    if value in (None, "", [], {}):
        return []
    return [_words(item) for item in value] if isinstance(value, list) else [_words(value)]


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return _object(value)
    if isinstance(value, list):
        return ", ".join(_words(item) for item in value)
    text = str(value)
    if _UID.fullmatch(text) and (entry := uids.lookup(text)):
        return f"{entry.name} ({text})"
    return text


def _object(value: dict[str, Any]) -> str:
    """A nested object on one line: an address, a context with its names, a row by its name."""
    if {"hostname", "port"} <= value.keys():
        tls = f" with TLS ({value['tls']})" if value.get("tls") else ""
        return f"{value['hostname']}:{value['port']}{tls}"
    if {"abstract_syntax", "transfer_syntaxes"} <= value.keys():
        return f"{_words(value['abstract_syntax'])}: {_words(value['transfer_syntaxes'])}"
    if {"sop_class", "role", "transfer_syntaxes"} <= value.keys():
        syntaxes = ", ".join(map(uids.short_of, value["transfer_syntaxes"]))
        return f"{_words(value['sop_class'])} as {value['role']}: {syntaxes}"
    if {"sop_class", "scu", "scp"} <= value.keys():
        return f"{_words(value['sop_class'])}: {role_words(RoleSelection(**value))}"
    if {"sop_class", "information"} <= value.keys():
        return f"{_words(value['sop_class'])}: {value['information']}"
    if {"headline", "check_id", "at"} <= value.keys():
        return f"{value['headline']}, {(value['at'] or '')[:10]}"
    if len(value) == 2 and "id" in value:
        return next(_words(item) for key, item in value.items() if key != "id")
    return ", ".join(f"{key.replace('_', ' ')} {_words(item)}" for key, item in value.items())
