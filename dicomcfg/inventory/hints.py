"""What the inventory knows about a checked target, as the plain values the diagnosis takes."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from dicomcfg.core.diagnosis.hints import AnsweredBefore, Hints, KnownListener
from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.inventory.models import AE, Connection, Device, Site

LISTED = 10
"""Listeners of each kind that are told at most."""


def hints_for(
    *,
    hostname: str,
    port: int,
    calling_ae_title: str,
    site_id: int,
    ae_id: int | None,
    is_borrowed: bool,
    outcome: Outcome,
) -> Hints:
    """Hints about `hostname:port`, called under a title that may be borrowed within the site.

    `ae_id` is the AE that was called, None where it is not in the table. After a success nothing
    is looked up but whom the title belongs to; otherwise it is six queries at most.
    """
    site = Site.objects.filter(pk=site_id).first()
    own_title = site.calling_ae_title if site else ""
    home = _home_of(calling_ae_title, site_id) if is_borrowed else ""
    if outcome is Outcome.SUCCESS:
        return Hints(
            hostname=hostname,
            port=port,
            site_calling_title=own_title,
            calling_is_borrowed=is_borrowed,
            borrowed_expected_host=home,
        )
    device = Device.objects.filter(aes=ae_id).first() if ae_id is not None else None
    return Hints(
        hostname=hostname,
        port=port,
        device=device.name if device else "",
        station_name=device.station_name if device else "",
        contact=device.contact if device else "",
        other_connections=_others_nearby(hostname, port, ae_id),
        listeners_at_address=_others_at(hostname, port, ae_id),
        answered_before_as=_answered_before(hostname, port),
        site_calling_title=own_title,
        calling_is_borrowed=is_borrowed,
        borrowed_expected_host=home,
    )


def _home_of(ae_title: str, site_id: int) -> str:
    """The first host of the AE that bears a title in the site; empty where none does."""
    rows = Connection.objects.filter(ae__ae_title=ae_title, ae__site_id=site_id)
    first = rows.order_by("ae_id", "position").first()
    return first.hostname if first else ""


def _others_nearby(hostname: str, port: int, ae_id: int | None) -> tuple[KnownListener, ...]:
    """Where other AEs of the same Device or the same host listen, on other ports or hosts."""
    nearby = Q(pk__in=_on(hostname).values("pk"))
    if ae_id is not None:
        nearby |= Q(ae_id__in=AE.objects.filter(device__aes=ae_id).order_by().values("pk"))
    here = _on(hostname).filter(port=port)
    rows = Connection.objects.filter(nearby).exclude(pk__in=here.values("pk"))
    return _listeners(rows.exclude(ae_id=ae_id) if ae_id is not None else rows)


def _others_at(hostname: str, port: int, ae_id: int | None) -> tuple[KnownListener, ...]:
    rows = _on(hostname).filter(port=port)
    return _listeners(rows.exclude(ae_id=ae_id) if ae_id is not None else rows)


def _listeners(rows: QuerySet[Connection]) -> tuple[KnownListener, ...]:
    found = rows.order_by("ae_id", "position").values_list("ae__ae_title", "hostname", "port")
    return tuple(KnownListener(*row) for row in found[:LISTED])


def _answered_before(hostname: str, port: int) -> AnsweredBefore | None:
    """The AE whose latest check on this very address went through, most recent first."""
    rows = _on(hostname).filter(
        port=port,
        ae__latest_outcome=Outcome.SUCCESS.value,
        ae__latest_at__isnull=False,
    )
    latest = rows.order_by("-ae__latest_at").values_list("ae__ae_title", "ae__latest_at").first()
    if latest is None:
        return None
    ae_title, at = latest
    return AnsweredBefore(ae_title, f"on {at:%Y-%m-%d %H:%M} UTC")


def _on(hostname: str) -> QuerySet[Connection]:
    """The connections to a host; names compare without case, and are indexed so."""
    return Connection.objects.alias(host=Lower("hostname")).filter(host=hostname.lower()).order_by()
