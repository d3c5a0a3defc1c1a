"""What becomes of a stored state once a record of a file is laid over it, after the chosen mode.

Merging takes what the record says beyond the defaults; replacing also sets to its default what the
file has a place for and the record leaves out. A new row is simply what the record says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from msgspec import structs

from dicomcfg.core import records
from dicomcfg.core.formats.losses import default_of
from dicomcfg.core.negotiation.capabilities import merged
from dicomcfg.core.records import Connection
from dicomcfg.exchange.choices import REPLACE
from dicomcfg.exchange.planning.uniting import (
    place_of,
    united_by_class,
    united_connections,
    united_contexts,
)
from dicomcfg.inventory.models import Device, Site
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.association_rows import AssociationData
from dicomcfg.inventory.services.capability_rows import Capabilities
from dicomcfg.inventory.services.devices import DeviceData
from dicomcfg.inventory.services.proposed_sets import ProposedSet

_DEFAULTS: Final = {
    f"{word}.{field.name}": default_of(field)
    for word, kind in (
        ("device", records.Device),
        ("ae", records.Ae),
        ("association", records.Association),
        ("profile", records.Profile),
    )
    for field in fields(kind)
}
_OF_DEVICES: Final = tuple(field.name for field in fields(DeviceData) if field.name != "name")
_OF_AES: Final = (
    "description",
    "association_initiator",
    "association_acceptor",
    "state",
    "maximum_associations_in",
    "maximum_associations_out",
)
_OF_ASSOCIATIONS: Final = ("name", "description", "associations_at_once")


@dataclass(frozen=True, slots=True)
class How:
    """The chosen mode, and the fields that the files have a place for."""

    mode: str
    knows: frozenset[str]

    def sets(self, field: str, value: object) -> bool:
        """Whether a stored field (`ae.tags`) is set to what the record says, also if that is
        nothing."""
        said = bool(value != _DEFAULTS[field])
        return said or (self.mode == REPLACE and field in self.knows)

    @property
    def unites(self) -> bool:
        """Whether lists are put together rather than replaced."""
        return self.mode != REPLACE

    def plain(self, word: str, names: Sequence[str], record: Any) -> dict[str, Any]:
        """Those of the fields that are set, with their values."""
        return {
            name: value
            for name in names
            if self.sets(f"{word}.{name}", value := getattr(record, name))
        }


def device_after(before: DeviceData | None, said: records.Device, how: How) -> DeviceData:
    """A device once the record is laid over it."""
    if before is None:
        return DeviceData(**{n: getattr(said, n) for n in ("name", *_OF_DEVICES)}).normalised()
    return replace(before, **how.plain("device", _OF_DEVICES, said)).normalised()


def new_ae(said: records.Ae, site: Site, device: Device | None, tags: Sequence[str]) -> AeData:
    """A new AE as the record says it."""
    return AeData(
        site=site,
        ae_title=said.ae_title,
        device=device,
        tags=(*said.tags, *tags),
        connections=said.connections,
        do_not_probe=said.do_not_probe is not None,
        do_not_probe_reason=said.do_not_probe or "",
        allows_find="find" in said.allowed_probes,
        allows_store="store" in said.allowed_probes,
        **{name: getattr(said, name) for name in _OF_AES},
    ).normalised()


def ae_after(before: AeData, said: records.Ae, device: Device | None, how: How) -> AeData:
    """A stored AE once the record is laid over it; `device` is the one that the record names."""
    after = how.plain("ae", _OF_AES, said)
    if how.sets("ae.device", said.device):
        after["device"] = device
    if how.sets("ae.tags", said.tags):
        after["tags"] = (*before.tags, *said.tags) if how.unites else said.tags
    if how.sets("ae.do_not_probe", said.do_not_probe):
        after["do_not_probe"] = said.do_not_probe is not None
        reason = said.do_not_probe or ("" if not how.unites else before.do_not_probe_reason)
        after["do_not_probe_reason"] = reason
    if how.sets("ae.allowed_probes", said.allowed_probes):
        for probe, name in (("find", "allows_find"), ("store", "allows_store")):
            stays = how.unites and getattr(before, name)
            after[name] = stays or probe in said.allowed_probes
    if how.sets("ae.connections", said.connections):
        after["connections"] = _connections(before.connections, said.connections, how)
    return structs.replace(before, ae_title=said.ae_title, **after).normalised()


def _connections(
    before: tuple[Connection, ...], said: tuple[Connection, ...], how: How
) -> tuple[Connection, ...]:
    if how.unites:
        return united_connections(before, said)
    if "ae.connections.tls" in how.knows or any(each.tls for each in said):
        return said
    settings = {place_of(each): each.tls for each in before}
    return tuple(
        replace(each, tls=settings.get(place_of(each), before[0].tls if not n and before else None))
        for n, each in enumerate(said)
    )


def capabilities_after(before: Capabilities, said: Capabilities, how: How) -> Capabilities:
    """What an AE is able to once the record is laid over it."""
    if not how.sets("ae.transfer_capabilities", said):
        return before
    return merged(before if how.unites else (), said)


def proposed_after(
    before: ProposedSet, said: records.Association | records.Profile, how: How, word: str
) -> ProposedSet:
    """What an association or a Profile proposes once the record is laid over it."""
    contexts, roles, extended = (
        before.contexts,
        before.role_selections,
        before.extended_negotiations,
    )
    if how.sets(f"{word}.presentation_contexts", said.presentation_contexts):
        contexts = united_contexts(contexts if how.unites else (), said.presentation_contexts)
    if how.sets(f"{word}.role_selections", said.role_selections):
        roles = united_by_class(roles if how.unites else (), said.role_selections)
    if how.sets(f"{word}.extended_negotiations", said.extended_negotiations):
        extended = united_by_class(extended if how.unites else (), said.extended_negotiations)
    return ProposedSet(contexts, roles, extended).normalised()


def association_after(
    before: AssociationData, said: records.Association, how: How
) -> AssociationData:
    """A stored association once the record is laid over it, but for the Profile it follows."""
    return replace(
        before,
        **how.plain("association", _OF_ASSOCIATIONS, said),
        **proposed_after(before.proposed, said, how, "association").fields(),
    ).normalised()
