"""Several discoveries as one: the newest answer for each pair, and what went in between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.negotiation import sighting
from dicomcfg.core.negotiation.matrix import Matrix
from dicomcfg.core.negotiation.sighting import Sighting, Source, merged
from dicomcfg.core.records import RoleSelection

A, B = "1.1", "1.2"
X, Y, Z = "2.1", "2.2", "2.3"
FIRST, SECOND, THIRD = (Source(n, f"2026-01-0{n}T00:00:00+00:00") for n in (1, 2, 3))


def seen(source: Source, rows: dict[str, str], syntaxes: tuple[str, ...] = (X, Y)) -> Sighting:
    return Sighting.of(Matrix(tuple(rows), syntaxes, tuple(rows.values())), source)


def cells(found: Sighting) -> dict[tuple[str, str], str]:
    return {(a, b): cell.value for a, b, cell in found.matrix.cells()}


def test_a_limited_discovery_leaves_the_rest_as_it_was() -> None:
    found = merged(seen(FIRST, {A: "04", B: "00"}), seen(SECOND, {A: "44"}))
    assert cells(found) == {(A, X): "4", (A, Y): "4", (B, X): "0", (B, Y): "0"}
    assert dict(zip(found.matrix.sop_classes, found.sources, strict=True)) == {A: SECOND, B: FIRST}
    assert found.gone == {A: {X: FIRST.at}}


def test_a_cell_without_an_answer_takes_nothing_away() -> None:
    found = merged(seen(FIRST, {A: "04", B: "0?"}), seen(SECOND, {A: "??", B: "?3"}))
    assert cells(found) == {(A, X): "0", (A, Y): "4", (B, X): "0", (B, Y): "3"}
    assert found.sources == (FIRST, SECOND)
    assert found.gone == {}


def test_other_transfer_syntaxes_stand_beside_each_other() -> None:
    found = merged(seen(FIRST, {A: "04"}), seen(SECOND, {A: "0"}, (Z,)))
    assert cells(found) == {(A, Z): "0", (A, X): "0", (A, Y): "4"}


def test_an_older_discovery_that_ends_later_is_the_older_one() -> None:
    newer_first = merged(seen(SECOND, {A: "44"}), seen(FIRST, {A: "04", B: "00"}))
    assert cells(newer_first) == {(A, X): "4", (A, Y): "4", (B, X): "0", (B, Y): "0"}
    assert newer_first.gone == {A: {X: FIRST.at}}


def test_gone_is_when_it_was_seen_last_and_ends_when_it_is_back() -> None:
    first, second = seen(FIRST, {A: "00"}), seen(SECOND, {A: "0?"})
    found = merged(merged(first, second), seen(THIRD, {A: "33"}))
    assert found.gone == {A: {X: SECOND.at, Y: SECOND.at}}
    again = merged(found, seen(Source(4, "2026-01-04"), {A: "0?"}))
    assert again.gone == {A: {Y: SECOND.at}}
    other_reason = merged(found, seen(Source(4, "2026-01-04"), {A: "44"}))
    assert other_reason.gone == found.gone


def test_roles_are_the_newest_answers() -> None:
    both, scp = RoleSelection(A, scu=True, scp=True), RoleSelection(A, scu=True, scp=False)
    matrix = Matrix((A, B), (X,), ("0", "0"))
    first = Sighting.of(matrix, FIRST, [both, RoleSelection(B, scu=True, scp=True)])
    plain, silent = Sighting.of(matrix, SECOND), Sighting.of(matrix, SECOND, (), [A])
    assert merged(first, Sighting.of(matrix, SECOND, [scp])).roles == (scp, first.roles[1])
    assert merged(Sighting.of(matrix, SECOND, [scp]), first).roles == (scp, first.roles[1])
    assert merged(first, plain).roles == first.roles
    assert merged(first, silent).roles == first.roles[1:]


def test_what_is_too_much_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sighting, "MOST_CELLS", 6)
    old = seen(FIRST, {f"1.{n}": "00" for n in range(10, 30)})
    found = merged(old, seen(SECOND, {A: "00"}))
    assert found.matrix.sop_classes == (A, "1.10", "1.11")
    whole = {f"1.{n}": "00" for n in range(50, 60)}
    assert merged(found, seen(THIRD, whole)).matrix.sop_classes == tuple(whole)


MATRICES = st.lists(st.text("0?34", min_size=2, max_size=2), min_size=2, max_size=2)


@given(st.lists(MATRICES, min_size=1, max_size=4), st.randoms())
def test_the_order_in_which_whole_discoveries_end_does_not_matter(rows, random) -> None:
    each = [
        seen(Source(n, f"2026-01-{n:02}"), dict(zip((A, B), pair, strict=True)))
        for n, pair in enumerate(rows, start=1)
        if "?" not in "".join(pair)
    ]
    if not each:
        return
    mixed = random.sample(each, len(each))
    found, expected = mixed[0], each[-1]
    for one in mixed[1:]:
        found = merged(found, one)
    assert cells(found) == cells(expected)
    assert set(found.sources) == set(expected.sources)
