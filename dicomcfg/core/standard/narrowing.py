"""Narrowing a table to the rows that hold every word somewhere in their columns, without case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Row = TypeVar("Row")


def haystack(*columns: str) -> str:
    """A row's columns as one text to search; a word never reaches from one into the next."""
    return "\n".join(columns).casefold()


def narrowed(rows: Sequence[tuple[Row, str]], text: str) -> list[Row]:
    """The rows whose haystack holds every word of `text`, in their order; all for no word."""
    for word in text.casefold().split():
        rows = [pair for pair in rows if word in pair[1]]
    return [row for row, _ in rows]
