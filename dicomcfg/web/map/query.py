"""What an address of the map asks for, whatever somebody wrote into it, and addresses of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from dicomcfg.inventory.topology import Group, Grouping, group_of
from dicomcfg.web.row_ids import row_ids

MOST_OPEN: Final = 4
SIZES: Final = {"small": 75, "": 100, "large": 140}
"""How large the picture is, of a hundred."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`by` is None where the page is to choose; `ae` the one to put in the middle, if any."""

    by: Grouping | None = None
    within: Group | None = None
    opened: tuple[Group, ...] = ()
    ae: int | None = None
    page: str = ""
    size: str = ""

    @property
    def percent(self) -> int:
        """How large the picture is."""
        return SIZES[self.size]

    def url(self) -> str:
        """The address that asks for this."""
        query = QueryDict(mutable=True)
        if self.ae is not None:
            query["ae"] = str(self.ae)
        if self.by is not None:
            query["by"] = self.by.value
        if self.within is not None:
            query["in"] = self.within.key
        query.setlist("open", [group.key for group in self.opened])
        if self.page:
            query["page"] = self.page
        if self.size:
            query["size"] = self.size
        text = query.urlencode(safe=".")
        return reverse("map") + (f"?{text}" if text else "")

    def inside(self, group: Group) -> str:
        """The address of a group by itself."""
        return replace(self, within=group, by=None, opened=(), page="").url()

    def toggled(self, group: Group) -> str:
        """The address with a group opened, or closed if it was open."""
        if group in self.opened:
            rest = tuple(each for each in self.opened if each != group)
        else:
            rest = (*self.opened, group)[-MOST_OPEN:]
        return replace(self, opened=rest).url()

    def around(self, ae: int) -> str:
        """The address of an AE with its neighbours."""
        return Asked(ae=ae, size=self.size).url()


def asked_of(request: HttpRequest) -> Asked:
    """What the query string asks for; what cannot be read asks for nothing."""
    get = request.GET
    by = get.get("by", "")
    ids = row_ids(get.getlist("ae")[:1])
    size = get.get("size", "")
    return Asked(
        by=Grouping(by) if by in list(Grouping) else None,
        within=group_of(get.get("in", "")),
        opened=tuple(_groups(get.getlist("open")))[:MOST_OPEN],
        ae=ids[0] if ids else None,
        page=get.get("page", "")[:6],
        size=size if size in SIZES else "",
    )


def _groups(keys: Iterable[str]) -> Iterable[Group]:
    return dict.fromkeys(group for group in map(group_of, keys) if group is not None)
