"""The plan of a discovery: everything a peer accepts, in few associations, nothing guessed.

    plan = Plan(sop_classes, transfer_syntaxes, overhead_bytes=154)
    while (request := plan.next_request()) is not None:
        ...propose request.contexts...
        plan.answered(request, answers)      # or plan.failed(request, Failure.LARGE)
    plan.matrix

The plan is pure: the same answers in the same order lead to the same requests. An acceptance shows
one syntax of one class, so 128 pairs a request are all that can be accepted; the plan comes close
to that by offering the syntaxes that a class will probably accept one a context, and all others
together, as `prediction` sees them. What an answer proves is `evidence`'s to say, how large
a request may be is `sizes`'. Every request but the first repeats one pair that is known, so that a
peer which changes its mind midway is noticed.

It always ends: each answered context settles a cell or uses up one of the two tries that a cell
has, and failures have a budget. What stays unknown is UNKNOWN in the matrix.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain

from dicomcfg.core.negotiation.draft import Draft, Held, Vocabulary
from dicomcfg.core.negotiation.evidence import REFUSALS, Evidence, each
from dicomcfg.core.negotiation.matrix import Matrix
from dicomcfg.core.negotiation.prediction import Prediction
from dicomcfg.core.negotiation.proposal import CONTEXTS_PER_REQUEST
from dicomcfg.core.negotiation.sizes import Size, Sizes
from dicomcfg.core.records import PresentationContext

FAILURES = 64
BUSY_IN_A_ROW = 8
# A peer without room for so long may lack it for the request itself.
_BUSY_OR_LARGE = 4


class Failure(Enum):
    """What an association that was not established tells of the next one.

    LARGE may be due to the request: a smaller one may be answered. BUSY may pass, so wait.
    FINAL would end every request alike.
    """

    LARGE = "large"
    BUSY = "busy"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one context (PS3.8 9.3.3.2); a result of None is none."""

    result: int | None
    accepted: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """The contexts of one association, which cells each of them holds, and the whole PDU's size."""

    contexts: tuple[PresentationContext, ...]
    held: tuple[Held, ...] = field(repr=False)
    request_bytes: int
    step: int = field(repr=False)


class Plan:
    """One discovery under way.

    `overhead_bytes` is the size of a request without contexts. `known` is what an earlier
    discovery found: its cells are not asked for again. Several requests may be under way at once;
    then None from `next_request` says to wait for their answers. Raises ValueError for bounds
    that hold no request.
    """

    def __init__(
        self,
        sop_classes: Sequence[str],
        transfer_syntaxes: Sequence[str],
        *,
        maximum_syntaxes: int = 32,
        maximum_request_bytes: int = 16384,
        overhead_bytes: int = 0,
        known: Matrix | None = None,
    ) -> None:
        if maximum_syntaxes < 1 or maximum_request_bytes < 1:
            raise ValueError("a request holds at least one context with one transfer syntax")
        self._vocabulary = Vocabulary(
            tuple(dict.fromkeys(sop_classes)), tuple(dict.fromkeys(transfer_syntaxes))
        )
        self._evidence = Evidence(self._vocabulary.sop_classes, self._vocabulary.transfer_syntaxes)
        if known is not None:
            self._evidence.recall(known)
        self._overhead_bytes = overhead_bytes
        self._sizes = Sizes(Size(CONTEXTS_PER_REQUEST, maximum_syntaxes, maximum_request_bytes))
        self._witnesses: deque[Held] = deque()
        self._blamed: dict[int, int] = {}
        self._has_answered = False
        self._failures_left = FAILURES
        self._has_left_out = False
        self._is_over = False
        self.busy_in_a_row = 0

    @property
    def matrix(self) -> Matrix:
        """What is known so far."""
        return self._evidence.matrix()

    @property
    def is_cut_short(self) -> bool:
        """Whether failures have kept it from asking for every pair."""
        return self._has_left_out or any(row.open for row in self._evidence.rows)

    @property
    def has_answered(self) -> bool:
        """Whether the peer accepted an association."""
        return self._has_answered

    @property
    def notes(self) -> tuple[str, ...]:
        """What was noticed of the peer, in kebab-case."""
        noticed = {
            "changed-its-mind": bool(self._evidence.changed_minds),
            "result-3-for-transfer-syntaxes": self._evidence.is_result_3_narrow,
            "requests-made-smaller": self._sizes.step > 0,
        }
        return tuple(note for note, is_so in noticed.items() if is_so)

    def next_request(self) -> Request | None:
        """What to propose next, or None when nothing is left to be asked."""
        if self._is_over:
            return None
        draft = Draft(self._vocabulary, self._sizes.size, self._overhead_bytes)
        prediction = Prediction(self._evidence.rows)
        self._ask_again(draft)
        self._ask_what_is_sure(draft, prediction)
        self._ask_ahead(draft, prediction)
        if not draft.asks:
            return None
        for index, held in draft.held:
            self._evidence.rows[index].pending |= held
        request_bytes = self._overhead_bytes + draft.used_bytes
        return Request(draft.contexts(), tuple(draft.held), request_bytes, self._sizes.step)

    def _ask_again(self, draft: Draft) -> None:
        """The control: one pair that the peer has answered."""
        if self._witnesses and not self._sizes.is_single:
            draft.repeat(*self._witnesses[0])

    def _waiting(self) -> Iterator[int]:
        """The rows to ask for, but for those under way, whose answers decide what is asked."""
        rows = self._evidence.rows
        return (index for index, row in enumerate(rows) if row.open and not row.pending)

    def _ask_what_is_sure(self, draft: Draft, prediction: Prediction) -> None:
        """Contexts of one syntax use up the places of a request, long ones its bytes: in turns."""
        questions = [
            (index, prediction.question(self._evidence.rows[index])) for index in self._waiting()
        ]
        scouts = [index for index, question in questions if question.is_scout]
        # Of rows that fit nothing known, the first and the middle one stand for the others.
        chosen = {scouts[0], scouts[len(scouts) // 2]} if scouts else set()
        # Then what decides how to go on, then what was decided, and the other scouts.
        questions.sort(
            key=lambda asked: (asked[0] not in chosen, asked[1].is_scout, not asked[1].later)
        )
        alone = ((index, bit) for index, question in questions for bit in each(question.alone))
        together = chain.from_iterable(
            ((index, part) for part in draft.parts(index, question.together))
            for index, question in questions
        )
        draft.fill(alone, together)

    def _ask_ahead(self, draft: Draft, prediction: Prediction) -> None:
        """What room is left costs nothing: the rest of rows that wait for an answer."""
        for index in self._waiting():
            question = prediction.question(self._evidence.rows[index])
            for bit in each((question.alone | question.later) & ~draft.asked(index)):
                if not draft.add(index, bit):
                    return

    def answered(self, request: Request, answers: Sequence[Reply]) -> None:
        """The association was accepted: one answer for each context of the request, in order."""
        self._land(request)
        self._has_answered = True
        self.busy_in_a_row = 0
        self._sizes.answered()
        if self._witnesses and request.held[0] == self._witnesses[0]:
            self._witnesses.popleft()
        for (index, held), answer in zip(request.held, answers, strict=True):
            self._learn(index, held, answer)

    def _learn(self, index: int, held: int, answer: Reply) -> None:
        bit = self._vocabulary.bit(answer.accepted) & held if answer.result == 0 else 0
        if bit:
            self._evidence.accept(index, bit)
        elif answer.result in REFUSALS:
            self._evidence.refuse(index, held, answer.result)
        else:
            self._evidence.miss(index, held)
            return
        if held & (held - 1) == 0:
            self._witnesses.append((index, held))

    def failed(self, request: Request, failure: Failure) -> None:
        """The association was not accepted."""
        self._land(request)
        if failure is Failure.FINAL:
            self._is_over = True
        elif failure is Failure.BUSY:
            self.busy_in_a_row += 1
            self._is_over = self._is_over or self.busy_in_a_row >= BUSY_IN_A_ROW
        if failure is Failure.LARGE or self.busy_in_a_row >= _BUSY_OR_LARGE:
            self._too_large(request)

    def _too_large(self, request: Request) -> None:
        self._failures_left -= 1
        is_single = len(request.held) == 1 and request.held[0][1].bit_count() == 1
        if not self._failures_left or (is_single and not self._has_answered):
            self._is_over = True
        elif is_single:
            self._blame(*request.held[0])
        elif not self._has_answered:
            self._sizes.fall()
        else:
            self._sizes.failed(request.step, len(request.held), request.request_bytes)

    def _blame(self, index: int, bit: int) -> None:
        """A pair that fails alone, twice, is to blame itself and not the size of requests.

        A class that never was answered is left out as a whole; so is a syntax that is to blame
        with two classes.
        """
        if not self._evidence.miss(index, bit):
            return
        self._has_left_out = True
        self._sizes.forgive()
        row = self._evidence.rows[index]
        if not row.answered:
            row.aside |= row.open
            return
        self._blamed[bit] = self._blamed.get(bit, 0) + 1
        if self._blamed[bit] > 1:
            for row in self._evidence.rows:
                row.aside |= row.open & bit

    def _land(self, request: Request) -> None:
        for index, held in request.held:
            self._evidence.rows[index].pending &= ~held
