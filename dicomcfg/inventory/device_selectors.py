"""Questions about devices: how their AEs stand, where they listen, who calls whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.wording import counted
from dicomcfg.inventory.models import AE, Association, Connection, Device, State
from dicomcfg.inventory.selectors import associations_list

_NOT_RETIRED = ~Q(state=State.RETIRED)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many AEs a device has, and how those that are not retired stand by their last echo."""

    aes: int = 0
    bad: int = 0
    warn: int = 0
    ok: int = 0

    @property
    def tone(self) -> str:
        """That of the worst of them; idle where none was tested."""
        return "bad" if self.bad else "warn" if self.warn else "ok" if self.ok else "idle"

    @property
    def words(self) -> str:
        """The worst of them in words, with how many."""
        if self.bad:
            return f"{self.bad} of {self.aes} failed"
        if self.warn:
            return f"{self.warn} of {self.aes} with a warning"
        return f"{self.ok} of {self.aes} accepted" if self.ok else "Never tested"


def tallies_of(devices: Iterable[Device]) -> dict[int, Tally]:
    """The tally of each device, by its id; one query."""
    found = {device.pk: Tally() for device in devices}
    rows = AE.objects.filter(device__in=list(found)).order_by().values_list("device")
    counts = rows.annotate(
        aes=Count("pk"),
        **{
            tone: Count("pk", filter=_NOT_RETIRED & Q(latest_tone=tone))
            for tone in ("bad", "warn", "ok")
        },
    )
    for pk, *numbers in counts:
        found[pk] = Tally(*numbers)
    return found


def connections_of_device(device: Device) -> QuerySet[Connection]:
    """Where the AEs of a device listen, with their AEs, address by address."""
    rows = Connection.objects.filter(ae__device=device).select_related("ae")
    return rows.order_by("hostname", "port", "ae__ae_title", "pk")


def associations_of_device(device: Device) -> QuerySet[Association]:
    """The associations from and to the AEs of a device, with both AEs and `context_count`."""
    return associations_list().filter(_of(device))


def echoed(device: Device) -> QuerySet[AE]:
    """The AEs of a device that an echo of all of them is sent to, with their sites."""
    rows = AE.objects.filter(_NOT_RETIRED, device=device, association_acceptor=True)
    return rows.select_related("site")


def device_findings(device: Device) -> list[Finding]:
    """What does not fit a device's state; two queries at most."""
    if device.state == State.RETIRED:
        return [*_aes_of_retired(device), *_retired_in_use(device)]
    return _planned_called(device) if device.state == State.PLANNED else []


def _of(device: Device) -> Q:
    own = AE.objects.filter(device=device).order_by().values("pk")
    return Q(calling__in=own) | Q(called__in=own)


def _aes_of_retired(device: Device) -> list[Finding]:
    count = AE.objects.filter(_NOT_RETIRED, device=device).count()
    if not count:
        return []
    are = "is" if count == 1 else "are"
    return [
        Finding(
            "device-retired-aes",
            Severity.WARNING,
            device.name,
            f"{device.name} is retired, but {counted(count, 'AE')} of it {are} not.",
            "Retire its AEs too, or move those that live on to another device.",
        )
    ]


def _retired_in_use(device: Device) -> list[Finding]:
    count = Association.objects.filter(_of(device)).count()
    if not count:
        return []
    which = "an association" if count == 1 else f"{count:,} associations"
    return [
        Finding(
            "device-retired-in-use",
            Severity.WARNING,
            device.name,
            f"{device.name} is retired, but its AEs still have {which}.",
            "Repoint to what replaces the device, or delete.",
        )
    ]


def _planned_called(device: Device) -> list[Finding]:
    calls = Association.objects.filter(called__device=device, calling__state=State.LIVE)
    count = calls.exclude(calling__device__state__in=[State.PLANNED, State.RETIRED]).count()
    if not count:
        return []
    who = "an association of a live AE calls" if count == 1 else f"{count:,} associations call"
    return [
        Finding(
            "device-planned-called",
            Severity.WARNING,
            device.name,
            f"{device.name} is planned, but {who} its AEs already.",
            "Set it live once it is installed; until then those calls fail.",
        )
    ]
