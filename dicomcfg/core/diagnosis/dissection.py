"""The raw bytes of one PDU, whole, cut short or malformed, taken apart into a tree (PS3.8 9.3).

Nothing is judged beyond what a piece cannot be as it stands; depth and number of nodes are
bounded, and no bytes make it raise. What a user identity holds is never spelled out.
"""

from __future__ import annotations

from typing import Final

from dicomcfg.core.diagnosis.cutting import Body, Budget, Cursor, Node, hexadecimal, items, text
from dicomcfg.core.diagnosis.dissection_commands import (
    COMMAND_SET,
    begins_command_set,
    command_set,
)
from dicomcfg.core.diagnosis.dissection_items import (
    ACCEPT_ITEMS,
    ANSWERED,
    CONTEXT_ID,
    PROPOSED,
    REQUEST_ITEMS,
)
from dicomcfg.core.standard import codes

__all__ = ["Node", "carried_by", "dissect", "pdu_name"]

MAXIMUM_NODES = 12_000
CALLED: Final = "Called AE title"
CALLING: Final = "Calling AE title"
REQUEST: Final = "A-ASSOCIATE-RQ"
ACCEPT: Final = "A-ASSOCIATE-AC"
REJECT: Final = "A-ASSOCIATE-RJ"
ABORT: Final = "A-ABORT"
DATA: Final = "P-DATA-TF"
DATA_VALUE: Final = "Presentation data value"
NO_PDU: Final = "No PDU"


def dissect(data: bytes) -> Node:
    """The tree of one PDU, from its first byte; its root covers all bytes, of which there may be 0.

    What the length field does not cover, and what it promises and is not there, is a problem of
    the root.
    """
    cursor = Cursor(data, 0, len(data), Budget(MAXIMUM_NODES))
    name, body = _PDUS.get(data[0] if data else 0, (NO_PDU, _no_pdu))
    inner = cursor.inside(len(data))
    value = body(inner)
    cursor.close(name, value, inner)
    return cursor.nodes[0] if cursor.nodes else Node(NO_PDU, "", 0, 0, (), "there are no bytes")


def pdu_name(start: bytes) -> str:
    """What a PDU is called whose first bytes these are, without taking it apart."""
    return _PDUS.get(start[0] if start else 0, (NO_PDU,))[0]


def carried_by(data: bytes) -> tuple[str, ...]:
    """What each presentation data value of a P-DATA-TF carries: a message, or part of one.

    A message by its name, SOP Class and status: `C-ECHO-RQ Verification SOP Class`. Empty for
    every other PDU.
    """
    if pdu_name(data[:1]) != DATA:
        return ()
    return tuple(
        next((node.value for node in value.named(COMMAND_SET)), "") or value.value
        for value in dissect(data).named(DATA_VALUE)
    )


def _no_pdu(inner: Cursor) -> str:
    kind = inner.take("PDU type", 1)
    inner.problem = f"begins with {kind.hex().upper()}H, which is no PDU type" if kind else ""
    value = text(inner.data)[0]
    if inner.left:
        inner.take("Bytes", inner.left, lambda raw: (text(raw)[0], ""))
    return value


def _header(inner: Cursor) -> None:
    """Type, reserved byte and length; the cursor ends where the length says."""
    inner.take("PDU type", 1, lambda raw: (f"{raw.hex().upper()}H {_PDUS[raw[0]][0]}", ""))
    inner.take("Reserved", 1)
    length = inner.number("PDU length", 4, lambda value: f"{value:,} bytes")
    if length >= 0 and length != inner.left:
        inner.problem = f"its length says {length:,} bytes, {inner.left:,} are there"


def _associate(inner: Cursor) -> str:
    _header(inner)
    inner.number("Protocol version", 2, _version_words)
    inner.take("Reserved", 2)
    called = inner.take(CALLED, 16, _title)
    calling = inner.take(CALLING, 16, _title)
    inner.take("Reserved", 32)
    is_request = inner.data[0] == 1
    items(inner, REQUEST_ITEMS if is_request else ACCEPT_ITEMS)
    contexts = [n for n in inner.nodes if n.label == (PROPOSED if is_request else ANSWERED)]
    _check_ids(inner, contexts)
    plural = "" if len(contexts) == 1 else "s"
    return f"{_title(calling)[0]} → {_title(called)[0]}, {len(contexts)} context{plural}"


def _check_ids(inner: Cursor, contexts: list[Node]) -> None:
    ids = [node.value for context in contexts for node in context.named(CONTEXT_ID)]
    if len(set(ids)) < len(ids):
        inner.problem = inner.problem or "a presentation context ID stands there twice"


def _version_words(version: int) -> str:
    return "1" if version == 1 else f"{version}, where bit 0 alone means anything"


def _title(raw: bytes) -> tuple[str, str]:
    title, problem = text(raw.strip(b" "))
    return title, problem or ("" if title else "is empty")


def _reject(inner: Cursor) -> str:
    _header(inner)
    inner.take("Reserved", 1)
    result = inner.number("Result", 1)
    source = inner.number("Source", 1)
    reason = inner.number("Reason", 1)
    return codes.describe_rejection(result, source, reason) if reason >= 0 else ""


def _abort(inner: Cursor) -> str:
    _header(inner)
    inner.take("Reserved", 2)
    source = inner.number("Source", 1)
    reason = inner.number("Reason", 1)
    return codes.describe_abort(source, reason) if reason >= 0 else ""


def _release(inner: Cursor) -> str:
    _header(inner)
    inner.take("Reserved", 4)
    return ""


def _data(inner: Cursor) -> str:
    _header(inner)
    while inner.has_more():
        _value(inner)
    count = sum(node.label == DATA_VALUE for node in inner.nodes)
    return f"{count} data value{'' if count == 1 else 's'}"


def _value(inner: Cursor) -> None:
    """One presentation data value: its length, context, message control header and fragment."""
    declared = int.from_bytes(inner.data[inner.at : min(inner.at + 4, inner.end)])
    piece = inner.inside(4 + declared)
    length = piece.number("Item length", 4)
    problem = ""
    if length > piece.left:
        problem = f"its length says {length:,} bytes, {piece.left:,} are there"
    context = piece.number(CONTEXT_ID, 1)
    control = piece.number("Message control header", 1, _control_words)
    size = piece.left
    if control & 1 and begins_command_set(inner.data[piece.at : piece.end]):
        fragment = piece.inside(size)
        said = command_set(fragment)
        piece.close(COMMAND_SET, said, fragment)
    elif size:
        piece.take("Fragment", size, hexadecimal)
    value = f"context {context}, {_control_words(control)}, {size:,} bytes" if control >= 0 else ""
    inner.close(DATA_VALUE, value, piece, problem)


def _control_words(control: int) -> str:
    kind = "command" if control & 1 else "data set"
    return f"{kind}, last fragment" if control & 2 else f"{kind}, more to come"


_PDUS: Final[dict[int, tuple[str, Body]]] = {
    0x01: (REQUEST, _associate),
    0x02: (ACCEPT, _associate),
    0x03: (REJECT, _reject),
    0x04: (DATA, _data),
    0x05: ("A-RELEASE-RQ", _release),
    0x06: ("A-RELEASE-RP", _release),
    0x07: (ABORT, _abort),
}
