"""DIMSE command sets (PS3.7 6.3, 9.3): values, bytes, and their assembly from fragments.

A command set is a flat run of Implicit VR Little Endian elements of group 0000. It is read and
written here rather than by pydicom's data set reader, which guesses at encodings and character
sets, warns, and took 40 us to read and 230 us to build a C-ECHO response (5 us here); the
tests compare the bytes with those of pynetdicom's messages.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from dicomcfg.core.standard.uids import VERIFICATION
from dicomcfg.upper_layer.decoding_items import printable
from dicomcfg.upper_layer.errors import RemoteProtocolError
from dicomcfg.upper_layer.pdus import Data, Fragment

COMMAND_BOUND_BYTES = 1 << 16
_ELEMENT = struct.Struct("<HHI")
_NO_DATA_SET = 0x0101
_RESPONSE = 0x8000
_MEDIUM_PRIORITY = 0x0000
# A P-DATA carries a PDV header of six bytes beside the fragment (PS3.8 9.3.5.1).
_PDV_HEADER_BYTES = 6


class CommandField(IntEnum):
    """The commands that this system speaks (PS3.7 E.1)."""

    C_STORE_RQ = 0x0001
    C_STORE_RSP = 0x8001
    C_FIND_RQ = 0x0020
    C_FIND_RSP = 0x8020
    C_ECHO_RQ = 0x0030
    C_ECHO_RSP = 0x8030
    C_CANCEL_RQ = 0x0FFF


class _Element(IntEnum):
    GROUP_LENGTH = 0x0000
    AFFECTED_SOP_CLASS = 0x0002
    COMMAND_FIELD = 0x0100
    MESSAGE_ID = 0x0110
    MESSAGE_ID_RESPONDED = 0x0120
    PRIORITY = 0x0700
    DATA_SET_TYPE = 0x0800
    STATUS = 0x0900
    AFFECTED_SOP_INSTANCE = 0x1000


@dataclass(frozen=True, slots=True)
class Command:
    """A command set, as far as we need it; None where it was not there.

    `responds_to` names the request that a response answers or that a C-CANCEL ends.
    """

    field: int
    message_id: int | None = None
    responds_to: int | None = None
    status: int | None = None
    sop_class: str | None = None
    has_data_set: bool = False
    priority: int | None = None
    sop_instance: str | None = None

    @property
    def is_response(self) -> bool:
        """Whether the command field has its response bit."""
        return bool(self.field & _RESPONSE)


def echo_request(message_id: int) -> Command:
    """C-ECHO-RQ (PS3.7 9.3.5.1)."""
    return Command(CommandField.C_ECHO_RQ, message_id=message_id, sop_class=VERIFICATION)


def find_request(message_id: int, sop_class: str) -> Command:
    """C-FIND-RQ (PS3.7 9.3.2.1); its identifier follows as a data set."""
    return Command(
        CommandField.C_FIND_RQ,
        message_id=message_id,
        sop_class=sop_class,
        has_data_set=True,
        priority=_MEDIUM_PRIORITY,
    )


def cancel_request(message_id: int) -> Command:
    """C-CANCEL-RQ (PS3.7 9.3.2.3) for the request with this id."""
    return Command(CommandField.C_CANCEL_RQ, responds_to=message_id)


def store_request(message_id: int, sop_class: str, sop_instance: str) -> Command:
    """C-STORE-RQ (PS3.7 9.3.1.1); the object follows as a data set."""
    return Command(
        CommandField.C_STORE_RQ,
        message_id=message_id,
        sop_class=sop_class,
        has_data_set=True,
        priority=_MEDIUM_PRIORITY,
        sop_instance=sop_instance,
    )


def response_to(request: Command, status: int, *, has_data_set: bool = False) -> Command:
    """The response to any request; `has_data_set` where an identifier follows it."""
    return Command(
        request.field | _RESPONSE,
        responds_to=request.message_id or 0,
        status=status,
        sop_class=request.sop_class,
        has_data_set=has_data_set,
        sop_instance=request.sop_instance,
    )


def encode_command(command: Command) -> bytes:
    """The command set with its group length."""
    elements = (
        (_Element.AFFECTED_SOP_CLASS, command.sop_class),
        (_Element.COMMAND_FIELD, command.field),
        (_Element.MESSAGE_ID, command.message_id),
        (_Element.MESSAGE_ID_RESPONDED, command.responds_to),
        (_Element.PRIORITY, command.priority),
        (_Element.DATA_SET_TYPE, 0x0001 if command.has_data_set else _NO_DATA_SET),
        (_Element.STATUS, command.status),
        (_Element.AFFECTED_SOP_INSTANCE, command.sop_instance),
    )
    body = b"".join(_element(tag, value) for tag, value in elements if value is not None)
    return _ELEMENT.pack(0, _Element.GROUP_LENGTH, 4) + len(body).to_bytes(4, "little") + body


def _element(tag: int, value: int | str) -> bytes:
    if isinstance(value, int):
        raw = value.to_bytes(2, "little")
    else:
        raw = value.encode("ascii", "replace")
        raw += bytes(len(raw) % 2)
    return _ELEMENT.pack(0, tag, len(raw)) + raw


def decode_command(raw: bytes) -> Command:
    """The command set in `raw`. Raises RemoteProtocolError naming the element at fault."""
    values = _elements(raw)
    field = _short(values, _Element.COMMAND_FIELD, "command-field")
    if field is None:
        raise RemoteProtocolError("command-field", "missing")
    data_set_type = _short(values, _Element.DATA_SET_TYPE, "command-data-set-type")
    return Command(
        field,
        _short(values, _Element.MESSAGE_ID, "message-id"),
        _short(values, _Element.MESSAGE_ID_RESPONDED, "message-id-being-responded-to"),
        _short(values, _Element.STATUS, "status"),
        _uid(values, _Element.AFFECTED_SOP_CLASS),
        data_set_type not in (None, _NO_DATA_SET),
        _short(values, _Element.PRIORITY, "priority"),
        _uid(values, _Element.AFFECTED_SOP_INSTANCE),
    )


def _elements(raw: bytes) -> dict[int, bytes]:
    values: dict[int, bytes] = {}
    offset = 0
    while offset < len(raw):
        if len(raw) - offset < _ELEMENT.size:
            raise RemoteProtocolError("command-set", "truncated-element")
        group, element, length = _ELEMENT.unpack_from(raw, offset)
        offset += _ELEMENT.size
        if group != 0:
            raise RemoteProtocolError("command-set", "foreign-group")
        if length > len(raw) - offset:
            raise RemoteProtocolError("command-set", "element-over-end")
        values[element] = raw[offset : offset + length]
        offset += length
    return values


def _short(values: dict[int, bytes], element: int, name: str) -> int | None:
    value = values.get(element)
    if value is None:
        return None
    if len(value) != 2:
        raise RemoteProtocolError(name, "wrong-length")
    return int.from_bytes(value, "little")


def _uid(values: dict[int, bytes], element: int) -> str | None:
    value = values.get(element)
    return None if value is None else printable(value.rstrip(b"\0 ").decode("latin-1"))


@lru_cache(maxsize=64)
def command_pdus(context_id: int, command: Command, peer_maximum_length: int) -> tuple[Data, ...]:
    """`command` as P-DATA PDUs no longer than the peer takes; 0 means that it takes any."""
    return _fragmented(context_id, True, encode_command(command), peer_maximum_length)


def message_pdus(
    context_id: int, command: Command, data_set: bytes, peer_maximum_length: int
) -> tuple[Data, ...]:
    """`command` with the encoded data set that follows it, in P-DATA PDUs the peer takes."""
    return (
        *command_pdus(context_id, command, peer_maximum_length),
        *_fragmented(context_id, False, data_set, peer_maximum_length),
    )


def _fragmented(
    context_id: int, is_command: bool, raw: bytes, peer_maximum_length: int
) -> tuple[Data, ...]:
    room = peer_maximum_length - _PDV_HEADER_BYTES if peer_maximum_length else len(raw)
    # Fragments have an even number of bytes (PS3.8 9.3.5.1), unless the peer leaves no room.
    size = max(1, room - room % 2)
    return tuple(
        Data(
            (Fragment(context_id, is_command, start + size >= len(raw), raw[start : start + size]),)
        )
        for start in range(0, len(raw) or 1, size)
    )


class CommandAssembler:
    """Fragments in, whole commands out; data sets pass by unread and unkept.

    Commands and data sets of one association follow each other (PS3.8 Annex E), so one buffer
    is enough, bounded by COMMAND_BOUND_BYTES.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._context_id: int | None = None
        self._awaiting: Command | None = None

    def feed(self, fragment: Fragment) -> tuple[int, Command] | None:
        """(context id, command) when its last fragment and that of its data set have come.

        Raises RemoteProtocolError: `command-set` when it grows over the bound or is malformed,
        `presentation-data-value-item` when fragments of two messages are mixed.
        """
        if self._context_id not in (None, fragment.context_id):
            raise RemoteProtocolError("presentation-data-value-item", "context-changed")
        if fragment.is_command is (self._awaiting is not None):
            raise RemoteProtocolError("presentation-data-value-item", "out-of-order")
        self._context_id = fragment.context_id
        if self._awaiting is None:
            return self._feed_command(fragment)
        return self._complete(self._awaiting) if fragment.is_last else None

    def _feed_command(self, fragment: Fragment) -> tuple[int, Command] | None:
        if len(self._buffer) + len(fragment.data) > COMMAND_BOUND_BYTES:
            raise RemoteProtocolError("command-set", "length-over-bound")
        self._buffer += fragment.data
        if not fragment.is_last:
            return None
        command = decode_command(bytes(self._buffer))
        self._buffer.clear()
        if command.has_data_set:
            self._awaiting = command
            return None
        return self._complete(command)

    def _complete(self, command: Command) -> tuple[int, Command]:
        context_id = self._context_id or 0
        self._context_id = self._awaiting = None
        return context_id, command
