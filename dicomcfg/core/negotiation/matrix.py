"""What a peer accepts, pair by pair: SOP Classes down, transfer syntaxes across.

A cell holds what the peer itself answered and nothing guessed. It takes one character, so that
the whole catalogue is a text of 18 kB in a check's row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Cell(StrEnum):
    """The results of PS3.8 Table 9-18 for one pair; UNKNOWN is a pair without an answer."""

    ACCEPTED = "0"
    USER_REJECTION = "1"
    NO_REASON = "2"
    ABSTRACT_SYNTAX_REFUSED = "3"
    TRANSFER_SYNTAX_REFUSED = "4"
    UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Matrix:
    """`rows[i][j]` is the Cell of `sop_classes[i]` with `transfer_syntaxes[j]`."""

    sop_classes: tuple[str, ...]
    transfer_syntaxes: tuple[str, ...]
    rows: tuple[str, ...]

    def cells(self) -> Iterator[tuple[str, str, Cell]]:
        """(SOP Class, transfer syntax, Cell) in order."""
        for sop_class, row in zip(self.sop_classes, self.rows, strict=True):
            for transfer_syntax, cell in zip(self.transfer_syntaxes, row, strict=True):
                yield sop_class, transfer_syntax, Cell(cell)

    def accepted(self) -> dict[str, tuple[str, ...]]:
        """The transfer syntaxes accepted for each SOP Class that has any."""
        found = {
            sop_class: tuple(
                uid
                for uid, cell in zip(self.transfer_syntaxes, row, strict=True)
                if cell == Cell.ACCEPTED
            )
            for sop_class, row in zip(self.sop_classes, self.rows, strict=True)
        }
        return {sop_class: uids for sop_class, uids in found.items() if uids}

    def by_answer(self) -> dict[str, list[dict[str, Any]]]:
        """The pairs as plain JSON: those accepted, refused (with the result), unknown."""
        found: dict[str, list[dict[str, Any]]] = {"accepted": [], "refused": [], "unknown": []}
        for sop_class, transfer_syntax, cell in self.cells():
            pair: dict[str, Any] = {"sop_class": sop_class, "transfer_syntax": transfer_syntax}
            if cell is Cell.ACCEPTED:
                found["accepted"].append(pair)
            elif cell is Cell.UNKNOWN:
                found["unknown"].append(pair)
            else:
                found["refused"].append({**pair, "result": int(cell)})
        return found

    def count(self, cell: Cell) -> int:
        """How many cells are so."""
        return sum(row.count(cell) for row in self.rows)
