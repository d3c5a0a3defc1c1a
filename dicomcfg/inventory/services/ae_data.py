"""An AE's editable state as one value, and its form in the history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from dicomcfg.core.records import Connection
from dicomcfg.core.standard.ae_title import normalise_ae_title
from dicomcfg.core.standard.endpoint import normalise_hostname
from dicomcfg.inventory.models import AE, Device, Site, State
from dicomcfg.inventory.services.history import Snapshot

PLAIN_FIELDS = (
    "ae_title",
    "description",
    "association_initiator",
    "association_acceptor",
    "state",
    "maximum_associations_in",
    "maximum_associations_out",
    "do_not_probe",
    "do_not_probe_reason",
    "allows_find",
    "allows_store",
)
_plain_values: Final = attrgetter(*PLAIN_FIELDS)


class AeData(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of an AE that people edit; what the checks write is not part of it.

    A large import makes and compares tens of thousands, for which a dataclass takes ten times as
    long.
    """

    site: Site
    ae_title: str
    device: Device | None = None
    description: str = ""
    association_initiator: bool = True
    association_acceptor: bool = True
    state: str = State.LIVE.value
    tags: tuple[str, ...] = ()
    maximum_associations_in: int | None = None
    maximum_associations_out: int | None = None
    do_not_probe: bool = False
    do_not_probe_reason: str = ""
    allows_find: bool = False
    allows_store: bool = False
    connections: tuple[Connection, ...] = ()

    @classmethod
    def of(cls, ae: AE) -> AeData:
        """The state of one row."""
        rows = sorted(ae.connections.all(), key=lambda row: row.position)
        return cls.from_row(
            ae,
            ae.site,
            ae.device,
            (tag.name for tag in ae.tags.all()),
            (row.record() for row in rows),
        )

    @classmethod
    def from_row(
        cls,
        ae: AE,
        site: Site,
        device: Device | None,
        tags: Iterable[str],
        connections: Iterable[Connection],
    ) -> AeData:
        """The state of a row of which all but its own columns was read already; connections are
        in their order."""
        return cls(
            site=site,
            device=device,
            tags=tuple(sorted(tags)),
            connections=tuple(connections),
            **dict(zip(PLAIN_FIELDS, _plain_values(ae), strict=True)),
        )

    def normalised(self) -> AeData:
        """Without the spaces that do not count; tags sorted, each once."""
        return replace(
            self,
            ae_title=normalise_ae_title(self.ae_title),
            description=self.description.strip(),
            do_not_probe_reason=self.do_not_probe_reason.strip(),
            tags=tuple(sorted({tag.strip() for tag in self.tags if tag.strip()})),
            connections=tuple(
                Connection(normalise_hostname(c.hostname), c.port, (c.tls or "").strip() or None)
                for c in self.connections
            ),
        )

    def snapshot(self) -> Snapshot:
        """Plain JSON for the history."""
        return {name: plain(self) for name, plain in _SNAPSHOT.items()}

    def changes_from(self, before: AeData) -> tuple[tuple[str, Any, Any], ...]:
        """(field, before, after) of each that differs, as their snapshots have it."""
        return tuple(
            (name, plain(before), plain(self))
            for name, plain in _SNAPSHOT.items()
            if getattr(self, name) != getattr(before, name)
        )

    @classmethod
    def from_snapshot(
        cls, data: Mapping[str, Any], sites: Mapping[int, Site], devices: Mapping[int, Device]
    ) -> AeData:
        """The state that a snapshot holds; fields it is too old to know keep their defaults.

        Raises LookupError, with words for a person, when its site or device is gone.
        """
        site, device = data["site"], data["device"]
        if site["id"] not in sites:
            raise LookupError(f"The site {site['name']} no longer exists.")
        if device and device["id"] not in devices:
            raise LookupError(f"The device {device['name']} no longer exists.")
        return cls(
            site=sites[site["id"]],
            device=devices[device["id"]] if device else None,
            tags=tuple(data["tags"]),
            connections=tuple(Connection(**c) for c in data["connections"]),
            **{field: data[field] for field in PLAIN_FIELDS if field in data},
        )


def _named(row: Site | Device) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name}


_SNAPSHOT: Final[Mapping[str, Callable[[AeData], Any]]] = {
    "site": lambda data: _named(data.site),
    "device": lambda data: _named(data.device) if data.device else None,
    **{name: attrgetter(name) for name in PLAIN_FIELDS},
    "tags": lambda data: list(data.tags),
    "connections": lambda data: [
        {"hostname": c.hostname, "port": c.port, "tls": c.tls} for c in data.connections
    ],
}
