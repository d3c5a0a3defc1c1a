"""Makes the preview of an import: reads the files, plans, and keeps the rows of the plan."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final, TypeVar

import msgspec
from django.db import transaction

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.bounded import Findings
from dicomcfg.exchange.choices import NEW, Choices
from dicomcfg.exchange.collecting import without_collecting
from dicomcfg.exchange.models import Import, ImportRow, ImportState
from dicomcfg.exchange.planning.changes import cut, digest_of
from dicomcfg.exchange.planning.rows import Plan, PlannedRow
from dicomcfg.exchange.reading import read
from dicomcfg.inventory.bulk import insert_each
from dicomcfg.inventory.naming import named_uids

Progress = Callable[[str, int, int], None]
_Needing = TypeVar("_Needing", "_Kept", ImportRow)
_KEY_LENGTH: Final = 600
_MOST_FINDINGS: Final = 5_000
LEFT_OUT: Final = "row-left-out-with-another"


def no_progress(stage: str, done: int, total: int) -> None:
    """Tells nobody."""


@without_collecting()
def prepare(import_row: Import, progress: Progress = no_progress) -> None:
    """Read and plan; afterwards the rows, findings and counts are those of this moment.

    Rows that were excluded stay so. Nothing happens to an import that is being applied or was, or
    about which something else was chosen meanwhile.
    """
    progress("Reading", 0, 3)
    with named_uids():
        reading = read(import_row)
        progress("Comparing", 1, 3)
        plan = reading.planned(Choices.from_options(import_row.options))
        progress("Keeping the preview", 2, 3)
        with transaction.atomic():
            row = Import.objects.select_for_update(no_key=True).get(pk=import_row.pk)
            is_open = row.state not in (ImportState.APPLYING, ImportState.APPLIED)
            if is_open and row.options == import_row.options:
                keep_preview(row, plan, reading.findings)
    import_row.refresh_from_db()


def keep_preview(row: Import, plan: Plan, findings: Iterable[Finding]) -> None:
    """Write the plan as the preview of a locked import."""
    excluded = set(row.rows.filter(is_included=False).order_by().values_list("kind", "key"))
    rows = _rows(row, plan, excluded)
    ImportRow.objects.filter(of=row).delete()
    insert_each(ImportRow, rows)
    counts: dict[str, Counter[str]] = {}
    for each in rows:
        counts.setdefault(each.kind, Counter())[each.action] += 1
    row.counts = counts
    shown = Findings(most=_MOST_FINDINGS)
    shown.keep(findings)
    row.findings = [finding.to_json() for finding in shown.all()]
    row.state, row.stage, row.done, row.total = ImportState.PREVIEWED, "", 0, 0
    row.lease_until, row.problem = None, ""
    row.save()


class _Kept(msgspec.Struct):
    """The columns of an ImportRow: a model's row takes many times as long to make."""

    of_id: int
    position: int
    kind: str
    key: str
    label: str
    action: str
    is_included: bool
    has_errors: bool
    file: str
    line: int | None
    changes: list[list[Any]]
    digest: str
    needs: list[str]
    findings: list[dict[str, Any]]
    stored_id: int | None
    revision: int | None


def _rows(row: Import, plan: Plan, excluded: Collection[tuple[str, str]]) -> list[_Kept]:
    rows = [
        _row(row.pk, position, planned, excluded) for position, planned in enumerate(plan.rows())
    ]
    settle_needs(rows)
    return rows


def _row(
    import_id: int, position: int, planned: PlannedRow[Any, Any], excluded: Collection[Any]
) -> _Kept:
    kind, key = planned.kind.value, stored_key(planned.key)
    return _Kept(
        of_id=import_id,
        position=position,
        kind=kind,
        key=key,
        label=planned.label[:254],
        action=planned.action.value,
        is_included=(kind, key) not in excluded,
        has_errors=planned.has_errors,
        file=planned.file[:254],
        line=planned.line,
        changes=cut(planned.changes),
        digest=digest_of(planned.changes),
        needs=[f"{kind.value}:{stored_key(key)}" for kind, key in planned.needs],
        findings=[finding.to_json() for finding in planned.findings],
        stored_id=planned.stored.pk if planned.stored else None,
        revision=planned.stored.revision if planned.stored else None,
    )


def stored_key(key: str) -> str:
    """A key as it is kept: one that is too long by its beginning and a digest."""
    if len(key) <= _KEY_LENGTH:
        return key
    return key[: _KEY_LENGTH - 64] + hashlib.sha256(key.encode()).hexdigest()


def settle_needs(rows: Iterable[_Needing]) -> list[_Needing]:
    """Tell rows that need one that is left out, in the order of the plan; returns those whose
    findings changed."""
    gone: set[str] = set()
    changed = []
    for row in rows:
        lacking = next((need for need in row.needs if need in gone), None)
        if lacking is not None or not row.is_included or row.action == "conflict":
            gone.add(f"{row.kind}:{row.key}")
        findings = [each for each in row.findings if each["code"] != LEFT_OUT]
        if lacking is not None and row.is_included:
            findings.append(_left_out(row, lacking).to_json())
        if findings != row.findings:
            row.findings = findings
            changed.append(row)
    return changed


def _left_out(row: _Kept | ImportRow, lacking: str) -> Finding:
    kind, _, key = lacking.partition(":")
    word = {"ae": "AE", "profile": "Profile"}.get(kind, kind)
    name = key.removeprefix(NEW)[:64]
    message = f"It is left out with the {word} {name}, without which it cannot be written."
    remedy = "Include both, or exclude both."
    return Finding(LEFT_OUT, Severity.WARNING, row.label[:64], message, remedy)
