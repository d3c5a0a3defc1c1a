"""Bytes to our PDUs: pynetdicom's item decoders behind a walk that survives what peers send.

The walk over items is ours, because one unknown item type must cost a note and not the PDU, and
because an error has to name the item at fault. Reserved fields are not tested on receipt
(PS3.8 9.3.1), the titles of an acceptance least of all: real acceptors fill them with anything.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pydicom.config
from pynetdicom import pdu as codec
from pynetdicom import pdu_items as items

from dicomcfg.upper_layer.errors import RemoteProtocolError
from dicomcfg.upper_layer.notes import Notes
from dicomcfg.upper_layer.pdus import (
    Abort,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    AsynchronousWindow,
    ClassExtension,
    CommonClassExtension,
    ContextAnswer,
    Data,
    Fragment,
    Pdu,
    ProposedContext,
    ReleaseReply,
    ReleaseRequest,
    Role,
    UserIdentity,
    UserInformation,
)

# A malformed UID is something to note about the peer, not a warning or a log line about us.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
logging.getLogger("pynetdicom").propagate = False

_ITEM_HEADER = struct.Struct(">BxH")
_ASSOCIATE_HEADER = struct.Struct(">6xHxx16s16s32x")
_CODEC_ERRORS = (ValueError, AssertionError, KeyError, struct.error, AttributeError, TypeError)
_FIELDS = {
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
# Ids are odd and one byte wide (PS3.8 9.3.2.2).
_MOST_CONTEXTS = 128
_REQUEST_SUB_ITEMS = (0x30, 0x40)
# The first length inside these sub-items; pynetdicom reads 0 there as "all the rest".
_INNER_LENGTH_AT = {0x54: 4, 0x56: 4, 0x57: 4, 0x58: 6}

_Item = TypeVar("_Item", bound=items.PDUItem)


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
    known = _grouped(raw, (0x10, 0x20, 0x50), notes)
    return AssociateRequest(
        called,
        calling,
        tuple(_proposed(item, notes) for item in known[0x20]),
        _user_information(known[0x50], notes),
        _application_context(known[0x10], notes),
        version,
    )


def _accept(raw: bytes, notes: Notes) -> AssociateAccept:
    version, called, calling = _associate_header(raw, notes)
    known = _grouped(raw, (0x10, 0x21, 0x50), notes)
    return AssociateAccept(
        called,
        calling,
        tuple(_answered(item, notes) for item in known[0x21]),
        _user_information(known[0x50], notes),
        _application_context(known[0x10], notes),
        version,
    )


def _grouped(raw: bytes, wanted: tuple[int, ...], notes: Notes) -> dict[int, list[bytes]]:
    found: dict[int, list[bytes]] = {kind: [] for kind in wanted}
    for kind, item in _walk(raw, _ASSOCIATE_HEADER.size, wanted, "variable-items", notes):
        found[kind].append(item)
        if len(found[kind]) > _MOST_CONTEXTS:
            raise RemoteProtocolError(_FIELDS[kind], "too-many")
    return found


def _walk(
    raw: bytes, offset: int, wanted: tuple[int, ...], field: str, notes: Notes
) -> Iterator[tuple[int, bytes]]:
    """Each wanted item with its header; others are noted and skipped."""
    end = len(raw)
    while offset < end:
        if end - offset < _ITEM_HEADER.size:
            raise RemoteProtocolError(field, "truncated-item")
        kind, length = _ITEM_HEADER.unpack_from(raw, offset)
        after = offset + _ITEM_HEADER.size + length
        if after > end:
            raise RemoteProtocolError(_FIELDS.get(kind, field), "item-over-end")
        if kind in wanted:
            yield kind, raw[offset:after]
        else:
            notes.append(f"unknown-item-0x{kind:02x}")
        offset = after


def _item(cls: Callable[[], _Item], raw: bytes) -> _Item:
    """One item through pynetdicom's decoder, its many errors turned into ours."""
    at = _INNER_LENGTH_AT.get(raw[0])
    if at is not None and raw[at : at + 2] == b"\0\0":
        raise RemoteProtocolError(_FIELDS[raw[0]], "empty-value")
    item = cls()
    try:
        item.decode(raw)
    except _CODEC_ERRORS as error:
        raise RemoteProtocolError(_FIELDS[raw[0]], "malformed") from error
    return item


def _uid(value: str | None, notes: Notes) -> str:
    text = str(value or "")
    if not text or text.strip("0123456789."):
        notes.append("malformed-uid")
    return printable(text)


def _application_context(found: list[bytes], notes: Notes) -> str | None:
    if not found:
        notes.append("missing-application-context")
        return None
    return _uid(_item(items.ApplicationContextItem, found[0]).application_context_name, notes)


def _context_head(raw: bytes) -> tuple[int, int]:
    """Context id and the byte that is the result in an answer."""
    if len(raw) < 8:
        raise RemoteProtocolError(_FIELDS[raw[0]], "too-short")
    return raw[4], raw[6]


def _proposed(raw: bytes, notes: Notes) -> ProposedContext:
    context_id, _ = _context_head(raw)
    abstract = ""
    transfer: list[str] = []
    for kind, item in _walk(raw, 8, _REQUEST_SUB_ITEMS, _FIELDS[0x20], notes):
        if kind == 0x30:
            decoded = _item(items.AbstractSyntaxSubItem, item)
            abstract = _uid(decoded.abstract_syntax_name, notes)
        else:
            syntax = _item(items.TransferSyntaxSubItem, item)
            transfer.append(_uid(syntax.transfer_syntax_name, notes))
    return ProposedContext(context_id, abstract, tuple(transfer))


def _answered(raw: bytes, notes: Notes) -> ContextAnswer:
    context_id, result = _context_head(raw)
    if result:
        # PS3.8 9.3.3.2: not significant in a refusal, and acceptors leave it empty or wrong.
        return ContextAnswer(context_id, result, _insignificant_syntax(raw))
    for _, item in _walk(raw, 8, (0x40,), _FIELDS[0x21], notes):
        syntax = _item(items.TransferSyntaxSubItem, item)
        return ContextAnswer(context_id, result, _uid(syntax.transfer_syntax_name, notes))
    notes.append("accepted-without-transfer-syntax")
    return ContextAnswer(context_id, result)


def _insignificant_syntax(raw: bytes) -> str | None:
    try:
        for _, item in _walk(raw, 8, (0x40,), _FIELDS[0x21], Notes()):
            return (
                _uid(_item(items.TransferSyntaxSubItem, item).transfer_syntax_name, Notes()) or None
            )
    except RemoteProtocolError:
        pass
    return None


def _user_information(found: list[bytes], notes: Notes) -> UserInformation:
    if not found:
        notes.append("missing-user-information")
    known: dict[str, Any] = {}
    # There is one by the standard; reading a second would only lift the bound on sub-items.
    for raw in found[:1]:
        for kind, item in _walk(raw, 4, tuple(_USER_DECODERS), _FIELDS[0x50], notes):
            name, value, repeats = _USER_DECODERS[kind](item, notes)
            if repeats:
                known.setdefault(name, []).append(value)
            else:
                known[name] = value
    known = {name: tuple(v) if isinstance(v, list) else v for name, v in known.items()}
    return UserInformation(**known)


_Named = tuple[str, Any, bool]


def _maximum_length(raw: bytes, notes: Notes) -> _Named:
    item = _item(items.MaximumLengthSubItem, raw)
    return "maximum_length", item.maximum_length_received, False


def _implementation_class(raw: bytes, notes: Notes) -> _Named:
    item = _item(items.ImplementationClassUIDSubItem, raw)
    return "implementation_class_uid", _uid(item.implementation_class_uid, notes), False


def _implementation_version(raw: bytes, notes: Notes) -> _Named:
    # Not through the codec, which refuses the whole PDU over a name that is too long.
    text = raw[4:].decode("latin-1").rstrip("\0")
    name = printable(text)
    if name != text or not name.isascii() or not 0 < len(text) <= 16:
        notes.append("malformed-implementation-version-name")
    return "implementation_version_name", name, False


def _window(raw: bytes, notes: Notes) -> _Named:
    item = _item(items.AsynchronousOperationsWindowSubItem, raw)
    window = AsynchronousWindow(
        item.maximum_number_operations_invoked or 0, item.maximum_number_operations_performed or 0
    )
    return "asynchronous_window", window, False


def _role(raw: bytes, notes: Notes) -> _Named:
    item = _item(items.SCP_SCU_RoleSelectionSubItem, raw)
    role = Role(_uid(item.sop_class_uid, notes), bool(item.scu_role), bool(item.scp_role))
    return "roles", role, True


def _extension(raw: bytes, notes: Notes) -> _Named:
    item = _item(items.SOPClassExtendedNegotiationSubItem, raw)
    information = item.service_class_application_information or b""
    return "extensions", ClassExtension(_uid(item.sop_class_uid, notes), information), True


def _common_extension(raw: bytes, notes: Notes) -> _Named:
    item = _item(items.SOPClassCommonExtendedNegotiationSubItem, raw)
    related = tuple(_uid(uid, notes) for uid in item.related_general_sop_class_identification)
    uids = _uid(item.sop_class_uid, notes), _uid(item.service_class_uid, notes)
    return "common_extensions", CommonClassExtension(*uids, related), True


def _identity(raw: bytes, notes: Notes) -> _Named:
    item = _item(items.UserIdentitySubItemRQ, raw)
    identity = UserIdentity(
        item.user_identity_type or 0,
        bool(item.positive_response_requested),
        item.primary_field or b"",
        item.secondary_field or b"",
    )
    return "identity", identity, False


def _identity_response(raw: bytes, notes: Notes) -> _Named:
    item = _item(items.UserIdentitySubItemAC, raw)
    return "identity_response", item.server_response or b"", False


_USER_DECODERS: dict[int, Callable[[bytes, Notes], _Named]] = {
    0x51: _maximum_length,
    0x52: _implementation_class,
    0x53: _window,
    0x54: _role,
    0x55: _implementation_version,
    0x56: _extension,
    0x57: _common_extension,
    0x58: _identity,
    0x59: _identity_response,
}


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
    pdu = codec.P_DATA_TF()
    try:
        pdu.decode(raw)
    except _CODEC_ERRORS as error:
        raise RemoteProtocolError("presentation-data-value-item", "malformed") from error
    fragments = []
    for item in pdu.presentation_data_value_items:
        value = item.presentation_data_value
        if not value:
            raise RemoteProtocolError("message-control-header", "missing")
        flags, context_id = value[0], item.presentation_context_id or 0
        fragments.append(Fragment(context_id, bool(flags & 1), bool(flags & 2), value[1:]))
    return Data(tuple(fragments))


def printable(text: str) -> str:
    """Peers' text with everything that could act on a terminal or a page spelled out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


_DECODERS: dict[int, Callable[[bytes, Notes], Pdu]] = {
    0x01: _request,
    0x02: _accept,
    0x03: _reject,
    0x04: _data,
    0x05: _release_request,
    0x06: _release_reply,
    0x07: _abort,
}
