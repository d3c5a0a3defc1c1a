"""Findings in a number that a page can show."""

from __future__ import annotations

from collections import Counter
from typing import Final

from dicomcfg.core.findings import Finding, Severity

MAXIMUM_FINDINGS: Final = 1_000


class Findings:
    """The first 1,000 findings; of the rest only how many of which severity."""

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self._rest: Counter[Severity] = Counter()

    @property
    def has_room(self) -> bool:
        """Whether one more would be kept, so that it is worth making."""
        return len(self._kept) < MAXIMUM_FINDINGS

    def add(self, finding: Finding) -> None:
        """Keep a finding, or count it."""
        if self.has_room:
            self._kept.append(finding)
        else:
            self.count(finding.severity)

    def count(self, severity: Severity) -> None:
        """Count a finding that there is no room for."""
        self._rest[severity] += 1

    def all(self) -> tuple[Finding, ...]:
        """Those kept, and one more that counts the rest and is as grave as the gravest of it."""
        if not self._rest:
            return tuple(self._kept)
        severity = next(each for each in Severity if self._rest[each])
        message = f"There are {self._rest.total():,} more findings, which are not listed."
        remedy = "Correct those that are listed first."
        return (*self._kept, Finding("more-findings", severity, "file", message, remedy))
