"""Two discoveries of one peer: which pairs came, and which went.

Only what both have an answer for is compared. A cell that either left unknown or never asked
says nothing, and another reason for the same refusal is no change.
"""

from __future__ import annotations

from dataclasses import dataclass

from dicomcfg.core.negotiation.matrix import Cell, Matrix


@dataclass(frozen=True, slots=True)
class Comparison:
    """Transfer syntaxes by SOP Class: accepted now and refused then, and the reverse.

    `compared` counts the pairs that both discoveries have an answer for.
    """

    came: dict[str, tuple[str, ...]]
    went: dict[str, tuple[str, ...]]
    compared: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed among what was compared."""
        return not (self.came or self.went)


def compare(before: Matrix, after: Matrix) -> Comparison:
    """What changed from one to the other, in the later one's order."""
    earlier = dict(zip(before.sop_classes, before.rows, strict=True))
    places = {uid: place for place, uid in enumerate(before.transfer_syntaxes)}
    shared = [
        (uid, places[uid], place)
        for place, uid in enumerate(after.transfer_syntaxes)
        if uid in places
    ]
    came: dict[str, tuple[str, ...]] = {}
    went: dict[str, tuple[str, ...]] = {}
    compared = 0
    for sop_class, row in zip(after.sop_classes, after.rows, strict=True):
        old_row = earlier.get(sop_class)
        if old_row is None:
            continue
        pairs = [
            (uid, old_row[old] == Cell.ACCEPTED, row[new] == Cell.ACCEPTED)
            for uid, old, new in shared
            if Cell.UNKNOWN not in (old_row[old], row[new])
        ]
        compared += len(pairs)
        if gained := tuple(uid for uid, then, now in pairs if now and not then):
            came[sop_class] = gained
        if lost := tuple(uid for uid, then, now in pairs if then and not now):
            went[sop_class] = lost
    return Comparison(came, went, compared)
