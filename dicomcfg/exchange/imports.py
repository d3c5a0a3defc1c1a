"""Kept imports: the bytes as they came, and what the person chose about them.

A kept import changes nothing; its preview reads it anew each time, and its apply writes once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.utils import timezone

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.base import MAXIMUM_BYTES
from dicomcfg.core.formats.registry import FORMATS
from dicomcfg.exchange.models import Import
from dicomcfg.inventory.models import ChangeSet, Site
from dicomcfg.inventory.services.errors import ServiceError

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

SHOWN_ERRORS = 50


def keep_import(
    user: AbstractUser | None, data: bytes, file_name: str, format: str, **options: Any
) -> Import:
    """Keep a file or a paste for its preview. Raises ServiceError for one that is too large."""
    if len(data) > MAXIMUM_BYTES:
        message = f"This has {len(data):,} bytes; at most {MAXIMUM_BYTES:,} are taken."
        raise ServiceError({"source": [message]})
    if format not in FORMATS:
        raise ServiceError({"format": [f"There is no format {format[:32]!r}."]})
    return Import.objects.create(
        format=format,
        file_name=file_name[:254],
        source=data,
        options=options,
        created_by_id=user.pk if user else None,
    )


def choose(import_row: Import, **options: Any) -> None:
    """Change what was chosen on the preview."""
    import_row.options = {**import_row.options, **options}
    import_row.save(update_fields=["options"])


def site_of(import_row: Import) -> Site:
    """The site that was chosen, or the first one."""
    chosen = Site.objects.filter(pk=import_row.options.get("site")).first()
    return chosen or Site.objects.order_by("pk")[0]


def claim(import_row: Import) -> Import:
    """The row, locked for its apply. Raises ServiceError when it was applied already."""
    row = Import.objects.select_for_update(no_key=True).get(pk=import_row.pk)
    if row.applied_at is not None:
        raise ServiceError.general("This import was applied already.")
    return row


def mark_applied(import_row: Import, change_set: ChangeSet | None) -> None:
    """Note when it was applied and as which act; None when everything was so already."""
    import_row.applied_at = timezone.now()
    import_row.change_set = change_set
    import_row.save(update_fields=["applied_at", "change_set"])


def refuse_blocked(findings: Iterable[Finding]) -> None:
    """Raise ServiceError when an error blocks applying, with line, cell, message and remedy."""
    errors = [f for f in findings if f.severity is Severity.ERROR]
    if errors:
        texts = [f"{_place(f)}{f.message} {f.remedy}".strip() for f in errors[:SHOWN_ERRORS]]
        if len(errors) > SHOWN_ERRORS:
            texts.append(f"And {len(errors) - SHOWN_ERRORS:,} more errors.")
        raise ServiceError({NON_FIELD_ERRORS: texts})


def _place(finding: Finding) -> str:
    line = f"Line {finding.line}" if finding.line else ""
    cell = f"cell {finding.cell}" if finding.cell else ""
    place = ", ".join(filter(None, (line, cell)))
    return f"{place}: " if place else ""
