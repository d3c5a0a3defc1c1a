"""What happened on the wire: stages with times, PDUs, results; no opinion.

Probes fill an Observation, the database keeps it as JSON, the diagnosis reads it. Outcome names
are a contract with scripts (DESIGN section 5). Times are milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from dicomcfg.core.negotiation.matrix import Matrix
from dicomcfg.core.records import ExtendedNegotiation, RoleSelection
from dicomcfg.core.standard.codes import describe_abort, describe_rejection


class Outcome(StrEnum):
    """How a check ended; the last three never touched the network."""

    SUCCESS = "success"
    NAME_NOT_RESOLVED = "name-not-resolved"
    ADDRESS_NOT_ALLOWED = "address-not-allowed"
    CONNECTION_REFUSED = "connection-refused"
    CONNECTION_TIMEOUT = "connection-timeout"
    HOST_UNREACHABLE = "host-unreachable"
    TLS_FAILURE = "tls-failure"
    ASSOCIATION_REJECTED = "association-rejected"
    ASSOCIATION_ABORTED = "association-aborted"
    ASSOCIATION_TIMEOUT = "association-timeout"
    CONNECTION_CLOSED = "connection-closed"
    NOT_DICOM = "not-dicom"
    PROTOCOL_ERROR = "protocol-error"
    CONTEXT_NOT_ACCEPTED = "context-not-accepted"
    ECHO_FAILED = "echo-failed"
    ECHO_TIMEOUT = "echo-timeout"
    OPERATION_FAILED = "operation-failed"
    OPERATION_TIMEOUT = "operation-timeout"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    NO_ADDRESS = "no-address"


class Layer(StrEnum):
    """How far into the peer a check got; a refused title is not a dead host."""

    UNTESTED = "untested"
    UNREACHABLE = "unreachable"
    NOT_DICOM = "not-dicom"
    REFUSED = "refused"
    ACCEPTED = "accepted"


_LAYERS = {
    Outcome.SUCCESS: Layer.ACCEPTED,
    Outcome.NAME_NOT_RESOLVED: Layer.UNREACHABLE,
    Outcome.ADDRESS_NOT_ALLOWED: Layer.UNTESTED,
    Outcome.CONNECTION_REFUSED: Layer.UNREACHABLE,
    Outcome.CONNECTION_TIMEOUT: Layer.UNREACHABLE,
    Outcome.HOST_UNREACHABLE: Layer.UNREACHABLE,
    Outcome.TLS_FAILURE: Layer.NOT_DICOM,
    Outcome.ASSOCIATION_REJECTED: Layer.REFUSED,
    Outcome.ASSOCIATION_ABORTED: Layer.REFUSED,
    Outcome.ASSOCIATION_TIMEOUT: Layer.NOT_DICOM,
    Outcome.CONNECTION_CLOSED: Layer.NOT_DICOM,
    Outcome.NOT_DICOM: Layer.NOT_DICOM,
    Outcome.PROTOCOL_ERROR: Layer.NOT_DICOM,
    Outcome.CONTEXT_NOT_ACCEPTED: Layer.REFUSED,
    Outcome.ECHO_FAILED: Layer.REFUSED,
    Outcome.ECHO_TIMEOUT: Layer.REFUSED,
    Outcome.OPERATION_FAILED: Layer.REFUSED,
    Outcome.OPERATION_TIMEOUT: Layer.REFUSED,
    Outcome.SKIPPED: Layer.UNTESTED,
    Outcome.CANCELLED: Layer.UNTESTED,
    Outcome.NO_ADDRESS: Layer.UNTESTED,
}


def layer_of(outcome: Outcome) -> Layer:
    """The layer that an outcome reached."""
    return _LAYERS[outcome]


class StageName(StrEnum):
    """The rungs of a check, in the order they are climbed."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    ASSOCIATE = "associate"
    ECHO = "echo"
    NEGOTIATE = "negotiate"
    DISCOVER = "discover"
    FIND = "find"
    STORE = "store"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Stage:
    """One rung: `outcome` is `success` or `failed`; a rung not reached has no Stage."""

    name: StageName
    outcome: str
    elapsed_ms: float


@dataclass(frozen=True, slots=True)
class Rejection:
    """The three codes of an A-ASSOCIATE-RJ (PS3.8 9.3.4)."""

    result: int
    source: int
    reason: int

    @property
    def cause(self) -> tuple[int, int]:
        """Source and reason, which have a meaning only together."""
        return self.source, self.reason

    def __str__(self) -> str:
        return describe_rejection(self.result, self.source, self.reason)


@dataclass(frozen=True, slots=True)
class Abort:
    """The two codes of an A-ABORT (PS3.8 9.3.8)."""

    source: int
    reason: int

    def __str__(self) -> str:
        return describe_abort(self.source, self.reason)


@dataclass(frozen=True, slots=True)
class Peer:
    """What the acceptor said of itself; all None where it never answered."""

    implementation_class_uid: str | None = None
    implementation_version_name: str | None = None
    maximum_length_received: int | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate of a chain; times are ISO 8601 in UTC, days are whole and may be below 0.

    `names` are what a certificate of an end entity may be reached under (PS3.15 B, RFC 6125).
    """

    subject: str
    issuer: str
    not_before: str
    not_after: str
    days_left: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TlsSeen:
    """What a TLS handshake gave, also one that failed: None and empty where it did not get so far.

    `chain` is as the peer sent it, its own certificate first.
    """

    version: str | None = None
    cipher: str | None = None
    bits: int | None = None
    chain: tuple[Certificate, ...] = ()
    client_certificate_requested: bool | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an acceptance said beside its contexts (PS3.8 9.3.3, PS3.7 D.3.3).

    `asynchronous_window` is (invoked, performed), None where the peer sent no such item.
    `identity_response_bytes` is the length of the server's response, which itself is not kept.
    """

    application_context: str | None = None
    role_selections: tuple[RoleSelection, ...] = ()
    extended_negotiations: tuple[ExtendedNegotiation, ...] = ()
    asynchronous_window: tuple[int, int] | None = None
    identity_response_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class ContextResult:
    """One proposed context and its answer (PS3.8 9.3.3.2).

    `request` counts the associations a proposal was split into, from 1. `result` is 0 to 4, or
    None where no answer came; `accepted` is the transfer syntax of result 0.
    """

    request: int
    context_id: int
    abstract_syntax: str
    proposed: tuple[str, ...]
    result: int | None
    accepted: str | None


class TrialName(StrEnum):
    """What a trial departs in from the correct request, which is the baseline."""

    BASELINE = "baseline"
    UNKNOWN_APPLICATION_CONTEXT = "unknown-application-context"
    UNKNOWN_CALLED_TITLE = "unknown-called-title"
    UNKNOWN_CALLING_TITLE = "unknown-calling-title"
    MEANINGLESS_ABSTRACT_SYNTAX = "meaningless-abstract-syntax"
    UNSUPPORTED_TRANSFER_SYNTAX = "unsupported-transfer-syntax"
    OTHER_TITLE = "other-title"


@dataclass(frozen=True, slots=True)
class Trial:
    """One association among several of a check: what was tried, and how the peer took it.

    `name` is a TrialName or the label of an association. Its contexts stand in the trial alone.
    """

    name: str
    called_ae_title: str
    calling_ae_title: str
    outcome: Outcome
    detail: str | None = None
    rejection: Rejection | None = None
    abort: Abort | None = None
    contexts: tuple[ContextResult, ...] = ()
    answer: Answer | None = None
    elapsed_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class DiscoverySeen:
    """A discovery, whole or as far as it got.

    `roles` holds the peer's answers to a role selection of both bits, for the SOP Classes asked;
    a class that it left out of its answer has the default roles and stands in `silent_roles`.
    """

    matrix: Matrix
    associations: int = 0
    largest_request_bytes: int = 0
    elapsed_s: float = 0.0
    roles: tuple[RoleSelection, ...] = ()
    silent_roles: tuple[str, ...] = ()

    def script_json(self) -> dict[str, Any]:
        """The keys that scripts rely on (DESIGN section 5), but for the outcome."""
        return {
            **self.matrix.by_answer(),
            "associations": self.associations,
            "largest_request_bytes": self.largest_request_bytes,
            "elapsed_s": self.elapsed_s,
        }


@dataclass(frozen=True, slots=True)
class SentObject:
    """The test object of a C-STORE, so that it can be found in the peer and deleted."""

    sop_class: str
    transfer_syntax: str
    sop_instance: str
    study_instance: str
    patient_id: str
    length_bytes: int


@dataclass(frozen=True, slots=True)
class PduRecord:
    """Raw bytes of one PDU as hex, cut at the probe's bound; `length_bytes` is the full size."""

    direction: str
    at_ms: float
    length_bytes: int
    hex: str


@dataclass(frozen=True, slots=True)
class SeenFrom:
    """Where a check ran: worker host name, its local address, the title it called itself."""

    host: str
    address: str | None
    calling_ae_title: str


@dataclass(frozen=True, slots=True)
class Observation:
    """All that a probe saw of one target.

    `stage` is the rung on which it ended. `detail` tells causes apart inside one outcome, in
    kebab-case. `notes` are kebab-case facts noticed on the way that changed nothing, for example
    `abort-after-success` or `unknown-item-0x5a`. `pending` counts the answers of a C-FIND, and
    `sent_object` is what a C-STORE began to send.
    """

    kind: str
    outcome: Outcome
    stage: StageName | None = None
    detail: str | None = None
    status: int | None = None
    stages: tuple[Stage, ...] = ()
    address: str | None = None
    peer: Peer = field(default=Peer())
    rejection: Rejection | None = None
    abort: Abort | None = None
    contexts: tuple[ContextResult, ...] = ()
    notes: tuple[str, ...] = ()
    pdus: tuple[PduRecord, ...] = ()
    seen_from: SeenFrom | None = None
    answer: Answer | None = None
    tls: TlsSeen | None = None
    trials: tuple[Trial, ...] = ()
    discovery: DiscoverySeen | None = None
    pending: int | None = None
    sent_object: SentObject | None = None

    @property
    def elapsed_ms(self) -> float:
        """Sum of the stages."""
        return sum(stage.elapsed_ms for stage in self.stages)

    @property
    def layer(self) -> Layer:
        """How far the check got."""
        return layer_of(self.outcome)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Observation:
        """Rebuild what `to_json` gave, now or before some of its fields existed.

        Raises msgspec.ValidationError, a ValueError, on foreign data.
        """
        return msgspec.convert(data, cls)
