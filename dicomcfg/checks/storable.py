"""Bounds on what an observation may take up in the database, whatever a peer sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from dicomcfg.core.diagnosis.observation import Observation
from dicomcfg.core.findings import Finding

MAXIMUM_TEXT = 4096
MAXIMUM_NOTES = 64
MAXIMUM_PDUS = 256
MAXIMUM_PDU_HEX = 256 * 1024
"""Hex digits of all PDUs of one observation together."""


def storable(value: Any) -> Any:
    """JSON that both databases take: no NUL, no lone surrogate, no endless text.

    PostgreSQL refuses U+0000 inside JSON and neither database can encode half a surrogate pair;
    both become U+FFFD.
    """
    if isinstance(value, str):
        cut = value[:MAXIMUM_TEXT].replace("\x00", "\ufffd")
        return cut.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {str(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value


def storable_findings(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Findings as JSON within the bounds."""
    plain = [finding.to_json() for finding in findings]
    return [storable(each) for each in plain] if _harmless(plain) is None else plain


def storable_observation(observation: Observation) -> msgspec.Raw:
    """The observation as encoded JSON within the bounds, without what it has no value for.

    PDUs over the budget keep their length only.
    """
    raw = _harmless(_told(observation.to_json()))
    if raw is None:
        budget = MAXIMUM_PDU_HEX
        pdus = []
        for pdu in observation.pdus[:MAXIMUM_PDUS]:
            kept = pdu.hex[: budget - budget % 2]
            budget -= len(kept)
            pdus.append(msgspec.to_builtins(replace(pdu, hex=kept)))
        bounded = replace(observation, pdus=(), notes=observation.notes[:MAXIMUM_NOTES])
        raw = msgspec.json.encode(_told({**storable(bounded.to_json()), "pdus": pdus}))
    return msgspec.Raw(raw)


def _harmless(plain: Any) -> bytes | None:
    """As encoded JSON if all texts are, as nearly always, so short and plain that none needs a
    look; None otherwise.
    """
    try:
        raw = msgspec.json.encode(plain)
    except UnicodeEncodeError:  # half a surrogate pair
        return None
    return raw if len(raw) <= MAXIMUM_TEXT and b"\\u0000" not in raw else None


def _told(plain: dict[str, Any]) -> dict[str, Any]:
    """Without what is None or empty, as most of an observation's fields are."""
    return {name: value for name, value in plain.items() if value not in (None, [], ())}
