"""Bytes to our PDUs: pynetdicom's item decoders behind a walk that survives what peers send.

The items of an acceptance are read once for all AEs that give the same: those of one product do.

The walk over items is ours, because one unknown item type must cost a note and not the PDU, and
because an error has to name the item at fault. Reserved fields are not tested on receipt
(PS3.8 9.3.1), the titles of an acceptance least of all: real acceptors fill them with anything.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import TypeAlias

from dicomcfg.core.negotiation.proposal import CONTEXTS_PER_REQUEST
from dicomcfg.upper_layer.decoding_items import (
    FIELDS,
    decoded_uid,
    noted_uid,
    printable,
    walk,
)
from dicomcfg.upper_layer.decoding_user import user_information
from dicomcfg.upper_layer.errors import RemoteProtocolError
from dicomcfg.upper_layer.notes import Notes
from dicomcfg.upper_layer.pdus import (
    Abort,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    ContextAnswer,
    Data,
    Fragment,
    Pdu,
    ProposedContext,
    ReleaseReply,
    ReleaseRequest,
    UserInformation,
)

_ASSOCIATE_HEADER = struct.Struct(">6xHxx16s16s32x")
_REQUEST_SUB_ITEMS = (0x30, 0x40)
_IDENTITY_RESPONSE = 0x59
# A peer that answers differently each time makes us keep no more than 256 times this.
_KEPT_BYTES = 2048


def decode(raw: bytes, notes: Notes) -> Pdu:
    """The PDU in `raw`, which is one whole PDU with its header; observations join `notes`.

    Raises RemoteProtocolError naming the field, and nothing else whatever the bytes.
    """
    try:
        decoder = _DECODERS[raw[0]]
    except KeyError:
        raise RemoteProtocolError("pdu-type", f"0x{raw[0]:02x}", abort_reason=1) from None
    return decoder(raw, notes)


def _associate_header(raw: bytes, notes: Notes) -> tuple[int, str, str]:
    if len(raw) < _ASSOCIATE_HEADER.size:
        raise RemoteProtocolError("pdu-length", "too-short")
    version, called, calling = _ASSOCIATE_HEADER.unpack_from(raw)
    if not version & 1:
        notes.append(f"protocol-version-{version}")
    return version, _title(called, "called", notes), _title(calling, "calling", notes)


def _title(raw: bytes, which: str, notes: Notes) -> str:
    text = raw.decode("latin-1")
    title = printable(text.rstrip("\0")).strip(" ")
    if not title or title != text.strip(" ") or not title.isascii() or "\\" in title:
        notes.append(f"malformed-{which}-ae-title")
    return title


def _request(raw: bytes, notes: Notes) -> AssociateRequest:
    version, called, calling = _associate_header(raw, notes)
    known = _grouped(raw[_ASSOCIATE_HEADER.size :], (0x10, 0x20, 0x50), notes)
    return AssociateRequest(
        called,
        calling,
        tuple(_proposed(item, notes) for item in known[0x20]),
        user_information(known[0x50], notes),
        _application_context(known[0x10], notes),
        version,
    )


def _accept(raw: bytes, notes: Notes) -> AssociateAccept:
    version, called, calling = _associate_header(raw, notes)
    return AssociateAccept(called, calling, *_answer(raw[_ASSOCIATE_HEADER.size :], notes), version)


_Answer: TypeAlias = tuple[tuple[ContextAnswer, ...], UserInformation, str | None]


def _answer(items: bytes, notes: Notes) -> _Answer:
    """The contexts, user information and application context of an acceptance.

    An answer to a user identity may be a secret, so what looks like one is never kept.
    """
    if len(items) <= _KEPT_BYTES and _IDENTITY_RESPONSE not in items:
        # What is malformed is decoded again for its notes and its error.
        with suppress(RemoteProtocolError):
            answer, noted = _kept_answer(items)
            for note in noted:
                notes.append(note)
            return answer
    return _decoded_answer(items, notes)


@lru_cache(maxsize=256)
def _kept_answer(items: bytes) -> tuple[_Answer, tuple[str, ...]]:
    notes = Notes()
    return _decoded_answer(items, notes), tuple(notes)


def _decoded_answer(items: bytes, notes: Notes) -> _Answer:
    known = _grouped(items, (0x10, 0x21, 0x50), notes)
    contexts = tuple(_answered(item, notes) for item in known[0x21])
    user = user_information(known[0x50], notes)
    return contexts, user, _application_context(known[0x10], notes)


def _grouped(items: bytes, wanted: tuple[int, ...], notes: Notes) -> dict[int, list[bytes]]:
    found: dict[int, list[bytes]] = {kind: [] for kind in wanted}
    for kind, item in walk(items, 0, wanted, "variable-items", notes):
        found[kind].append(item)
        if len(found[kind]) > CONTEXTS_PER_REQUEST:
            raise RemoteProtocolError(FIELDS[kind], "too-many")
    return found


def _application_context(found: list[bytes], notes: Notes) -> str | None:
    if not found:
        notes.append("missing-application-context")
        return None
    return noted_uid(decoded_uid(found[0]), notes)


def _context_head(raw: bytes) -> tuple[int, int]:
    """Context id and the byte that is the result in an answer."""
    if len(raw) < 8:
        raise RemoteProtocolError(FIELDS[raw[0]], "too-short")
    return raw[4], raw[6]


def _proposed(raw: bytes, notes: Notes) -> ProposedContext:
    context_id, _ = _context_head(raw)
    abstract = ""
    transfer: list[str] = []
    for kind, item in walk(raw, 8, _REQUEST_SUB_ITEMS, FIELDS[0x20], notes):
        if kind == 0x30:
            abstract = noted_uid(decoded_uid(item), notes)
        else:
            transfer.append(noted_uid(decoded_uid(item), notes))
    return ProposedContext(context_id, abstract, tuple(transfer))


def _answered(raw: bytes, notes: Notes) -> ContextAnswer:
    context_id, result = _context_head(raw)
    if result:
        # PS3.8 9.3.3.2: not significant in a refusal, and acceptors leave it empty or wrong.
        return ContextAnswer(context_id, result, _insignificant_syntax(raw))
    for _, item in walk(raw, 8, (0x40,), FIELDS[0x21], notes):
        return ContextAnswer(context_id, result, noted_uid(decoded_uid(item), notes))
    notes.append("accepted-without-transfer-syntax")
    return ContextAnswer(context_id, result)


def _insignificant_syntax(raw: bytes) -> str | None:
    try:
        for _, item in walk(raw, 8, (0x40,), FIELDS[0x21], Notes()):
            return noted_uid(decoded_uid(item), Notes()) or None
    except RemoteProtocolError:
        pass
    return None


def _reject(raw: bytes, notes: Notes) -> AssociateReject:
    _fixed(raw, notes)
    return AssociateReject(*raw[7:10])


def _abort(raw: bytes, notes: Notes) -> Abort:
    _fixed(raw, notes)
    return Abort(*raw[8:10])


def _release_request(raw: bytes, notes: Notes) -> ReleaseRequest:
    _fixed(raw, notes)
    return ReleaseRequest()


def _release_reply(raw: bytes, notes: Notes) -> ReleaseReply:
    _fixed(raw, notes)
    return ReleaseReply()


def _fixed(raw: bytes, notes: Notes) -> None:
    if len(raw) < 10:
        raise RemoteProtocolError("pdu-length", "too-short")
    if len(raw) > 10:
        notes.append("unusual-pdu-length")


def _data(raw: bytes, notes: Notes) -> Data:
    fragments = []
    start, end = 6, len(raw)
    while start < end:
        value = start + 4
        start = value + int.from_bytes(raw[start:value], "big")
        if value >= end or start > end or start == value:
            raise RemoteProtocolError("presentation-data-value-item", "malformed")
        if start == value + 1:
            raise RemoteProtocolError("message-control-header", "missing")
        context_id, flags = raw[value], raw[value + 1]
        data = raw[value + 2 : start]
        fragments.append(Fragment(context_id, bool(flags & 1), bool(flags & 2), data))
    return Data(tuple(fragments))


_DECODERS: dict[int, Callable[[bytes, Notes], Pdu]] = {
    0x01: _request,
    0x02: _accept,
    0x03: _reject,
    0x04: _data,
    0x05: _release_request,
    0x06: _release_reply,
    0x07: _abort,
}
