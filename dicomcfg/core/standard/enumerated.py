"""What the values of coded data elements mean: enumerated values and defined terms.

Enumerated values are the only ones allowed; defined terms may be extended (PS3.5 6.3). The tables
stand in `enumerated.json` with the clause that each follows; meanings are in our own words. They
are for reading: nothing is checked against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from dicomcfg.core.standard.tables import ours


@dataclass(frozen=True, slots=True)
class Code:
    """One value, as it is written in the element; a number as `0x8001` or in decimal."""

    value: str
    meaning: str
    retired: bool


@dataclass(frozen=True, slots=True)
class CodeTable:
    """Values of an element. `of` says where they apply if not everywhere: "C-STORE", "Value 1"."""

    kind: str
    clause: str
    of: str
    codes: tuple[Code, ...]


@cache
def _tables() -> Mapping[str, tuple[CodeTable, ...]]:
    found: dict[str, tuple[CodeTable, ...]] = {}
    for each in ours("enumerated"):
        codes = tuple(Code(value, words, bool(rest)) for value, words, *rest in each["codes"])
        table = CodeTable(each["kind"], each["clause"], each["of"], codes)
        for path in each["elements"]:
            found[path] = (*found.get(path, ()), table)
    return MappingProxyType(found)


def codes_of(path: str) -> tuple[CodeTable, ...]:
    """The tables of a data element by its `DictionaryEntry.path`; empty where we have none."""
    return _tables().get(path, ())


@cache
def coded_elements() -> frozenset[str]:
    """The paths of all elements with codes."""
    return frozenset(_tables())
