"""Small words for sentences."""

from __future__ import annotations


def counted(number: int, singular: str, plural: str = "") -> str:
    """`1 association`, `1,200 pairs`, `2 SOP Classes`; `plural` where no rule gives it."""
    if number == 1:
        return f"1 {singular}"
    ending = "es" if singular.endswith(("s", "x")) else "s"
    return f"{number:,} {plural or singular + ending}"


def listed(items: list[str], limit: int = 5) -> str:
    """Names for a sentence: `A, B and 3 more`."""
    shown = ", ".join(items[:limit])
    return shown if len(items) <= limit else f"{shown} and {len(items) - limit:,} more"
