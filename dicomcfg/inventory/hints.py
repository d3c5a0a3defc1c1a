"""What the inventory knows about checked targets, as the plain values the diagnosis takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeAlias

from django.db.models import QuerySet
from django.db.models.functions import Lower

from dicomcfg.core.diagnosis.hints import AnsweredBefore, Hints, KnownListener
from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.inventory.models import AE, Connection, Device, Site

LISTED = 10
"""Listeners of each kind that are told at most."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A target that was checked under a title that may be borrowed within the site.

    `ae_id` is the AE that was called, None where it is not in the table.
    """

    hostname: str
    port: int
    calling_ae_title: str
    site_id: int
    ae_id: int | None
    is_borrowed: bool
    outcome: Outcome

    @property
    def host(self) -> str:
        """The name as names compare: without case."""
        return self.hostname.lower()


@dataclass(frozen=True, slots=True)
class _Listener:
    """A row of Connection with what is told of its AE."""

    pk: int
    ae_id: int
    position: int
    ae_title: str
    hostname: str
    port: int
    device_id: int | None
    latest_outcome: str
    latest_at: datetime | None


_Listeners: TypeAlias = dict[int | str, list[_Listener]]


def hints_for(asked: Sequence[Asked]) -> list[Hints]:
    """Hints about each target, in order; at most six queries for all of them.

    After a success nothing is looked up but whom the title belongs to.
    """
    titles = _site_titles({each.site_id for each in asked})
    homes = _homes(each for each in asked if each.is_borrowed)
    nearby = _Neighbourhood([each for each in asked if each.outcome is not Outcome.SUCCESS])
    return [_hints(each, titles, homes, nearby) for each in asked]


def _hints(
    asked: Asked,
    titles: dict[int, str],
    homes: dict[tuple[int, str], str],
    nearby: _Neighbourhood,
) -> Hints:
    is_success = asked.outcome is Outcome.SUCCESS
    device = None if is_success else nearby.device_of(asked)
    return Hints(
        hostname=asked.hostname,
        port=asked.port,
        site_calling_title=titles.get(asked.site_id, ""),
        calling_is_borrowed=asked.is_borrowed,
        borrowed_expected_host=(
            homes.get((asked.site_id, asked.calling_ae_title), "") if asked.is_borrowed else ""
        ),
        device=device.name if device else "",
        station_name=device.station_name if device else "",
        contact=device.contact if device else "",
        other_connections=() if is_success else nearby.others_nearby(asked),
        listeners_at_address=() if is_success else nearby.others_at(asked),
        answered_before_as=None if is_success else nearby.answered_before(asked),
    )


def _site_titles(site_ids: set[int]) -> dict[int, str]:
    """Each site's own calling title."""
    return {site.pk: site.calling_ae_title for site in Site.objects.filter(pk__in=site_ids)}


def _homes(asked: Iterable[Asked]) -> dict[tuple[int, str], str]:
    """The first host of the AE that bears a borrowed title, by site and title."""
    wanted = {(each.site_id, each.calling_ae_title) for each in asked}
    if not wanted:
        return {}
    rows = Connection.objects.filter(
        ae__site_id__in={site_id for site_id, _ in wanted},
        ae__ae_title__in={title for _, title in wanted},
    ).order_by("ae_id", "position")
    homes: dict[tuple[int, str], str] = {}
    for site_id, title, hostname in rows.values_list("ae__site_id", "ae__ae_title", "hostname"):
        homes.setdefault((site_id, title), hostname)
    return homes


class _Neighbourhood:
    """Who listens on the hosts and belongs to the devices of targets that did not succeed."""

    def __init__(self, asked: Sequence[Asked]) -> None:
        ae_ids = {each.ae_id for each in asked if each.ae_id is not None}
        found = AE.objects.filter(pk__in=ae_ids, device__isnull=False) if ae_ids else ()
        self._device_ids: dict[int, int] = {
            ae.pk: ae.device_id for ae in found if ae.device_id is not None
        }
        self._devices = Device.objects.in_bulk(set(self._device_ids.values()))
        self._on_host: _Listeners = {}
        self._of_device: _Listeners = {}
        if asked:
            hosts = {each.host for each in asked}
            on_hosts = Connection.objects.alias(host=Lower("hostname")).filter(host__in=hosts)
            for listener in _listeners(on_hosts):
                self._on_host.setdefault(listener.hostname.lower(), []).append(listener)
        if self._devices:
            for listener in _listeners(Connection.objects.filter(ae__device_id__in=self._devices)):
                self._of_device.setdefault(listener.device_id or 0, []).append(listener)

    def device_of(self, asked: Asked) -> Device | None:
        """The called AE's Device."""
        return self._devices.get(self._device_ids.get(asked.ae_id or 0, 0))

    def others_nearby(self, asked: Asked) -> tuple[KnownListener, ...]:
        """Where other AEs of the same Device or the same host listen, on other ports or hosts."""
        of_device = self._of_device.get(self._device_ids.get(asked.ae_id or 0, 0), [])
        nearby = {each.pk: each for each in (*self._on_host.get(asked.host, []), *of_device)}
        ordered = sorted(nearby.values(), key=lambda each: (each.ae_id, each.position))
        return _told(
            each for each in ordered if each.ae_id != asked.ae_id and not _is_at(each, asked)
        )

    def others_at(self, asked: Asked) -> tuple[KnownListener, ...]:
        """The other AEs at the same host and port."""
        return _told(each for each in self._at(asked) if each.ae_id != asked.ae_id)

    def answered_before(self, asked: Asked) -> AnsweredBefore | None:
        """The AE whose latest check on this very address went through, most recent first."""
        latest = max(
            (
                (each.latest_at, each.ae_title)
                for each in self._at(asked)
                if each.latest_outcome == Outcome.SUCCESS.value and each.latest_at is not None
            ),
            default=None,
        )
        if latest is None:
            return None
        at, ae_title = latest
        return AnsweredBefore(ae_title, f"on {at:%Y-%m-%d %H:%M} UTC")

    def _at(self, asked: Asked) -> Iterator[_Listener]:
        return (each for each in self._on_host.get(asked.host, []) if _is_at(each, asked))


def _is_at(listener: _Listener, asked: Asked) -> bool:
    return listener.port == asked.port and listener.hostname.lower() == asked.host


def _told(listeners: Iterable[_Listener]) -> tuple[KnownListener, ...]:
    first = islice(listeners, LISTED)
    return tuple(KnownListener(each.ae_title, each.hostname, each.port) for each in first)


def _listeners(rows: QuerySet[Connection]) -> list[_Listener]:
    found = rows.order_by("ae_id", "position").values_list(
        "pk",
        "ae_id",
        "position",
        "ae__ae_title",
        "hostname",
        "port",
        "ae__device_id",
        "ae__latest_outcome",
        "ae__latest_at",
    )
    return [_Listener(*row) for row in found]
