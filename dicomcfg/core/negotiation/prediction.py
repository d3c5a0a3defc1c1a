"""How to ask next for a SOP Class, judging by what the peer has shown of other classes.

Acceptors treat classes alike: a handful of patterns, sets of accepted transfer syntaxes, describes
all rows of most peers. A class whose answers fit one pattern alone is asked for that pattern's
syntaxes one a context, since an acceptance shows only one, and for all others together, since one
refusal shows them all. A class that fits several is asked the syntax that tells them apart; one
that fits none is scouted, syntax by syntax, and becomes a pattern itself. A prediction decides
only how a pair is asked; what it failed to foresee is asked again in another way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dicomcfg.core.negotiation.evidence import Row, each

_PATTERNS_WEIGHED = 16
# Asking eight syntaxes one a context costs about what asking them together twice does.
_RARE = 8


@dataclass(frozen=True, slots=True)
class Question:
    """How to ask for the open cells of a row: bits to be asked each alone, and bits together.

    `later` waits for an answer to these. `is_scout` marks a row that fits nothing known.
    """

    alone: int = 0
    together: int = 0
    later: int = 0
    is_scout: bool = False


class Prediction:
    """Made afresh for each request, from the rows as they stand."""

    def __init__(self, rows: Sequence[Row]) -> None:
        whole = Counter(row.accepted for row in rows if row.accepted and not row.open)
        self._patterns = dict(whole.most_common(_PATTERNS_WEIGHED))
        refusing = sum(not (row.accepted or row.open) for row in rows)
        self._all_patterns = {**self._patterns, 0: max(1, refusing)}
        self._common = self._common_syntaxes()
        self._questions: dict[tuple[int, int, int, int], Question] = {}

    def question(self, row: Row) -> Question:
        """How to ask for what is open in `row`."""
        key = (row.accepted, row.directly_refused, row.open, row.missed)
        if key not in self._questions:
            self._questions[key] = self._ask(row)
        return self._questions[key]

    def _ask(self, row: Row) -> Question:
        still = row.open
        # What was not answered in company may be answered alone.
        missed = still & row.missed
        if not (self._patterns or row.answered):
            first = still & -still
            return Question(alone=first | missed, later=still & ~(first | missed))
        fitting = self._fitting(row)
        if not fitting:
            alone = still & self._common | missed
            return Question(alone, still & ~alone, is_scout=True)
        telling = self._telling_apart(fitting, still)
        if telling:
            return Question(alone=telling | missed, later=still & ~(telling | missed))
        alone = still & next(iter(fitting)) | missed
        return Question(alone, still & ~alone)

    def _fitting(self, row: Row) -> dict[int, int]:
        """Each pattern that agrees with every answer for this class, with its weight."""
        accepted, refused = row.accepted, row.directly_refused
        return {
            pattern: weight
            for pattern, weight in self._all_patterns.items()
            if not (pattern & refused or accepted & ~pattern)
        }

    def _telling_apart(self, fitting: dict[int, int], still: int) -> int:
        """The open syntax that splits these patterns most evenly, 0 where none does."""
        in_any, in_all = 0, still
        for pattern in fitting:
            in_any |= pattern
            in_all &= pattern
        total = sum(fitting.values())
        best, best_split = 0, 0
        for bit in each(still & in_any & ~in_all):
            weight = sum(weight for pattern, weight in fitting.items() if pattern & bit)
            split = min(weight, total - weight)
            if split > best_split:
                best, best_split = bit, split
        return best

    def _common_syntaxes(self) -> int:
        """The syntaxes that one in `_RARE` of the rows accepts; all while no row is whole."""
        if not self._patterns:
            return -1
        counts: Counter[int] = Counter()
        for pattern, weight in self._patterns.items():
            for bit in each(pattern):
                counts[bit] += weight
        least = sum(self._patterns.values()) / _RARE
        return sum(bit for bit, count in counts.items() if count >= least)
