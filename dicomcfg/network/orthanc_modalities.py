"""Modalities as an Orthanc's REST API gives them: which are any, and what of them can be kept."""

from __future__ import annotations

import json
from typing import Any, Final, TypeAlias

from dicomcfg.core.formats.orthanc.orthanc_modality import NAME

MODALITY_BOUND_BYTES: Final = 4_000
TEXT_BOUND: Final = 300
_DEEPEST: Final = 50
_MOST_FIELDS: Final = 30
_HIGHEST_PORT: Final = 65_535

Modality: TypeAlias = dict[str, Any]


def is_name(name: str) -> bool:
    """Whether Orthanc may call a modality so."""
    return len(name) <= TEXT_BOUND and NAME.fullmatch(name) is not None


def is_modality(found: object) -> bool:
    """Whether this says what every modality of Orthanc says: title, host and port."""
    return (
        isinstance(found, dict)
        and isinstance(found.get("AET"), str)
        and isinstance(found.get("Host"), str)
        and type(port := found.get("Port")) is int
        and abs(port) <= _HIGHEST_PORT
    )


def as_kept(modality: Modality) -> Modality:
    """A modality as JSON that every database takes, cut where it would not fit."""
    return modality if _can_be_kept(modality) else _cut(modality)


def _can_be_kept(modality: Modality) -> bool:
    """Whether every database takes it as JSON, and a page can show it: a bounded text without NUL,
    lone surrogates, infinities or endless nesting."""
    try:
        text = json.dumps(modality, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return False
    is_flat = text.count(b"{") + text.count(b"[") <= _DEEPEST
    return is_flat and len(text) <= MODALITY_BOUND_BYTES and b"\\u0000" not in text


def _cut(modality: Modality) -> Modality:
    """What of a modality can be kept: a bounded number of bounded plain values."""
    found = {}
    for name, value in list(modality.items())[:_MOST_FIELDS]:
        if isinstance(value, str):
            halves = value[:TEXT_BOUND].replace("\0", "\ufffd").encode("utf-16", "surrogatepass")
            found[name] = halves.decode("utf-16", "replace")
        elif type(value) in (int, bool):
            found[name] = value
    return {name: value for name, value in found.items() if _can_be_kept({name: value})}
