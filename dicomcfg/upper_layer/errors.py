"""How an association goes wrong: by our own doing, by the peer's, or because it is not DICOM.

The two sides are different types, so that a caller's mistake is never reported as the peer's.
"""

from __future__ import annotations


class ProtocolError(Exception):
    """Base of both sides' violations of PS3.8."""


class LocalProtocolError(ProtocolError):
    """We asked for what the state or the encoding does not allow; a bug on this side."""


class RemoteProtocolError(ProtocolError):
    """The peer sent what PS3.8 does not allow.

    `field` names the part at fault in kebab-case (`presentation-context-item`, `pdu-length`),
    `detail` tells causes apart within it (`length-over-bound`), `abort_reason` is the
    provider's A-ABORT reason that answers it (PS3.8 9.3.8).
    """

    def __init__(self, field: str, detail: str | None = None, abort_reason: int = 6) -> None:
        super().__init__(f"{field}: {detail}" if detail else field)
        self.field = field
        self.detail = detail
        self.abort_reason = abort_reason


class NotDicomError(RemoteProtocolError):
    """The first byte is no PDU type at all; `detail` guesses what speaks, or is None."""

    def __init__(self, detail: str | None = None) -> None:
        super().__init__("pdu-type", detail, abort_reason=1)
