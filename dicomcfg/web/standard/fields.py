"""Which fields of this inventory hold the value of a data element, and how many rows fill them.

Only true correspondences: what PS3.15 Annex H says of a field, and where the protocol itself takes
the value from, as a C-MOVE does its destination.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet
from django.urls import reverse

from dicomcfg.checks.models import Check, Kind
from dicomcfg.inventory.models import (
    AE,
    Device,
    PresentationContext,
    SyntaxListEntry,
    TransferCapability,
)
from dicomcfg.inventory.standard_use import MANY


@dataclass(frozen=True, slots=True)
class _Field:
    words: str
    page: str
    rows: Callable[[], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Filled:
    """A field in words, how many rows fill it (`more` if above MANY), and where they are listed."""

    words: str
    count: int
    more: bool
    url: str


def _device(column: str, words: str) -> tuple[_Field, ...]:
    filled = Device.objects.exclude(**{column: ""})
    return (_Field(f"{words} of devices", "device-list", filled.all),)


_TITLE = (_Field("AE title of AEs", "ae-list", AE.objects.all),)
_SOP_CLASS = (
    _Field(
        "Abstract syntax of presentation contexts",
        "association-list",
        PresentationContext.objects.all,
    ),
    _Field("SOP Class of transfer capabilities", "ae-list", TransferCapability.objects.all),
)
_SYNTAX = (
    _Field(
        "Syntaxes in lists of transfer syntaxes", "association-list", SyntaxListEntry.objects.all
    ),
)


def _sent(*kinds: Kind) -> tuple[_Field, ...]:
    words = f"Command sets that {', '.join(kinds)} checks send and receive"
    return (_Field(words, "run-list", Check.objects.filter(kind__in=kinds).all),)


_ANY_DIMSE = (Kind.ECHO, Kind.FIND, Kind.STORE)
_HELD: Final[dict[str, tuple[_Field, ...]]] = {
    "00000002": (*_SOP_CLASS, *_sent(*_ANY_DIMSE)),
    "00000003": _SOP_CLASS,
    "00000100": _sent(*_ANY_DIMSE),
    "00000110": _sent(*_ANY_DIMSE),
    "00000120": _sent(*_ANY_DIMSE),
    "00000600": _TITLE,
    "00000700": _sent(Kind.FIND, Kind.STORE),
    "00000800": _sent(*_ANY_DIMSE),
    "00000900": _sent(*_ANY_DIMSE),
    "00001000": _sent(Kind.STORE),
    "00001030": _TITLE,
    "00020002": _SOP_CLASS,
    "00020010": _SYNTAX,
    "00020016": _TITLE,
    "00020017": _TITLE,
    "00020018": _TITLE,
    "00080016": _SOP_CLASS,
    "00080054": _TITLE,
    "00080055": _TITLE,
    "00080070": _device("manufacturer", "Manufacturer"),
    "00081010": _device("station_name", "Station name"),
    "00081040": _device("department", "Department"),
    "00081090": _device("model_name", "Model"),
    "00083002": _SYNTAX,
    "00181020": _device("software_version", "Software version"),
    "00400001": _TITLE,
    "00400241": _TITLE,
}


def fields_of(path: str) -> list[Filled]:
    """The fields for an element's path; a bounded query each, none where nothing corresponds."""
    return [_filled(field) for field in _HELD.get(path, ())]


def _filled(field: _Field) -> Filled:
    count = field.rows().order_by()[: MANY + 1].count()
    return Filled(field.words, min(count, MANY), count > MANY, reverse(field.page))
