"""The registry of data elements (PS3.6 clauses 6 to 8, PS3.7 Annex E): look-up and filter.

The data is pydicom's and our supplement's. Elements of repeating groups have an `x` where any
digit stands. Private elements have no entry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from dicomcfg.core.standard.narrowing import haystack, narrowed
from dicomcfg.core.standard.tables import ours, pydicoms

_TAG: Final = re.compile(r"\(?([0-9a-fx]{4}),?([0-9a-fx]{4})\)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DictionaryEntry:
    """One data element.

    `path` is the tag as eight hexadecimal digits, `50xx0010` for a repeating group's. `vr` may
    name alternatives ("US or SS"), `vm` is as PS3.6 writes it ("1-n"). Some retired elements have
    no keyword.
    """

    path: str
    name: str
    keyword: str
    vr: str
    vm: str
    retired: bool

    @property
    def tag(self) -> str:
        """The tag as PS3.6 writes it: `(0008,0060)`."""
        return f"({self.path[:4]},{self.path[4:]})"

    @property
    def vrs(self) -> tuple[str, ...]:
        """The value representations that the element may have."""
        return tuple(self.vr.split(" or "))

    @property
    def command(self) -> bool:
        """Whether it stands in command sets, which have group 0000 to themselves."""
        return self.path.startswith("0000")

    @property
    def repeating(self) -> bool:
        """Whether the entry is that of a repeating group."""
        return "x" in self.path


@cache
def dictionary() -> Mapping[str, DictionaryEntry]:
    """Every data element by its `path`, in the order of tags; read once, immutable."""
    module = pydicoms("_dicom_dict")
    rows = {f"{tag:08X}": row for tag, row in module.DicomDictionary.items()}
    rows |= {_path(tag): row for tag, row in module.RepeatersDictionary.items()}
    for each in ours("supplement")["elements"]:
        rows.setdefault(each["path"], (each["vr"], each["vm"], each["name"], "", each["keyword"]))
    # "x" sorts behind the digits, so that a repeating group follows those that it could stand for.
    return MappingProxyType(
        {
            path: DictionaryEntry(path, name or "(no name)", keyword, vr, vm, bool(retired))
            for path, (vr, vm, name, retired, keyword) in sorted(rows.items())
        }
    )


def _path(text: str) -> str:
    return text.upper().replace("X", "x")


@cache
def _repeating() -> tuple[tuple[re.Pattern[str], DictionaryEntry], ...]:
    return tuple(
        (re.compile(path.replace("x", "[0-9A-F]")), entry)
        for path, entry in dictionary().items()
        if entry.repeating
    )


@cache
def _by_keyword() -> Mapping[str, DictionaryEntry]:
    return MappingProxyType(
        {entry.keyword: entry for entry in dictionary().values() if entry.keyword}
    )


def lookup(text: str) -> DictionaryEntry | None:
    """The entry of a keyword or a tag, written `00080060`, `0008,0060` or `(0008,0060)`.

    A tag of a repeating group gives that group's entry.
    """
    match = _TAG.fullmatch(text)
    if match is None:
        return _by_keyword().get(text)
    path = _path(match[1] + match[2])
    found = dictionary().get(path)
    return found or next((entry for rule, entry in _repeating() if rule.fullmatch(path)), None)


@cache
def haystacks() -> tuple[tuple[DictionaryEntry, str], ...]:
    """Each entry with its columns as one text for `narrowed`; a tag in each of its spellings."""
    return tuple(
        (
            each,
            haystack(
                each.tag,
                each.path,
                each.name,
                each.keyword,
                each.vr,
                each.vm,
                "retired" if each.retired else "",
            ),
        )
        for each in dictionary().values()
    )


def matching(text: str) -> list[DictionaryEntry]:
    """The entries that hold every word of `text` in one of their columns, in the order of tags."""
    return narrowed(haystacks(), text)


def search(text: str, limit: int = 20) -> list[DictionaryEntry]:
    """Type-ahead: the best of `matching`.

    An exact tag, keyword or name stands first, then what is not retired before what is, then what
    begins with the text. A tag inside a repeating group finds that group's entry.
    """
    wanted = text.casefold().strip()
    exact = lookup(text.strip())
    found = matching(text)
    if exact is not None and exact not in found:
        found.append(exact)

    def rank(entry: DictionaryEntry) -> tuple[bool, bool, bool]:
        name, keyword = entry.name.casefold(), entry.keyword.casefold()
        best = entry is exact or wanted in (name, keyword)
        return (not best, entry.retired, not name.startswith(wanted))

    return sorted(found, key=rank)[:limit]
