"""What a check is aimed at: the snapshot that a Check row keeps and a probe takes.

A Target holds everything a probe needs, so that editing, deleting or never saving the AE
changes nothing about a check under way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import msgspec

from dicomcfg.core.negotiation.matrix import Matrix
from dicomcfg.core.negotiation.options import RequestOptions
from dicomcfg.core.records import PresentationContext


@dataclass(frozen=True, slots=True)
class Negotiation:
    """A configured association to the target, for the ladder's last rung."""

    name: str
    calling_ae_title: str
    contexts: tuple[PresentationContext, ...]
    options: RequestOptions = field(default=RequestOptions())


@dataclass(frozen=True, slots=True)
class LadderSettings:
    """`other_titles` are tried, in order, where the called title is refused; none by default."""

    negotiations: tuple[Negotiation, ...] = ()
    other_titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DiscoverSettings:
    """Which pairs to ask for and how politely.

    `known` is what an earlier discovery of the same pairs found, whose UNKNOWN cells alone are
    asked for. `pause_s` passes between two associations, of which `concurrent` are open at once.
    """

    sop_classes: tuple[str, ...]
    transfer_syntaxes: tuple[str, ...]
    maximum_syntaxes: int = 32
    maximum_request_bytes: int = 16384
    with_roles: bool = False
    concurrent: int = 1
    pause_s: float = 0.0
    known: Matrix | None = None


@dataclass(frozen=True, slots=True)
class FindSettings:
    """The SOP Class that is queried, one of Query/Retrieve FIND or Modality Worklist."""

    sop_class: str


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """What the test object is and how it is encoded."""

    sop_class: str
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class Target:
    """Host and port, both titles, TLS settings by name, the contexts and options of a request.

    `timeout_s` takes the place of the kind's own deadline. The settings of a kind are None for
    every other.
    """

    hostname: str
    port: int
    called_ae_title: str
    calling_ae_title: str
    tls: str | None = None
    contexts: tuple[PresentationContext, ...] = ()
    options: RequestOptions = field(default=RequestOptions())
    timeout_s: float | None = None
    ladder: LadderSettings | None = None
    discover: DiscoverSettings | None = None
    find: FindSettings | None = None
    store: StoreSettings | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types, without what has its default: a table keeps very many of these."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return {name: value for name, value in plain.items() if _DEFAULTS.get(name, _NONE) != value}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Target:
        """Rebuild what `to_json` gave, now or before some of its fields existed."""
        return msgspec.convert(data, cls)


_NONE = object()
_DEFAULTS = {
    name: msgspec.to_builtins(parameter.default)
    for name, parameter in signature(Target).parameters.items()
    if parameter.default is not parameter.empty
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: one deadline for the whole target beside limits per stage."""

    total_s: float = 15.0
    resolve_s: float = 3.0
    connect_s: float = 5.0
    associate_s: float = 8.0
    operation_s: float = 8.0
    release_s: float = 1.0

    @classmethod
    def within(cls, seconds: float) -> Limits:
        """One deadline, and no stage with less than that but the release."""
        return cls(seconds, seconds, seconds, seconds, seconds)
