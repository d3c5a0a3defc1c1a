"""AE tables into the inventory: the preview and the apply are the same plan."""

from __future__ import annotations

from django.db import transaction

from dicomcfg.core.findings import has_errors
from dicomcfg.core.formats import ae_table
from dicomcfg.core.formats.base import MAXIMUM_BYTES
from dicomcfg.core.formats.text import decode
from dicomcfg.exchange.imports import claim, mark_applied, refuse_blocked, site_of
from dicomcfg.exchange.models import Import
from dicomcfg.exchange.table_plan import Action, PlannedRow, TablePreview, plan_table
from dicomcfg.inventory.models import ChangeSet, Site
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.ae_rows import insert_aes, overwrite_aes
from dicomcfg.inventory.services.devices import insert_devices, overwrite_devices
from dicomcfg.inventory.services.history import recording

__all__ = ["Action", "PlannedRow", "TablePreview", "apply_table", "preview_table"]


def preview_table(
    import_row: Import, site: Site | None = None, *, lock: bool = False
) -> TablePreview:
    """What applying would do, with findings by cell; `site` is for rows that name none."""
    decoded = decode(bytes(import_row.source), MAXIMUM_BYTES)
    if has_errors(decoded.findings):
        return TablePreview((), (), (), decoded.findings)
    preview = plan_table(ae_table.read_table(decoded.text), site or site_of(import_row), lock=lock)
    return TablePreview(
        preview.columns, preview.rows, preview.devices, (*decoded.findings, *preview.findings)
    )


def apply_table(actor: Actor, import_row: Import) -> ChangeSet | None:
    """Write the table in one transaction, as one act; None when all of it was so already.

    Raises ServiceError when it was applied before or an error blocks it: nothing is written.
    """
    with transaction.atomic():
        claimed = claim(import_row)
        with recording(actor) as recorder:
            preview = preview_table(claimed, lock=True)
            refuse_blocked(preview.all_findings)
            insert_devices(recorder, [d.row for d in preview.devices if d.is_new])
            overwrite_devices(recorder, [(d.row, d.after) for d in preview.devices])
            insert_aes(
                recorder,
                [r.after for r in preview.rows if r.after and r.action is Action.NEW],
            )
            overwrite_aes(
                recorder,
                [(*r.stored, r.after) for r in preview.rows if r.stored and r.after],
            )
            new, changed = preview.count(Action.NEW), preview.count(Action.CHANGED)
            recorder.summary = f"Imported {claimed}: {new:,} AEs new, {changed:,} changed"
        mark_applied(claimed, recorder.change_set)
    import_row.refresh_from_db()
    return recorder.change_set
