"""The picture's geometry, without a page: nothing overlaps, nothing is lost, nothing is endless."""

from __future__ import annotations

import re
from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.web.map.layout import (
    BOTH,
    BOX_WIDTH,
    CALLED,
    CALLS,
    COLUMN_GAP,
    Box,
    Link,
    Node,
    Picture,
    PlacedBox,
    draw,
)


def box(key: str, *rows: str, column: int | None = None) -> Box:
    return Box(Node(key, key), tuple(Node(row, row) for row in rows), column=column)


def place(picture: Picture, key: str) -> PlacedBox:
    return next(each for each in picture.boxes if each.box.head.key == key)


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[Box], list[Link]]:
    boxes, ends = [], []
    for number in range(draw(st.integers(0, 14))):
        rows = [f"b{number}r{row}" for row in range(draw(st.integers(0, 5)))]
        column = draw(st.sampled_from([None, None, None, CALLS, BOTH, CALLED]))
        boxes.append(box(f"b{number}", *rows, column=column))
        ends += rows or [f"b{number}"]
    end = st.sampled_from([*ends, "nowhere"])
    label = st.sampled_from(["", "12"])
    links = st.builds(Link, end, end, st.just("ok"), st.integers(1, 99), label)
    return boxes, draw(st.lists(links, max_size=40))


@given(networks())
def test_nothing_overlaps_and_everything_lies_within(network: tuple[list[Box], list[Link]]) -> None:
    boxes, links = network
    picture = draw(boxes, links)
    assert sorted(b.box.head.key for b in picture.boxes) == sorted(b.head.key for b in boxes)
    for one, other in combinations(picture.boxes, 2):
        beside = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert beside or one.y + one.height <= other.y or other.y + other.height <= one.y
    for each in picture.boxes:
        assert each.x >= 0
        assert each.y >= 0
        assert each.x + each.width <= picture.width
        assert each.y + each.height <= picture.height
        ends = [each.y, *(edge for row in each.rows for edge in (row.y, row.y + row.height))]
        assert ends == sorted(ends)
        assert ends[-1] <= each.y + each.height


@given(networks())
def test_every_arrow_is_drawn_once_and_stays_on_the_picture(
    network: tuple[list[Box], list[Link]],
) -> None:
    boxes, links = network
    ends = {node.key for b in boxes for node in b.rows or (b.head,)}
    wanted = [x for x in links if {x.source, x.target} <= ends and x.source != x.target]
    picture = draw(boxes, links)
    assert [arrow.link for arrow in picture.arrows] == wanted
    for arrow in picture.arrows:
        numbers = [int(n) for n in re.findall(r"-?\d+", arrow.line)]
        assert len(numbers) > 6
        start = re.match(r"M(-?\d+) (-?\d+)C", arrow.line)
        assert start is not None
        assert 0 <= int(start[1]) <= picture.width
        assert 0 <= int(start[2]) <= picture.height


@given(networks())
def test_the_same_network_is_drawn_alike(network: tuple[list[Box], list[Link]]) -> None:
    assert draw(*network) == draw(*network)


@given(networks())
def test_the_picture_is_no_larger_than_what_it_holds(
    network: tuple[list[Box], list[Link]],
) -> None:
    boxes, links = network
    picture = draw(boxes, links)
    rows = sum(len(b.rows) for b in boxes)
    assert picture.width <= 3 * BOX_WIDTH + 2 * COLUMN_GAP + 300
    assert picture.height <= 200 + 80 * len(boxes) + 40 * rows + 28 * len(links)


def test_arrows_run_from_left_to_right() -> None:
    links = [Link("ct", "pacs", "ok"), Link("pacs", "viewer", "ok"), Link("ct", "viewer", "bad")]
    picture = draw([box("pacs"), box("viewer"), box("ct")], links)
    left, middle, right = (place(picture, key).x for key in ("ct", "pacs", "viewer"))
    assert left < middle < right
    assert [column for _, column in picture.captions] == [CALLS, BOTH, CALLED]
    past = picture.arrows[2].line
    lane = int(re.search(r"(\d+)H", past)[1])  # type: ignore[index]
    pacs = place(picture, "pacs")
    assert not pacs.y <= lane <= pacs.y + pacs.height


def test_an_arrow_points_at_the_end_that_is_called() -> None:
    picture = draw([box("ct"), box("pacs")], [Link("ct", "pacs", "ok")])
    ct, pacs, arrow = place(picture, "ct"), place(picture, "pacs"), picture.arrows[0]
    assert arrow.line.startswith(f"M{ct.x + ct.width} ")
    assert arrow.tip.startswith(f"M{pacs.x} ")
    assert "l-8 -4" in arrow.tip


def test_beside_a_given_middle_a_box_stands_where_it_does_more() -> None:
    links = [Link("a", "hub", "ok"), Link("b", "hub", "ok"), Link("hub", "a", "ok")]
    picture = draw([box("hub", column=BOTH), box("ward", "a", "b")], links)
    ward, hub = place(picture, "ward"), place(picture, "hub")
    assert ward.x < hub.x
    back = picture.arrows[2]
    assert back.line.startswith(f"M{hub.x} ")
    assert back.tip.startswith(f"M{ward.x + ward.width} ")
    assert back.before


def test_within_a_column_arrows_bend_around_its_side() -> None:
    picture = draw([box("one", "a", "b")], [Link("a", "b", "ok"), Link("b", "a", "ok")])
    only = place(picture, "one")
    down, up = picture.arrows
    assert down.line.startswith(f"M{only.x + only.width} ")
    assert up.line.startswith(f"M{only.x} ")


def test_labels_of_one_box_keep_apart() -> None:
    ends = [f"p{n}" for n in range(9)]
    links = [Link("ct", end, "ok", 5, "1 of 5") for end in ends]
    picture = draw([box("ct"), *(box(end) for end in ends)], links)
    heights = sorted(arrow.y for arrow in picture.arrows)
    assert all(below - above >= 15 for above, below in pairwise(heights))


def test_what_has_no_arrow_stands_below_the_rest() -> None:
    picture = draw([box("alone"), box("ct"), box("pacs")], [Link("ct", "pacs", "ok")])
    alone, ct = place(picture, "alone"), place(picture, "ct")
    assert picture.apart == alone.y > ct.y + ct.height


def test_nothing_is_an_empty_picture() -> None:
    picture = draw([], [])
    assert picture.boxes == picture.arrows == ()
