"""The user information item: who the peer is and what it negotiates beside contexts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pynetdicom import pdu_items as items

from dicomcfg.upper_layer.decoding_items import (
    FIELDS,
    decoded_item,
    decoded_uid,
    noted_uid,
    printable,
    walk,
)
from dicomcfg.upper_layer.notes import Notes
from dicomcfg.upper_layer.pdus import (
    AsynchronousWindow,
    ClassExtension,
    CommonClassExtension,
    Role,
    UserIdentity,
    UserInformation,
)


def user_information(found: list[bytes], notes: Notes) -> UserInformation:
    """The first of the items found, which by the standard is the only one (PS3.7 D.3.3).

    Raises RemoteProtocolError naming the sub-item at fault.
    """
    if not found:
        notes.append("missing-user-information")
    known: dict[str, Any] = {}
    # There is one by the standard; reading a second would only lift the bound on sub-items.
    for raw in found[:1]:
        for kind, item in walk(raw, 4, tuple(_USER_DECODERS), FIELDS[0x50], notes):
            name, value, repeats = _USER_DECODERS[kind](item, notes)
            if repeats:
                known.setdefault(name, []).append(value)
            else:
                known[name] = value
    known = {name: tuple(v) if isinstance(v, list) else v for name, v in known.items()}
    return UserInformation(**known)


_Named = tuple[str, Any, bool]


def _maximum_length(raw: bytes, notes: Notes) -> _Named:
    item = decoded_item(items.MaximumLengthSubItem, raw)
    return "maximum_length", item.maximum_length_received, False


def _implementation_class(raw: bytes, notes: Notes) -> _Named:
    return "implementation_class_uid", noted_uid(decoded_uid(raw), notes), False


def _implementation_version(raw: bytes, notes: Notes) -> _Named:
    # Not through the codec, which refuses the whole PDU over a name that is too long.
    text = raw[4:].decode("latin-1").rstrip("\0")
    name = printable(text)
    if name != text or not name.isascii() or not 0 < len(text) <= 16:
        notes.append("malformed-implementation-version-name")
    return "implementation_version_name", name, False


def _window(raw: bytes, notes: Notes) -> _Named:
    item = decoded_item(items.AsynchronousOperationsWindowSubItem, raw)
    window = AsynchronousWindow(
        item.maximum_number_operations_invoked or 0, item.maximum_number_operations_performed or 0
    )
    return "asynchronous_window", window, False


def _role(raw: bytes, notes: Notes) -> _Named:
    item = decoded_item(items.SCP_SCU_RoleSelectionSubItem, raw)
    role = Role(noted_uid(item.sop_class_uid, notes), bool(item.scu_role), bool(item.scp_role))
    return "roles", role, True


def _extension(raw: bytes, notes: Notes) -> _Named:
    item = decoded_item(items.SOPClassExtendedNegotiationSubItem, raw)
    information = item.service_class_application_information or b""
    return "extensions", ClassExtension(noted_uid(item.sop_class_uid, notes), information), True


def _common_extension(raw: bytes, notes: Notes) -> _Named:
    item = decoded_item(items.SOPClassCommonExtendedNegotiationSubItem, raw)
    related = tuple(noted_uid(uid, notes) for uid in item.related_general_sop_class_identification)
    uids = noted_uid(item.sop_class_uid, notes), noted_uid(item.service_class_uid, notes)
    return "common_extensions", CommonClassExtension(*uids, related), True


def _identity(raw: bytes, notes: Notes) -> _Named:
    item = decoded_item(items.UserIdentitySubItemRQ, raw)
    identity = UserIdentity(
        item.user_identity_type or 0,
        bool(item.positive_response_requested),
        item.primary_field or b"",
        item.secondary_field or b"",
    )
    return "identity", identity, False


def _identity_response(raw: bytes, notes: Notes) -> _Named:
    item = decoded_item(items.UserIdentitySubItemAC, raw)
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
