"""Which stored AE each record of the files means.

By title it is the AE of the record's site and title where that is unambiguous; where several bear
the title, the one at its address. By address it must be at that address too. By name it is the AE
of the Device of that name, and where several AEs are on it, the one of the title.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence

from django.db.models import Q

from dicomcfg.core import records
from dicomcfg.exchange.choices import BY_ADDRESS, BY_NAME
from dicomcfg.exchange.planning.uniting import place_of
from dicomcfg.inventory.bulk import among
from dicomcfg.inventory.models import AE, Site
from dicomcfg.inventory.services.ae_data import AeData

StoredAe = tuple[AE, AeData]


class Sites:
    """Sites by name and short name, without regard to case; a record that names none is of the
    `chosen` one."""

    def __init__(self, chosen: int | None) -> None:
        everywhere = list(Site.objects.order_by("pk"))
        self.chosen = next((site for site in everywhere if site.pk == chosen), everywhere[0])
        self._by_name = {
            name.casefold(): site for site in everywhere for name in (site.slug, site.name)
        }

    def of(self, ae: records.Ae) -> Site | None:
        """The site of a record, None when it names an unknown one."""
        return self._by_name.get(ae.site.casefold()) if ae.site else self.chosen


def candidates(
    aes: Sequence[records.Ae], sites: Sites, match: str, device_names: Mapping[str, str]
) -> set[int]:
    """The ids of all stored AEs that the records may mean; at most two queries."""
    titles = {ae.ae_title for ae in aes}
    ids = AE.objects.order_by().values_list("pk", flat=True)
    places = {site.pk for ae in aes if (site := sites.of(ae)) is not None}
    found = set(ids.filter(among(titles, "ae_title"), site__in=places))
    if match == BY_NAME:
        names = {device_names[ae.device or ""] for ae in aes if ae.device in device_names}
        found |= set(ids.filter(among(names, "device__name")))
    return found


def ends_among(ids: Iterable[int]) -> Q:
    """The associations between AEs of these ids."""
    here = list(ids)
    return Q(calling__in=here, called__in=here)


def _places(connections: Iterable[records.Connection]) -> set[Hashable]:
    """Where an AE is; one place that is no address where none is known."""
    return {place_of(each) for each in connections} or {None}


class Matches:
    """The stored AEs of all records, by their keys.

    `ambiguous` has the keys of records that may mean several. `repeated` says of a record that
    speaks of the same AE as an earlier one the key of that one.
    """

    def __init__(
        self,
        aes: Sequence[records.Ae],
        sites: Sites,
        match: str,
        device_names: Mapping[str, str],
        stored: Iterable[StoredAe],
    ) -> None:
        self.ambiguous: set[str] = set()
        self.repeated: dict[str, str] = {}
        self._match = match
        self._found: dict[str, StoredAe] = {}
        groups: defaultdict[Hashable, list[records.Ae]] = defaultdict(list)
        for ae in aes:
            site = sites.of(ae)
            if site is None:
                continue
            name = device_names.get(ae.device or "") if match == BY_NAME else None
            where = site.pk if ae.site or name is None else None
            groups[where, name, None if name else ae.ae_title].append(ae)
        known: defaultdict[Hashable, list[StoredAe]] = defaultdict(list)
        for row in stored:
            data = row[1]
            known[data.site.pk, None, data.ae_title].append(row)
            if match == BY_NAME and data.device is not None:
                known[data.site.pk, data.device.name, None].append(row)
                known[None, data.device.name, None].append(row)
        for key, group in groups.items():
            single = self._without_repeats(group)
            self._settle(single, known[key], is_device=isinstance(key, tuple) and bool(key[1]))

    def of(self, key: str) -> StoredAe | None:
        """The AE that a record means, None for a new or an ambiguous one."""
        return self._found.get(key)

    def _without_repeats(self, group: Sequence[records.Ae]) -> list[records.Ae]:
        """The records that speak of an AE for the first time; of one title, an address in common
        or none at all is the same AE."""
        if len(group) == 1:
            return list(group)
        first: dict[Hashable, records.Ae] = {}
        kept = []
        for ae in group:
            places: list[Hashable] = [(ae.ae_title, place_of(c)) for c in ae.connections]
            places = places or [(ae.ae_title, None)]
            known = next((first[place] for place in places if place in first), None)
            if known is not None:
                self.repeated[ae.key] = known.key
                continue
            first.update(dict.fromkeys(places, ae))
            kept.append(ae)
        return kept

    def _settle(
        self, group: Sequence[records.Ae], stored: Sequence[StoredAe], *, is_device: bool
    ) -> None:
        if len(group) == len(stored) == 1 and self._is_enough(group[0], stored[0], is_device):
            self._found[group[0].key] = stored[0]
            return
        if not stored:
            return
        left = dict(enumerate(stored))
        unsettled = self._by_place(group, left)
        if is_device:
            unsettled = self._by_title(unsettled, left)
        elif self._match == BY_ADDRESS:
            # One that says no address may mean any that is left.
            unsettled = [ae for ae in unsettled if not ae.connections]
        if left and not is_device:
            self.ambiguous |= {ae.key for ae in unsettled}

    def _is_enough(self, ae: records.Ae, known: StoredAe, is_device: bool) -> bool:
        if is_device or self._match != BY_ADDRESS:
            return True
        said, stored = ({place_of(c) for c in cs} for cs in (ae.connections, known[1].connections))
        return not said or not stored or not said.isdisjoint(stored)

    def _by_place(self, group: Iterable[records.Ae], left: dict[int, StoredAe]) -> list[records.Ae]:
        """Settle those at the address of one of the title that is left; returns the others."""
        placed: defaultdict[Hashable, list[int]] = defaultdict(list)
        for number, (_, data) in left.items():
            for place in _places(data.connections):
                placed[data.ae_title, place].append(number)
        others: list[records.Ae] = []
        for ae in group:
            here = (placed[ae.ae_title, place] for place in _places(ae.connections))
            indexes = (each for found in here for each in found)
            index = next((each for each in indexes if each in left), None)
            if index is None:
                others.append(ae)
            else:
                self._found[ae.key] = left.pop(index)
        return others

    def _by_title(self, group: Iterable[records.Ae], left: dict[int, StoredAe]) -> list[records.Ae]:
        """Settle those whose title one alone of those left bears; returns the others."""
        bearers: defaultdict[str, list[int]] = defaultdict(list)
        for index, (_, data) in left.items():
            bearers[data.ae_title].append(index)
        others = []
        for ae in group:
            here = [index for index in bearers[ae.ae_title] if index in left]
            if len(here) == 1:
                self._found[ae.key] = left.pop(here[0])
            else:
                others.append(ae)
                if here:
                    self.ambiguous.add(ae.key)
        return others
