"""Small words for sentences."""

import pytest

from dicomcfg.core.wording import counted, listed


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (1, ("pair",), "1 pair"),
        (1200, ("pair",), "1,200 pairs"),
        (0, ("SOP Class",), "0 SOP Classes"),
        (3, ("transfer syntax",), "3 transfer syntaxes"),
        (2, ("capability", "capabilities"), "2 capabilities"),
    ],
)
def test_counting(number: int, words: tuple[str, ...], said: str) -> None:
    assert counted(number, *words) == said


def test_listing() -> None:
    assert listed(list("ABCDEFG"), 2) == "A, B and 5 more"
    assert listed(["A", "B"], 2) == "A, B"
