"""The observations made on the way: kebab-case facts that changed nothing."""

from __future__ import annotations

from collections.abc import Iterator

NOTES_BOUND = 64


class Notes:
    """Each fact once, in the order of first sight; a peer cannot make it grow past a bound."""

    def __init__(self) -> None:
        self._seen: dict[str, None] = {}

    def append(self, note: str) -> None:
        """Remember `note` unless it is known or the bound is reached."""
        if len(self._seen) < NOTES_BOUND:
            self._seen[note] = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._seen)
