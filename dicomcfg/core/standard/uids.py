"""The registry of UIDs (PS3.6 Annex A): names, keywords, kinds, look-up and type-ahead.

The data is pydicom's and our supplement's. Private and newer UIDs are legal; they have an entry
where whoever calls has named them, within `naming`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from types import MappingProxyType
from typing import Final

from dicomcfg.core.standard.tables import ours, pydicoms
from dicomcfg.core.standard.uid_names import PRIVATE, aliases_of, service_of, short_name_of

VERIFICATION: Final = "1.2.840.10008.1.1"
APPLICATION_CONTEXT: Final = "1.2.840.10008.3.1.1.1"
IMPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2"
_MAXIMUM_LENGTH_CHARACTERS: Final = 64


class UidKind(StrEnum):
    """What a UID is registered as; OTHER is any kind that never stands in an association."""

    SOP_CLASS = "SOP Class"
    META_SOP_CLASS = "Meta SOP Class"
    TRANSFER_SYNTAX = "Transfer Syntax"
    APPLICATION_CONTEXT = "Application Context Name"
    OTHER = "other"


ANY_KIND: Final = frozenset(UidKind)
ABSTRACT_SYNTAX: Final = frozenset({UidKind.SOP_CLASS, UidKind.META_SOP_CLASS})
TRANSFER_SYNTAX: Final = frozenset({UidKind.TRANSFER_SYNTAX})


@dataclass(frozen=True, slots=True)
class UidEntry:
    """One registered UID.

    `usable` says whether it can stand in an association: MIME, XML and SMPTE streaming encodings
    are registered as transfer syntaxes and cannot. `short_name` is for dense tables, `service`
    groups SOP Classes ("Storage", "Print" ...) and is empty for other kinds.
    """

    uid: str
    name: str
    keyword: str
    kind: UidKind
    retired: bool
    usable: bool
    short_name: str
    service: str


_NOT_IN_ASSOCIATIONS = ("1.2.840.10008.1.2.6.", "1.2.840.10008.1.2.7.")
_COMPONENT = re.compile(r"0|[1-9][0-9]*")


def _registered() -> dict[str, tuple[str, str, str, str, str]]:
    """Name, type, info, retired and keyword by UID: pydicom's table, then what it lacks."""
    registered: dict[str, tuple[str, str, str, str, str]] = dict(
        pydicoms("_uid_dict").UID_dictionary
    )
    for each in ours("supplement")["uids"]:
        row = (each["name"], each["type"], "", "", each["keyword"])
        registered.setdefault(each["uid"], row)
    return registered


def _entry(uid: str, name: str, type_name: str, retired: str, keyword: str) -> UidEntry:
    kind = UidKind(type_name) if type_name in list(UidKind) else UidKind.OTHER
    abstract = kind in ABSTRACT_SYNTAX
    # The registry keeps two retired SOP Classes without a name.
    name = name or uid
    return UidEntry(
        uid=uid,
        name=name,
        keyword=keyword,
        kind=kind,
        retired=bool(retired),
        usable=kind is not UidKind.OTHER and not uid.startswith(_NOT_IN_ASSOCIATIONS),
        short_name=short_name_of(uid, name),
        service=service_of(uid, name) if abstract else "",
    )


@cache
def registry() -> Mapping[str, UidEntry]:
    """Every registered UID, in the registry's order; read once, immutable."""
    return MappingProxyType(
        {
            uid: _entry(uid, name, type_name, retired, keyword)
            for uid, (name, type_name, _, retired, keyword) in _registered().items()
        }
    )


class _Named:
    """The private UIDs of one `naming`: loaded when first asked for, and then once."""

    def __init__(self, load: Callable[[], Iterable[UidEntry]]) -> None:
        self._load = load

    @cached_property
    def entries(self) -> Mapping[str, UidEntry]:
        """By UID; what the standard has registered since keeps the standard's name."""
        loaded = {entry.uid: entry for entry in self._load()}
        return {uid: entry for uid, entry in loaded.items() if uid not in registry()}


_named: ContextVar[_Named | None] = ContextVar("named_uids", default=None)


@contextmanager
def naming(load: Callable[[], Iterable[UidEntry]]) -> Iterator[None]:
    """Within it, look-ups know private UIDs by the names that people gave them.

    `load` is called when a UID or a text is not in the registry or a search is made, at most
    once; its errors are the caller's. It holds for this thread or task alone, and a thread that is
    started within begins without it.
    """
    token = _named.set(_Named(load))
    try:
        yield
    finally:
        _named.reset(token)


def private_entry(uid: str, name: str, kind: UidKind) -> UidEntry:
    """The entry of a UID that the standard does not register, for the loader of `naming`."""
    return UidEntry(
        uid=uid,
        name=name,
        keyword="",
        kind=kind,
        retired=False,
        usable=True,
        short_name=name,
        service=PRIVATE,
    )


def private_entries() -> tuple[UidEntry, ...]:
    """The private UIDs that have a name here, in the loader's order; none outside of `naming`."""
    named = _named.get()
    return tuple(named.entries.values()) if named else ()


def is_registered(uid: str) -> bool:
    """Whether the standard registers a UID."""
    return uid in registry()


def lookup(uid: str) -> UidEntry | None:
    """The entry of a UID; None for one that neither the standard nor people have named."""
    entry = registry().get(uid)
    if entry is None and (named := _named.get()) is not None:
        entry = named.entries.get(uid)
    return entry


def name_of(uid: str) -> str:
    """The name, or the UID itself."""
    entry = lookup(uid)
    return entry.name if entry else uid


def short_of(uid: str) -> str:
    """The name for dense tables, or the UID itself."""
    entry = lookup(uid)
    return entry.short_name if entry else uid


def uid_problem(text: str) -> str | None:
    """Why a text is not a UID, as the end of a sentence, or None when it is one (PS3.5 9.1)."""
    if not text:
        return "is empty"
    if not re.fullmatch(r"[0-9.]+", text):
        return "holds characters other than digits and dots"
    if len(text) > _MAXIMUM_LENGTH_CHARACTERS:
        return f"has {len(text)} characters where {_MAXIMUM_LENGTH_CHARACTERS} are allowed"
    components = text.split(".")
    if "" in components:
        return "has an empty component"
    if len(components) < 2:
        return "has a single component"
    if not all(_COMPONENT.fullmatch(component) for component in components):
        return "has a component with a leading zero"
    return None


def is_valid_uid(text: str) -> bool:
    """Whether a text is a well-formed UID (PS3.5 9.1), registered or not."""
    return uid_problem(text) is None


def folded(text: str) -> str:
    """A name without what does not tell names apart: case and punctuation."""
    return re.sub(r"[^a-z0-9]+", " ", text.casefold()).strip()


def _texts(entry: UidEntry) -> set[str]:
    """What resolves to an entry, folded."""
    name = folded(entry.name)
    texts = {name, name.removesuffix(" sop class"), folded(entry.keyword)}
    return (texts | {folded(entry.short_name)}) - {""}


@cache
def _by_text() -> Mapping[str, tuple[UidEntry, ...]]:
    index: dict[str, list[UidEntry]] = {}
    for entry in registry().values():
        for text in _texts(entry):
            index.setdefault(text, []).append(entry)
    return MappingProxyType({text: tuple(entries) for text, entries in index.items()})


def registered_so(text: str) -> UidEntry | None:
    """The first registered entry, of any kind, that a name or keyword stands for."""
    return next(iter(_by_text().get(folded(text), ())), None)


def resolve(text: str, kinds: frozenset[UidKind] = ANY_KIND) -> str | None:
    """The UID that a UID, keyword or whole name stands for, or None.

    Case and punctuation of names do not matter, nor does a missing "SOP Class" at the end. A
    well-formed UID that is not registered stands for itself, whatever people call it; one
    registered as another kind than `kinds` does not.
    """
    text = text.strip()
    if is_valid_uid(text):
        known = registry().get(text)
        return text if known is None or known.kind in kinds else None
    wanted = folded(text)
    registered = [entry for entry in _by_text().get(wanted, ()) if entry.kind in kinds]
    if registered:
        return registered[0].uid
    named = (e for e in private_entries() if e.kind in kinds and wanted in _texts(e))
    return next((entry.uid for entry in named), None)


def _haystack(entry: UidEntry) -> tuple[UidEntry, str, str]:
    texts = (entry.name, entry.keyword, entry.short_name, *aliases_of(entry.uid))
    haystack = " ".join((entry.uid, *texts)).casefold()
    return entry, haystack, folded(" ".join((entry.name, *aliases_of(entry.uid))))


@cache
def _haystacks() -> tuple[tuple[UidEntry, str, str], ...]:
    return tuple(map(_haystack, registry().values()))


def search(text: str, kinds: frozenset[UidKind] = ANY_KIND, limit: int = 20) -> list[UidEntry]:
    """Type-ahead: entries that hold every word of `text` in UID, name, keyword or alias.

    An exact UID, keyword or name stands first, then what is not retired before what is, then
    what begins with the text, then what has words beginning with its words, then the rest.
    """
    wanted = text.casefold().strip()
    words = wanted.split()
    ranked = []
    for entry, haystack, name_words in (*_haystacks(), *map(_haystack, private_entries())):
        if entry.kind not in kinds or not all(word in haystack for word in words):
            continue
        exact = wanted in (entry.uid, entry.keyword.casefold(), entry.name.casefold())
        starts = tuple(
            value.casefold().startswith(wanted) for value in (entry.name, entry.keyword, entry.uid)
        )
        begins = all(f" {word}" in f" {name_words}" for word in words)
        rank = 0 if any(starts) else 1 if begins else 2
        ranked.append(((not exact, entry.retired, rank), entry))
    ranked.sort(key=lambda pair: pair[0])
    return [entry for _, entry in ranked[:limit]]
