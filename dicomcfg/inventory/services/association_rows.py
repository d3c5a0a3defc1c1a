"""Reads and writes many associations at once, with their contexts and history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import Prefetch, Q

from dicomcfg.core import records
from dicomcfg.inventory.models import (
    AE,
    Association,
    ExtendedNegotiation,
    PresentationContext,
    Profile,
    RoleSelection,
)
from dicomcfg.inventory.services import kept_rows
from dicomcfg.inventory.services.association_status import move_statuses, set_status, status_of
from dicomcfg.inventory.services.drift_rows import recompute_associations
from dicomcfg.inventory.services.history import Recorder, Snapshot
from dicomcfg.inventory.services.proposed_sets import (
    OF_ASSOCIATIONS,
    ProposedSet,
    write_contexts,
    write_negotiation,
)

MODEL = "association"
_COLUMNS = ("calling", "called", "name", "description", "profile", "associations_at_once")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationData:
    """Everything of an association that people edit.

    One with a `profile` proposes what that does: whoever sets it sets contexts, roles and
    extended negotiations to the Profile's.
    """

    calling: AE
    called: AE
    name: str = ""
    description: str = ""
    contexts: tuple[records.PresentationContext, ...] = ()
    role_selections: tuple[records.RoleSelection, ...] = ()
    extended_negotiations: tuple[records.ExtendedNegotiation, ...] = ()
    profile: Profile | None = None
    associations_at_once: int = 1
    # What the history kept as the status of this pair; written only where the pair changes or the
    # row comes back.
    status: Snapshot | None = field(default=None, compare=False)
    # Since when it is this pair, for a row that comes back; the database's own otherwise.
    repointed_at: datetime | None = field(default=None, compare=False)

    @property
    def pair(self) -> tuple[int, int]:
        """The ids of both AEs."""
        return self.calling.pk, self.called.pk

    @property
    def label(self) -> str:
        """Both titles, as the history and the pages show the pair."""
        return f"{self.calling.ae_title} → {self.called.ae_title}"

    @property
    def proposed(self) -> ProposedSet:
        """What it proposes, which is what a Profile governs."""
        return ProposedSet(self.contexts, self.role_selections, self.extended_negotiations)

    def normalised(self) -> AssociationData:
        """Without outer spaces; a transfer syntax named twice in one context counts once."""
        return replace(
            self,
            name=self.name.strip(),
            description=self.description.strip(),
            **self.proposed.normalised().fields(),
        )

    def snapshot(self) -> Snapshot:
        """Plain JSON for the history: UIDs, not rows of interned lists."""
        return {
            "calling": {"id": self.calling.pk, "ae_title": self.calling.ae_title},
            "called": {"id": self.called.pk, "ae_title": self.called.ae_title},
            "name": self.name,
            "description": self.description,
            **self.proposed.snapshot(),
            "profile": (
                {"id": self.profile.pk, "name": self.profile.name} if self.profile else None
            ),
            "associations_at_once": self.associations_at_once,
        }

    @classmethod
    def from_snapshot(
        cls, data: Snapshot, aes: Mapping[int, AE], profiles: Mapping[int, Profile]
    ) -> AssociationData:
        """The state that a snapshot holds, also one older than some of its fields.

        Where its Profile is gone it keeps the contexts as its own. Raises LookupError, with words
        for a person, when an AE is gone.
        """
        for side in (data["calling"], data["called"]):
            if side["id"] not in aes:
                raise LookupError(f"The AE {side['ae_title']} no longer exists.")
        return cls(
            calling=aes[data["calling"]["id"]],
            called=aes[data["called"]["id"]],
            name=data["name"],
            description=data["description"],
            **ProposedSet.from_snapshot(data).fields(),
            profile=profiles.get((data.get("profile") or {}).get("id", 0)),
            associations_at_once=data.get("associations_at_once", 1),
            status=data.get("last_negotiation"),
            repointed_at=(
                datetime.fromisoformat(data["repointed_at"]) if data.get("repointed_at") else None
            ),
        )


def load_associations(
    condition: Q, *, lock: bool = True
) -> list[tuple[Association, AssociationData]]:
    """The rows that match with their states, in order of id."""
    contexts = PresentationContext.objects.select_related("syntax_list").order_by("position")
    rows = (
        Association.objects.filter(condition)
        .select_related("calling", "called", "profile")
        .prefetch_related(
            Prefetch("presentation_contexts", contexts),
            Prefetch("role_selections", RoleSelection.objects.order_by("pk")),
            Prefetch("extended_negotiations", ExtendedNegotiation.objects.order_by("pk")),
        )
        .order_by("pk")
    )
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    return [(row, _state_of(row)) for row in rows]


def _state_of(row: Association) -> AssociationData:
    return AssociationData(
        calling=row.calling,
        called=row.called,
        name=row.name,
        description=row.description,
        contexts=tuple(context.record() for context in row.presentation_contexts.all()),
        role_selections=tuple(role.record() for role in row.role_selections.all()),
        extended_negotiations=tuple(each.record() for each in row.extended_negotiations.all()),
        profile=row.profile,
        associations_at_once=row.associations_at_once,
    )


def insert_associations(
    recorder: Recorder, datas: Sequence[AssociationData], ids: Sequence[int] | None = None
) -> list[Association]:
    """New rows; `ids` brings deleted rows back. Raises IntegrityError for a pair that exists."""
    rows = [
        Association(
            pk=ids[index] if ids else None,
            calling=data.calling,
            called=data.called,
            name=data.name,
            description=data.description,
            profile=data.profile,
            associations_at_once=data.associations_at_once,
            repointed_at=data.repointed_at,
        )
        for index, data in enumerate(datas)
    ]
    for row, data in zip(rows, datas, strict=True):
        set_status(row, data.status or {})
    Association.objects.bulk_create(rows)
    written = {row.pk: data for row, data in zip(rows, datas, strict=True)}
    write_contexts(OF_ASSOCIATIONS, {pk: data.contexts for pk, data in written.items()})
    write_negotiation(OF_ASSOCIATIONS, {pk: data.proposed for pk, data in written.items()})
    if ids:
        recompute_associations(ids)
    for row, data in zip(rows, datas, strict=True):
        recorder.add(MODEL, row.pk, data.label, None, data.snapshot())
    return rows


def overwrite_associations(
    recorder: Recorder,
    changes: Iterable[tuple[Association, AssociationData, AssociationData]],
) -> list[Association]:
    """Set rows from the first state to the second; returns the rows that really changed.

    Where the pair changes, the status of the last negotiation, what it saw and the differences
    that are kept go with the old pair. The history keeps that status beside the settings, and
    what was kept as a change of its own, so that an undo brings both back.
    """
    real = [(row, before, after) for row, before, after in changes if before != after]
    for row, _, after in real:
        row.calling, row.called = after.calling, after.called
        row.name, row.description = after.name, after.description
        row.profile, row.associations_at_once = after.profile, after.associations_at_once
        row.revision += 1
    rows = [row for row, _, _ in real]
    if rows:
        Association.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[*_COLUMNS, "revision"],
        )
    write_contexts(
        OF_ASSOCIATIONS,
        {row.pk: new.contexts for row, old, new in real if old.contexts != new.contexts},
    )
    write_negotiation(
        OF_ASSOCIATIONS,
        {
            row.pk: new.proposed
            for row, old, new in real
            if replace(old.proposed, contexts=()) != replace(new.proposed, contexts=())
        },
    )
    statuses = move_statuses(
        [row for row, old, new in real if old.pair != new.pair],
        {row.pk: new.status for row, _, new in real},
    )
    # Noted before the pair: an undo goes the other way round, and forgets what the new pair kept.
    kept_rows.OF_ASSOCIATIONS.forget(
        recorder, {row.pk: old.label for row, old, _ in real if row.pk in statuses}
    )
    recompute_associations(row.pk for row, old, new in real if old.contexts != new.contexts)
    for row, before, after in real:
        was, now = statuses.get(row.pk, ({}, {}))
        recorder.add(MODEL, row.pk, after.label, before.snapshot() | was, after.snapshot() | now)
        getattr(row, "_prefetched_objects_cache", {}).clear()
    return rows


def remove_associations(
    recorder: Recorder, loaded: Sequence[tuple[Association, AssociationData]]
) -> None:
    """Delete rows with their contexts; kept checks lose only the link."""
    kept_rows.OF_ASSOCIATIONS.record_removal(recorder, {row.pk: d.label for row, d in loaded})
    Association.objects.filter(pk__in=[row.pk for row, _ in loaded]).delete()
    for row, data in loaded:
        recorder.add(MODEL, row.pk, data.label, data.snapshot() | _found_out(row), None)


def _found_out(row: Association) -> Snapshot:
    """What checks say of a row about to be deleted, for an undo to show again."""
    since = {"repointed_at": row.repointed_at.isoformat()} if row.repointed_at else {}
    status = status_of(row)
    return since | ({"last_negotiation": status} if status else {})
