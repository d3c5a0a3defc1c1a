"""The seven PDUs of PS3.8 9.3 as lean values, which nothing above this room needs a codec for.

Titles are held without the padding spaces that are not significant. UIDs are plain strings.
What a peer sent is already made printable; what it sent beyond the standard stands in notes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from dicomcfg.core.standard.uids import APPLICATION_CONTEXT


@dataclass(frozen=True, slots=True)
class ProposedContext:
    """A presentation context of a request (PS3.8 9.3.2.2); ids are odd, 1 to 255."""

    context_id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContextAnswer:
    """A presentation context of an acceptance (PS3.8 9.3.3.2).

    The transfer syntax counts for result 0 only; refusals carry any or none.
    """

    context_id: int
    result: int
    transfer_syntax: str | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """SCP/SCU role selection for one SOP Class (PS3.7 D.3.3.4)."""

    sop_class: str
    scu: bool
    scp: bool


@dataclass(frozen=True, slots=True)
class AsynchronousWindow:
    """Operations that may be outstanding (PS3.7 D.3.3.3); 0 means no limit."""

    invoked: int
    performed: int


@dataclass(frozen=True, slots=True)
class ClassExtension:
    """SOP Class extended negotiation (PS3.7 D.3.3.5)."""

    sop_class: str
    information: bytes


@dataclass(frozen=True, slots=True)
class CommonClassExtension:
    """SOP Class common extended negotiation (PS3.7 D.3.3.6)."""

    sop_class: str
    service_class: str
    related_general: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UserIdentity:
    """A requestor's identity (PS3.7 D.3.3.7); the secrets stay out of every repr."""

    kind: int
    response_requested: bool
    primary: bytes = field(repr=False)
    secondary: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class UserInformation:
    """The user information item of either side (PS3.8 9.3.2.3, PS3.7 D.3).

    None and empty mean that the peer sent no such sub-item. A maximum length of 0 is no limit.
    `identity_response` is the acceptor's answer to a user identity.
    """

    maximum_length: int | None = None
    implementation_class_uid: str | None = None
    implementation_version_name: str | None = None
    asynchronous_window: AsynchronousWindow | None = None
    roles: tuple[Role, ...] = ()
    extensions: tuple[ClassExtension, ...] = ()
    common_extensions: tuple[CommonClassExtension, ...] = ()
    identity: UserIdentity | None = None
    identity_response: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AssociateRequest:
    """A-ASSOCIATE-RQ (PS3.8 9.3.2)."""

    called_ae_title: str
    calling_ae_title: str
    contexts: tuple[ProposedContext, ...]
    user: UserInformation
    application_context: str | None = APPLICATION_CONTEXT
    protocol_version: int = 1


@dataclass(frozen=True, slots=True)
class AssociateAccept:
    """A-ASSOCIATE-AC (PS3.8 9.3.3); its titles echo the request's and decide nothing."""

    called_ae_title: str
    calling_ae_title: str
    contexts: tuple[ContextAnswer, ...]
    user: UserInformation
    application_context: str | None = APPLICATION_CONTEXT
    protocol_version: int = 1


@dataclass(frozen=True, slots=True)
class AssociateReject:
    """A-ASSOCIATE-RJ (PS3.8 9.3.4)."""

    result: int
    source: int
    reason: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """A presentation data value: part of a command or data set (PS3.8 9.3.5.1, Annex E)."""

    context_id: int
    is_command: bool
    is_last: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Data:
    """P-DATA-TF (PS3.8 9.3.5)."""

    fragments: tuple[Fragment, ...]


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """A-RELEASE-RQ (PS3.8 9.3.6)."""


@dataclass(frozen=True, slots=True)
class ReleaseReply:
    """A-RELEASE-RP (PS3.8 9.3.7)."""


@dataclass(frozen=True, slots=True)
class Abort:
    """A-ABORT (PS3.8 9.3.8): source 0 is the service user, 2 the provider."""

    source: int
    reason: int


Pdu: TypeAlias = (
    AssociateRequest
    | AssociateAccept
    | AssociateReject
    | Data
    | ReleaseRequest
    | ReleaseReply
    | Abort
)
