"""What a peer has answered so far, SOP Class by SOP Class; the rules of what an answer proves.

A row keeps its transfer syntaxes as bits of an integer, bit j for the j-th syntax, so that a
whole row is compared, split and counted at once.

An acceptance proves the one syntax that it names and says nothing of those offered beside it. A
refusal proves every syntax that the context held. Result 3, abstract syntax not supported, covers
the class's whole row (PS3.8 9.3.3.2), unless the peer is seen to give it to a class of which it
accepts other syntaxes: some acceptors do. From then on it proves no more than the other refusals,
and what it had covered is open again.

A pair that is answered in both ways proves nothing: the peer changed its mind, and the cell is
set aside as unknown. So is a pair that was left unanswered twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial

from dicomcfg.core.negotiation.matrix import Cell, Matrix

_ABSTRACT_SYNTAX_REFUSED = 3
REFUSALS = (1, 2, 3, 4)


class Row:
    """The cells of one SOP Class; every attribute is a set of transfer syntaxes as bits.

    `refused[result]` were held by a context with that result, `covered` only by result 3 for the
    class. `missed` were left without an answer once, `aside` are not to be asked any more.
    `pending` are under way.
    """

    __slots__ = ("accepted", "all", "aside", "covered", "missed", "pending", "refused")

    def __init__(self, every: int) -> None:
        self.all = every
        self.accepted = self.covered = self.missed = self.aside = self.pending = 0
        self.refused = [0] * 5

    @property
    def directly_refused(self) -> int:
        """What a refused context held."""
        _, user, provider, abstract, transfer = self.refused
        return user | provider | abstract | transfer

    @property
    def answered(self) -> int:
        """What a context held whose answer counts."""
        return self.accepted | self.directly_refused

    @property
    def open(self) -> int:
        """What is still to be asked."""
        return self.all & ~(self.answered | self.covered | self.aside)


class Evidence:
    """The rows of all SOP Classes, in order."""

    def __init__(self, sop_classes: Sequence[str], transfer_syntaxes: Sequence[str]) -> None:
        self._sop_classes = tuple(sop_classes)
        self._transfer_syntaxes = tuple(transfer_syntaxes)
        self.rows = [Row((1 << len(transfer_syntaxes)) - 1) for _ in sop_classes]
        self.is_result_3_narrow = False
        self.changed_minds: dict[tuple[int, int], None] = {}

    def accept(self, index: int, bit: int) -> None:
        """A context of this class was accepted with this transfer syntax."""
        row = self.rows[index]
        if bit & row.directly_refused:
            self._contradicted(index, bit)
        elif not bit & row.aside:
            row.accepted |= bit
        if row.covered:
            self._narrow_result_3()

    def refuse(self, index: int, held: int, result: int) -> None:
        """A context of this class that held these transfer syntaxes was refused."""
        row = self.rows[index]
        was_accepted = bool(row.accepted)
        for bit in each(held & row.accepted):
            self._contradicted(index, bit)
        fresh = held & ~(row.answered | row.aside)
        row.refused[result] |= fresh
        row.covered &= ~fresh
        if result == _ABSTRACT_SYNTAX_REFUSED:
            if was_accepted:
                self._narrow_result_3()
            elif not self.is_result_3_narrow:
                row.covered |= row.open

    def miss(self, index: int, held: int) -> int:
        """A context of this class was not answered as it should be: what is now set aside."""
        row = self.rows[index]
        again = held & row.open & row.missed
        row.missed |= held
        row.aside |= again
        return again

    def recall(self, known: Matrix) -> None:
        """Take over the cells that an earlier discovery found; pairs not of this one are none."""
        positions = {uid: index for index, uid in enumerate(self._sop_classes)}
        bits = {uid: 1 << position for position, uid in enumerate(self._transfer_syntaxes)}
        for sop_class, transfer_syntax, cell in known.cells():
            if cell is Cell.UNKNOWN or sop_class not in positions or transfer_syntax not in bits:
                continue
            row, bit = self.rows[positions[sop_class]], bits[transfer_syntax]
            if cell is Cell.ACCEPTED:
                row.accepted |= bit
            else:
                row.refused[int(cell)] |= bit

    def matrix(self) -> Matrix:
        """All cells as they stand."""
        # Most rows are alike, and a long discovery is told of several times a second.
        cells = lru_cache(maxsize=None)(partial(_cells, len(self._transfer_syntaxes)))
        rows = tuple(cells(row.accepted, row.covered, *row.refused) for row in self.rows)
        return Matrix(self._sop_classes, self._transfer_syntaxes, rows)

    def _contradicted(self, index: int, bit: int) -> None:
        row = self.rows[index]
        row.accepted &= ~bit
        row.refused = [bits & ~bit for bits in row.refused]
        row.aside |= bit
        self.changed_minds[index, bit] = None

    def _narrow_result_3(self) -> None:
        self.is_result_3_narrow = True
        for row in self.rows:
            row.covered = 0


def each(bits: int) -> Iterator[int]:
    """The single bits of a set, lowest first."""
    while bits:
        bit = bits & -bits
        yield bit
        bits ^= bit


def _cells(count: int, accepted: int, covered: int, *refused: int) -> str:
    text = [Cell.UNKNOWN.value] * count
    for bit in each(covered):
        text[bit.bit_length() - 1] = Cell.ABSTRACT_SYNTAX_REFUSED.value
    for result, bits in enumerate((accepted, *refused[1:])):
        for bit in each(bits):
            text[bit.bit_length() - 1] = str(result)
    return "".join(text)
