"""Applies an import: exactly the rows that its preview showed and that are included.

All is planned again with the rows locked. Where that gives anything else than was shown, nothing
is written and the preview is made anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.wording import counted, listed
from dicomcfg.exchange.choices import Choices
from dicomcfg.exchange.collecting import without_collecting
from dicomcfg.exchange.models import Action, Import, ImportRow, ImportState
from dicomcfg.exchange.planning.changes import digest_of
from dicomcfg.exchange.planning.places import blocks_all
from dicomcfg.exchange.planning.rows import PlannedRow
from dicomcfg.exchange.preview import LEFT_OUT, Progress, no_progress, prepare, stored_key
from dicomcfg.exchange.reading import Reading, read
from dicomcfg.exchange.writing import write
from dicomcfg.inventory.models import ChangeSet, Site
from dicomcfg.inventory.naming import named_uids
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError
from dicomcfg.inventory.services.history import Recorder, recording

SHOWN_ERRORS: Final = 50
_WORDS: Final = (
    ("device", "device", "devices"),
    ("profile", "Profile", "Profiles"),
    ("ae", "AE", "AEs"),
    ("association", "association", "associations"),
)
_Row = PlannedRow[Any, Any]


class _OtherwiseError(Exception):
    """The inventory is no longer what the preview was made from; `labels` are of such rows."""

    def __init__(self, labels: list[str]) -> None:
        self.labels = labels
        super().__init__()


@without_collecting()
def apply(actor: Actor, import_row: Import, progress: Progress = no_progress) -> ChangeSet | None:
    """Write in one transaction, as one act; None when all of it was so already.

    Raises ServiceError, with nothing written: when it was applied before or has no preview, when
    an error blocks it, and when the inventory has changed since the preview, which is then anew.
    """
    progress("Reading", 0, 3)
    try:
        with named_uids():
            reading = read(import_row)
            progress("Writing", 1, 3)
            with transaction.atomic():
                claimed = _claim(import_row)
                with recording(actor) as recorder:
                    _write(recorder, claimed, reading)
                _mark(actor, claimed, recorder.change_set)
    except (_OtherwiseError, IntegrityError) as changed:
        # A name or a pair may be taken by somebody who saved while this was being written.
        labels = changed.labels if isinstance(changed, _OtherwiseError) else []
        _step_back(import_row)
        prepare(import_row)
        what = listed(labels) or "something was added"
        raise ServiceError.general(
            f"The inventory has changed since the preview: {what}. "
            "Nothing is written; look at the preview again, which is made anew."
        ) from None
    import_row.refresh_from_db()
    return import_row.change_set


def refuse_blocked(import_row: Import) -> None:
    """Raise ServiceError, with place and remedy, when errors keep it from being applied."""
    findings = [Finding.from_json(each) for each in import_row.findings]
    errors = [finding for finding in findings if blocks_all(finding)]
    blocking = import_row.rows.filter(is_included=True, has_errors=True)
    for row in blocking.order_by("position")[: SHOWN_ERRORS + 1]:
        found = [Finding.from_json(each) for each in row.findings]
        errors += [f for f in found if f.severity is Severity.ERROR]
    if not errors:
        return
    texts = [f"{place_words(f)}{f.message} {f.remedy}".strip() for f in errors[:SHOWN_ERRORS]]
    if len(errors) > SHOWN_ERRORS:
        texts.append("And more errors.")
    raise ServiceError({"__all__": texts})


def place_words(finding: Finding) -> str:
    """`table.csv, line 3, cell C3: `, or as much of it as is known."""
    line = f"line {finding.line}" if finding.line else ""
    cell = f"cell {finding.cell}" if finding.cell else ""
    place = ", ".join(filter(None, (finding.file, line, cell)))
    return f"{place[0].upper()}{place[1:]}: " if place else ""


def _claim(import_row: Import) -> Import:
    """The row, locked for its apply."""
    row = Import.objects.select_for_update(no_key=True).get(pk=import_row.pk)
    if row.state == ImportState.APPLIED:
        raise ServiceError.general("This import was applied already.")
    if row.state not in (ImportState.PREVIEWED, ImportState.APPLYING):
        raise ServiceError.general("This import has no preview yet; look at it first.")
    refuse_blocked(row)
    # Rows that are to be made cannot be locked, so imports wait for each other: of two that would
    # make the same AE the second finds it.
    list(Site.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    return row


def _write(recorder: Recorder, claimed: Import, reading: Reading) -> None:
    plan = reading.planned(Choices.from_options(claimed.options), lock=True)
    planned = {(row.kind.value, stored_key(row.key)): row for row in plan.rows() if row.is_written}
    wanted = _as_shown(claimed, planned)
    recorder.summary = _summary(claimed, wanted)
    write(recorder, plan, {row.identity for row in wanted})


def _as_shown(claimed: Import, planned: dict[tuple[str, str], _Row]) -> list[_Row]:
    """The rows to write. Raises _OtherwiseError unless the included ones are as they were shown."""
    wanted, otherwise = [], []
    seen = set()
    columns = ("kind", "key", "action", "digest", "stored_id", "label", "is_included", "findings")
    for kind, key, action, digest, stored_id, label, is_included, findings in (
        ImportRow.objects.filter(of=claimed).order_by("position").values_list(*columns)
    ):
        seen.add((kind, key))
        is_left = any(each["code"] == LEFT_OUT for each in findings)
        if not is_included or is_left:
            continue
        row = planned.get((kind, key))
        if action not in (Action.NEW, Action.CHANGED):
            if row is not None and action != Action.CONFLICT:
                otherwise.append(label)
        elif row is None or not _is_same(row, action, digest, stored_id):
            otherwise.append(label)
        else:
            wanted.append(row)
    otherwise += [row.label for identity, row in planned.items() if identity not in seen]
    if otherwise:
        raise _OtherwiseError(otherwise)
    return wanted


def _is_same(row: _Row, action: str, digest: str, stored_id: int | None) -> bool:
    pk = row.stored.pk if row.stored else None
    return (row.action, pk) == (action, stored_id) and digest_of(row.changes) == digest


def _summary(claimed: Import, wanted: Iterable[_Row]) -> str:
    rows = list(wanted)
    parts = []
    for kind, singular, plural in _WORDS:
        for action, word in ((Action.NEW, "new"), (Action.CHANGED, "changed")):
            here = [row for row in rows if row.kind == kind and row.action is action]
            if here:
                parts.append(f"{counted(len(here), singular, plural)} {word}")
    return f"Imported {claimed.name or 'a paste'}: {', '.join(parts)}"


def _mark(actor: Actor, claimed: Import, change_set: ChangeSet | None) -> None:
    claimed.state, claimed.applied_at = ImportState.APPLIED, timezone.now()
    claimed.applied_by_id = actor.user.pk if actor.user else None
    claimed.change_set = change_set
    claimed.stage, claimed.done, claimed.total = "", 0, 0
    claimed.lease_until, claimed.problem = None, ""
    claimed.save()


def _step_back(import_row: Import) -> None:
    """Let a new preview be made."""
    Import.objects.filter(pk=import_row.pk, state=ImportState.APPLYING).update(
        state=ImportState.PREVIEWED, applied_by=None, lease_until=None
    )
