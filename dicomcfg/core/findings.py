"""What something means and what to do about it.

A Finding is the one shape in which readers of files, the forecast and the diagnosis of live
checks tell a person what they noticed. It carries opinion; an Observation carries none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec


class Severity(StrEnum):
    """`error` blocks applying, `warning` asks for a look, `info` only tells."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth telling.

    `code` is a stable kebab-case name, listed in docs/findings.md. `subject` names the thing
    spoken of (an AE title, a key, a UID). `message` says what is so, `remedy` what to do.
    `line` (1-based), `path` and `cell` say where in a source, and `file` in which of several;
    `clause` cites the standard.
    """

    code: str
    severity: Severity
    subject: str
    message: str
    remedy: str = ""
    clause: str | None = None
    line: int | None = None
    path: str | None = None
    cell: str | None = None
    file: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The object that DESIGN's Document and command line print."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Finding:
        """Rebuild what `to_json` gave."""
        return cls(**{**data, "severity": Severity(data["severity"])})


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether any finding blocks applying."""
    return any(finding.severity is Severity.ERROR for finding in findings)
