"""One item at a time: the walk over items and pynetdicom's decoders behind one kind of error."""

from __future__ import annotations

import logging
import struct
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TypeVar

import pydicom.config
from pynetdicom import pdu_items as items

from dicomcfg.upper_layer.errors import RemoteProtocolError
from dicomcfg.upper_layer.notes import Notes

# A malformed UID is something to note about the peer, not a warning or a log line about us.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
logging.getLogger("pynetdicom").propagate = False

_ITEM_HEADER = struct.Struct(">BxH")
CODEC_ERRORS = (ValueError, AssertionError, KeyError, struct.error, AttributeError, TypeError)
FIELDS = {
    0x10: "application-context-item",
    0x20: "presentation-context-item",
    0x21: "presentation-context-item",
    0x30: "abstract-syntax-sub-item",
    0x40: "transfer-syntax-sub-item",
    0x50: "user-information-item",
    0x51: "maximum-length-sub-item",
    0x52: "implementation-class-uid-sub-item",
    0x53: "asynchronous-operations-window-sub-item",
    0x54: "role-selection-sub-item",
    0x55: "implementation-version-name-sub-item",
    0x56: "extended-negotiation-sub-item",
    0x57: "common-extended-negotiation-sub-item",
    0x58: "user-identity-sub-item",
    0x59: "user-identity-sub-item",
}
# The first length inside these sub-items; pynetdicom reads 0 there as "all the rest".
_INNER_LENGTH_AT = {0x54: 4, 0x56: 4, 0x57: 4, 0x58: 6}

# The items that hold one UID: pynetdicom's decoder and where it puts the value.
_UID_ITEMS: dict[int, tuple[type[items.PDUItem], str]] = {
    0x10: (items.ApplicationContextItem, "application_context_name"),
    0x30: (items.AbstractSyntaxSubItem, "abstract_syntax_name"),
    0x40: (items.TransferSyntaxSubItem, "transfer_syntax_name"),
    0x52: (items.ImplementationClassUIDSubItem, "implementation_class_uid"),
}
# 64 characters (PS3.5 9.1), a padding byte that some add, and the header.
_LONGEST_UID_ITEM_BYTES = 69

_Item = TypeVar("_Item", bound=items.PDUItem)


def walk(
    raw: bytes, offset: int, wanted: tuple[int, ...], field: str, notes: Notes
) -> Iterator[tuple[int, bytes]]:
    """(type, item with its header) of each wanted item; others are noted and skipped.

    Raises RemoteProtocolError naming the item at fault, or `field` where that is unknown.
    """
    end = len(raw)
    while offset < end:
        if end - offset < _ITEM_HEADER.size:
            raise RemoteProtocolError(field, "truncated-item")
        kind, length = _ITEM_HEADER.unpack_from(raw, offset)
        after = offset + _ITEM_HEADER.size + length
        if after > end:
            raise RemoteProtocolError(FIELDS.get(kind, field), "item-over-end")
        if kind in wanted:
            yield kind, raw[offset:after]
        else:
            notes.append(f"unknown-item-0x{kind:02x}")
        offset = after


def decoded_item(cls: Callable[[], _Item], raw: bytes) -> _Item:
    """One item through pynetdicom's decoder, its many errors turned into ours."""
    at = _INNER_LENGTH_AT.get(raw[0])
    if at is not None and raw[at : at + 2] == b"\0\0":
        raise RemoteProtocolError(FIELDS[raw[0]], "empty-value")
    item = cls()
    try:
        item.decode(raw)
    except CODEC_ERRORS as error:
        raise RemoteProtocolError(FIELDS[raw[0]], "malformed") from error
    return item


@lru_cache(maxsize=4096)
def decoded_uid(raw: bytes) -> str:
    """The UID of an item of one; the same few come again and again."""
    if len(raw) > _LONGEST_UID_ITEM_BYTES:
        raise RemoteProtocolError(FIELDS[raw[0]], "too-long")
    cls, name = _UID_ITEMS[raw[0]]
    return str(getattr(decoded_item(cls, raw), name) or "")


def noted_uid(value: str | None, notes: Notes) -> str:
    """A peer's UID made printable, noted as `malformed-uid` where it is none."""
    text = str(value or "")
    if not text or text.strip("0123456789."):
        notes.append("malformed-uid")
    return printable(text)


def printable(text: str) -> str:
    """Peers' text with everything that could act on a terminal or a page spelled out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
