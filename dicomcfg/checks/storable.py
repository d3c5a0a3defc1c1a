"""Bounds on what an observation may take up in the database, whatever a peer sent."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from dicomcfg.core.diagnosis.observation import Observation

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


def storable_observation(observation: Observation) -> dict[str, Any]:
    """The observation as JSON within the bounds; PDUs over the budget keep their length only."""
    budget = MAXIMUM_PDU_HEX
    pdus = []
    for pdu in observation.pdus[:MAXIMUM_PDUS]:
        kept = pdu.hex[: budget - budget % 2]
        budget -= len(kept)
        pdus.append(asdict(replace(pdu, hex=kept)))
    bounded = replace(observation, pdus=(), notes=observation.notes[:MAXIMUM_NOTES])
    return {**storable(bounded.to_json()), "pdus": pdus}
