"""What a sweep would do, told before it starts: who is probed, who is skipped and why, how long.

Reads only, in a number of queries that does not grow with the AEs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil

from django.db.models import Count, QuerySet
from django.db.models.functions import Lower

from dicomcfg.checks.limits import CAPS
from dicomcfg.checks.models import Lane
from dicomcfg.checks.selectors import workers
from dicomcfg.checks.skipping import SKIP_OF_ROW, skip_words
from dicomcfg.inventory.models import AE, Connection, Site
from dicomcfg.probes.sweep import Pace

_LISTED = 200


@dataclass(frozen=True, slots=True)
class Skipped:
    """One AE that is left out; `ae_id` is None where it is no row of the inventory."""

    ae_title: str
    reason: str
    ae_id: int | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """`skipped` lists the first of `skipped_count`; `unserved` are sites without a bulk worker.

    `at_most_s` bounds the time with the workers that live now, None where one is missing.
    """

    probed: int
    skipped_count: int
    skipped: tuple[Skipped, ...]
    unserved: tuple[tuple[Site, int], ...]
    at_most_s: float | None


def outlook_of(aes: QuerySet[AE], timeout_s: float, pace: Pace) -> Outlook:
    """What sweeping these AEs of `ae_list` would do; seven queries."""
    reasoned = aes.order_by().annotate(reason=SKIP_OF_ROW)
    by_site: Counter[int] = Counter()
    skipped_count = 0
    for site_id, reason, number in reasoned.values_list("site", "reason").annotate(
        number=Count("pk", distinct=True)
    ):
        if reason:
            skipped_count += number
        else:
            by_site[site_id] += number
    rows = reasoned.exclude(reason="").order_by("reason", "ae_title", "pk").distinct()
    columns = ("ae_title", "reason", "do_not_probe_reason", "pk")
    listed = rows.values_list(*columns)[:_LISTED] if skipped_count else ()
    return _outlook(
        by_site,
        skipped_count,
        tuple(Skipped(title, skip_words(reason, why), pk) for title, reason, why, pk in listed),
        _fullest_waves(reasoned.filter(reason="")),
        timeout_s,
        pace,
    )


def outlook_of_targets(
    site: Site,
    hostnames: Iterable[str],
    skipped: tuple[Skipped, ...],
    timeout_s: float,
    pace: Pace,
) -> Outlook:
    """The same for targets that are no rows, by the host of each; two queries."""
    at = Counter(hostname.lower() for hostname in hostnames)
    waves = ceil(max(at.values(), default=0) / CAPS.per_address)
    by_site = {site.pk: at.total()} if at else {}
    return _outlook(by_site, len(skipped), skipped[:_LISTED], waves, timeout_s, pace)


def _fullest_waves(aes: QuerySet[AE]) -> int:
    """How often the AEs of one address, or of one device, wait for each other at most."""
    chosen = aes.values("pk")
    hosts = Connection.objects.filter(ae__in=chosen, position=0).order_by()
    at_one = hosts.values(host=Lower("hostname")).annotate(number=Count("pk"))
    devices = AE.objects.filter(pk__in=chosen, device__isnull=False).order_by()
    of_one = devices.values("device").annotate(number=Count("pk"))
    waves = [
        ceil(number / cap)
        for rows, cap in ((at_one, CAPS.per_address), (of_one, CAPS.per_device))
        for number in rows.order_by("-number").values_list("number", flat=True)[:1]
    ]
    return max(waves, default=0)


def _outlook(
    by_site: Mapping[int, int],
    skipped_count: int,
    skipped: tuple[Skipped, ...],
    least_waves: int,
    timeout_s: float,
    pace: Pace,
) -> Outlook:
    serving = Counter(queue for worker in workers() for queue in worker.queues)
    hands = {
        site: serving[site.queue(Lane.BULK)] for site in Site.objects.filter(pk__in=list(by_site))
    }
    unserved = tuple((site, by_site[site.pk]) for site, number in hands.items() if not number)
    times = [
        _at_most_s(by_site[site.pk], number, least_waves, timeout_s, pace)
        for site, number in hands.items()
        if number
    ]
    return Outlook(
        probed=sum(by_site.values()),
        skipped_count=skipped_count,
        skipped=skipped,
        unserved=unserved,
        at_most_s=None if unserved else max(times, default=0.0),
    )


def _at_most_s(checks: int, hands: int, least_waves: int, timeout_s: float, pace: Pace) -> float:
    """The time if every peer stays silent to the end: in waves as wide as the caps allow.

    One worker keeps the rate of all that has one (`places.messages_of`).
    """
    hands = 1 if pace.rate_per_s else hands
    waves = max(ceil(checks / (CAPS.total * hands)), least_waves)
    begun_s = checks / pace.rate_per_s if pace.rate_per_s else 0.0
    return waves * (timeout_s + pace.jitter_s) + begun_s
