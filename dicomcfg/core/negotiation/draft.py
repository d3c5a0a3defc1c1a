"""A request as it is put together: cells into contexts, within its places and bytes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TypeAlias

from dicomcfg.core.negotiation.evidence import each
from dicomcfg.core.negotiation.proposal import context_bytes
from dicomcfg.core.negotiation.sizes import Size
from dicomcfg.core.records import PresentationContext

Held: TypeAlias = tuple[int, int]
"""The cells of a context: the position of its SOP Class, and its transfer syntaxes as bits."""


class Vocabulary:
    """The UIDs that positions and bits stand for, and what they cost on the wire."""

    def __init__(self, sop_classes: tuple[str, ...], transfer_syntaxes: tuple[str, ...]) -> None:
        self.sop_classes = sop_classes
        self.transfer_syntaxes = transfer_syntaxes
        self._bits = {uid: 1 << position for position, uid in enumerate(transfer_syntaxes)}
        self._lists: dict[int, tuple[tuple[str, ...], int]] = {}

    @cached_property
    def _class_bytes(self) -> list[int]:
        return [context_bytes(PresentationContext(uid, ())) for uid in self.sop_classes]

    @cached_property
    def longest_bytes(self) -> int:
        """The most that a context of one transfer syntax takes."""
        syntaxes = range(len(self.transfer_syntaxes))
        return max(self._class_bytes) + max(self._list(1 << position)[1] for position in syntaxes)

    def bit(self, transfer_syntax: str | None) -> int:
        """The bit of a UID, 0 for one that was never offered."""
        return self._bits.get(transfer_syntax or "", 0)

    def context(self, index: int, held: int) -> PresentationContext:
        """The context that holds these cells."""
        return PresentationContext(self.sop_classes[index], self._list(held)[0])

    def size_bytes(self, index: int, held: int) -> int:
        """The size of that context on the wire."""
        return self._class_bytes[index] + self._list(held)[1]

    def _list(self, held: int) -> tuple[tuple[str, ...], int]:
        """Classes treated alike are offered the same lists again and again."""
        found = self._lists.get(held)
        if found is None:
            uids = tuple(self.transfer_syntaxes[bit.bit_length() - 1] for bit in each(held))
            bare = context_bytes(PresentationContext("", ()))
            found = uids, context_bytes(PresentationContext("", uids)) - bare
            self._lists[held] = found
        return found


class Draft:
    """`held` are the contexts so far, in order, and `used_bytes` their size on the wire.

    `asks` says whether one of them is more than a control.
    """

    def __init__(self, vocabulary: Vocabulary, size: Size, overhead_bytes: int) -> None:
        self.held: list[Held] = []
        self.asks = False
        self._vocabulary = vocabulary
        self._size = size
        self._room = max(1, size.request_bytes - overhead_bytes)
        self.used_bytes = 0
        self._asked: dict[int, int] = {}

    def contexts(self) -> tuple[PresentationContext, ...]:
        """The contexts to propose."""
        return tuple(self._vocabulary.context(index, held) for index, held in self.held)

    def asked(self, index: int) -> int:
        """The cells of a class that this request asks for."""
        return self._asked.get(index, 0)

    def add(self, index: int, held: int) -> bool:
        """Take a context if there is room; the first one always fits."""
        if len(self.held) >= self._size.contexts:
            return False
        used_bytes = self.used_bytes + self._vocabulary.size_bytes(index, held)
        if used_bytes > self._room and self.held:
            return False
        self.held.append((index, held))
        self.used_bytes = used_bytes
        self._asked[index] = self.asked(index) | held
        self.asks = True
        return True

    def repeat(self, index: int, held: int) -> None:
        """Take a context whose answer is known, if there is room for another beside it."""
        size_bytes = self._vocabulary.size_bytes(index, held)
        if size_bytes + self._vocabulary.longest_bytes <= self._room:
            self.add(index, held)
            self.asks = False

    def parts(self, index: int, held: int) -> Iterator[int]:
        """`held` in lists that a context, and a request of its own, can hold."""
        part, count = 0, 0
        for bit in each(held):
            too_many = count >= self._size.syntaxes
            if part and (too_many or self._vocabulary.size_bytes(index, part | bit) > self._room):
                yield part
                part, count = 0, 0
            part, count = part | bit, count + 1
        if part:
            yield part

    def fill(self, short: Iterator[Held], long: Iterator[Held]) -> None:
        """Take from two streams of contexts, so that places and bytes are used up together."""
        streams = [short, long]
        while streams:
            bytes_are_scarcer = self.used_bytes * self._size.contexts > len(self.held) * self._room
            stream = streams[0 if bytes_are_scarcer else -1]
            context = next(stream, None)
            if context is None or not (self.add(*context) or self._add_part(*context)):
                streams.remove(stream)

    def _add_part(self, index: int, held: int) -> bool:
        """What fits of a list; the rest is left for the next request."""
        part = 0
        for bit in each(held):
            if self.used_bytes + self._vocabulary.size_bytes(index, part | bit) > self._room:
                break
            part |= bit
        return bool(part) and self.add(index, part)
