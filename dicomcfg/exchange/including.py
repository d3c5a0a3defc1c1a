"""Which rows of a preview are applied: a person includes and excludes them, one or many."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from dicomcfg.exchange.models import Import, ImportRow, ImportState
from dicomcfg.exchange.preview import settle_needs
from dicomcfg.exchange.selectors import rows_of
from dicomcfg.inventory.services.errors import ServiceError


def include(
    import_row: Import,
    positions: Iterable[int] | None,
    included: bool,
    *,
    kind: str = "",
    action: str = "",
    with_findings: bool = False,
    text: str = "",
) -> int:
    """Include or exclude the rows at these positions, or (None) all that `rows_of` finds with the
    rest; returns how many.

    Rows that need an excluded one say so, and are left out with it. Raises ServiceError for an
    import without a preview.
    """
    with transaction.atomic():
        row = Import.objects.select_for_update(no_key=True).get(pk=import_row.pk)
        if row.state != ImportState.PREVIEWED:
            raise ServiceError.general("There is no preview to choose rows of.")
        rows = rows_of(row, kind, action, with_findings=with_findings, text=text)
        if positions is not None:
            rows = rows.filter(position__in=list(positions))
        count = rows.order_by().update(is_included=included)
        _settle(row)
    return count


def _settle(row: Import) -> None:
    """Two queries and one for each batch of rows whose findings change."""
    needing = ImportRow.objects.filter(of=row).exclude(needs=[])
    needed = {need for needs in needing.values_list("needs", flat=True) for need in needs}
    if not needed:
        return
    columns = ("kind", "key", "action", "is_included", "needs", "findings", "label", "position")
    rows = ImportRow.objects.filter(of=row).only(*columns).order_by("position")
    concerned = [each for each in rows if each.needs or f"{each.kind}:{each.key}" in needed]
    changed = settle_needs(concerned)
    ImportRow.objects.bulk_update(changed, ["findings"], batch_size=500)
