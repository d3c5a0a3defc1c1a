"""The one exception of this room: the network or the peer did not let us go on."""

from __future__ import annotations

from dicomcfg.core.diagnosis.observation import Outcome


class NetworkFailure(Exception):
    """How an attempt ended: an outcome, and a kebab-case detail where causes differ inside it."""

    def __init__(self, outcome: Outcome, detail: str | None = None) -> None:
        super().__init__(outcome if detail is None else f"{outcome}: {detail}")
        self.outcome = outcome
        self.detail = detail


class StageTimeout(NetworkFailure):
    """A limit or the deadline passed while we waited."""
