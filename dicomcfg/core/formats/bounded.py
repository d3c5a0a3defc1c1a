"""Findings of one reading in a number that a page can show and memory holds.

A hostile file has a fault a line: beyond the bound findings are counted and not made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.text import clip

MAXIMUM_FINDINGS: Final = 1_000
MAXIMUM_SYNTAXES: Final = 500_000
_MORE: Final = "more-findings"


class Placed(Protocol):
    """What stands somewhere in a file: in a 1-based line or at a path, whichever it has."""

    @property
    def line(self) -> int | None: ...

    @property
    def path(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file: a 1-based line or a path, whichever its grammar has."""

    line: int | None = None
    path: str | None = None


class Findings:
    """The first `most` findings; of the rest only how many of which severity.

    `clause` is what findings cite for which nothing else is said. A place is a 1-based line, or
    what has a line or a path.
    """

    def __init__(self, clause: str | None = None, most: int | None = None) -> None:
        self._clause, self._most = clause, most or MAXIMUM_FINDINGS
        self._listed: list[Finding] = []
        self._unlisted: Counter[Severity] = Counter()

    @property
    def has_room(self) -> bool:
        """Whether one more would be listed, so that it is worth making."""
        return len(self._listed) < self._most

    def say(
        self,
        code: str,
        severity: Severity,
        subject: str,
        message: str,
        remedy: str = "",
        at: int | Placed | None = None,
        clause: str | None = None,
    ) -> None:
        """Add a finding; its subject may be of any length."""
        if not self.has_room:
            self.count(severity)
            return
        cited = clause or self._clause
        self.keep([Finding(code, severity, clip(subject), message, remedy, cited)], at)

    def keep(self, findings: Iterable[Finding], at: int | Placed | None = None) -> None:
        """Add what a check of a value found, at its place."""
        for finding in findings:
            if self.has_room:
                self._listed.append(self.placed(finding, at))
            else:
                self.count(finding.severity)

    def placed(self, finding: Finding, at: int | Placed | None) -> Finding:
        """The finding as it is listed."""
        if at is None:
            return finding
        if isinstance(at, int):
            return replace(finding, line=at)
        return replace(finding, line=at.line or finding.line, path=at.path or finding.path)

    def count(self, severity: Severity) -> None:
        """Count a finding that is not listed."""
        self._unlisted[severity] += 1

    def take(self, other: Findings, at: Placed | None = None) -> None:
        """Add what another one has, listed or not."""
        self.keep(other._listed, at)
        self._unlisted.update(other._unlisted)

    def all(self) -> tuple[Finding, ...]:
        """Those listed, and one more that counts the rest and is as grave as the gravest of it."""
        if not self._unlisted:
            return tuple(self._listed)
        severity = next(each for each in Severity if self._unlisted[each])
        number = self._unlisted.total()
        message = f"{number:,} more finding{'s are' if number > 1 else ' is'} not listed."
        remedy = "Correct what is listed and read the file again."
        return (*self._listed, Finding(_MORE, severity, "file", message, remedy))


class Expansion:
    """What a file may stand for in which one list is named wherever it is meant.

    A list of thousands that thousands of others name is more than anybody reads or holds.
    """

    def __init__(self, found: Findings) -> None:
        self._found, self._left = found, MAXIMUM_SYNTAXES

    def has_room_for(self, number: int, subject: str, at: int | Placed | None = None) -> bool:
        """Count so many transfer syntaxes more; False after telling where there is no room."""
        if number <= self._left:
            self._left -= number
            return True
        message = f"With {clip(subject)} the lists of the file would stand for more than "
        message += f"{MAXIMUM_SYNTAXES:,} transfer syntaxes; it is not read."
        remedy = "Split the file."
        self._found.say("too-many-contexts", Severity.ERROR, subject, message, remedy, at)
        return False


def at_most(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Findings within the bound; those that a `Findings` gave are so and stay as they are."""
    if findings and findings[-1].code == _MORE:
        return findings
    bounded = Findings()
    bounded.keep(findings)
    return bounded.all()
