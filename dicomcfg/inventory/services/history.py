"""Writes the history: a ChangeSet and its Changes, in the transaction of the act itself.

Snapshots are plain JSON made by each subject's own module; nothing here knows their fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from dicomcfg.inventory.bulk import insert_each
from dicomcfg.inventory.models import Change, ChangeSet
from dicomcfg.inventory.selectors import object_history
from dicomcfg.inventory.services.actor import Actor

Snapshot = dict[str, Any]
_SUMMARY_LENGTH = 254
_LABEL_LENGTH = 160


class Recorder:
    """Collects the changes of one act; `change_set` is set once they are written."""

    def __init__(self, summary: str) -> None:
        self.summary = summary
        self.change_set: ChangeSet | None = None
        self._changes: list[dict[str, Any]] = []

    def __len__(self) -> int:
        return len(self._changes)

    def add(
        self,
        model: str,
        object_id: int,
        label: str,
        before: Snapshot | None,
        after: Snapshot | None,
    ) -> None:
        """Note one object before and after; equal snapshots are no change."""
        if before != after:
            self._changes.append(
                {
                    "model": model,
                    "object_id": object_id,
                    "label": label[:_LABEL_LENGTH],
                    "before": before,
                    "after": after,
                }
            )

    def write(self, actor: Actor, undoes: ChangeSet | None) -> None:
        """Write what was collected; an act that changed nothing leaves no trace."""
        if not self._changes:
            return
        self.change_set = ChangeSet.objects.create(
            actor_id=actor.user.pk if actor.user else None,
            actor_name=actor.name[:150],
            summary=self.summary[:_SUMMARY_LENGTH],
            undoes=undoes,
        )
        of = {"change_set_id": self.change_set.pk}
        insert_each(Change, [of | change for change in self._changes])


@contextmanager
def recording(
    actor: Actor, summary: str = "", *, undoes: ChangeSet | None = None
) -> Iterator[Recorder]:
    """One transaction around an act and its history; an exception leaves neither.

    The summary may be set on the recorder as late as the end of the block.
    """
    with transaction.atomic():
        recorder = Recorder(summary)
        yield recorder
        recorder.write(actor, undoes)


def last_change(model: str, object_id: int) -> Change | None:
    """The latest change on record of one object, with its ChangeSet."""
    return object_history(model, object_id).first()


def changed_fields(before: Snapshot, after: Snapshot) -> str:
    """The names of the fields that differ, for a summary."""
    return ", ".join(key.replace("_", " ") for key in after if before.get(key) != after[key])
