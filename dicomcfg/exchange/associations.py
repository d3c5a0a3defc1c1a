"""InterSystems association files into the inventory: the preview and the apply are one plan.

The file names no AEs: calling and called are chosen from the table or made with it. A choice is
the id of an AE as text, or `new:TITLE`.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from dicomcfg.core.findings import Finding, Severity, has_errors
from dicomcfg.core.formats import intersystems, registry
from dicomcfg.core.formats.base import MAXIMUM_BYTES
from dicomcfg.core.formats.text import decode
from dicomcfg.core.records import PresentationContext
from dicomcfg.exchange.imports import claim, mark_applied, refuse_blocked, site_of
from dicomcfg.exchange.models import Import
from dicomcfg.inventory.models import AE, Association, Site
from dicomcfg.inventory.selectors import contexts_of
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.history import recording
from dicomcfg.inventory.services.pairs import (
    Side,
    existing_of,
    new_side,
    pair_exists,
    pair_follows,
    write_pair,
)

NEW = "new:"


@dataclass(frozen=True, slots=True)
class AssociationPreview:
    """The file line by line, the contexts it merges to, and the pair; nothing has changed yet.

    `existing` is the pair's association when there is one: without `overwrite` it blocks.
    """

    lines: tuple[intersystems.Line, ...]
    contexts: tuple[PresentationContext, ...]
    calling: Side
    called: Side
    existing: Association | None
    overwrite: bool
    findings: tuple[Finding, ...]

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """Those of the file with its lines, then those of the pair."""
        return (*self.findings, *self.calling.findings, *self.called.findings)

    @property
    def blocked(self) -> bool:
        """Whether an error keeps the file from being applied."""
        return has_errors(self.all_findings)


def preview_association(
    import_row: Import, calling: str = "", called: str = "", overwrite: bool = False
) -> AssociationPreview:
    """What applying with these choices would do."""
    data = bytes(import_row.source)
    document = registry.read(data, name=import_row.file_name, format=intersystems.NAME)
    lines = tuple(intersystems.read_lines(decode(data, MAXIMUM_BYTES).text))
    site = site_of(import_row)
    sides = _side(calling, "calling", site), _side(called, "called", site)
    findings = list(document.findings)
    existing = existing_of(*sides)
    contexts = document.profiles[0].presentation_contexts if document.profiles else ()
    if existing is not None and not overwrite:
        findings.append(pair_exists(existing))
    elif existing and existing.profile and tuple(contexts_of(existing)) != contexts:
        findings.append(pair_follows(existing, existing.profile))
    return AssociationPreview(
        lines,
        contexts,
        *sides,
        existing,
        overwrite,
        tuple(findings),
    )


def apply_association(
    actor: Actor, import_row: Import, calling: str, called: str, overwrite: bool = False
) -> Association:
    """Write AEs to be made, the pair and its contexts in one transaction, as one act.

    Overwriting replaces the contexts and keeps name and description. Raises ServiceError when it
    was applied before or an error blocks it: nothing is written.
    """
    with transaction.atomic():
        claimed = claim(import_row)
        with recording(actor) as recorder:
            preview = preview_association(claimed, calling, called, overwrite)
            refuse_blocked(preview.all_findings)
            recorder.summary = (
                f"Imported {claimed}: association "
                f"{preview.calling.ae_title} → {preview.called.ae_title}"
            )
            association = write_pair(
                recorder, preview.calling, preview.called, preview.existing, preview.contexts
            )
        mark_applied(claimed, recorder.change_set)
    import_row.refresh_from_db()
    return association


def _side(choice: str, role: str, site: Site) -> Side:
    if choice.startswith(NEW):
        return new_side(choice.removeprefix(NEW), role, site)
    ae = AE.objects.filter(pk=int(choice)).first() if choice.isdecimal() else None
    if ae is not None:
        return Side(ae, None, ())
    gone = "The AE that was chosen no longer exists." if choice else "No AE is chosen."
    finding = Finding(
        "ae-not-chosen",
        Severity.ERROR,
        role,
        f"{role.capitalize()} AE: {gone}",
        "Choose one of the table, or type the title of a new one.",
        path=role,
    )
    return Side(None, None, (finding,))
