"""Reads and writes Profiles with all that they hold, and their history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from dicomcfg.inventory.models import Profile
from dicomcfg.inventory.services.history import Recorder, Snapshot
from dicomcfg.inventory.services.proposed_sets import (
    OF_PROFILES,
    ProposedSet,
    load_sets,
    write_contexts,
    write_negotiation,
)

MODEL = "profile"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileData:
    """Everything of a Profile that people edit."""

    name: str
    description: str = ""
    proposed: ProposedSet = field(default_factory=ProposedSet)

    def normalised(self) -> ProfileData:
        """Without the spaces that do not count."""
        return replace(
            self,
            name=self.name.strip(),
            description=self.description.strip(),
            proposed=self.proposed.normalised(),
        )

    def snapshot(self) -> Snapshot:
        """Plain JSON for the history."""
        return {
            "name": self.name,
            "description": self.description,
            **self.proposed.snapshot(),
        }

    @classmethod
    def from_snapshot(cls, data: Snapshot) -> ProfileData:
        """The state that a snapshot holds."""
        return cls(
            name=data["name"],
            description=data["description"],
            proposed=ProposedSet.from_snapshot(data),
        )


def load_profiles(ids: Iterable[int], *, lock: bool = True) -> list[tuple[Profile, ProfileData]]:
    """The rows with their states, in order of id; rows that are gone are left out.

    Whoever makes a row follow a Profile holds that one's lock until the end, as whoever changes
    it does: so the copy and the original never part.
    """
    found = Profile.objects.filter(pk__in=list(ids)).order_by("pk")
    rows = list(found.select_for_update() if lock else found)
    sets = load_sets(OF_PROFILES, [row.pk for row in rows])
    return [
        (row, ProfileData(name=row.name, description=row.description, proposed=sets[row.pk]))
        for row in rows
    ]


def insert_profiles(
    recorder: Recorder, datas: Sequence[ProfileData], ids: Sequence[int] | None = None
) -> list[Profile]:
    """New rows; `ids` brings deleted rows back. Raises IntegrityError for a name that is taken."""
    rows = [
        Profile(
            pk=ids[index] if ids else None,
            name=data.name,
            description=data.description,
        )
        for index, data in enumerate(datas)
    ]
    Profile.objects.bulk_create(rows)
    sets = {row.pk: data.proposed for row, data in zip(rows, datas, strict=True)}
    write_contexts(OF_PROFILES, {pk: each.contexts for pk, each in sets.items()})
    write_negotiation(OF_PROFILES, sets)
    for row, data in zip(rows, datas, strict=True):
        recorder.add(MODEL, row.pk, data.name, None, data.snapshot())
    return rows


def overwrite_profiles(
    recorder: Recorder, changes: Iterable[tuple[Profile, ProfileData, ProfileData]]
) -> None:
    """Set rows from the first state to the second, whoever follows them left as they are.

    Raises IntegrityError for a name that is taken.
    """
    real = [(row, before, after) for row, before, after in changes if before != after]
    for row, _, after in real:
        row.name, row.description = after.name, after.description
        row.revision += 1
        row.save()
    sets = {row.pk: new.proposed for row, old, new in real if old.proposed != new.proposed}
    write_contexts(OF_PROFILES, {pk: each.contexts for pk, each in sets.items()})
    write_negotiation(OF_PROFILES, sets)
    for row, before, after in real:
        recorder.add(MODEL, row.pk, after.name, before.snapshot(), after.snapshot())


def remove_profiles(recorder: Recorder, loaded: Sequence[tuple[Profile, ProfileData]]) -> None:
    """Delete rows that nothing follows. Raises ProtectedError when something does."""
    Profile.objects.filter(pk__in=[row.pk for row, _ in loaded]).delete()
    for row, data in loaded:
        recorder.add(MODEL, row.pk, data.name, data.snapshot(), None)
