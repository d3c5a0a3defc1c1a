"""How many servers stand to the inventory, for a list of them: figures, and no modality."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dicomcfg.exchange.orthanc.calls import latest_answers, wanted_of
from dicomcfg.exchange.orthanc.plan import Standing, compare, title_of
from dicomcfg.inventory.bulk import among
from dicomcfg.inventory.models import AE, OrthancServer

_AT_ONCE: Final = 5
"""Answers in memory, of megabytes each at worst."""


@dataclass(frozen=True, slots=True)
class Overview:
    """One server as it was at `at` beside the inventory of now: how many modalities have each
    standing, and how many of those that are not managed bear a title that no AE of its Site has."""

    at: datetime
    counts: Mapping[Standing, int]
    only_there: int


def overviews(servers: Collection[OrthancServer]) -> dict[int, Overview]:
    """How each server stands, by its id; those that never told what they hold are left out.

    The number of queries grows neither with the servers nor with what they hold.
    """
    wanted = wanted_of(servers)
    found = {}
    foreign = {}
    for pk, at, held in latest_answers(servers).iterator(chunk_size=_AT_ONCE):
        compared = compare(held, wanted[pk])
        found[pk] = at, Counter(each.standing for each in compared)
        alone = (each for each in compared if each.standing is Standing.FOREIGN)
        foreign[pk] = [title_of(each.held) for each in alone]
    borne = _borne(servers, {title for titles in foreign.values() for title in titles})
    sites = {server.pk: server.site_id for server in servers}
    return {
        pk: Overview(at, counts, sum((sites[pk], title) not in borne for title in foreign[pk]))
        for pk, (at, counts) in found.items()
    }


def _borne(servers: Collection[OrthancServer], titles: Collection[str]) -> set[tuple[int, str]]:
    """Which of the titles AEs of these servers' Sites bear: (Site, title) each."""
    if not titles:
        return set()
    sites = {server.site_id for server in servers}
    aes = AE.objects.filter(among(titles, "ae_title"), site__in=sites)
    return set(aes.values_list("site_id", "ae_title"))
