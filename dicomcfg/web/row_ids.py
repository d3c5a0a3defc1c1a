"""Ids of rows out of what a browser sent."""

from __future__ import annotations

from collections.abc import Iterable

# Both databases keep ids in 63 bits, and int() itself refuses endless digits.
_LONGEST = 18


def row_ids(words: Iterable[str]) -> list[int]:
    """The words that can be ids of rows, each once, in order; the rest is left out."""
    fitting = (w for w in words if w.isascii() and w.isdecimal() and len(w) <= _LONGEST)
    return list(dict.fromkeys(map(int, fitting)))
