"""Configured against found: which rows there are, and that adopting them leaves none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.negotiation.capabilities import SCP, SCU, adopted
from dicomcfg.core.negotiation.drift import (
    Kind,
    Row,
    SeenContext,
    adopt_capabilities,
    adopt_contexts,
    adopt_order,
    capability_drift,
    context_drift,
    without_kept,
)
from dicomcfg.core.negotiation.forecast import Policy, acceptable_of, forecast
from dicomcfg.core.negotiation.matrix import Matrix
from dicomcfg.core.records import PresentationContext, RoleSelection, TransferCapability

A, B = "1.1", "1.2"
X, Y, Z = "2.1", "2.2", "2.3"
WHEN = "2026-01-01T00:00:00+00:00"


def matrix(*rows: str) -> Matrix:
    return Matrix((A, B), (X, Y, Z), rows)


def scp(sop_class: str, *syntaxes: str) -> TransferCapability:
    return TransferCapability(sop_class, SCP, syntaxes)


@pytest.mark.parametrize(
    ("configured", "rows", "expected"),
    [
        ([scp(A, X, Y)], ("00?", "333"), []),
        ([scp(A, Y, X)], ("00?", "333"), []),
        ([scp(A, X, Y)], ("0?4", "???"), []),
        ([scp(A, X, Y)], ("044", "333"), [Row(Kind.MISSING, A, SCP, (Y,), (4,))]),
        ([scp(A, X, Y)], ("333", "333"), [Row(Kind.MISSING, A, SCP, (X, Y), (3,))]),
        ([scp(A, X)], ("040", "???"), [Row(Kind.EXTRA, A, SCP, (Z,))]),
        ([scp(A, X)], ("044", "00?"), [Row(Kind.EXTRA, B, SCP, (X, Y))]),
        (
            [scp(A, X)],
            ("104", "333"),
            [Row(Kind.MISSING, A, SCP, (X,), (1,)), Row(Kind.EXTRA, A, SCP, (Y,))],
        ),
        ([TransferCapability(A, SCU, (X,))], ("444", "333"), []),
        ([scp("1.9", X)], ("444", "333"), []),
    ],
)
def test_capabilities_against_a_discovery(
    configured: list[TransferCapability], rows: tuple[str, str], expected: list[Row]
) -> None:
    assert list(capability_drift(configured, matrix(*rows), (), {})) == expected


def test_what_was_found_earlier_is_gone_and_not_missing() -> None:
    found = capability_drift([scp(A, X, Y, Z)], matrix("343", "333"), (), {A: {X: "1", Z: "2"}})
    assert found == (
        Row(Kind.MISSING, A, SCP, (Y,), (4,)),
        Row(Kind.GONE, A, SCP, (X, Z), (3,), last_seen="2"),
    )


def test_roles_say_which_side_it_is() -> None:
    as_scu_only = [RoleSelection(A, scu=False, scp=True)]
    assert capability_drift([scp(A, X)], matrix("00?", "333"), as_scu_only, {}) == (
        Row(Kind.MISSING, A, SCP, (X,)),
        Row(Kind.EXTRA, A, SCU, (X, Y)),
    )
    plain = [RoleSelection(A, scu=True, scp=False)]
    sends = TransferCapability(A, SCU, (X,))
    assert capability_drift([scp(A, X, Y), sends], matrix("00?", "333"), plain, {}) == ()


SYNTAXES = st.lists(st.sampled_from((X, Y, Z)), min_size=1, max_size=3, unique=True)
PRESENT = st.dictionaries(st.tuples(st.sampled_from((A, B)), st.sampled_from((SCP, SCU))), SYNTAXES)
ROLES = st.sets(st.tuples(st.booleans(), st.booleans()), max_size=1)


@given(PRESENT, st.lists(st.text("0?34", min_size=3, max_size=3), min_size=2, max_size=2), ROLES)
def test_adopting_every_row_is_believing_the_discovery(present, rows, bits) -> None:
    configured = [TransferCapability(*key, tuple(uids)) for key, uids in present.items()]
    roles = [RoleSelection(A, scu=scu, scp=scp) for scu, scp in bits]
    found = capability_drift(configured, matrix(*rows), roles, {})
    after = adopt_capabilities(configured, found)
    assert set(after) == set(adopted(configured, matrix(*rows), roles))
    assert capability_drift(after, matrix(*rows), roles, {}) == ()


def context(sop_class: str, *syntaxes: str) -> PresentationContext:
    return PresentationContext(sop_class, syntaxes)


def answer(sop_class: str, *syntaxes: str, result: int = 0, accepted: str = "") -> SeenContext:
    return SeenContext(
        sop_class, syntaxes, result, (accepted or syntaxes[0]) if not result else None
    )


@pytest.mark.parametrize(
    ("seen", "gone", "expected"),
    [
        ([], {}, []),
        ([answer(A, X, Y)], {}, []),
        ([answer(A, X, Y, result=3)], {}, [Row(Kind.MISSING, A, "", (X, Y), (3,))]),
        ([answer(A, X, Y, result=4)], {A: WHEN}, [Row(Kind.GONE, A, "", (X, Y), (4,), WHEN)]),
        ([answer(A, X, Y, result=4)], {B: WHEN}, [Row(Kind.MISSING, A, "", (X, Y), (4,))]),
        ([answer(A, Y, X, result=4)], {}, []),
        ([answer(A, X, Y, accepted=Y)], {}, [Row(Kind.ORDER, A, "", (Y,), forecast=(X,))]),
        (
            [answer(A, X, Y, result=4), answer(A, Z)],
            {A: WHEN},
            [Row(Kind.MISSING, A, "", (X, Y), (4,))],
        ),
        (
            [answer(A, X, Y, result=4), answer(A, Z, result=3)],
            {},
            [Row(Kind.MISSING, A, "", (X, Y, Z), (3, 4))],
        ),
    ],
)
def test_contexts_against_a_negotiation(
    seen: list[SeenContext], gone: dict[str, str], expected: list[Row]
) -> None:
    configured = [context(A, X, Y), context(A, Z)]
    assert list(context_drift(configured, seen, gone, {A: (X, Y, Z)})) == expected


@pytest.mark.parametrize(
    ("acceptable", "is_drift"),
    [({A: (X, Y)}, True), ({A: (Y, X)}, False), ({A: (X, Z)}, False), ({}, False)],
)
def test_an_order_that_one_of_the_policies_gives_is_no_difference(
    acceptable: dict[str, tuple[str, ...]], is_drift: bool
) -> None:
    found = context_drift([context(A, X, Y)], [answer(A, X, Y, accepted=Y)], {}, acceptable)
    assert bool(found) is is_drift


def test_adopting_removes_the_contexts_that_were_refused() -> None:
    configured = [context(A, X), context(B, X), context(A, Y)]
    seen = [answer(A, X, result=3), answer(B, X, result=3), answer(A, Y)]
    rows = context_drift(configured, seen, {}, {})
    assert adopt_contexts(configured, seen, rows) == (context(A, Y),)
    assert adopt_contexts(configured, seen, rows[:1]) == (context(B, X), context(A, Y))


def test_adopting_an_order_makes_forecast_and_live_agree() -> None:
    configured = [context(A, X, Y), context(A, Z, Y, X)]
    seen = [answer(A, X, Y, accepted=Y), answer(A, Z, Y, X, accepted=Y)]
    present = [scp(B, X), scp(A, X, Z, Y), TransferCapability(A, SCU, (X, Y))]
    rows = context_drift(configured, seen, {}, acceptable_of(present))
    assert rows == (Row(Kind.ORDER, A, "", (Y,), forecast=(X, Z)),)
    after = adopt_order(present, seen, rows)
    assert after == (scp(B, X), scp(A, Y, X, Z), present[2])
    live = [each.accepted for each in seen]
    foreseen = forecast(configured, acceptable_of(after), Policy.ACCEPTOR)
    assert [each.accepted for each in foreseen] == live
    assert context_drift(configured, seen, {}, acceptable_of(after)) == ()


def test_what_is_kept_is_left_out_and_what_is_new_shows() -> None:
    rows = [Row(Kind.EXTRA, A, SCP, (X, Y)), Row(Kind.MISSING, A, SCP, (Z,))]
    kept = {("extra", A, SCP): (X,), ("gone", A, SCP): (Z,)}
    assert without_kept(rows, kept) == (Row(Kind.EXTRA, A, SCP, (Y,)), rows[1])
    assert without_kept(rows[:1], {("extra", A, SCP): (Y, X)}) == ()
