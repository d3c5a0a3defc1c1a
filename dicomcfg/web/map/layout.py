"""Where boxes and arrows of the map stand. Pure: whole pixels in, whole pixels out, no chance.

Who only calls stands left, who only is called right, who does both between them, so that nearly
every arrow runs from left to right. Where the middle is given to some boxes, the others stand on
the side of what they do more. An arrow within a column bends around its side: down on the right,
up on the left. What has no arrow to another box stands below. Boxes never overlap, and
an arrow past the middle column takes a gap between its boxes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final

BOX_WIDTH: Final = 208
COLUMN_GAP: Final = 196
BOX_GAP: Final = 16
HEAD: Final = 46
ROW: Final = 24
CAPTION: Final = 30
MARGIN: Final = 12
_BEND: Final = 150
_REACH: Final = 120
_TIP: Final = 8
_PORT, _LABELLED_PORT = 9, 19
_SWEEPS: Final = 4
CALLS, BOTH, CALLED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Node:
    """What an arrow can end at: an AE, or a group that is not opened; `key` is its own."""

    key: str
    label: str
    note: str = ""
    tone: str = ""
    url: str = ""
    title: str = ""
    focus: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A group. With `rows`, arrows end at these; without, at the box itself.

    `lines` stand below its name, `toggle` is where its sign to open or close it leads. `column` is
    CALLS, BOTH or CALLED where the arrows are not to decide it.
    """

    head: Node
    rows: tuple[Node, ...] = ()
    column: int | None = None
    toggle: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """Associations from one node to another as one arrow; `weight` is how many."""

    source: str
    target: str
    tone: str
    weight: int = 1
    label: str = ""
    url: str = ""
    title: str = ""


@dataclass(slots=True)
class Placed:
    """A node with its rectangle."""

    node: Node
    x: int
    y: int
    height: int
    width: int = BOX_WIDTH

    @property
    def middle(self) -> int:
        """The height at which its text stands."""
        return self.y + self.height // 2


@dataclass(slots=True)
class PlacedBox:
    """A box with its rectangle and those of its rows."""

    box: Box
    x: int
    y: int
    height: int
    rows: list[Placed] = field(default_factory=list)
    width: int = BOX_WIDTH


@dataclass(frozen=True, slots=True)
class Arrow:
    """A link as the text of two SVG paths, and where its label begins or, `before`, ends."""

    link: Link
    line: str
    tip: str
    x: int
    y: int
    before: bool
    width: int


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything drawn; `captions` are (x, column) of the columns in use, `apart` is the height
    at which the boxes without arrows begin, or 0."""

    width: int
    height: int
    boxes: tuple[PlacedBox, ...]
    arrows: tuple[Arrow, ...]
    captions: tuple[tuple[int, int], ...]
    apart: int


def draw(boxes: Sequence[Box], links: Iterable[Link]) -> Picture:
    """Lay out the boxes, given in the order that they should rather keep.

    Links that begin or end nowhere, or at the same node, are left out.
    """
    return _Layout(boxes, links).picture()


class _Layout:
    def __init__(self, boxes: Sequence[Box], links: Iterable[Link]) -> None:
        self.home: dict[str, Box] = {}
        for box in boxes:
            for node in box.rows or (box.head,):
                self.home[node.key] = box
        self.links = [
            link
            for link in links
            if link.source in self.home and link.target in self.home and link.source != link.target
        ]
        self.heights = self._heights()
        self.columns: list[list[Box]] = [[], [], []]
        self.apart: list[Box] = []
        columns = self._columns()
        for box in boxes:
            column = columns.get(box.head.key) if box.column is None else box.column
            (self.apart if column is None else self.columns[column]).append(box)
        self.rows = {box.head.key: list(box.rows) for box in boxes}
        self.used = [number for number in range(3) if self.columns[number]]
        self.at = {number: place for place, number in enumerate(self.used)}
        self.place: dict[str, Placed] = {}
        self.placed: list[PlacedBox] = []

    def _columns(self) -> dict[str, int]:
        """The column of each box that has an arrow, by its key."""
        pairs = [(self.home[link.source], self.home[link.target]) for link in self.links]
        apart = [(one.head.key, other.head.key) for one, other in pairs if one is not other]
        outward, inward = Counter(one for one, _ in apart), Counter(other for _, other in apart)
        middle = any(box.column == BOTH for box in self.home.values())
        found = {one.head.key: BOTH for one, other in pairs if one is other}
        for key in {*outward, *inward}:
            if not middle and outward[key] and inward[key]:
                found[key] = BOTH
            else:
                found[key] = CALLS if outward[key] >= inward[key] else CALLED
        return found

    def _heights(self) -> dict[str, int]:
        """As high as the arrows need if all of them take one side."""
        needed: dict[str, int] = defaultdict(int)
        for link in self.links:
            needed[link.source] += _LABELLED_PORT if link.label else _PORT
            needed[link.target] += _PORT
        closed = {box.head.key for box in self.home.values() if not box.rows}
        return {
            key: max(self._least(box) if key in closed else ROW, needed[key] + 8)
            for key, box in self.home.items()
        }

    @staticmethod
    def _least(box: Box) -> int:
        return HEAD + 15 * max(0, len(box.lines) - 1)

    def _height(self, box: Box) -> int:
        if not box.rows:
            return self.heights[box.head.key]
        return HEAD + sum(self.heights[row.key] for row in box.rows) + 6

    def picture(self) -> Picture:
        bends = self._bends()
        left = MARGIN + (_REACH if self.used[:1] and self.used[0] in bends else 0)
        self._stack(left)
        for turn in range(_SWEEPS):
            self._sort(self.columns if turn % 2 else self.columns[::-1])
            self._stack(left)
        bottom = max((each.y + each.height for each in self.placed), default=CAPTION)
        right = left + self._x(max(len(self.used) - 1, 0)) + BOX_WIDTH
        right += _REACH if self.used[-1:] and self.used[-1] in bends else 0
        strip, end = self._place_apart(bottom, left)
        across = [each.x + each.width for each in self.placed]
        width = max(right, *across, 0) + MARGIN
        return Picture(
            width=width,
            height=end + MARGIN,
            boxes=tuple(self.placed),
            arrows=tuple(self._arrows()),
            captions=tuple((left + self._x(self.at[number]), number) for number in self.used),
            apart=strip,
        )

    @staticmethod
    def _x(place: int) -> int:
        return place * (BOX_WIDTH + COLUMN_GAP)

    def _bends(self) -> set[int]:
        """The columns with arrows that bend around their side."""
        of_box = {box.head.key: n for n in self.used for box in self.columns[n]}
        ends = ((self.home[link.source], self.home[link.target]) for link in self.links)
        columns = ((of_box[one.head.key], of_box[other.head.key]) for one, other in ends)
        return {one for one, other in columns if one == other}

    def _stack(self, left: int) -> None:
        self.placed, self.place = [], {}
        heights = [
            sum(self._height(box) + BOX_GAP for box in column) - BOX_GAP for column in self.columns
        ]
        for number in self.used:
            y = CAPTION + MARGIN + (max(heights) - heights[number]) // 2
            for box in self.columns[number]:
                self._put(box, left + self._x(self.at[number]), y)
                y += self._height(box) + BOX_GAP

    def _put(self, box: Box, x: int, y: int) -> None:
        placed = PlacedBox(box, x, y, self._height(box))
        below = y + HEAD
        for row in self.rows[box.head.key]:
            height = self.heights[row.key]
            placed.rows.append(Placed(row, x, below, height))
            self.place[row.key] = placed.rows[-1]
            below += height
        if not box.rows:
            self.place[box.head.key] = Placed(box.head, x, y, placed.height)
        self.placed.append(placed)

    def _place_apart(self, bottom: int, left: int) -> tuple[int, int]:
        """Boxes without arrows, in lines of three below the rest; where they begin and end."""
        if not self.apart:
            return 0, bottom
        start = bottom + CAPTION + MARGIN if self.used else CAPTION + MARGIN
        ends = [start] * 3
        for box in self.apart:
            place = ends.index(min(ends))
            self._put(box, left + place * (BOX_WIDTH + BOX_GAP), ends[place])
            ends[place] += self._height(box) + BOX_GAP
        return start, max(ends) - BOX_GAP

    def _sort(self, columns: Iterable[list[Box]]) -> None:
        """Each box and row beside what it is linked with; what has no link keeps its place."""
        beside: dict[str, list[int]] = defaultdict(list)
        for link in self.links:
            one, other = self.place.get(link.source), self.place.get(link.target)
            if one is None or other is None or self.home[link.source] is self.home[link.target]:
                continue
            beside[link.source].append(other.middle)
            beside[link.target].append(one.middle)

        def pull(keys: Sequence[str]) -> float:
            found = [y for key in keys for y in beside[key]]
            own = [self.place[key].middle for key in keys]
            return fmean(found) if found else fmean(own)

        for column in columns:
            column.sort(key=lambda box: pull([row.key for row in box.rows] or [box.head.key]))
            for box in column:
                self.rows[box.head.key].sort(key=lambda row: pull([row.key]))

    def _arrows(self) -> Iterable[Arrow]:
        ports = self._ports()
        lanes: dict[int, int] = defaultdict(int)
        for number, link in enumerate(self.links):
            (x1, y1, side), (x2, y2, _) = ports[number, True], ports[number, False]
            bent = self._bent(link)
            into = side if bent else -side
            tip = f"M{x2} {y2}l{into * _TIP} -4v8z"
            x2 += into * (_TIP - 1)
            if bent:
                reach = min(_BEND, 34 + abs(y2 - y1) // 4) * side
                line = f"M{x1} {y1}C{x1 + reach} {y1} {x2 + reach} {y2} {x2} {y2}"
            elif self._passes(link):
                line = self._past(x1, y1, x2, y2, lanes)
            else:
                line = f"M{x1} {y1}{_bezier(x1, y1, x2, y2)}"
            width = min(6, 1 + link.weight.bit_length()) if link.weight > 1 else 2
            yield Arrow(link, line, tip, x1 + 7 * side, y1 - 4, side < 0, width)

    def _bent(self, link: Link) -> bool:
        return self.place[link.source].x == self.place[link.target].x

    def _passes(self, link: Link) -> bool:
        return abs(self.place[link.target].x - self.place[link.source].x) > BOX_WIDTH + COLUMN_GAP

    def _past(self, x1: int, y1: int, x2: int, y2: int, lanes: dict[int, int]) -> str:
        """By the nearest gap of the middle column; those that share it keep a little apart."""
        left, right = min(x1, x2), max(x1, x2)
        edges = [(b.y, b.y + b.height) for b in self.placed if left < b.x < right - BOX_WIDTH]
        edges.sort()
        gaps = [edges[0][0] - BOX_GAP // 2, *(bottom + BOX_GAP // 2 for _, bottom in edges)]
        gap = min(gaps, key=lambda y: abs(2 * y - y1 - y2))
        y = gap + 2 * (lanes[gap] % 5 - 2)
        lanes[gap] += 1
        way = 1 if x2 > x1 else -1
        enter = x1 + way * (COLUMN_GAP - 10)
        leave = enter + way * (BOX_WIDTH + 20)
        return f"M{x1} {y1}{_bezier(x1, y1, enter, y)}H{leave}{_bezier(leave, y, x2, y2)}"

    def _ports(self) -> Mapping[tuple[int, bool], tuple[int, int, int]]:
        """Where each link leaves (True) and arrives (False): x, y, and 1 right or -1 left."""
        at: dict[tuple[str, int], list[tuple[int, int, int, bool]]] = defaultdict(list)
        for number, link in enumerate(self.links):
            one, other = self.place[link.source], self.place[link.target]
            down = 1 if one.middle <= other.middle else -1
            bent = self._bent(link)
            room = _LABELLED_PORT if link.label else _PORT
            side = down if bent else 1 if one.x < other.x else -1
            at[link.source, side].append((other.middle, number, room, True))
            at[link.target, side if bent else -side].append((one.middle, number, _PORT, False))
        found = {}
        for (key, side), ends in at.items():
            node = self.place[key]
            y = node.middle - sum(room for _, _, room, _ in ends) // 2
            for _, number, room, leaves in sorted(ends):
                x = node.x + (node.width if side > 0 else 0)
                found[number, leaves] = (x, y + room - room // 2, side)
                y += room
        return found


def _bezier(x1: int, y1: int, x2: int, y2: int) -> str:
    half = (x2 - x1) // 2
    return f"C{x1 + half} {y1} {x2 - half} {y2} {x2} {y2}"
