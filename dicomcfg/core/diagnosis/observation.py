"""What happened on the wire: stages with times, PDUs, results; no opinion.

Probes fill an Observation, the database keeps it as JSON, the diagnosis reads it. Outcome names
are a contract with scripts (DESIGN section 5). Times are milliseconds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


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


@dataclass(frozen=True, slots=True)
class Abort:
    """The two codes of an A-ABORT (PS3.8 9.3.8)."""

    source: int
    reason: int


@dataclass(frozen=True, slots=True)
class Peer:
    """What the acceptor said of itself; all None where it never answered."""

    implementation_class_uid: str | None = None
    implementation_version_name: str | None = None
    maximum_length_received: int | None = None


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
    `abort-after-success` or `unknown-item-0x5a`.
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

    @property
    def elapsed_ms(self) -> float:
        """Sum of the stages."""
        return sum(stage.elapsed_ms for stage in self.stages)

    @property
    def layer(self) -> Layer:
        """How far the check got."""
        return layer_of(self.outcome)

    def to_json(self) -> dict[str, Any]:
        """What `json` writes as an object: tuples become lists there, enums their strings."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Observation:
        """Rebuild what `to_json` gave. Raises KeyError or ValueError on foreign data."""
        built = dict(data)
        built["outcome"] = Outcome(data["outcome"])
        built["stage"] = StageName(data["stage"]) if data["stage"] else None
        built["stages"] = tuple(
            Stage(StageName(s["name"]), s["outcome"], s["elapsed_ms"]) for s in data["stages"]
        )
        built["peer"] = Peer(**data["peer"])
        built["rejection"] = Rejection(**data["rejection"]) if data["rejection"] else None
        built["abort"] = Abort(**data["abort"]) if data["abort"] else None
        built["contexts"] = tuple(
            ContextResult(**{**c, "proposed": tuple(c["proposed"])}) for c in data["contexts"]
        )
        built["notes"] = tuple(data["notes"])
        built["pdus"] = tuple(PduRecord(**pdu) for pdu in data["pdus"])
        built["seen_from"] = SeenFrom(**data["seen_from"]) if data["seen_from"] else None
        return cls(**built)
