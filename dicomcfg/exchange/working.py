"""What a worker does with imports that wait: takes one by a lease, reads or applies it.

The lease is renewed by a thread until the work ends. It only says that nobody else need try: what
is written is guarded by the import's own lock and state, so that of two who apply the second finds
it applied.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from dicomcfg.exchange.applying import apply
from dicomcfg.exchange.models import Import, ImportState
from dicomcfg.exchange.preview import prepare
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=settings.DICOMCFG_LEASE_S)
_HANDED_OVER = (ImportState.READING, ImportState.APPLYING)
_BEFORE = {ImportState.READING: ImportState.KEPT, ImportState.APPLYING: ImportState.PREVIEWED}


def work_on_next(unheard_s: float = 0.0) -> bool:
    """Take the import that has waited longest, at least so long, and do what it waits for.

    False when nothing waits. What keeps it from succeeding becomes its `problem`.
    """
    row = _take(timedelta(seconds=unheard_s))
    if row is None:
        return False
    done = threading.Event()
    renewing = threading.Thread(target=_renew, args=(row.pk, done), name="import-lease")
    renewing.start()
    problem = ""
    try:
        _work(row)
    except ServiceError as error:
        problem = str(error)
    except DatabaseError:
        # The lease runs out, and then somebody tries again.
        raise
    except Exception:
        logger.exception("Import %s failed", row.pk)
        problem = "dicomcfg itself failed; the log of the worker says where."
    finally:
        done.set()
        renewing.join()
    if problem:
        _give_back(row, problem)
    return True


def _take(unheard: timedelta) -> Import | None:
    now = timezone.now()
    with transaction.atomic():
        waiting = Import.objects.select_for_update(skip_locked=True, no_key=True)
        row = (
            waiting.filter(lease_until__lt=now - unheard, state__in=_HANDED_OVER)
            .order_by("pk")
            .first()
        )
        if row is not None:
            row.lease_until = now + LEASE
            row.save(update_fields=["lease_until"])
    return row


def _work(row: Import) -> None:
    def progress(stage: str, done: int, total: int) -> None:
        Import.objects.filter(pk=row.pk).update(stage=stage, done=done, total=total)

    if row.state == ImportState.READING:
        prepare(row, progress)
    else:
        user = row.applied_by
        apply(Actor.of(user) if user else Actor.command_line(), row, progress)


def _renew(import_id: int, done: threading.Event) -> None:
    """Where the apply itself has locked the import, a renewal waits for that and is not needed."""
    held = Import.objects.filter(pk=import_id, state__in=_HANDED_OVER)
    while not done.wait(LEASE.total_seconds() / 3):
        try:
            held.update(lease_until=timezone.now() + LEASE)
        except DatabaseError as error:
            logger.info("A lease was not renewed: %s", error)
    connections.close_all()


def _give_back(row: Import, problem: str) -> None:
    """The state before, with what went wrong; an import that was prepared anew is there already."""
    with transaction.atomic():
        now = Import.objects.select_for_update(no_key=True).get(pk=row.pk)
        if now.state == ImportState.APPLIED:
            return
        now.state = _BEFORE.get(ImportState(now.state), ImportState(now.state))
        now.problem, now.stage, now.lease_until, now.applied_by = problem, "", None, None
        now.done = now.total = 0
        now.save()
