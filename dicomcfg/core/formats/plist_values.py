"""Apple's property lists, XML and binary, with bounds that the standard library does not have.

A binary list is a heap of objects that name each other by number; one that lets its objects
overlap can stand for far more than its bytes, so such a list is refused before it is read.
"""

from __future__ import annotations

import plistlib
import struct
from typing import Any, Final

BINARY: Final = b"bplist00"
_TRAILER: Final = struct.Struct(">6xBBQQQ")
_COUNTED: Final = {0x4: 1, 0x5: 1, 0x6: 2, 0xA: 1, 0xC: 1, 0xD: 2}


class UnreadableError(Exception):
    """A text or heap of bytes that is no property list; the message ends a sentence."""


def load(data: bytes) -> Any:
    """The value of a property list. Raises UnreadableError."""
    if data.startswith(BINARY):
        _refuse_overlapping(data)
    elif b"<!ENTITY" in data:
        raise UnreadableError("declares entities, which are refused")
    try:
        return plistlib.loads(data)
    except Exception as problem:
        # plistlib passes on the error of whatever it stumbles over, down to unknown encodings.
        raise UnreadableError("is not a property list that can be read") from problem


def _refuse_overlapping(data: bytes) -> None:
    """Raise UnreadableError where the objects together are longer than the file."""
    if len(data) < len(BINARY) + _TRAILER.size:
        raise UnreadableError("is cut short")
    width, _, count, _, table = _TRAILER.unpack(data[-_TRAILER.size :])
    if not 1 <= width <= 8 or table + count * width > len(data):
        raise UnreadableError("has no table of its objects")
    length = 0
    for index in range(count):
        at = table + index * width
        length += _length(data, int.from_bytes(data[at : at + width], "big"))
        if length > len(data):
            raise UnreadableError("lets its objects overlap, which is refused")


def _length(data: bytes, offset: int) -> int:
    """How many bytes or numbers an object holds, at least."""
    if offset >= len(data):
        return 0
    kind, count = data[offset] >> 4, data[offset] & 0xF
    if kind not in _COUNTED:
        return 1
    if count == 0xF:
        # A long count follows as an integer object of 2 ** n bytes.
        size = 1 << (data[offset + 1] & 0xF) if offset + 1 < len(data) else 0
        count = int.from_bytes(data[offset + 2 : offset + 2 + min(size, 16)], "big")
    return count * _COUNTED[kind]
