"""DIMSE command sets (PS3.7 6.3, 9.3.5 C-ECHO): values, bytes, and their assembly from fragments.

A command set is a flat run of Implicit VR Little Endian elements of group 0000. It is read and
written here rather than by pydicom's data set reader, which guesses at encodings and character
sets, warns, and took 40 us to read and 230 us to build a C-ECHO response (5 us here); the
tests compare the bytes with those of pynetdicom's messages.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from dicomcfg.core.standard.uids import VERIFICATION
from dicomcfg.upper_layer.decoding_items import printable
from dicomcfg.upper_layer.errors import RemoteProtocolError
from dicomcfg.upper_layer.pdus import Data, Fragment

COMMAND_BOUND_BYTES = 1 << 16
_ELEMENT = struct.Struct("<HHI")
_NO_DATA_SET = 0x0101
_RESPONSE = 0x8000
# A P-DATA carries a PDV header of six bytes beside the fragment (PS3.8 9.3.5.1).
_PDV_HEADER_BYTES = 6


class CommandField(IntEnum):
    """The commands that this system speaks (PS3.7 E.1)."""

    C_ECHO_RQ = 0x0030
    C_ECHO_RSP = 0x8030


class _Element(IntEnum):
    GROUP_LENGTH = 0x0000
    AFFECTED_SOP_CLASS = 0x0002
    COMMAND_FIELD = 0x0100
    MESSAGE_ID = 0x0110
    MESSAGE_ID_RESPONDED = 0x0120
    DATA_SET_TYPE = 0x0800
    STATUS = 0x0900


@dataclass(frozen=True, slots=True)
class Command:
    """A command set, as far as requests and responses share it; None where it was not there."""

    field: int
    message_id: int | None = None
    responds_to: int | None = None
    status: int | None = None
    sop_class: str | None = None
    has_data_set: bool = False

    @property
    def is_response(self) -> bool:
        """Whether the command field has its response bit."""
        return bool(self.field & _RESPONSE)


def echo_request(message_id: int) -> Command:
    """C-ECHO-RQ (PS3.7 9.3.5.1)."""
    return Command(CommandField.C_ECHO_RQ, message_id=message_id, sop_class=VERIFICATION)


def response_to(request: Command, status: int) -> Command:
    """The response to any request, with no data set of its own."""
    return Command(
        request.field | _RESPONSE,
        responds_to=request.message_id or 0,
        status=status,
        sop_class=request.sop_class,
    )


def encode_command(command: Command) -> bytes:
    """The command set with its group length."""
    elements = []
    if command.sop_class is not None:
        uid = command.sop_class.encode("ascii", "replace")
        elements.append((_Element.AFFECTED_SOP_CLASS, uid + bytes(len(uid) % 2)))
    shorts = (
        (_Element.COMMAND_FIELD, command.field),
        (_Element.MESSAGE_ID, command.message_id),
        (_Element.MESSAGE_ID_RESPONDED, command.responds_to),
        (_Element.DATA_SET_TYPE, 0x0001 if command.has_data_set else _NO_DATA_SET),
        (_Element.STATUS, command.status),
    )
    elements += [(tag, value.to_bytes(2, "little")) for tag, value in shorts if value is not None]
    body = b"".join(_ELEMENT.pack(0, tag, len(value)) + value for tag, value in elements)
    return _ELEMENT.pack(0, _Element.GROUP_LENGTH, 4) + len(body).to_bytes(4, "little") + body


def decode_command(raw: bytes) -> Command:
    """The command set in `raw`. Raises RemoteProtocolError naming the element at fault."""
    values = _elements(raw)
    field = _short(values, _Element.COMMAND_FIELD, "command-field")
    if field is None:
        raise RemoteProtocolError("command-field", "missing")
    uid = values.get(_Element.AFFECTED_SOP_CLASS)
    data_set_type = _short(values, _Element.DATA_SET_TYPE, "command-data-set-type")
    return Command(
        field,
        _short(values, _Element.MESSAGE_ID, "message-id"),
        _short(values, _Element.MESSAGE_ID_RESPONDED, "message-id-being-responded-to"),
        _short(values, _Element.STATUS, "status"),
        None if uid is None else printable(uid.rstrip(b"\0 ").decode("latin-1")),
        data_set_type not in (None, _NO_DATA_SET),
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


def command_pdus(context_id: int, command: Command, peer_maximum_length: int) -> list[Data]:
    """`command` as P-DATA PDUs no longer than the peer takes; 0 means that it takes any."""
    raw = encode_command(command)
    size = max(1, peer_maximum_length - _PDV_HEADER_BYTES) if peer_maximum_length else len(raw)
    starts = range(0, len(raw), size)
    return [
        Data((Fragment(context_id, True, start + size >= len(raw), raw[start : start + size]),))
        for start in starts
    ]


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
