"""What becomes of an association's status when its pair changes or it is deleted.

The status tells of the pair that was checked. It goes when the pair does, and the history keeps
it beside the settings, so that an undo shows it again. What was seen for a comparison goes too,
and is not kept: the next negotiation sees it anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils import timezone

from dicomcfg.inventory.models import Association, SeenContexts
from dicomcfg.inventory.services.history import Snapshot

_COLUMNS = (
    "latest_check_id",
    "latest_outcome",
    "latest_headline",
    "latest_tone",
    "latest_at",
    "drift_count",
    "drift_since",
    "repointed_at",
)


def status_of(row: Association) -> Snapshot | None:
    """The last negotiation as plain JSON; None where there was none."""
    if not row.latest_outcome:
        return None
    return {
        "check_id": row.latest_check_id,
        "outcome": row.latest_outcome,
        "headline": row.latest_headline,
        "tone": row.latest_tone,
        "at": row.latest_at.isoformat() if row.latest_at else None,
    }


def move_statuses(
    rows: Sequence[Association], kept: Mapping[int, Snapshot | None]
) -> dict[int, tuple[Snapshot, Snapshot]]:
    """Set the status of rows whose pair changed to what the history kept of the new pair.

    Returns, by id, what the history keeps before and after; call with the rows locked.
    """
    if not rows:
        return {}
    now = timezone.now()
    told = {}
    for row in rows:
        before, after = status_of(row), kept[row.pk]
        told[row.pk] = ({"last_negotiation": before}, {"last_negotiation": after})
        set_status(row, after or {})
        row.drift_count = row.drift_since = None
        row.repointed_at = now
    Association.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=_COLUMNS
    )
    SeenContexts.objects.filter(association__in=[row.pk for row in rows]).delete()
    return told


def set_status(row: Association, status: Snapshot) -> None:
    """Set the columns of the last negotiation; an empty status is that there was none."""
    row.latest_check_id = status.get("check_id")
    row.latest_outcome = status.get("outcome", "")
    row.latest_headline = status.get("headline", "")
    row.latest_tone = status.get("tone", "")
    at = status.get("at")
    row.latest_at = datetime.fromisoformat(at) if at else None
