"""What the inventory knows about a target, as plain values; the diagnosis looks nothing up."""

from __future__ import annotations

from dataclasses import dataclass

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


def listed(items: list[str], limit: int = 5) -> str:
    """Names for a sentence: `A, B and 3 more`."""
    shown = ", ".join(items[:limit])
    return shown if len(items) <= limit else f"{shown} and {len(items) - limit} more"
