"""The plan of a made-up network: which AEs stand where, and who calls whom. Pure."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dicomcfg.inventory.seeding.kinds import (
    ARCHIVE,
    HUBS,
    KINDS,
    MODALITIES,
    MODELS_OF_A_KIND,
    ROUTER,
    WORKLIST,
    WORKSTATION,
    Kind,
)

AES_OF_A_SITE = 500
AES_OF_A_DEVICE = 3
_WARDS = ("ER", "A", "B", "C", "D", "OR", "ICU", "OPD")
# A site without an archive is none; a large one has a second.
_HUB_PLACES = {0: ARCHIVE, 1: ROUTER, 2: WORKLIST, 150: ARCHIVE, 300: ROUTER}
_TOWNS = ("Aldern", "Birk", "Cairnhill", "Dunmore", "Elmwood", "Fairhaven", "Glenrose", "Hartfield")


@dataclass(frozen=True, slots=True)
class PlannedAe:
    """An AE by its number from 0; `device` counts devices, `model` those of its kind."""

    number: int
    ae_title: str
    kind: Kind
    model: int
    site: int
    ward: str
    device: int


def draw(seed: int, what: str, number: int, sides: int) -> int:
    """A die of `sides` that always falls alike; the same on every machine and every version."""
    digest = hashlib.blake2b(f"{seed}:{what}:{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % sides


def site_name(number: int) -> str:
    """The name of a site; the first is the one that every inventory begins with."""
    name, again = _TOWNS[number % len(_TOWNS)], number // len(_TOWNS)
    return f"{name} hospital {again + 1}" if again else f"{name} hospital"


def planned_aes(count: int, seed: int) -> list[PlannedAe]:
    """So many AEs with titles that are unique; each site has its hubs first."""
    sites = -(-count // AES_OF_A_SITE)
    counters: dict[str, int] = {}
    of_device: dict[tuple[int, str, str], list[int]] = {}
    devices = itertools.count()
    planned = []
    for number in range(count):
        site, place = number % sites, number // sites
        kind = _kind(seed, number, place)
        ward = "" if kind in HUBS else _WARDS[draw(seed, "ward", number, len(_WARDS))]
        stem = f"{kind.code}_{ward}" if ward else kind.code
        counters[stem] = counters.get(stem, 0) + 1
        # A box bears a few AEs of its kind and ward; a hub stands alone.
        box = of_device.setdefault((site, kind.code, ward), [-1, 0])
        if box[1] % (1 if kind in HUBS else AES_OF_A_DEVICE) == 0:
            box[0] = next(devices)
        box[1] += 1
        model = draw(seed, "model", box[0], MODELS_OF_A_KIND)
        title = f"{stem}_{counters[stem]}"
        planned.append(PlannedAe(number, title, kind, model, site, ward, box[0]))
    return planned


def planned_pairs(aes: Sequence[PlannedAe], count: int, seed: int) -> list[tuple[int, int]]:
    """Up to `count` pairs (calling, called) of AE numbers, each once and none with itself.

    Whatever the count, it is shared among the sites: senders to their hubs first, then hubs to
    one another and to workstations, then everyone to every hub.
    """
    chosen: dict[tuple[int, int], None] = {}
    for pair in _candidates(aes, seed):
        if len(chosen) == count:
            break
        if pair[0] != pair[1]:
            chosen[pair] = None
    return list(chosen)


def _kind(seed: int, number: int, place: int) -> Kind:
    if place in _HUB_PLACES:
        return _HUB_PLACES[place]
    mark = draw(seed, "kind", number, sum(kind.share for kind in KINDS))
    for kind in KINDS:
        mark -= kind.share
        if mark < 0:
            return kind
    return MODALITIES[0]


def _candidates(aes: Sequence[PlannedAe], seed: int) -> Iterator[tuple[int, int]]:
    hubs: dict[tuple[int, str], list[int]] = {}
    for ae in aes:
        if ae.kind in HUBS:
            hubs.setdefault((ae.site, ae.kind.code), []).append(ae.number)
    for ae in aes:
        yield from _within_site(ae, hubs, seed)
    every_hub = sorted(itertools.chain.from_iterable(hubs.values()))
    for step in range(1, len(every_hub)):
        for place, hub in enumerate(every_hub):
            yield hub, every_hub[(place + step) % len(every_hub)]
    for step in range(len(every_hub)):
        for ae in aes:
            yield ae.number, every_hub[(ae.number + step) % len(every_hub)]
    for first, second in itertools.product(aes, repeat=2):
        yield first.number, second.number


def _within_site(
    ae: PlannedAe, hubs: dict[tuple[int, str], list[int]], seed: int
) -> Iterator[tuple[int, int]]:
    """Whom an AE calls in its own site, and the archive that calls a workstation."""
    store = ARCHIVE if ae.number % 3 else ROUTER
    wanted = {ARCHIVE: (ROUTER,), ROUTER: (ARCHIVE, WORKLIST), WORKSTATION: (ARCHIVE,)}
    # One in five talks to a second one, of those that have any.
    kinds = wanted.get(ae.kind, (store, WORKLIST))[: 2 if ae.number % 5 == 0 else 1]
    for kind in kinds:
        there = hubs.get((ae.site, kind.code))
        if not there:
            continue
        hub = there[draw(seed, kind.code, ae.number, len(there))]
        yield ae.number, hub
        if ae.kind == WORKSTATION:
            # A retrieve by C-MOVE sends the objects on an association back (PS3.4 C.4.2).
            yield hub, ae.number
