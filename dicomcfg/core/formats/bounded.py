"""Findings in a number that a page can show."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

from dicomcfg.core.findings import Finding, Severity

MAXIMUM_FINDINGS: Final = 1_000
_GRAVEST: Final = (Severity.ERROR, Severity.WARNING)


def bounded(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The first 1,000, and one more that counts the rest and is as grave as the gravest of it."""
    left = iter(findings)
    kept = tuple(islice(left, MAXIMUM_FINDINGS))
    rest = [finding.severity for finding in left]
    if not rest:
        return kept
    severity = next((each for each in _GRAVEST if each in rest), Severity.INFO)
    message = f"There are {len(rest):,} more findings, which are not listed."
    remedy = "Correct those that are listed first."
    return (*kept, Finding("more-findings", severity, "file", message, remedy))
