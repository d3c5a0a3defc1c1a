"""What is known beside an observation, as plain values; the diagnosis looks nothing up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from dicomcfg.core.diagnosis.observation import Observation
from dicomcfg.core.findings import Finding
from dicomcfg.core.negotiation.options import RequestOptions
from dicomcfg.core.standard.endpoint import endpoint


@dataclass(frozen=True, slots=True)
class KnownListener:
    """An AE of the inventory and one place where it listens."""

    ae_title: str
    hostname: str
    port: int

    def __str__(self) -> str:
        return f"{self.ae_title} on {endpoint(self.hostname, self.port)}"


@dataclass(frozen=True, slots=True)
class AnsweredBefore:
    """A called AE title that this host and port accepted earlier; `when` is ready to be read."""

    ae_title: str
    when: str


@dataclass(frozen=True, slots=True)
class Hints:
    """Everything beside the observation that a diagnosis can use; all of it optional.

    `device`, `station_name` and `contact` are of the called AE's Device.

    `hostname` and `port` are the target's. `other_connections` are where other AEs of the same
    Device or host listen, `listeners_at_address` the other AEs at the same host and port.
    `site_calling_title` is the application's own title, and `borrowed_expected_host` where the
    AE lives whose title was borrowed.
    """

    hostname: str = ""
    port: int | None = None
    other_connections: tuple[KnownListener, ...] = ()
    listeners_at_address: tuple[KnownListener, ...] = ()
    answered_before_as: AnsweredBefore | None = None
    site_calling_title: str = ""
    calling_is_borrowed: bool = False
    borrowed_expected_host: str = ""
    device: str = ""
    station_name: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """All that a diagnosis goes by beside the observation.

    `called` is what the peer is called in sentences. `options` are what the check proposed beside
    its contexts, `negotiations` what a ladder proposed for each association by its name.
    """

    called: str
    hints: Hints
    options: RequestOptions
    negotiations: Mapping[str, RequestOptions]


FindingsOf: TypeAlias = Callable[[Observation, Case], list[Finding]]
"""What one part of the diagnosis makes of an observation."""
