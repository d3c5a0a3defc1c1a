"""Our PDUs to bytes: pynetdicom's item encoders behind headers that are ours.

Its PDUs check and build anew what a requestor sends again and again. Items are kept encoded: a
sweep proposes the same contexts in the same name to thousands of peers, and an acceptor gives the
same answers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from pynetdicom import pdu as codec
from pynetdicom import pdu_items as items
from pynetdicom.utils import set_ae

from dicomcfg.upper_layer.errors import LocalProtocolError
from dicomcfg.upper_layer.pdus import (
    Abort,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    ContextAnswer,
    Data,
    Pdu,
    ProposedContext,
    ReleaseReply,
    ReleaseRequest,
    UserInformation,
)


class _Encoded:
    """An item encoded once, in the shape in which pynetdicom's PDUs ask for theirs."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def encode(self) -> bytes:
        """The item with its header."""
        return self._raw

    def __len__(self) -> int:
        return len(self._raw)


_HEADER = struct.Struct(">BxI")
_VALUE_HEADER = struct.Struct(">IBB")
_CONTEXT_HEADER = struct.Struct(">BxHBxxx")
_ITEM_HEADER_BYTES = 4
_ASSOCIATE_HEADER = struct.Struct(">Hxx16s16s32x")


def encode(pdu: Pdu) -> bytes:
    """The PDU on the wire. Raises LocalProtocolError for values that it cannot carry."""
    try:
        return _encoded(pdu)
    except (ValueError, TypeError, struct.error) as error:
        raise LocalProtocolError(f"cannot encode {type(pdu).__name__}: {error}") from error


def _encoded(pdu: Pdu) -> bytes:
    match pdu:
        case Data():
            return _data(pdu)
        case AssociateRequest():
            return _request(pdu)
        case AssociateAccept():
            return _accept(pdu).encode()
        case AssociateReject():
            reject = codec.A_ASSOCIATE_RJ()
            reject.result = pdu.result
            reject.source = pdu.source
            reject.reason_diagnostic = pdu.reason
            return reject.encode()
        case Abort():
            abort = codec.A_ABORT_RQ()
            abort.source = pdu.source
            abort.reason_diagnostic = pdu.reason
            return abort.encode()
        case ReleaseRequest():
            return _RELEASE_REQUEST
        case ReleaseReply():
            return _RELEASE_REPLY


_RELEASE_REQUEST = codec.A_RELEASE_RQ().encode()
_RELEASE_REPLY = codec.A_RELEASE_RP().encode()


def _data(pdu: Data) -> bytes:
    body = b"".join(
        _VALUE_HEADER.pack(
            len(fragment.data) + 2,
            fragment.context_id,
            fragment.is_command | fragment.is_last << 1,
        )
        + fragment.data
        for fragment in pdu.fragments
    )
    return _HEADER.pack(0x04, len(body)) + body


def _request(pdu: AssociateRequest) -> bytes:
    body = b"".join(item.encode() for item in _variable_items(pdu, map(_proposed, pdu.contexts)))
    called, calling = _title(pdu.called_ae_title), _title(pdu.calling_ae_title)
    header = _ASSOCIATE_HEADER.pack(pdu.protocol_version, called, calling)
    return _HEADER.pack(0x01, len(header) + len(body)) + header + body


@lru_cache(maxsize=1024)
def _title(text: str) -> bytes:
    return str(set_ae(text, "AE title", allow_empty=False, allow_none=False)).encode().ljust(16)


def _accept(pdu: AssociateAccept) -> codec.A_ASSOCIATE_AC:
    built = codec.A_ASSOCIATE_AC()
    built.protocol_version = pdu.protocol_version
    # The field is 16 bytes and echoes what came, legal or not.
    built.reserved_aet = pdu.called_ae_title[:16]
    built.reserved_aec = pdu.calling_ae_title[:16]
    built.variable_items = _variable_items(pdu, map(_answered, pdu.contexts))
    return built


def _variable_items(
    pdu: AssociateRequest | AssociateAccept, contexts: Iterable[_Encoded]
) -> list[Any]:
    name = pdu.application_context
    application = [] if name is None else [_application_context(name)]
    return [*application, *contexts, _user_information(pdu.user)]


@lru_cache(maxsize=16)
def _application_context(name: str) -> _Encoded:
    item = items.ApplicationContextItem()
    item.application_context_name = name
    return _Encoded(item.encode())


def _transfer_syntax(uid: str) -> items.TransferSyntaxSubItem:
    item = items.TransferSyntaxSubItem()
    item.transfer_syntax_name = uid
    return item


@lru_cache(maxsize=1024)
def _proposed(context: ProposedContext) -> _Encoded:
    # A discovery combines a few hundred UIDs into thousands of contexts, so the parts are kept.
    body = _encoded_abstract_syntax(context.abstract_syntax) + b"".join(
        map(_encoded_transfer_syntax, context.transfer_syntaxes)
    )
    length = _CONTEXT_HEADER.size - _ITEM_HEADER_BYTES + len(body)
    return _Encoded(_CONTEXT_HEADER.pack(0x20, length, context.context_id) + body)


@lru_cache(maxsize=1024)
def _encoded_abstract_syntax(uid: str) -> bytes:
    item = items.AbstractSyntaxSubItem()
    item.abstract_syntax_name = uid
    return bytes(item.encode())


@lru_cache(maxsize=256)
def _encoded_transfer_syntax(uid: str) -> bytes:
    return bytes(_transfer_syntax(uid).encode())


@lru_cache(maxsize=1024)
def _answered(context: ContextAnswer) -> _Encoded:
    item = items.PresentationContextItemAC()
    item.presentation_context_id = context.context_id
    item.result_reason = context.result
    if context.transfer_syntax is not None:
        item.transfer_syntax_sub_item = [_transfer_syntax(context.transfer_syntax)]
    return _Encoded(item.encode())


def _user_information(user: UserInformation) -> _Encoded:
    # Nothing that identifies a user is kept in memory beyond its use.
    if user.identity is None and user.identity_response is None:
        return _anonymous_user_information(user)
    return _built_user_information(user)


@lru_cache(maxsize=64)
def _anonymous_user_information(user: UserInformation) -> _Encoded:
    return _built_user_information(user)


def _built_user_information(user: UserInformation) -> _Encoded:
    item = items.UserInformationItem()
    item.user_data = [*_common_sub_items(user), *_negotiation_sub_items(user)]
    return _Encoded(item.encode())


def _common_sub_items(user: UserInformation) -> Iterable[Any]:
    if user.maximum_length is not None:
        length = items.MaximumLengthSubItem()
        length.maximum_length_received = user.maximum_length
        yield length
    if user.implementation_class_uid is not None:
        class_uid = items.ImplementationClassUIDSubItem()
        class_uid.implementation_class_uid = user.implementation_class_uid
        yield class_uid
    if user.asynchronous_window is not None:
        window = items.AsynchronousOperationsWindowSubItem()
        window.maximum_number_operations_invoked = user.asynchronous_window.invoked
        window.maximum_number_operations_performed = user.asynchronous_window.performed
        yield window
    for role in user.roles:
        selection = items.SCP_SCU_RoleSelectionSubItem()
        selection.sop_class_uid = role.sop_class
        selection.scu_role = int(role.scu)
        selection.scp_role = int(role.scp)
        yield selection
    if user.implementation_version_name is not None:
        version = items.ImplementationVersionNameSubItem()
        version.implementation_version_name = user.implementation_version_name
        yield version


def _negotiation_sub_items(user: UserInformation) -> Iterable[Any]:
    for extension in user.extensions:
        extended = items.SOPClassExtendedNegotiationSubItem()
        extended.sop_class_uid = extension.sop_class
        extended.service_class_application_information = extension.information
        yield extended
    for common in user.common_extensions:
        related = items.SOPClassCommonExtendedNegotiationSubItem()
        related.sop_class_uid = common.sop_class
        related.service_class_uid = common.service_class
        related.related_general_sop_class_identification = list(common.related_general)
        yield related
    if user.identity is not None:
        identity = items.UserIdentitySubItemRQ()
        identity.user_identity_type = user.identity.kind
        identity.positive_response_requested = int(user.identity.response_requested)
        identity.primary_field = user.identity.primary
        identity.secondary_field = user.identity.secondary
        yield identity
    if user.identity_response is not None:
        response = items.UserIdentitySubItemAC()
        response.server_response = user.identity_response
        yield response
