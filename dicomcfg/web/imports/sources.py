"""Findings beside what they speak of: the file, the line, the place in a tree or the cell."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.urls import reverse

from dicomcfg.core.findings import Severity
from dicomcfg.exchange.models import Import, ImportFile
from dicomcfg.exchange.selectors import SourceLine, source_page
from dicomcfg.web.imports.totals import FindingCounts, count_findings
from dicomcfg.web.row_ids import row_ids

FINDINGS_SHOWN = 50
IN_SIGHT = 3
LINES_PER_PAGE = 200
_GRAVITY = {severity.value: place for place, severity in enumerate(Severity)}

Found = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PlacedFinding:
    """A finding with its place in words, and the address of that place where there is one."""

    severity: str
    message: str
    remedy: str
    clause: str
    where: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of an import: `number` counts from 1, `findings` are those that speak of it."""

    row: ImportFile
    number: int
    findings: tuple[Found, ...]

    @property
    def found(self) -> FindingCounts:
        """How many findings of each severity."""
        return count_findings(self.findings)

    @property
    def source_url(self) -> str:
        """Where its lines are shown."""
        return reverse("import-source", args=[self.row.of_id, self.number])

    def line_url(self, line: int) -> str:
        """Where one of its lines is shown."""
        page = (line - 1) // LINES_PER_PAGE + 1
        return f"{self.source_url}{f'?page={page}' if page > 1 else ''}#L{line}"


def placed(finding: Found, file: SourceFile | None, *, with_name: bool = True) -> PlacedFinding:
    """The finding as a page shows it; `file` is the one it speaks of."""
    line = finding.get("line")
    name = finding.get("file") if with_name else None
    parts = (
        name,
        f"line {line:,}" if line else None,
        f"cell {finding['cell']}" if finding.get("cell") else None,
        finding.get("path") if not line else None,
    )
    return PlacedFinding(
        finding["severity"],
        finding["message"],
        finding.get("remedy") or "",
        finding.get("clause") or "",
        ", ".join(part for part in parts if part),
        file.line_url(line) if file and line else "",
    )


@dataclass(frozen=True, slots=True)
class Gravest:
    """The gravest findings: the `first` in sight, the `rest` to be opened, and how many are left
    out of both."""

    first: list[PlacedFinding]
    rest: list[PlacedFinding]
    left: int


def gravest(findings: Sequence[Found], files: Sequence[SourceFile]) -> Gravest | None:
    """The gravest findings of an import in their order, with links to their lines."""
    if not findings:
        return None
    by_name = {file.row.name: file for file in files}
    alone = files[0] if len(files) == 1 else None
    order = sorted(findings, key=lambda finding: _GRAVITY[finding["severity"]])
    seen = [
        placed(each, alone or by_name.get(each.get("file") or ""))
        for each in order[:FINDINGS_SHOWN]
    ]
    return Gravest(seen[:IN_SIGHT], seen[IN_SIGHT:], len(order) - len(seen))


def finding_lines(file: SourceFile) -> list[int]:
    """The lines of a file about which there are findings, in order."""
    return sorted({finding["line"] for finding in file.findings if finding.get("line")})


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line, how grave what is said of it is, and where the next finding stands."""

    line: SourceLine
    severity: str
    next: str


def lines_of(
    kept: Import, file: SourceFile, wanted: str | None
) -> tuple[list[ShownLine], Page[int]]:
    """A page of a file's lines with their findings; none of one that is no text."""
    number = next(iter(row_ids([wanted or ""])), 1)
    seen = source_page(kept, file.row, (number - 1) * LINES_PER_PAGE + 1, LINES_PER_PAGE)
    page = Paginator(range(seen.total), LINES_PER_PAGE).get_page(number)
    if page.number != number:
        seen = source_page(kept, file.row, page.start_index(), LINES_PER_PAGE)
    spoken = finding_lines(file)
    return [_shown_line(file, line, spoken) for line in seen.lines], page


def _shown_line(file: SourceFile, line: SourceLine, spoken: Sequence[int]) -> ShownLine:
    after = bisect_right(spoken, line.number)
    following = file.line_url(spoken[after]) if line.findings and after < len(spoken) else ""
    gravest = min((f.severity.value for f in line.findings), key=_GRAVITY.__getitem__, default="")
    return ShownLine(line, gravest, following)
