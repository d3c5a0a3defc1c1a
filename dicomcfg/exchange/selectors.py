"""Questions to kept imports. Nothing here writes; the number of queries never grows with rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from dicomcfg.core.findings import Finding
from dicomcfg.core.formats.tables.workbook import is_workbook
from dicomcfg.exchange.models import Import, ImportFile, ImportRow
from dicomcfg.exchange.planning.places import blocks_all


def imports_list() -> QuerySet[Import]:
    """All kept imports, latest first, with who made and applied them; without their findings."""
    people = ("created_by", "applied_by", "change_set")
    return Import.objects.select_related(*people).defer("findings", "noticed")


def rows_of(
    import_row: Import,
    kind: str = "",
    action: str = "",
    *,
    with_findings: bool = False,
    text: str = "",
) -> QuerySet[ImportRow]:
    """The rows of a preview in their order, narrowed; `text` is part of a label or a key."""
    rows = ImportRow.objects.filter(of=import_row)
    if kind:
        rows = rows.filter(kind=kind)
    if action:
        rows = rows.filter(action=action)
    if with_findings:
        rows = rows.exclude(findings=[])
    if text:
        rows = rows.filter(Q(label__icontains=text) | Q(key__icontains=text))
    return rows.order_by("position")


def wrong_rows(imports: Collection[int]) -> dict[int, int]:
    """How many ticked rows with an error keep each of some imports from being applied, by its id;
    those that have none are left out."""
    wrong = ImportRow.objects.filter(of__in=imports, is_included=True, has_errors=True)
    return dict(wrong.order_by().values_list("of").annotate(Count("pk")))


@dataclass(frozen=True, slots=True)
class Blocking:
    """What keeps an import from being applied: errors about the whole, and how many included
    rows have one of their own, which excluding them removes."""

    findings: tuple[Finding, ...]
    rows: int

    def __bool__(self) -> bool:
        return bool(self.findings or self.rows)


def blocking(import_row: Import) -> Blocking:
    """See Blocking; one query."""
    findings = (Finding.from_json(each) for each in import_row.findings)
    rows = ImportRow.objects.filter(of=import_row, is_included=True, has_errors=True)
    return Blocking(tuple(f for f in findings if blocks_all(f)), rows.count())


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line of a file with what is said about it."""

    number: int
    text: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class SourcePage:
    """Some lines of a file, how many it has, and what is said of the file as a whole or of places
    that are no lines (a path, a cell of a workbook)."""

    lines: tuple[SourceLine, ...]
    total: int
    findings: tuple[Finding, ...]


_LINE_LENGTH = 2_000


def source_page(
    import_row: Import, file: ImportFile, start: int = 1, count: int = 200
) -> SourcePage:
    """Lines from `start` (1-based) of a file as it is kept; none of one that is no text.

    Asks nothing of the database beyond the given rows.
    """
    data = bytes(file.data)
    is_text = not is_workbook(data)
    lines = data.decode(errors="replace").splitlines() if is_text else []
    of_lines: dict[int, list[Finding]] = {}
    others = []
    for finding in map(Finding.from_json, import_row.findings):
        if finding.file not in (None, file.name):
            continue
        if finding.line is not None and is_text:
            of_lines.setdefault(finding.line, []).append(finding)
        else:
            others.append(finding)
    start = max(1, start)
    page = lines[start - 1 : start - 1 + count]
    shown = tuple(
        SourceLine(number, text[:_LINE_LENGTH], tuple(of_lines.get(number, ())))
        for number, text in enumerate(page, start=start)
    )
    return SourcePage(shown, len(lines), tuple(others))
