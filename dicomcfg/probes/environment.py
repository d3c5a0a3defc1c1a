"""What a probe finds around itself: the host it runs on, and the rules that hold there."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dicomcfg.core.diagnosis.observation import DiscoverySeen
from dicomcfg.network.names import Resolver
from dicomcfg.network.policy import AddressPolicy

PDU_RECORD_BOUND_BYTES = 64 * 1024


def _unreported(seen: DiscoverySeen) -> None:
    """Nobody wants to know before the end."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Built once by whoever runs probes and shared by all of them.

    `policy` says where a probe may connect to. `resolver` keeps its threads, so one is
    enough, but they do not survive a fork: build it in the process that probes.
    `tls_folder` holds TLS settings by name, None where there are none. `host` names this worker
    in every observation. `pdu_record_bound_bytes` is how much of the PDUs of one target is kept.
    `report` is told in the probe's own thread what a long probe has seen so far.
    """

    policy: AddressPolicy
    resolver: Resolver = field(default_factory=Resolver)
    tls_folder: Path | None = None
    host: str = field(default_factory=socket.gethostname)
    pdu_record_bound_bytes: int = PDU_RECORD_BOUND_BYTES
    report: Callable[[DiscoverySeen], None] = _unreported
