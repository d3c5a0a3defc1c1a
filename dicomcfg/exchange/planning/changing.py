"""Changes what is said about a kept import, which makes its preview stale."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from dicomcfg.exchange.models import Import, ImportState
from dicomcfg.inventory.services.errors import ServiceError


@contextmanager
def changing(import_row: Import) -> Iterator[Import]:
    """The import locked, to be saved with its preview stale."""
    with transaction.atomic():
        row = Import.objects.select_for_update(no_key=True).get(pk=import_row.pk)
        if row.state in (ImportState.APPLYING, ImportState.APPLIED):
            raise ServiceError.general(f"This import is {row.get_state_display()}.")
        yield row
        row.state = ImportState.KEPT
        row.save(update_fields=["options", "state"])
    import_row.refresh_from_db()
