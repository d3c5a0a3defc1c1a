"""From a stream of bytes to whole PDUs, with a bound on what a peer can make us hold.

The declared length is judged when the six bytes of the header are there, so that a length field
of 4 GiB costs nothing. What is recorded of a PDU has its user identity blanked, and what a
peer's data sets hold.
"""

from __future__ import annotations

import struct

from dicomcfg.upper_layer.errors import NotDicomError, RemoteProtocolError

HEADER = struct.Struct(">BxI")
ASSOCIATE_BOUND_BYTES = 1 << 20
FIXED_BOUND_BYTES = 1 << 10
# Whoever announces no limit, or a huge one, still holds no more than this.
DATA_BOUND_BYTES = 1 << 20
# Some peers count a PDU's or a PDV's own header into the maximum length, some do not.
DATA_SLACK_BYTES = 256
_PDU_TYPES = range(0x01, 0x08)
_P_DATA = 0x04
_PDV = struct.Struct(">IBB")
_IS_COMMAND = 1
_COMMAND_ELEMENT = struct.Struct("<HHI")
# How long a reject, release or abort is.
_FIXED_BYTES = 10
_ASSOCIATE = (0x01, 0x02)
_GREETINGS = (
    (b"HTTP/", "http"),
    (b"SSH-", "ssh"),
    (b"\x15\x03", "tls-peer"),
    (b"\x16\x03", "tls-peer"),
)


class PduBuffer:
    """Bytes in, whole PDUs out. `maximum_length` is what we announced for P-DATA, 0 no limit."""

    def __init__(self, maximum_length: int) -> None:
        self._buffer = bytearray()
        announced = min(maximum_length or DATA_BOUND_BYTES, DATA_BOUND_BYTES)
        self._data_bound = announced + DATA_SLACK_BYTES
        self._is_first = True

    def feed(self, data: bytes) -> None:
        """Take what the transport read; callers drain with `next_pdu` between reads."""
        self._buffer += data

    @property
    def incomplete(self) -> bytes:
        """What has come of a PDU that is not whole yet."""
        return bytes(self._buffer)

    def next_pdu(self) -> bytes | None:
        """The next whole PDU, or None until more bytes come.

        Raises NotDicomError where the stream starts with no PDU type, RemoteProtocolError for
        an unknown type later on (`pdu-type`) and for a length over the bound (`pdu-length`).
        """
        if not self._buffer:
            return None
        self._check_type(self._buffer[0])
        if len(self._buffer) < HEADER.size:
            return None
        kind, length = HEADER.unpack_from(self._buffer)
        if length > self._bound(kind):
            raise RemoteProtocolError("pdu-length", "length-over-bound")
        end = HEADER.size + length
        if len(self._buffer) < end:
            return None
        raw = bytes(self._buffer[:end])
        del self._buffer[:end]
        self._is_first = False
        return raw

    def _check_type(self, kind: int) -> None:
        if kind in _PDU_TYPES:
            return
        if self._is_first:
            raise NotDicomError(_speaker(bytes(self._buffer[:16])))
        raise RemoteProtocolError("pdu-type", f"0x{kind:02x}", abort_reason=1)

    def _bound(self, kind: int) -> int:
        if kind == _P_DATA:
            return self._data_bound
        return ASSOCIATE_BOUND_BYTES if kind in _ASSOCIATE else FIXED_BOUND_BYTES


def _speaker(start: bytes) -> str | None:
    for greeting, name in _GREETINGS:
        if start.startswith(greeting):
            return name
    return None


def blank_user_identity(raw: bytes) -> bytes:
    """`raw`, whole or cut short, with the value of every user identity sub-item zeroed.

    Length is kept (PS3.7 D.3.3.7). An item that cannot be walked blanks all that follows it,
    since a secret may stand there.
    """
    if raw[:1] not in (b"\x01", b"\x02") or not (0x58 in raw or 0x59 in raw):
        return raw
    blanked = bytearray(raw)
    for kind, start, end in _items(blanked, 74, len(blanked)):
        if kind == 0x50:
            for sub_kind, sub_start, sub_end in _items(blanked, start, end):
                if sub_kind in (0x58, 0x59):
                    blanked[sub_start:sub_end] = bytes(sub_end - sub_start)
    return bytes(blanked)


def _items(buffer: bytearray, offset: int, end: int) -> list[tuple[int, int, int]]:
    """(type, start of value, end of value) of each item up to `end`."""
    found = []
    while offset + 4 <= end:
        length = int.from_bytes(buffer[offset + 2 : offset + 4], "big")
        after = min(offset + 4 + length, end)
        found.append((buffer[offset], offset + 4, after))
        offset = after
    return found


def blank_data_sets(raw: bytes) -> bytes:
    """`raw`, whole or cut short, as it may be recorded of a peer on an established association.

    Length is kept. Of P-DATA (PS3.8 9.3.5) the headers stay, and of its command fragments the
    elements of group 0000 at their beginning (PS3.7 6.3): a fragment that only claims to be a
    command stays no more than a data set does. What is not formed like a PDU may be the middle
    of a data set, so nothing of it stays.
    """
    kept = bytearray(len(raw))
    if len(raw) < HEADER.size or raw[0] not in _PDU_TYPES or raw[1] != 0:
        return bytes(kept)
    _, length = HEADER.unpack_from(raw)
    if raw[0] != _P_DATA:
        is_fixed = raw[0] not in _ASSOCIATE and length + HEADER.size == len(raw) == _FIXED_BYTES
        return raw if is_fixed else raw[: HEADER.size] + bytes(len(raw) - HEADER.size)
    kept[: HEADER.size] = raw[: HEADER.size]
    start, end = HEADER.size, HEADER.size + length
    while start + _PDV.size <= len(raw):
        length, context_id, flags = _PDV.unpack_from(raw, start)
        after = start + 4 + length
        if length < 2 or after > end or flags > 3 or context_id % 2 == 0:
            break
        value = start + _PDV.size
        if flags & _IS_COMMAND:
            value = _command_end(raw, value, min(after, len(raw)))
        kept[start:value] = raw[start:value]
        start = after
    return bytes(kept)


def _command_end(raw: bytes, offset: int, end: int) -> int:
    """Where the run of whole elements of group 0000 ends that begins at `offset`."""
    while offset + _COMMAND_ELEMENT.size <= end:
        group, _, length = _COMMAND_ELEMENT.unpack_from(raw, offset)
        if group != 0 or length > end - offset - _COMMAND_ELEMENT.size:
            break
        offset += _COMMAND_ELEMENT.size + length
    return offset
