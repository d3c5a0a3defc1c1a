"""Repointing: associations of one AE become those of another, as when a PACS is replaced.

A person sees first what would become of each association, and says which move and what happens to
pairs that exist already. The act is refused when any of that changed since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.db import IntegrityError
from django.db.models import Q

from dicomcfg.core.wording import counted
from dicomcfg.inventory.models import AE, Association, ChangeSet
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.association_rows import (
    MODEL,
    AssociationData,
    load_associations,
    overwrite_associations,
    remove_associations,
)
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.history import Recorder, last_change, recording

_Loaded = tuple[Association, AssociationData]


class Hindrance(StrEnum):
    """Why an association cannot simply become the other AE's."""

    SELF = "self"
    EXISTS = "exists"


@dataclass(frozen=True, slots=True)
class Move:
    """What would become of one association; `existing` is the association the new pair has."""

    association: Association
    calling: AE
    called: AE
    existing: Association | None

    @property
    def hindrance(self) -> Hindrance | None:
        """What has to be decided or rules the move out."""
        if self.calling == self.called and self.association.calling_id != (
            self.association.called_id
        ):
            return Hindrance.SELF
        return Hindrance.EXISTS if self.existing else None


@dataclass(frozen=True, slots=True)
class Chosen:
    """An association that is to move, and the one to replace if any: (id, revision) as seen."""

    association: tuple[int, int]
    replaced: tuple[int, int] | None = None


def plan(associations: Iterable[Association], old: AE, new: AE) -> list[Move]:
    """What would become of those that `old` calls or is called by; one query."""
    pairs = {
        row: tuple(new if end == old else end for end in (row.calling, row.called))
        for row in associations
        if old in (row.calling, row.called)
    }
    of_new = Association.objects.filter(Q(calling=new) | Q(called=new))
    existing = {
        (row.calling_id, row.called_id): row for row in of_new.select_related("calling", "called")
    }
    return [
        Move(row, calling, called, existing.get((calling.pk, called.pk)))
        for row, (calling, called) in pairs.items()
    ]


def repoint(actor: Actor, old: AE, new: AE, chosen: Sequence[Chosen]) -> ChangeSet | None:
    """Let the chosen associations of `old` become those of `new`; None where none was chosen.

    Those to be replaced are deleted in the same act. Raises StaleRevision where one of either was
    changed or deleted since it was seen, and ServiceError for an AE that is gone or that would call
    itself, and for a new pair that exists and is not to be replaced.
    """
    try:
        with recording(actor) as recorder:
            _move(recorder, old, new, chosen)
    except IntegrityError:
        # Someone else saved such a pair between the look and the write.
        raise ServiceError.general(
            f"An association of {new.ae_title} was made in the meantime. Look at the list again."
        ) from None
    return recorder.change_set


def _move(recorder: Recorder, old: AE, new: AE, chosen: Sequence[Chosen]) -> None:
    _hold(old, new)
    revisions = dict(each.association for each in chosen)
    replaced = dict(each.replaced for each in chosen if each.replaced)
    loaded = {
        row.pk: (row, data) for row, data in load_associations(Q(pk__in=[*revisions, *replaced]))
    }
    _refuse_stale(loaded, revisions | replaced)
    changes = [(*loaded[pk], _moved(loaded[pk][1], old, new)) for pk in revisions]
    given_up = [loaded[pk] for pk in replaced]
    _refuse_taken(changes, given_up)
    # Deleted first, so that the pairs are free; an undo goes the other way round.
    remove_associations(recorder, given_up)
    rows = overwrite_associations(recorder, changes)
    count = counted(len(rows), "association")
    recorder.summary = f"Repointed {count} from {old.ae_title} to {new.ae_title}"
    if given_up:
        recorder.summary += f", replacing {len(given_up)}"


def _hold(old: AE, new: AE) -> None:
    """Both AEs stay until the end, locked before their associations as in every other act."""
    if old == new:
        raise ServiceError.general("Choose another AE than the one to be replaced.")
    held = AE.objects.filter(pk__in=[old.pk, new.pk]).order_by("pk").select_for_update(no_key=True)
    if len(held) < 2:
        raise ServiceError.general("One of the two AEs was deleted in the meantime.")


def _refuse_stale(loaded: dict[int, _Loaded], revisions: dict[int, int]) -> None:
    for pk, revision in revisions.items():
        if pk not in loaded:
            change = last_change(MODEL, pk)
            raise StaleRevision(change.label if change else "An association", change)
        row, data = loaded[pk]
        if row.revision != revision:
            raise StaleRevision(data.label, last_change(MODEL, pk))


def _moved(data: AssociationData, old: AE, new: AE) -> AssociationData:
    calling, called = (new if end == old else end for end in (data.calling, data.called))
    after = replace(data, calling=calling, called=called)
    if after.pair == data.pair:
        raise ServiceError.general(f"{data.label} is no association of {old.ae_title}.")
    if calling == called and data.calling != data.called:
        raise ServiceError.general(f"{data.label} would let {new.ae_title} call itself.")
    return after


def _refuse_taken(
    changes: Sequence[tuple[Association, AssociationData, AssociationData]],
    given_up: Sequence[_Loaded],
) -> None:
    """Every new pair is free, and nothing is replaced without need."""
    wanted = {after.pair for _, _, after in changes}
    freed = {data.pair for _, data in given_up}
    if not freed <= wanted:
        raise ServiceError.general("An association was to be replaced by none.")
    callings, calleds = {pair[0] for pair in wanted}, {pair[1] for pair in wanted}
    rows = Association.objects.filter(calling__in=callings, called__in=calleds)
    there = set(rows.values_list("calling", "called"))
    taken = (wanted & there) - freed
    for _, _, after in changes:
        if after.pair in taken:
            raise ServiceError.general(
                f"An association {after.label} exists. Choose to replace it, or leave it out."
            )
