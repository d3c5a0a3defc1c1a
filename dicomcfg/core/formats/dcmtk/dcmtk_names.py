"""DCMTK's own names for SOP Classes and transfer syntaxes.

They differ from the keywords of PS3.6 (`LittleEndianImplicit`), their case matters, and DCMTK
refuses a whole file for one that it does not know. Writing therefore uses only names that every
version since 3.6.2 (2017) has for the same UID, and the UID for all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from dicomcfg.core.standard.tables import ours

# What these two stand for goes by the machine; DCMTK hardly runs on another order any more.
_BY_MACHINE: Final = {
    "LocalEndianExplicit": "1.2.840.10008.1.2.1",
    "OppositeEndianExplicit": "1.2.840.10008.1.2.2",
}


@cache
def _names() -> Mapping[str, str]:
    """UID to the name that every version since 3.6.2 knows."""
    return MappingProxyType(ours("dcmtk_names")["since_3_6_2"])


@cache
def _by_name() -> Mapping[str, tuple[str, str | None]]:
    """Name to UID and the version that has it first, None for one as old as 3.6.2."""
    table = ours("dcmtk_names")
    found: dict[str, tuple[str, str | None]] = {
        name: (uid, since) for name, (uid, since) in table["later"].items()
    }
    found |= {name: (uid, None) for uid, name in table["since_3_6_2"].items()}
    found |= {name: (uid, None) for name, uid in _BY_MACHINE.items()}
    return MappingProxyType(found)


def uid_of(name: str) -> str | None:
    """The UID of one of DCMTK's names, which may begin with `=`; None where it has none so."""
    found = _by_name().get(name.removeprefix("="))
    return found[0] if found else None


def known_since(name: str) -> str | None:
    """The version of DCMTK that has a name first, None for one that is as old as 3.6.2."""
    found = _by_name().get(name.removeprefix("="))
    return found[1] if found else None


def written(uid: str) -> str:
    """The name to write for a UID, or the UID itself."""
    return _names().get(uid, uid)
