"""Reading and applying, at once where it is small and in a worker where it is not.

The row is the record: an import that is `reading` or `applying` under no lease, or one that
ran out, waits for any worker, and a message only wakes one sooner.
"""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Length
from django.utils import timezone

from dicomcfg.exchange.applying import apply, refuse_blocked
from dicomcfg.exchange.models import Import, ImportState
from dicomcfg.exchange.preview import prepare
from dicomcfg.exchange.wake import wake
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError

SMALL_BYTES: Final = 500_000
SMALL_ROWS: Final = 2_000
WAITING: Final = "Waiting for a worker"


def start_reading(import_row: Import) -> bool:
    """Make the preview, or have a worker make it; whether it is there when this returns.

    Nothing happens to an import that is being read or applied, or was applied.
    """
    size = import_row.files.aggregate(size=Sum(Length("data")))["size"] or 0
    if size <= SMALL_BYTES:
        prepare(import_row)
        return import_row.state == ImportState.PREVIEWED
    _hand_over(import_row, (ImportState.KEPT, ImportState.PREVIEWED), ImportState.READING, None)
    return False


def start_applying(actor: Actor, import_row: Import) -> bool:
    """Apply, or have a worker apply; whether it is done when this returns.

    Raises ServiceError as `apply` does where that happens at once; otherwise for what forbids it
    already, and what the worker meets is the import's `problem`.
    """
    if import_row.rows.count() <= SMALL_ROWS:
        apply(actor, import_row)
        return True
    refuse_blocked(import_row)
    if not _hand_over(import_row, (ImportState.PREVIEWED,), ImportState.APPLYING, actor):
        raise ServiceError.general(f"This import is {import_row.get_state_display()}.")
    return False


def _hand_over(
    import_row: Import, states: tuple[ImportState, ...], state: ImportState, actor: Actor | None
) -> bool:
    """Let it wait for a worker, if it is in one of the states."""
    user = actor.user if actor else None
    with transaction.atomic():
        moved = Import.objects.filter(pk=import_row.pk, state__in=states).update(
            state=state,
            stage=WAITING,
            done=0,
            total=0,
            lease_until=timezone.now(),
            problem="",
            applied_by=user.pk if user else None,
        )
        if moved:
            transaction.on_commit(lambda: wake(import_row.pk))
    import_row.refresh_from_db()
    return bool(moved)
