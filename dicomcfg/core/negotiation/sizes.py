"""How large a request may be, judging by which were answered.

Some acceptors hang, abort or refuse above a size of their own. After a failure everything is
halved: contexts, bytes, syntaxes a context. Answers let it grow again, step by step, up to a size
that failed twice. At the last step a request asks for one pair alone, and what fails there is not
the size's fault.
"""

from __future__ import annotations

from dataclasses import dataclass

from dicomcfg.core.negotiation.proposal import CONTEXTS_PER_REQUEST

_STEPS = CONTEXTS_PER_REQUEST.bit_length()
_FAILURES_A_STEP = 2


@dataclass(frozen=True, slots=True)
class Size:
    """The most that a request may hold; `request_bytes` is that of the whole PDU."""

    contexts: int
    syntaxes: int
    request_bytes: int


class Sizes:
    """A ladder of sizes, each half of the one before; `step` 0 is the full size."""

    def __init__(self, full: Size) -> None:
        self._full = full
        self._failures = [0] * _STEPS
        self.step = 0

    @property
    def is_single(self) -> bool:
        """Whether a request asks for one pair alone."""
        return self.step == _STEPS - 1

    @property
    def size(self) -> Size:
        """What a request may hold now."""
        if self.is_single:
            return Size(1, 1, self._full.request_bytes)
        return Size(
            self._full.contexts >> self.step,
            max(1, self._full.syntaxes >> self.step),
            self._full.request_bytes >> self.step,
        )

    def answered(self) -> None:
        """A request of this size was answered."""
        if self.step and self._failures[self.step - 1] < _FAILURES_A_STEP:
            self.step -= 1

    def failed(self, step: int, contexts: int, request_bytes: int) -> None:
        """A request of this size failed, sent at `step`; of several under way the first counts."""
        if step != self.step:
            return
        while not self.is_single:
            self._failures[self.step] += 1
            self.step += 1
            if self.size.contexts < contexts or self.size.request_bytes < request_bytes:
                return

    def fall(self) -> None:
        """Nothing is known to work: go to the last step."""
        self.step = _STEPS - 1

    def forgive(self) -> None:
        """Something else than the size was to blame for what failed."""
        self._failures = [0] * _STEPS
