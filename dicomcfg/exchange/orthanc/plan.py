"""What an Orthanc holds beside what the inventory says, and what would bring it in step.

Pure: no Django, no network. Only modalities that are marked as ours are ever written or deleted;
of those, what the inventory has no place for (which requests are allowed, timeouts, a local AE
title) stays as the server has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from dicomcfg.core.records import Ae
from dicomcfg.core.standard.endpoint import one_spelling

Modality = Mapping[str, Any]
"""A modality as Orthanc's REST interface gives it: AET, Host, Port, and its options."""


class Standing(StrEnum):
    """How a modality stands to the inventory."""

    IN_STEP = "in step"
    DIFFERS = "differs"
    MISSING = "missing there"
    TO_DELETE = "to be deleted"
    GONE = "gone already"
    NO_ADDRESS = "no address"
    FOREIGN = "not managed"


TO_PUSH: Final = (Standing.DIFFERS, Standing.MISSING, Standing.TO_DELETE)
"""What a push writes or deletes."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A managed modality: its name, and the AE that it is to hold, None where it is to go."""

    name: str
    ae: Ae | None


@dataclass(frozen=True, slots=True)
class Compared:
    """One modality of either side; `differing` names the fields of Orthanc's that differ."""

    name: str
    standing: Standing
    held: Modality | None
    wanted: Modality | None
    differing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a push: `body` is put, or None deletes. `expected` is what was there when
    it was planned, None for nothing: a push that finds something else leaves it alone."""

    name: str
    body: dict[str, Any] | None
    expected: dict[str, Any] | None


def compare(held: Mapping[str, Modality], managed: Iterable[Wanted]) -> list[Compared]:
    """Every modality that is managed or there, by name."""
    wanted = {each.name: each.ae for each in managed}
    return [
        _compared(name, held.get(name), wanted[name], is_managed=True)
        if name in wanted
        else _compared(name, held[name], None, is_managed=False)
        for name in sorted({*held, *wanted})
    ]


def title_of(held: Modality | None) -> str:
    """The AE title of a modality that is there, whatever stands in its place, to look for an AE
    by; empty for none."""
    return str((held or {}).get("AET", ""))[:16]


def steps(compared: Iterable[Compared]) -> list[Step]:
    """What brings the managed ones in step."""
    return [
        Step(
            each.name,
            None if each.wanted is None else dict(each.wanted),
            None if each.held is None else dict(each.held),
        )
        for each in compared
        if each.standing in TO_PUSH
    ]


def _compared(name: str, held: Modality | None, ae: Ae | None, *, is_managed: bool) -> Compared:
    if not is_managed:
        return Compared(name, Standing.FOREIGN, held, None)
    if ae is None:
        standing = Standing.GONE if held is None else Standing.TO_DELETE
        return Compared(name, standing, held, None)
    if not ae.connections:
        return Compared(name, Standing.NO_ADDRESS, held, None)
    said = _said(ae)
    if held is None:
        return Compared(name, Standing.MISSING, None, said)
    differing = tuple(field for field in said if not _is_same(field, held.get(field), said[field]))
    standing = Standing.DIFFERS if differing else Standing.IN_STEP
    return Compared(name, standing, held, {**held, **said}, differing)


def _said(ae: Ae) -> dict[str, Any]:
    """What the inventory says of a modality: its first connection is the one that is called."""
    first = ae.connections[0]
    return {
        "AET": ae.ae_title,
        "Host": first.hostname,
        "Port": first.port,
        "UseDicomTls": first.tls is not None,
    }


def _is_same(field: str, there: object, here: object) -> bool:
    if field == "Host":
        return one_spelling(str(there)) == one_spelling(str(here))
    if field == "Port":
        # Orthanc keeps a port that was given as a text.
        return str(there) == str(here)
    if field == "UseDicomTls":
        # Servers older than 1.9.0 know no TLS and do not name it.
        return bool(there) is here
    return there == here
