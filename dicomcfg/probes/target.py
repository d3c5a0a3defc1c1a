"""What a check is aimed at: the snapshot that a Check row keeps and a probe takes.

A Target holds everything a probe needs, so that editing, deleting or never saving the AE
changes nothing about a check under way.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from dicomcfg.core.records import PresentationContext


@dataclass(frozen=True, slots=True)
class Target:
    """Host and port, both titles, TLS settings by name, and the contexts of a negotiation."""

    hostname: str
    port: int
    called_ae_title: str
    calling_ae_title: str
    tls: str | None = None
    contexts: tuple[PresentationContext, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Target:
        """Rebuild what `to_json` gave."""
        contexts = tuple(
            PresentationContext(c["abstract_syntax"], tuple(c["transfer_syntaxes"]))
            for c in data.get("contexts", ())
        )
        return cls(**{**data, "contexts": contexts})


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: one deadline for the whole target beside limits per stage."""

    total_s: float = 15.0
    resolve_s: float = 3.0
    connect_s: float = 5.0
    associate_s: float = 8.0
    operation_s: float = 8.0
    release_s: float = 1.0
