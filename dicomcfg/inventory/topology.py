"""Who calls whom, gathered by site, department or device, for pictures of any inventory.

Every question here has a bound on the rows it answers with and a fixed number of queries.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, RowNumber

from dicomcfg.inventory.models import AE, Association, Device, Site

MOST_PAIRS: Final = 1500
"""Pairs of groups that are looked at, those with the most associations first."""


class Grouping(StrEnum):
    """What AEs are put together by."""

    SITE = "site"
    DEPARTMENT = "department"
    DEVICE = "device"


# The columns of an AE that tell its group; a department is one of a site.
_FIELDS: Final[dict[Grouping, tuple[str, ...]]] = {
    Grouping.SITE: ("site_id",),
    Grouping.DEPARTMENT: ("site_id", "device__department"),
    Grouping.DEVICE: ("device_id",),
}
_LETTERS: Final = {"s": Grouping.SITE, "p": Grouping.DEPARTMENT, "d": Grouping.DEVICE}


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """A site, a department of a site, or a device; `pk` 0 is that of AEs without a device."""

    by: Grouping
    pk: int
    department: str = ""

    @property
    def key(self) -> str:
        """As it stands in addresses: `s1`, `p1.Radiology`, `d7`."""
        return f"{_letter(self.by)}{self.pk}" + (
            f".{self.department}" if self.by == Grouping.DEPARTMENT else ""
        )

    def holds(self, prefix: str = "") -> Q:
        """Whether an AE, found under `prefix`, belongs to it."""
        if self.by == Grouping.DEVICE:
            return Q(**{f"{prefix}device": self.pk or None})
        site = Q(**{f"{prefix}site": self.pk})
        if self.by == Grouping.SITE:
            return site
        named = Q(**{f"{prefix}device__department": self.department})
        return site & (named if self.department else named | Q(**{f"{prefix}device": None}))


def _letter(by: Grouping) -> str:
    return next(letter for letter, each in _LETTERS.items() if each == by)


def group_of(key: str) -> Group | None:
    """The group that a key in an address names, whether it exists or not; None for no key."""
    number, _, department = key[1:].partition(".")
    by = _LETTERS.get(key[:1])
    # Both stores keep ids in 63 bits.
    if by is None or not (number.isascii() and number.isdecimal()) or len(number) > 18:
        return None
    if department and by != Grouping.DEPARTMENT:
        return None
    return Group(by, int(number), department)


def _group(by: Grouping, row: dict[str, Any], prefix: str = "") -> Group:
    first, *rest = (row[prefix + name] for name in _FIELDS[by])
    return Group(by, first or 0, (rest[0] or "") if rest else "")


@dataclass(slots=True)
class Tally:
    """How many of something there are, and how their last checks ended.

    `pk` and `headline` tell of the only one where `count` is 1.
    """

    count: int = 0
    bad: int = 0
    warn: int = 0
    never: int = 0
    pk: int = 0
    headline: str = ""

    @property
    def tone(self) -> str:
        """The worst there is; `idle` only where nothing was ever tried."""
        if self.bad:
            return "bad"
        if self.warn:
            return "warn"
        return "idle" if self.count == self.never else "ok"

    def add(self, other: Tally) -> None:
        """Count another one in."""
        self.count += other.count
        self.bad += other.bad
        self.warn += other.warn
        self.never += other.never
        self.pk, self.headline = other.pk, other.headline


def _counts() -> dict[str, Count]:
    return {
        "count": Count("pk"),
        "bad": Count("pk", filter=Q(latest_tone="bad")),
        "warn": Count("pk", filter=Q(latest_tone="warn")),
        "never": Count("pk", filter=Q(latest_tone="")),
    }


def _tally(row: dict[str, Any], **more: Any) -> Tally:
    return Tally(row["count"], row["bad"], row["warn"], row["never"], **more)


@dataclass(frozen=True, slots=True)
class Flow:
    """Associations from one end to another; an end is an AE by its id where `shown` names it."""

    calling: Group
    calling_ae: int
    called: Group
    called_ae: int
    tally: Tally


def flows(
    by: Grouping, within: Group | None, shown: Collection[int], outside: Grouping
) -> list[Flow]:
    """Who calls whom, the most associations first; one query.

    With `within`, associations with an end there, and what lies beyond is put together by
    `outside`. AEs of `shown` are told apart.
    """
    rows = Association.objects.order_by()
    if within is not None:
        rows = rows.filter(within.holds("calling__") | within.holds("called__"))
    # An AE that is told apart needs no group of its own from the store, but has one all the same.
    fields = dict.fromkeys((*_FIELDS[by], *(_FIELDS[outside] if within else ())))
    keys = {f"{end}__{name}" for end in ("calling", "called") for name in fields}
    for end in ("calling", "called"):
        rows = rows.annotate(**{f"{end}_ae": _if_shown(f"{end}_id", shown)})
        if within is not None:
            there = When(within.holds(f"{end}__"), then=Value(1))
            rows = rows.annotate(
                **{f"{end}_in": Case(there, default=Value(0), output_field=IntegerField())}
            )
            keys.add(f"{end}_in")
    found = (
        rows.values("calling_ae", "called_ae", *sorted(keys))
        .annotate(**_counts(), first=Min("pk"), headline=Max("latest_headline"))
        .order_by("-count", "first")[:MOST_PAIRS]
    )

    def end_of(row: dict[str, Any], end: str) -> Group:
        inside = within is None or row[f"{end}_in"]
        return _group(by if inside else outside, row, f"{end}__")

    return [
        Flow(
            end_of(row, "calling"),
            row["calling_ae"],
            end_of(row, "called"),
            row["called_ae"],
            _tally(row, pk=row["first"], headline=row["headline"]),
        )
        for row in found
    ]


def _if_shown(field: str, shown: Collection[int]) -> Any:
    if not shown:
        return Value(0, output_field=BigIntegerField())
    there = When(**{f"{field}__in": list(shown)}, then=F(field))
    return Case(there, default=Value(0), output_field=BigIntegerField())


def aes_within(within: Group | None) -> QuerySet[AE]:
    """The AEs of a group, or all."""
    return AE.objects.filter(within.holds()) if within else AE.objects.all()


def groups_up_to(limit: int, by: Grouping, within: Group | None) -> int:
    """How many groups there are, counted no further than one beyond `limit`."""
    rows = aes_within(within).order_by().values(*_FIELDS[by]).distinct()
    return len({_group(by, row) for row in rows[: 2 * limit + 2]})


def largest_groups(by: Grouping, within: Group | None, limit: int) -> dict[Group, Tally]:
    """The groups with the most AEs and how these stand; one query."""
    return _gathered(by, aes_within(within), limit)


def sizes_of(by: Grouping, groups: Sequence[Group]) -> dict[Group, Tally]:
    """How many AEs each of these groups has, and how they stand; one query, none for none."""
    if not groups:
        return {}
    wanted = Q(site__in={g.pk for g in groups})
    if by == Grouping.DEVICE:
        devices = Q(device__in={g.pk for g in groups})
        wanted = devices | Q(device=None) if any(g.pk == 0 for g in groups) else devices
    found = _gathered(by, AE.objects.filter(wanted), MOST_PAIRS)
    return {group: found[group] for group in groups if group in found}


def _gathered(by: Grouping, aes: QuerySet[AE], limit: int) -> dict[Group, Tally]:
    rows = aes.order_by().values(*_FIELDS[by]).annotate(**_counts())
    found: dict[Group, Tally] = {}
    for row in rows.order_by("-count", *_FIELDS[by])[:limit]:
        # No device and a device without a department are one department.
        found.setdefault(_group(by, row), Tally()).add(_tally(row))
    return found


def _degree() -> Any:
    def count(end: str) -> Coalesce:
        rows = Association.objects.filter(**{end: OuterRef("pk")}).order_by().values(end)
        return Coalesce(Subquery(rows.annotate(count=Count("pk")).values("count")), 0)

    return count("calling") + count("called")


def rows_of(by: Grouping, groups: Sequence[Group], limit: int) -> dict[Group, list[AE]]:
    """The AEs of each group that have the most associations, `limit` of each; one query.

    Each has `degree`, how many associations it has.
    """
    if not groups:
        return {}
    wanted = Q()
    for group in groups:
        wanted |= group.holds()
    place = Window(
        RowNumber(), partition_by=list(_FIELDS[by]), order_by=("-degree", "ae_title", "id")
    )
    rows = AE.objects.filter(wanted).annotate(degree=_degree()).annotate(place=place)
    fields = _FIELDS[by]
    found: dict[Group, list[AE]] = {}
    for ae in rows.filter(place__lte=limit).select_related("device").order_by("place"):
        row: dict[str, Any] = {"site_id": ae.site_id, "device_id": ae.device_id}
        if "device__department" in fields:
            row["device__department"] = ae.device.department if ae.device else ""
        there = found.setdefault(_group(by, row), [])
        there.append(ae)
    return {group: aes[:limit] for group, aes in found.items()}


def hubs(within: Group | None, limit: int, least: int) -> list[AE]:
    """The AEs that the most others call, at least `least` of them; two queries."""
    rows = Association.objects.order_by()
    if within is not None:
        rows = rows.filter(within.holds("called__"))
    most = rows.values("called").annotate(count=Count("pk")).filter(count__gte=least)
    ids = [row["called"] for row in most.order_by("-count", "called")[:limit]]
    found = AE.objects.select_related("device").in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def names_of(groups: Collection[Group]) -> dict[Group, str]:
    """What people call each group; one that is gone has no name. Two queries."""
    sites = Site.objects.in_bulk({g.pk for g in groups if g.by != Grouping.DEVICE})
    devices = Device.objects.in_bulk({g.pk for g in groups if g.by == Grouping.DEVICE})
    found: dict[Group, str] = {}
    for group in groups:
        if group.by == Grouping.DEVICE:
            device = devices.get(group.pk)
            name = device.name if device else "" if group.pk else "No device"
        else:
            site = sites.get(group.pk)
            name = site.name if site else ""
            if site and group.by == Grouping.DEPARTMENT:
                name = group.department or "No department"
        if name:
            found[group] = name
    return found


def how_many(by: Grouping, within: Group | None) -> int:
    """The number of groups."""
    rows = aes_within(within).order_by().values(*_FIELDS[by])
    count: int = rows.distinct().count()
    return count
