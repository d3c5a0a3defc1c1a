"""What a planned row would change, field by field, in the plain values of history's snapshots."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec

from dicomcfg.inventory.services.history import Snapshot

Change = tuple[str, Any, Any]
_plain: Final = msgspec.json.Encoder(order="deterministic").encode
SHOWN_ITEMS: Final = 60
"""Of a longer list only what differs is kept, so much of it."""


def changes_of(before: Snapshot, after: Snapshot, *, is_new: bool = False) -> tuple[Change, ...]:
    """(field, before, after) of each that differs; for a new row `before` is an empty state."""
    return tuple(
        (name, None if is_new else before.get(name), value)
        for name, value in after.items()
        if before.get(name) != value
    )


def digest_of(changes: tuple[Change, ...]) -> str:
    """A text that two lists of changes share only when they are the same."""
    return hashlib.sha256(_plain(changes)).hexdigest()


def cut(changes: tuple[Change, ...]) -> list[list[Any]]:
    """The changes as they are kept for the preview: long lists without what stays the same."""
    return [
        [name, *(_cut(before, after) if isinstance(after, list) else (before, after))]
        for name, before, after in changes
    ]


def _cut(before: Any, after: Any) -> tuple[Any, Any]:
    lists = [value if isinstance(value, list) else [] for value in (before, after)]
    if max(map(len, lists)) <= SHOWN_ITEMS:
        return before, after
    texts = [{_plain(item) for item in items} for items in lists]
    gone, come = (
        [item for item in items if _plain(item) not in others]
        for items, others in zip(lists, reversed(texts), strict=True)
    )
    same = len(lists[1]) - len(come)
    stays = [f"… {same:,} as before"] if same else []
    if not gone and not come:
        stays = [f"… {same:,} in another order"]
        return [f"… {same:,}"], stays
    return stays + _head(gone), stays + _head(come)


def _head(items: list[Any]) -> list[Any]:
    rest = len(items) - SHOWN_ITEMS
    return [*items[:SHOWN_ITEMS], *([f"… and {rest:,} more"] if rest > 0 else [])]
