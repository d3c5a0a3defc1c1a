"""Which stored AE each row of a table means.

A row means the AE of its site and title where that is unambiguous; where several bear the title,
the one at its address.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from dicomcfg.core import records
from dicomcfg.core.formats.table_rows import Row
from dicomcfg.inventory.models import AE, Site
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.ae_rows import load_aes

Stored = tuple[AE, AeData]


class Sites:
    """Sites by name and short name, without regard to case; a row that names none is `chosen`'s."""

    def __init__(self, chosen: Site) -> None:
        self._chosen = chosen
        self._by_name = {
            name.casefold(): site for site in Site.objects.all() for name in (site.slug, site.name)
        }

    def of(self, ae: records.Ae) -> Site | None:
        """The site of a row, None when it names an unknown one."""
        return self._by_name.get(ae.site.casefold()) if ae.site else self._chosen


class Matches:
    """The stored AEs of all rows; `ambiguous` has the numbers of rows that may mean several."""

    def __init__(self, rows: Sequence[Row], sites: Sites, *, lock: bool) -> None:
        self.ambiguous: set[int] = set()
        self._stored: dict[int, Stored] = {}
        said: defaultdict[tuple[Site, str], list[tuple[Row, records.Ae]]] = defaultdict(list)
        for row in rows:
            if row.ae is not None and (site := sites.of(row.ae)) is not None:
                said[site, row.ae.ae_title].append((row, row.ae))
        bearers = AE.objects.filter(
            site__in={site for site, _ in said}, ae_title__in={title for _, title in said}
        )
        known: defaultdict[tuple[Site, str], list[Stored]] = defaultdict(list)
        for ae, data in load_aes(bearers.order_by().values_list("pk", flat=True), lock=lock):
            known[data.site, data.ae_title].append((ae, data))
        for key, group in said.items():
            self._match(group, known[key])

    def of(self, row: Row) -> Stored | None:
        """The AE that a row means, None for a new or an ambiguous one."""
        return self._stored.get(row.number)

    def _match(self, rows: list[tuple[Row, records.Ae]], stored: list[Stored]) -> None:
        if len(rows) == len(stored) == 1:
            self._stored[rows[0][0].number] = stored[0]
            return
        left_over = list(stored)
        for row, ae in rows:
            here = [known for known in left_over if _same_address(ae, known[1])]
            if here:
                self._stored[row.number] = here[0]
                left_over.remove(here[0])
        if left_over:
            self.ambiguous |= {row.number for row, _ in rows if row.number not in self._stored}


def _same_address(ae: records.Ae, data: AeData) -> bool:
    said = {(c.hostname, c.port) for c in ae.connections}
    known = {(c.hostname, c.port) for c in data.connections}
    return said == known or not said.isdisjoint(known)
