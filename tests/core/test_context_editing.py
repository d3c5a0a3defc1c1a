"""Moving, deleting and adding in an ordered list of presentation contexts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.negotiation import selection
from dicomcfg.core.negotiation.editing import (
    Existing,
    Fate,
    added,
    moved,
    without,
    without_syntax,
)
from dicomcfg.core.records import PresentationContext, TransferCapability

CT, MR, US = (f"1.2.840.10008.5.1.4.1.1.{n}" for n in ("2", "4", "6.1"))
I, E, J = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.50"  # noqa: E741

SYNTAXES = st.lists(st.sampled_from([I, E, J]), min_size=1, unique=True).map(tuple)
CONTEXTS = st.lists(st.builds(PresentationContext, st.sampled_from([CT, MR, US]), SYNTAXES))


def of(*rows: tuple[str, ...]) -> list[PresentationContext]:
    return [PresentationContext(uid, tuple(syntaxes)) for uid, *syntaxes in rows]


@pytest.mark.parametrize(
    ("start", "end", "order"),
    [
        (0, 2, [MR, US, CT]),
        (2, 0, [US, CT, MR]),
        (1, 0, [MR, CT, US]),
        (0, -1, [CT, MR, US]),
        (2, 9, [CT, MR, US]),
    ],
)
def test_moving(start: int, end: int, order: list[str]) -> None:
    contexts = of((CT, I), (MR, I), (US, I))
    assert [each.abstract_syntax for each in moved(contexts, start, end)] == order


@given(CONTEXTS, st.integers(0, 9), st.integers(-3, 12))
def test_moving_loses_nothing(contexts: list[PresentationContext], start: int, end: int) -> None:
    if start >= len(contexts):
        with pytest.raises(IndexError):
            moved(contexts, start, end)
        return
    after = moved(contexts, start, end)
    assert after[max(0, min(end, len(contexts) - 1))] == contexts[start]
    assert [each for each in after if each != contexts[start]] == [
        each for each in contexts if each != contexts[start]
    ]
    assert sorted(map(repr, after)) == sorted(map(repr, contexts))


def test_deleting_contexts_and_a_single_syntax() -> None:
    contexts = of((CT, I, E), (MR, I), (CT, J))
    assert without(contexts, [0, 2]) == (contexts[1],)
    assert without_syntax(contexts, 0, 0) == tuple(of((CT, E), (MR, I), (CT, J)))
    for act in (lambda: without(contexts, [3]), lambda: without_syntax(contexts, 1, 1)):
        with pytest.raises(IndexError):
            act()
    with pytest.raises(IndexError):
        without(contexts, [-1])


@pytest.mark.parametrize(
    ("existing", "after", "fates"),
    [
        (Existing.SKIP, of((CT, I), (MR, E, I), (CT, J), (US, I)), ["skipped", "skipped", "new"]),
        (
            Existing.ADD,
            of((CT, I, E), (MR, E, I), (CT, J), (US, I)),
            ["completed", "same", "new"],
        ),
        (Existing.REPLACE, of((CT, E, J), (MR, I), (US, I)), ["replaced", "replaced", "new"]),
    ],
)
def test_adding_beside_what_is_there(
    existing: Existing, after: list[PresentationContext], fates: list[str]
) -> None:
    contexts = of((CT, I), (MR, E, I), (CT, J))
    made = added(contexts, of((CT, E, J), (MR, I), (US, I)), existing)
    assert list(made.contexts) == after
    assert [each.fate for each in made.added] == fates


def test_what_is_gained_and_lost_is_told() -> None:
    made = added(of((CT, I, E)), of((CT, J, I)), Existing.REPLACE)
    assert (made.added[0].gained, made.added[0].lost) == ((J,), (E,))
    same = added(of((CT, I)), of((CT, I)), Existing.REPLACE)
    assert same.added[0].fate is Fate.SAME


@given(CONTEXTS, CONTEXTS.map(selection.by_class), st.sampled_from(Existing))
def test_adding_keeps_its_word(
    contexts: list[PresentationContext], wanted: list[PresentationContext], existing: Existing
) -> None:
    made = added(contexts, wanted, existing)
    offered: dict[str, set[str]] = {}
    for each in made.contexts:
        offered.setdefault(each.abstract_syntax, set()).update(each.transfer_syntaxes)
    had = {each.abstract_syntax for each in contexts}
    named = {each.abstract_syntax for each in wanted}
    assert offered.keys() == had | named
    untouched = [each for each in contexts if each.abstract_syntax not in named]
    assert [each for each in made.contexts if each.abstract_syntax not in named] == untouched
    for each in wanted:
        present = offered[each.abstract_syntax]
        if existing is Existing.REPLACE or each.abstract_syntax not in had:
            assert present == set(each.transfer_syntaxes)
        elif existing is Existing.ADD:
            assert present >= set(each.transfer_syntaxes)
    if existing is Existing.SKIP:
        assert list(made.contexts[: len(contexts)]) == contexts


def test_the_intersection_keeps_the_order_of_who_proposes() -> None:
    scu = [
        TransferCapability(MR, "SCU", (J, E, I)),
        TransferCapability(CT, "SCU", (J,)),
        TransferCapability(US, "SCP", (I,)),
    ]
    scp = [TransferCapability(uid, "SCP", (I, E)) for uid in (CT, MR, US)]
    both = selection.in_common(selection.contexts_in(scu, "SCU"), selection.contexts_in(scp, "SCP"))
    assert both == of((MR, E, I))


def test_the_standard_by_service_and_kind() -> None:
    every = selection.every_class()
    assert every[0].uid == "1.2.840.10008.1.1"
    assert not any(entry.retired for entry in every)
    assert len(selection.every_class(include_retired=True)) > len(every)
    by_service = [e for s in selection.services() for e in selection.classes_of_service(s)]
    assert {e.uid for e in by_service} == {e.uid for e in every}
    stored = [e for k in selection.stored_kinds() for e in selection.classes_of_kind(k)]
    assert {e.uid for e in stored} == {e.uid for e in selection.classes_of_service("Storage")}
    assert CT in {entry.uid for entry in selection.classes_of_kind("CT")}
