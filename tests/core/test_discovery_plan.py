"""The plan of a discovery against acceptors as values: honest, limited, random and lying ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomcfg.core.negotiation.catalogue import catalogue
from dicomcfg.core.negotiation.discovery import FAILURES, Failure, Plan, Reply, Request
from dicomcfg.core.negotiation.matrix import Cell, Matrix
from dicomcfg.core.negotiation.proposal import context_bytes
from dicomcfg.core.records import PresentationContext
from dicomcfg.core.standard import uids

OVERHEAD = 150
SOME = settings(max_examples=60)
CLASSES = tuple(f"1.2.{n}" for n in range(12))
SYNTAXES = tuple(f"1.3.{n}" for n in range(30))


@dataclass
class Acceptor:
    """Answers by a truth of one character a cell; `picks` chooses among what it supports.

    It fails for requests over `bound_bytes` and contexts over `bound_syntaxes`.
    """

    truth: dict[str, str]
    syntaxes: tuple[str, ...] = SYNTAXES
    picks: Callable[[Sequence[str]], str] = lambda supported: supported[0]
    bound_bytes: int = 1 << 20
    bound_syntaxes: int = 1 << 20
    seen: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> list[Reply] | Failure:
        self.seen.append(request)
        widest = max(len(context.transfer_syntaxes) for context in request.contexts)
        if request.request_bytes > self.bound_bytes or widest > self.bound_syntaxes:
            return Failure.LARGE
        return [self.answer(context) for context in request.contexts]

    def answer(self, context: PresentationContext) -> Reply:
        row = self.truth[context.abstract_syntax]
        results = {uid: row[self.syntaxes.index(uid)] for uid in context.transfer_syntaxes}
        supported = [uid for uid, result in results.items() if result == "0"]
        if supported:
            return Reply(0, self.picks(supported))
        return Reply(int(results[context.transfer_syntaxes[0]]))


def run(
    plan: Plan, peer: Callable[[Request], list[Reply] | Failure], bound: int = 4000
) -> tuple[Matrix, int]:
    """The matrix and how many associations it took, which may not be more than `bound`."""
    count = 0
    while (request := plan.next_request()) is not None:
        count += 1
        assert count <= bound
        assert 1 <= len(request.contexts) <= 128
        said = peer(request)
        if isinstance(said, Failure):
            plan.failed(request, said)
        else:
            plan.answered(request, said)
    return plan.matrix, count


def wrong(matrix: Matrix, truth: dict[str, str]) -> list[tuple[str, str, Cell]]:
    """The cells that are known and not so."""
    return [
        (sop_class, uid, cell)
        for sop_class, uid, cell in matrix.cells()
        if cell is not Cell.UNKNOWN
        and cell != truth[sop_class][matrix.transfer_syntaxes.index(uid)]
    ]


def plan(**given: object) -> Plan:
    return Plan(CLASSES, SYNTAXES, **{"overhead_bytes": OVERHEAD, **given})


WHOLE_REFUSAL = st.just("3" * len(SYNTAXES))
# Result 3 only where the class has nothing at all: what PS3.8 means by it.
ROW = st.lists(st.sampled_from("0124"), min_size=30, max_size=30).map("".join)
ALIKE = st.lists(ROW | WHOLE_REFUSAL, min_size=1, max_size=5).flatmap(
    lambda rows: st.lists(st.sampled_from(rows), min_size=12, max_size=12)
)
TRUTHS = (ALIKE | st.lists(ROW | WHOLE_REFUSAL, min_size=12, max_size=12)).map(
    lambda rows: dict(zip(CLASSES, rows, strict=True))
)
PICKS = st.sampled_from([lambda supported: supported[0], lambda supported: supported[-1], min])
COARSE = {"1": "4", "2": "4"}


@SOME
@given(TRUTHS, PICKS, st.integers(1, 50), st.integers(300, 20000))
def test_of_an_honest_acceptor_every_cell_is_found(
    truth: dict[str, str], picks: Callable[[Sequence[str]], str], syntaxes: int, size: int
) -> None:
    # A context is refused with one code, so an acceptor has one for all it does not support.
    truth = {uid: "".join(COARSE.get(cell, cell) for cell in row) for uid, row in truth.items()}
    acceptor = Acceptor(truth, picks=picks)
    matrix, _ = run(plan(maximum_syntaxes=syntaxes, maximum_request_bytes=size), acceptor)
    assert list(matrix.rows) == [truth[uid] for uid in CLASSES]
    assert all(
        len(context.transfer_syntaxes) <= syntaxes
        for request in acceptor.seen
        for context in request.contexts
    )
    assert all(request.request_bytes <= size for request in acceptor.seen)
    assert all(
        request.request_bytes == OVERHEAD + sum(map(context_bytes, request.contexts))
        for request in acceptor.seen
    )


@SOME
@given(st.lists(st.text("03", min_size=30, max_size=30), min_size=12, max_size=12))
def test_result_3_for_transfer_syntaxes_covers_nothing(rows: list[str]) -> None:
    """Such an acceptor refuses whole classes by the same code."""
    truth = dict(zip(CLASSES, rows, strict=True))
    asked = plan()
    matrix, _ = run(asked, Acceptor(truth))
    mixed = [row for row in rows if "0" in row and "3" in row]
    accepted_first = [row for row in mixed if row[0] == "0"]
    if accepted_first:
        assert wrong(matrix, truth) == []
        assert matrix.count(Cell.UNKNOWN) == 0
        assert "result-3-for-transfer-syntaxes" in asked.notes


@SOME
@given(TRUTHS, st.integers(400, 16384), st.integers(1, 32))
def test_a_limited_acceptor_is_found_whole_by_smaller_requests(
    truth: dict[str, str], bound_bytes: int, bound_syntaxes: int
) -> None:
    acceptor = Acceptor(truth, bound_bytes=bound_bytes, bound_syntaxes=bound_syntaxes)
    asked = plan()
    matrix, _ = run(asked, acceptor)
    assert matrix.count(Cell.UNKNOWN) == 0
    accepted = {(uid, syntax) for uid, syntax, cell in matrix.cells() if cell is Cell.ACCEPTED}
    assert accepted == {
        (uid, syntax)
        for uid in CLASSES
        for syntax, cell in zip(SYNTAXES, truth[uid], strict=True)
        if cell == "0"
    }


@SOME
@given(st.integers(), st.floats(0, 1), st.floats(0, 1))
def test_a_random_liar_ends_and_proves_only_what_it_said(
    seed: int, failing: float, lying: float
) -> None:
    rnd = random.Random(seed)
    said: set[tuple[str, str, str]] = set()

    def peer(request: Request) -> list[Reply] | Failure:
        if rnd.random() < failing / 4:
            return rnd.choice([Failure.LARGE, Failure.LARGE, Failure.BUSY])
        answers = []
        for context in request.contexts:
            result = rnd.choice([None, 0, 0, 1, 2, 3, 4, 9])
            accepted = rnd.choice(context.transfer_syntaxes)
            if rnd.random() < lying / 4:
                accepted = rnd.choice([None, "", "9.9", rnd.choice(SYNTAXES)])
            answers.append(Reply(result, accepted))
            held = [accepted] if result == 0 else context.transfer_syntaxes
            covered = SYNTAXES if result == 3 else held
            for uid in covered:
                said.add((context.abstract_syntax, str(uid), str(result)))
        return answers

    # Each cell has two tries, is asked anew once if result 3 is narrowed, and a request may fail.
    matrix, _ = run(plan(), peer, bound=3 * len(CLASSES) * len(SYNTAXES) + 8 * FAILURES)
    for sop_class, uid, cell in matrix.cells():
        assert cell is Cell.UNKNOWN or (sop_class, uid, cell.value) in said


@pytest.mark.parametrize(
    ("failure", "most"), [(Failure.FINAL, 1), (Failure.BUSY, 8), (Failure.LARGE, 2)]
)
def test_a_peer_that_never_answers_is_soon_left_alone(failure: Failure, most: int) -> None:
    asked = plan()
    matrix, count = run(asked, lambda request: failure)
    assert count <= most
    assert matrix.count(Cell.UNKNOWN) == len(CLASSES) * len(SYNTAXES)
    assert asked.is_cut_short


def test_a_peer_that_stops_answering_keeps_what_was_found() -> None:
    acceptor = Acceptor(dict.fromkeys(CLASSES, "04" * 15))

    def peer(request: Request) -> list[Reply] | Failure:
        return acceptor(request) if len(acceptor.seen) < 2 else Failure.LARGE

    matrix, count = run(plan(maximum_request_bytes=2000), peer)
    assert count <= 2 + FAILURES
    assert matrix.count(Cell.ACCEPTED) > 20
    assert matrix.count(Cell.UNKNOWN) > 0
    assert wrong(matrix, acceptor.truth) == []


@pytest.mark.parametrize(
    "poison", [(CLASSES[7], None), (None, SYNTAXES[9]), (CLASSES[7], SYNTAXES[9])]
)
def test_what_breaks_the_peer_is_left_out_and_the_rest_is_found(
    poison: tuple[str | None, str | None],
) -> None:
    truth = dict.fromkeys(CLASSES, "04" * 15)
    acceptor = Acceptor(truth)
    bad_class, bad_syntax = poison

    def is_bad(context: PresentationContext) -> bool:
        return bad_class in (None, context.abstract_syntax) and (
            bad_syntax is None or bad_syntax in context.transfer_syntaxes
        )

    def peer(request: Request) -> list[Reply] | Failure:
        return Failure.LARGE if any(map(is_bad, request.contexts)) else acceptor(request)

    matrix, _ = run(plan(), peer)
    assert wrong(matrix, truth) == []
    for sop_class, uid, cell in matrix.cells():
        if bad_class in (None, sop_class) and bad_syntax in (None, uid):
            assert cell is Cell.UNKNOWN
        elif bad_class is None or sop_class != bad_class:
            assert cell is not Cell.UNKNOWN


def test_a_pair_answered_both_ways_is_unknown() -> None:
    generous, strict = (Acceptor(dict.fromkeys(CLASSES, row * 30)) for row in "04")
    requests = iter(range(10**6))

    def peer(request: Request) -> list[Reply] | Failure:
        return (generous if next(requests) < 3 else strict)(request)

    asked = plan(maximum_request_bytes=2000)
    matrix, _ = run(asked, peer)
    assert "changed-its-mind" in asked.notes
    assert matrix.count(Cell.UNKNOWN) > 0
    assert matrix.count(Cell.ACCEPTED) > 50


def test_known_cells_are_not_asked_again() -> None:
    truth = dict.fromkeys(CLASSES, "04" * 15)
    known = Matrix(CLASSES[::-1], SYNTAXES[:24], ("0?4" * 8,) * len(CLASSES))
    acceptor = Acceptor(truth)
    matrix, _ = run(plan(known=known), acceptor)
    asked_for = {
        (context.abstract_syntax, uid)
        for request in acceptor.seen
        for context in request.contexts
        for uid in context.transfer_syntaxes
    }
    for row in matrix.rows:
        assert row[:24:3] == "0" * 8
        assert row[2:24:3] == "4" * 8
    assert asked_for == {
        (uid, syntax)
        for uid in CLASSES
        for position, syntax in enumerate(SYNTAXES)
        if position >= 24 or position % 3 == 1
    }


@SOME
@given(TRUTHS, st.randoms(use_true_random=False))
def test_several_requests_may_be_under_way(truth: dict[str, str], rnd: random.Random) -> None:
    acceptor, asked = Acceptor(truth), plan(maximum_request_bytes=1500)
    under_way: list[Request] = []
    for _ in range(4000):
        request = asked.next_request() if len(under_way) < 4 else None
        if request is not None:
            under_way.append(request)
        elif under_way:
            landed = under_way.pop(rnd.randrange(len(under_way)))
            asked.answered(landed, acceptor(landed))  # type: ignore[arg-type]
        else:
            break
    assert not asked.is_cut_short
    assert asked.matrix.count(Cell.UNKNOWN) == 0
    assert {
        (uid, syntax) for uid, syntax, cell in asked.matrix.cells() if cell is Cell.ACCEPTED
    } == {
        (uid, syntax)
        for uid in CLASSES
        for syntax, cell in zip(SYNTAXES, truth[uid], strict=True)
        if cell == "0"
    }


def test_the_plan_is_replayable() -> None:
    truth = dict.fromkeys(CLASSES, "0040" * 7 + "00")
    first, second = Acceptor(truth), Acceptor(truth)
    run(plan(), first)
    run(plan(), second)
    assert first.seen == second.seen


def floor(matrix: Matrix, maximum_request_bytes: int = 16384) -> int:
    """The fewest associations that could show this matrix."""
    size = 0
    for sop_class, row in zip(matrix.sop_classes, matrix.rows, strict=True):
        is_refused = set(row) == {"3"}
        offered = matrix.transfer_syntaxes[: 1 if is_refused else None]
        size += context_bytes(PresentationContext(sop_class, offered))
    contexts = matrix.count(Cell.ACCEPTED) + len(matrix.sop_classes)
    return max(-(-contexts // 128), -(-size // maximum_request_bytes))


MANY = "0030" + "0" * 28 + "30" * 8 + "0" + "3" * 9
FEW = "0044" + "4" * 54


@pytest.mark.parametrize(
    ("storage", "refused"),
    [(MANY, "3" * 58), (FEW, "3" * 58), ("0" * 58, "3" * 58), ("0" * 58, "4" * 58)],
    ids=["many", "few", "all", "no abstract syntax"],
)
def test_the_whole_catalogue_takes_few_associations(storage: str, refused: str) -> None:
    classes, syntaxes = catalogue()
    services = {uid: entry.service for uid in classes if (entry := uids.lookup(uid))}
    truth = {
        uid: storage if services[uid] == "Storage" else FEW if n % 13 == 0 else refused
        for n, uid in enumerate(classes)
    }
    asked = Plan(classes, syntaxes, overhead_bytes=OVERHEAD)
    matrix, count = run(asked, Acceptor(truth, syntaxes))
    assert wrong(matrix, truth) == []
    assert matrix.count(Cell.UNKNOWN) == 0
    assert count <= 1.3 * floor(matrix), count


def test_the_catalogue_is_the_registry_with_what_the_caller_adds() -> None:
    found = catalogue(["1.2.3", uids.VERIFICATION], ["1.2.4"])
    assert len(found.sop_classes) == 320 + 1
    assert len(found.transfer_syntaxes) == 58 + 1
    assert found.transfer_syntaxes[0] == uids.IMPLICIT_VR_LITTLE_ENDIAN
    assert found.sop_classes[-1] == "1.2.3"


@pytest.mark.parametrize("bounds", [{"maximum_syntaxes": 0}, {"maximum_request_bytes": 0}])
def test_bounds_that_hold_nothing_are_refused(bounds: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        plan(**bounds)
