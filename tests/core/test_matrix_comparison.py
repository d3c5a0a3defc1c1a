"""Two matrices compared, and capabilities drawn from one: nothing is made of what was not seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.negotiation.capabilities import SCP, SCU, adopted, difference
from dicomcfg.core.negotiation.comparison import compare
from dicomcfg.core.negotiation.matrix import Cell, Matrix
from dicomcfg.core.records import RoleSelection, TransferCapability
from dicomcfg.core.standard.uid_groups import FAMILIES, OTHER, PRIVATE, family_of, stored_kind_of
from dicomcfg.core.standard.uids import UidKind, registry

CLASSES, SYNTAXES = ("1.1", "1.2"), ("2.1", "2.2", "2.3")


def matrix(*rows: str) -> Matrix:
    return Matrix(CLASSES, SYNTAXES, rows)


def test_what_came_and_what_went() -> None:
    found = compare(matrix("004", "333"), matrix("040", "000"))
    assert found.came == {"1.1": ("2.3",), "1.2": SYNTAXES}
    assert found.went == {"1.1": ("2.2",)}
    assert found.compared == 6


@pytest.mark.parametrize(
    ("before", "after", "compared"),
    [(("???", "???"), ("000", "444"), 0), (("000", "444"), ("???", "???"), 0),
     (("34?", "111"), ("42?", "222"), 5), (("00?", "444"), ("00?", "444"), 5)],
)  # fmt: skip
def test_the_unknown_and_another_reason_are_no_change(
    before: tuple[str, str], after: tuple[str, str], compared: int
) -> None:
    found = compare(matrix(*before), matrix(*after))
    assert found.is_empty
    assert found.compared == compared


def test_pairs_that_one_never_asked_are_left_out() -> None:
    narrow = Matrix(("1.2",), ("2.3", "2.9"), ("00",))
    found = compare(matrix("000", "444"), narrow)
    assert (found.came, found.went, found.compared) == ({"1.2": ("2.3",)}, {}, 1)


cells = st.text("".join(Cell), min_size=3, max_size=3)


@given(cells, cells, cells, cells)
def test_a_comparison_turned_around_swaps_both(a: str, b: str, c: str, d: str) -> None:
    forth, back = compare(matrix(a, b), matrix(c, d)), compare(matrix(c, d), matrix(a, b))
    assert (forth.came, forth.went) == (back.went, back.came)
    assert forth.compared == back.compared


STORE = TransferCapability("1.1", SCP, ("2.3", "2.1"))
SEND = TransferCapability("1.1", SCU, ("2.1",))


@pytest.mark.parametrize(
    ("present", "rows", "roles", "wanted"),
    [
        pytest.param(
            (), ("040", "333"), (), [TransferCapability("1.1", SCP, ("2.1", "2.3"))], id="new"
        ),
        pytest.param((STORE,), ("040", "333"), (), [STORE], id="order kept"),
        pytest.param(
            (STORE,),
            ("400", "333"),
            (),
            [TransferCapability("1.1", SCP, ("2.3", "2.2"))],
            id="one lost, one gained at the end",
        ),
        pytest.param((STORE,), ("333", "333"), (), [], id="gone"),
        pytest.param((STORE, SEND), ("???", "???"), (), [STORE, SEND], id="unknown stays"),
        pytest.param((SEND,), ("333", "333"), (), [SEND], id="an SCU is not disproved"),
        pytest.param(
            (TransferCapability("1.9", SCP, ("2.9",)),),
            ("333", "333"),
            (),
            [TransferCapability("1.9", SCP, ("2.9",))],
            id="never asked stays",
        ),
        pytest.param(
            (),
            ("044", "333"),
            (RoleSelection("1.1", scu=True, scp=True),),
            [TransferCapability("1.1", SCP, ("2.1",)), TransferCapability("1.1", SCU, ("2.1",))],
            id="both roles",
        ),
        pytest.param(
            (STORE,),
            ("044", "333"),
            (RoleSelection("1.1", scu=False, scp=True),),
            [SEND],
            id="only as SCU",
        ),
    ],
)
def test_what_is_adopted(
    present: tuple[TransferCapability, ...],
    rows: tuple[str, str],
    roles: tuple[RoleSelection, ...],
    wanted: list[TransferCapability],
) -> None:
    assert list(adopted(present, matrix(*rows), roles)) == wanted


def test_adopting_twice_changes_nothing_more() -> None:
    seen = matrix("04?", "000")
    once = adopted((STORE, SEND), seen)
    assert difference(once, adopted(once, seen)).is_empty


def test_the_difference_of_two_lists() -> None:
    more = TransferCapability("1.1", SCP, ("2.1", "2.2"))
    turned = TransferCapability("1.1", SCP, ("2.1", "2.3"))
    found = difference((STORE, SEND), (more,))
    assert (found.new, found.gone) == ((), (SEND,))
    assert [(c.gained, c.lost, c.reordered) for c in found.changed] == [(("2.2",), ("2.3",), False)]
    assert [c.reordered for c in difference((STORE,), (turned,)).changed] == [True]


def test_every_usable_syntax_has_its_family() -> None:
    usable = [e for e in registry().values() if e.kind is UidKind.TRANSFER_SYNTAX and e.usable]
    families = {entry.uid: family_of(entry.uid) for entry in usable}
    assert set(families.values()) == set(FAMILIES) - {PRIVATE}
    assert [uid for uid, name in families.items() if name == OTHER] == ["1.2.840.10008.1.20"]
    assert families["1.2.840.10008.1.2.1.99"] == "Deflated"
    assert families["1.2.840.10008.1.2.4.201"] == "HTJ2K"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Enhanced CT Image Storage", "CT"),
        ("Colon CAD SR Storage", "Structured reports"),
        ("RT Ion Plan Storage", "Radiotherapy"),
        ("Raw Data Storage", OTHER),
    ],
)
def test_kinds_of_stored_objects(name: str, kind: str) -> None:
    assert stored_kind_of(name) == kind
