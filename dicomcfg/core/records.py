"""The Document: what readers give, writers take and the command line prints as JSON.

Records are frozen and hold plain values, so that formats, forecast and inventory exchange one
shape. They do not validate: readers report findings, services refuse at the field. Field names
follow PS3.15 Annex H without its prefix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import msgspec

from dicomcfg.core.findings import Finding

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Device:
    """A box or system that hosts AEs; `key` is unique in a Document."""

    key: str
    name: str
    manufacturer: str = ""
    model_name: str = ""
    software_version: str = ""
    station_name: str = ""
    department: str = ""
    location: str = ""
    state: str = "live"
    description: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """Where an AE listens: a host name or address, a TCP port, TLS settings by name or None."""

    hostname: str
    port: int
    tls: str | None = None


@dataclass(frozen=True, slots=True)
class TransferCapability:
    """What an AE supports for one SOP Class in one role (`SCU` or `SCP`), in order."""

    sop_class: str
    role: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ae:
    """An Application Entity. `do_not_probe` holds the reason, or None when probing is fine.

    `allowed_probes` names what beyond associations may be tried on it: `find`, `store`.
    Capabilities in `profile_role` are those of `profile`, where one is named. The maxima count
    associations at once; None is not known.
    """

    key: str
    ae_title: str
    site: str | None = None
    device: str | None = None
    description: str = ""
    state: str = "live"
    tags: tuple[str, ...] = ()
    do_not_probe: str | None = None
    association_initiator: bool = True
    association_acceptor: bool = True
    connections: tuple[Connection, ...] = ()
    transfer_capabilities: tuple[TransferCapability, ...] = ()
    allowed_probes: tuple[str, ...] = ()
    profile: str | None = None
    profile_role: str | None = None
    maximum_associations_in: int | None = None
    maximum_associations_out: int | None = None


@dataclass(frozen=True, slots=True)
class PresentationContext:
    """One abstract syntax with its transfer syntaxes in order of preference (UIDs)."""

    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoleSelection:
    """SCP/SCU role selection for one SOP Class (PS3.7 D.3.3.4): the two bits as proposed."""

    sop_class: str
    scu: bool
    scp: bool


@dataclass(frozen=True, slots=True)
class ExtendedNegotiation:
    """SOP Class extended negotiation (PS3.7 D.3.3.5): application information as hex."""

    sop_class: str
    information: str


@dataclass(frozen=True, slots=True)
class Association:
    """The configured pair calling -> called; both name an Ae by its key."""

    calling: str
    called: str
    name: str = ""
    description: str = ""
    profile: str | None = None
    presentation_contexts: tuple[PresentationContext, ...] = ()
    role_selections: tuple[RoleSelection, ...] = ()
    extended_negotiations: tuple[ExtendedNegotiation, ...] = ()
    associations_at_once: int = 1


@dataclass(frozen=True, slots=True)
class Profile:
    """A named set of contexts; what a file without a pair reads as."""

    name: str
    presentation_contexts: tuple[PresentationContext, ...] = ()
    role_selections: tuple[RoleSelection, ...] = ()
    extended_negotiations: tuple[ExtendedNegotiation, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """Everything one source said, with the findings of reading it.

    `knows` names the fields that the source has a place for (`ae.description`), where they are
    fewer than its format's. `places` tells where AEs stand, by their keys: a 1-based line, or the
    path of a value. Neither is a part of the dump.
    """

    format: str
    schema: int = SCHEMA
    devices: tuple[Device, ...] = ()
    aes: tuple[Ae, ...] = ()
    associations: tuple[Association, ...] = ()
    profiles: tuple[Profile, ...] = ()
    findings: tuple[Finding, ...] = ()
    knows: frozenset[str] | None = field(default=None, compare=False)
    places: Mapping[str, int | str] = field(default_factory=dict, compare=False)

    def sections(self) -> dict[str, Any]:
        """What the dump holds, by name in this order, as records."""
        names = (each.name for each in fields(self) if each.name not in ("knows", "places"))
        return {name: getattr(self, name) for name in names}

    def to_json(self) -> dict[str, Any]:
        """Plain dicts in this order of keys; `json` writes their tuples as lists."""
        plain: dict[str, Any] = msgspec.to_builtins(self.sections())
        return plain
