"""How bytes are cut into a tree of named pieces that covers them, each byte in one leaf.

Knows nothing of what the pieces mean. The number of nodes is bounded, and no bytes make it raise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

_TEXT_SHOWN = 160
_HEX_SHOWN = 16

Read: TypeAlias = Callable[[bytes], tuple[str, str]]
"""Bytes of a piece -> what they say, and what is wrong with them; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of a PDU: bytes `start` up to `end`, which its children cover where it has any.

    `value` is what the piece says, printable and bounded; `problem` why it cannot be as it stands.
    """

    label: str
    value: str
    start: int
    end: int
    children: tuple[Node, ...] = ()
    problem: str = ""

    def leaves(self) -> Iterator[Node]:
        """The pieces without pieces, in the order of the bytes."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()

    def named(self, label: str) -> Iterator[Node]:
        """Its direct pieces of this label."""
        return (child for child in self.children if child.label == label)


@dataclass(slots=True)
class Budget:
    """How many more nodes there may be, shared by all cursors of one tree."""

    left: int


@dataclass(slots=True)
class Cursor:
    """Cuts the bytes from `at` to `end` into consecutive nodes; what is missing is a problem."""

    data: bytes
    at: int
    end: int
    budget: Budget
    nodes: list[Node] = field(default_factory=list)
    problem: str = ""

    @property
    def left(self) -> int:
        """Bytes that are not in a node yet."""
        return self.end - self.at

    def has_more(self) -> bool:
        """Whether there are bytes left, and room for another run of nodes."""
        return self.left > 0 and self.budget.left > 0

    def take(self, label: str, size: int, read: Read | None = None) -> bytes:
        """The next `size` bytes as a leaf, or as many as there are."""
        raw = self.data[self.at : min(self.at + size, self.end)]
        if len(raw) < size:
            self.problem = self.problem or f"ends within its {label}"
        if raw:
            value, problem = (read or hexadecimal)(raw)
            if len(raw) < size:
                problem = f"{len(raw)} of {size} bytes are there"
            self._add(Node(label, value, self.at, self.at + len(raw), (), problem))
        return raw

    def number(self, label: str, size: int, words: Callable[[int], str] = str) -> int:
        """The next bytes as an unsigned number, -1 where they are not all there."""
        raw = self.take(label, size, lambda raw: (words(int.from_bytes(raw)), ""))
        return int.from_bytes(raw) if len(raw) == size else -1

    def counted(self, label: str, name: str, read: Read) -> str:
        """A piece after two bytes that say how long it is; what it says."""
        size = self.number(f"{label} length", 2)
        if size > 0:
            self.take(name, size, read)
            return self.nodes[-1].value if self.nodes[-1].label == name else ""
        return ""

    def inside(self, size: int) -> Cursor:
        """A cursor over the next `size` bytes, to be given back with `close`."""
        return Cursor(self.data, self.at, min(self.at + max(size, 0), self.end), self.budget)

    def close(self, label: str, value: str, inner: Cursor, problem: str = "") -> None:
        """The nodes of an inner cursor as the children of one node."""
        inner.rest()
        problem = problem or inner.problem
        if inner.nodes:
            start, end = inner.nodes[0].start, inner.nodes[-1].end
            self._add(Node(label, value, start, end, tuple(inner.nodes), problem))

    def rest(self) -> None:
        """What nothing took, as one leaf."""
        if self.left > 0:
            problem = "too many pieces: the rest is not taken apart"
            if self.budget.left > 0:
                problem = "nothing belongs here"
            value = hexadecimal(self.data[self.at : self.end])[0]
            self._add(Node("Further bytes", value, self.at, self.end, (), problem))

    def _add(self, node: Node) -> None:
        self.nodes.append(node)
        self.at = node.end
        self.budget.left -= 1


Body: TypeAlias = Callable[[Cursor], str]
"""Cuts what follows an item's header; returns what the whole item says."""

Kinds: TypeAlias = Mapping[int, tuple[str, Body]]
"""Item types with their name and body."""


def items(cursor: Cursor, kinds: Kinds) -> None:
    """Items of type, a reserved byte, length and body, as long as there are bytes."""
    while cursor.has_more():
        _item(cursor, kinds)


def _item(cursor: Cursor, kinds: Kinds) -> None:
    header = cursor.data[cursor.at : min(cursor.at + 4, cursor.end)]
    kind, declared = header[0], int.from_bytes(header[2:4]) if len(header) == 4 else 0
    inner = cursor.inside(4 + declared)
    name, body = kinds.get(kind, ("", _unknown_body))
    inner.take("Item type", 1, lambda raw: (f"{raw[0]:02X}H {name}".rstrip(), ""))
    if inner.left:
        # The second byte of 57H is a version (PS3.7 D.3.3.6); everywhere else it means nothing.
        inner.take("Sub-item version" if kind == 0x57 else "Reserved", 1)
    inner.number("Item length", 2)
    problem = "" if name else "no item of this type belongs here"
    if len(header) == 4 and inner.end - cursor.at < 4 + declared:
        there = inner.end - cursor.at - 4
        problem = problem or f"its length says {declared} bytes, {there} are there"
    value = body(inner)
    cursor.close(name or f"Item {kind:02X}H", value, inner, problem)


def _unknown_body(inner: Cursor) -> str:
    size = inner.left
    if size:
        inner.take("Value", size)
    return f"{size} bytes"


def hexadecimal(raw: bytes) -> tuple[str, str]:
    """Bytes as hexadecimal, of long ones the beginning and how many they are."""
    shown = raw[:_HEX_SHOWN].hex(" ").upper()
    return (shown if len(raw) <= _HEX_SHOWN else f"{shown} … {len(raw):,} bytes"), ""


def text(raw: bytes) -> tuple[str, str]:
    """Text of a peer with everything that is not printable ASCII spelled out."""
    clipped = raw[:_TEXT_SHOWN]
    shown = "".join(chr(b) if 32 <= b < 127 else f"\\x{b:02x}" for b in clipped)
    problem = "" if all(32 <= b < 127 for b in raw) else "holds what is no plain character"
    return shown + ("…" if len(raw) > _TEXT_SHOWN else ""), problem
