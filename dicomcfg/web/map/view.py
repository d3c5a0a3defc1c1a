"""The map of many AEs: which groups are drawn, which of them opened, and what flows between.

However large the inventory, at most `GROUPS` boxes stand for groups, those with the most
associations first. A picture of few AEs shows each of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from dicomcfg.inventory import topology
from dicomcfg.inventory.models import AE
from dicomcfg.inventory.topology import Flow, Group, Grouping, Tally
from dicomcfg.web.map.layout import BOTH, Box, Link, Node, Picture, draw
from dicomcfg.web.map.query import Asked

GROUPS: Final = 24
ROWS: Final = 40
FEW_AES: Final = 60
HUBS: Final = 5
_HUB_CALLERS: Final = 4
_FINEST: Final = (Grouping.DEVICE, Grouping.DEPARTMENT, Grouping.SITE)


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture with what stands around it.

    `left_out` is how many groups were not drawn, `elsewhere` how many associations of theirs.
    """

    picture: Picture
    by: Grouping
    left_out: int = 0
    elsewhere: int = 0
    names: Mapping[str, str] = field(default_factory=dict)


def overview(asked: Asked) -> Shown:
    """The map of all AEs, or of those within a group."""
    by = asked.by or _fitting(asked.within)
    return _Overview(asked, by).shown()


def _fitting(within: Group | None) -> Grouping:
    """The finest grouping that has few enough groups."""
    if within is not None and within.by != Grouping.SITE:
        return Grouping.DEVICE
    choices = _FINEST if within is None else _FINEST[:2]
    for by in choices[:-1]:
        if topology.groups_up_to(GROUPS, by, within) <= GROUPS:
            return by
    return choices[-1]


class _Overview:
    def __init__(self, asked: Asked, by: Grouping) -> None:
        self.asked, self.by, within = asked, by, asked.within
        # What lies beyond a site is other sites; beyond less than that, departments.
        beyond_site = within is None or within.by == Grouping.SITE
        self.outside = Grouping.SITE if beyond_site else Grouping.DEPARTMENT
        self.largest = topology.largest_groups(by, within, GROUPS + 1)
        self.few = sum(t.count for t in self.largest.values()) <= FEW_AES
        self.few = self.few and len(self.largest) <= GROUPS
        self.opened = self._opened()
        self.rows = topology.rows_of(by, self.opened, ROWS)
        self.hubs = (
            topology.hubs(within, HUBS, _HUB_CALLERS)
            if by == Grouping.DEPARTMENT and not self.few
            else []
        )
        self.shown_aes = {ae.pk: ae for aes in self.rows.values() for ae in aes}
        self.hubs = [ae for ae in self.hubs if ae.pk not in self.shown_aes]
        self.shown_aes |= {ae.pk: ae for ae in self.hubs}
        self.flows = topology.flows(by, within, self.shown_aes, self.outside)
        self.within_groups: dict[Group, Tally] = {}

    def _opened(self) -> list[Group]:
        within = self.asked.within
        if self.few:
            return list(self.largest)
        if within is not None and within.by == self.by:
            return [within]
        return [group for group in self.asked.opened if group.by == self.by]

    def shown(self) -> Shown:
        groups, left_out = self._chosen()
        sizes = {g: t for g, t in self.largest.items() if g in groups}
        for by in {self.by, self.outside}:
            unknown = [g for g in groups if g.by == by and g not in sizes]
            sizes |= topology.sizes_of(by, unknown)
        names = topology.names_of(groups)
        tallies, elsewhere = self._folded(groups)
        hubs_of = Counter(self._home(ae) for ae in self.hubs)
        boxes = [self._hub(ae) for ae in self.hubs]
        for group in groups:
            # A group whose every AE stands for itself has none left to show.
            tally = sizes.get(group, Tally())
            if group in names and tally.count > hubs_of[group]:
                boxes.append(self._box(group, names[group], tally, hubs_of[group]))
        labels = {node.key: node.label for box in boxes for node in box.rows or (box.head,)}
        links = list(self._links(tallies, labels))
        return Shown(draw(boxes, links), self.by, left_out, elsewhere, labels)

    def _home(self, ae: AE) -> Group:
        department = ae.device.department if ae.device else ""
        return Group(Grouping.DEPARTMENT, ae.site_id, department)

    def _chosen(self) -> tuple[list[Group], int]:
        """The groups to draw, opened ones and those with the most associations first."""
        weights: Counter[Group] = Counter()
        for flow in self.flows:
            for group in {flow.calling, flow.called}:
                weights[group] += flow.tally.count
        wanted = dict.fromkeys(
            (*self.opened, *(g for g, _ in weights.most_common()), *self.largest)
        )
        groups = list(wanted)[:GROUPS]
        inside = sum(group.by == self.by for group in groups)
        if len(wanted) <= GROUPS:
            return groups, 0
        return groups, max(0, topology.how_many(self.by, self.asked.within) - inside)

    def _end(self, group: Group, ae: int) -> str:
        return f"a{ae}" if ae else group.key

    def _folded(self, groups: Sequence[Group]) -> tuple[dict[tuple[str, str], Tally], int]:
        """What flows between the ends that are drawn, and how much ends where nothing is."""
        drawn, elsewhere = set(groups), 0
        found: dict[tuple[str, str], Tally] = {}
        for flow in self.flows:
            if not {flow.calling, flow.called} <= drawn:
                elsewhere += flow.tally.count
                continue
            one, other = self._ends(flow)
            if one == other and not flow.calling_ae:
                self.within_groups.setdefault(flow.calling, Tally()).add(flow.tally)
            else:
                found.setdefault((one, other), Tally()).add(flow.tally)
        return found, elsewhere

    def _ends(self, flow: Flow) -> tuple[str, str]:
        return (
            self._end(flow.calling, flow.calling_ae),
            self._end(flow.called, flow.called_ae),
        )

    def _hub(self, ae: AE) -> Box:
        return Box(
            self._node(ae),
            column=BOTH,
            lines=((ae.device.name if ae.device else ae.description) or "AE",),
        )

    def _node(self, ae: AE, note: str = "") -> Node:
        return ae_node(self.asked, ae, f"a{ae.pk}", note)

    def _box(self, group: Group, name: str, tally: Tally, apart: int) -> Box:
        rows = self.rows.get(group)
        count = tally.count - apart
        head = Node(
            group.key,
            name,
            tone=tally.tone,
            url=self._address(group),
            title=f"{name}: {_aes(tally.count)}, {_standing(tally)}",
        )
        toggle = "" if self._is_fixed(group) else self.asked.toggled(group)
        if not rows:
            lines = [f"{_aes(count)}{_failing(tally)}"]
            if (inside := self.within_groups.get(group)) is not None:
                lines.append(f"{inside.count:,} inside{_failing(inside)}")
            return Box(head, toggle=toggle, lines=tuple(lines))
        if tally.count == 1:
            return Box(self._node(rows[0]), toggle=toggle, lines=(name,))
        nodes = [self._node(ae) for ae in rows]
        rest = tally.count - len(rows) - apart
        if rest > 0:
            more = f"{rest:,} more AE{'s' if rest > 1 else ''}"
            nodes.append(Node(group.key, more, title=f"{more} of {name}", url=head.url))
        return Box(head, tuple(nodes), toggle=toggle, lines=(_aes(tally.count),))

    def _is_fixed(self, group: Group) -> bool:
        """Whether there is no choice of opening it: all are, or it is not of this grouping."""
        return self.few or group.by != self.by or group == self.asked.within

    def _address(self, group: Group) -> str:
        """Where a group's name leads: into it, or to the device's own page."""
        if group.by == Grouping.DEVICE:
            return reverse("device-detail", args=[group.pk]) if group.pk else reverse("ae-list")
        return self.asked.inside(group)

    def _links(
        self, tallies: Mapping[tuple[str, str], Tally], labels: Mapping[str, str]
    ) -> Iterable[Link]:
        for (one, other), tally in tallies.items():
            if one in labels and other in labels:
                yield link_of(one, other, tally, f"{labels[one]} → {labels[other]}")


def ae_node(asked: Asked, ae: AE, key: str, note: str = "") -> Node:
    """An AE as a node, with its own last echo."""
    device = f", {ae.device.name}" if ae.device else ""
    return Node(
        key,
        ae.ae_title,
        note=note,
        tone=ae.latest_tone or "idle",
        url=ae.get_absolute_url(),
        title=f"{ae.ae_title}{device}: {ae.latest_headline or 'never echoed'}",
        focus=asked.around(ae.pk),
    )


def link_of(one: str, other: str, tally: Tally, ends: str) -> Link:
    """An arrow: to the association if it is one, to the matrix of them if they are many."""
    if tally.count == 1:
        words, label = tally.headline or "never negotiated", ""
        url = reverse("association-detail", args=[tally.pk])
    else:
        trouble = tally.bad + tally.warn
        label = f"{trouble:,} of {tally.count:,}" if trouble else f"{tally.count:,}"
        words = f"{tally.count:,} associations, {_standing(tally)}"
        url = f"{reverse('map-matrix')}?{urlencode({'calling': one, 'called': other}, safe='.')}"
    return Link(one, other, tally.tone, tally.count, label, url, f"{ends}: {words}")


def _aes(count: int) -> str:
    return f"{count:,} AE{'' if count == 1 else 's'}"


def _failing(tally: Tally) -> str:
    trouble = tally.bad + tally.warn
    return f", {trouble:,} to look at" if trouble else ""


def _standing(tally: Tally) -> str:
    fine = tally.count - tally.bad - tally.warn - tally.never
    told = (
        (fine, "fine"),
        (tally.warn, "to look at"),
        (tally.bad, "failed"),
        (tally.never, "never tried"),
    )
    return ", ".join(f"{number:,} {words}" for number, words in told if number) or "none tried"
