"""Takes an act back: every object of a ChangeSet returns to its state before, in reverse order.

The undo is an act of its own, so that it can be undone in turn. It refuses when something later
touched the same objects, unless that was taken back too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db import IntegrityError
from django.db.models import Count, Model, ProtectedError, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from dicomcfg.core.wording import counted
from dicomcfg.inventory.bulk import among
from dicomcfg.inventory.models import (
    AE,
    Association,
    Change,
    ChangeSet,
    Device,
    Profile,
    Site,
)
from dicomcfg.inventory.services import (
    ae_rows,
    association_rows,
    capability_rows,
    devices,
    followers,
    kept_rows,
    orthanc_servers,
    private_uids,
    profile_rows,
    savedfilters,
    sites,
)
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.association_rows import AssociationData
from dicomcfg.inventory.services.devices import DeviceData
from dicomcfg.inventory.services.history import Recorder, Snapshot, recording
from dicomcfg.inventory.services.kept_rows import KeptSubject
from dicomcfg.inventory.services.plain_rows import PlainRows
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.undo_locks import hold

_SHOWN_REASONS = 20
_SHOWN_OBJECTS = 5
_GOING_WITH = {
    ae_rows.MODEL: (capability_rows.MODEL, kept_rows.OF_AES.model),
    association_rows.MODEL: (kept_rows.OF_ASSOCIATIONS.model,),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an act cannot be taken back: a sentence, which the summary of `act` ends where that one
    stands in the way."""

    words: str
    act: ChangeSet | None = None

    def __str__(self) -> str:
        return f"{self.words}: {self.act.summary}" if self.act else self.words


class CannotUndo(Exception):
    """Why an act cannot be taken back."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        self.reasons = list(reasons)
        super().__init__(" ".join(map(str, reasons)))


def undo(actor: Actor, change_set: ChangeSet) -> ChangeSet:
    """Take an act back; returns the act of doing so. Raises CannotUndo."""
    try:
        with recording(actor, f"Undid: {change_set.summary}", undoes=change_set) as recorder:
            # Two people who press Undo at once: the second waits here and is then refused.
            ChangeSet.objects.select_for_update(no_key=True).get(pk=change_set.pk)
            changes = sorted(change_set.changes.order_by("-id"), key=_turn)
            hold(changes)
            reasons = reasons_against(change_set)
            if reasons:
                raise CannotUndo(reasons)
            for (model, action), group in groupby(changes, lambda c: (c.model, c.action)):
                _take_back(recorder, SUBJECTS[model], action, list(group))
    except IntegrityError:
        reason = Reason("Its name or pair is taken by something made since.")
        raise CannotUndo([reason]) from None
    assert recorder.change_set is not None, "an act on record always changed something"
    return recorder.change_set


def _turn(change: Change) -> int:
    """Profiles come back before, and go after, what follows them and is to be in step with them."""
    if change.model != profile_rows.MODEL:
        return 1
    return 2 if change.action == "created" else 0


def reasons_against(change_set: ChangeSet) -> list[Reason]:
    """Why the history forbids taking an act back; empty when it does not.

    Later acts stand the latest first, as they have to be taken back. What only the rows can tell
    (something new refers to an object) shows when undo is tried.
    """
    undone_by = ChangeSet.objects.filter(undoes=change_set).first()
    if undone_by:
        words = f"{undone_by.actor_name} undid it already. To bring it back, undo this"
        return [Reason(words, undone_by)]
    later = _later_changes(change_set)
    acts = list(later.order_by("-change_set_id").values_list("change_set", flat=True).distinct())
    reasons = _in_the_way(later.filter(change_set__in=acts[:_SHOWN_REASONS]))
    if len(acts) > _SHOWN_REASONS:
        reasons.append(Reason(f"And {counted(len(acts) - _SHOWN_REASONS, 'more later act')}."))
    return reasons


def _in_the_way(later: QuerySet[Change]) -> list[Reason]:
    """A sentence for each act, the latest first; of its objects only the first are read."""
    numbers = later.order_by().values("change_set").annotate(number=Count("label", distinct=True))
    number_of = dict(numbers.values_list("change_set", "number"))
    place = Window(RowNumber(), partition_by="change_set", order_by="id")
    first = later.annotate(place=place).filter(place__lte=_SHOWN_OBJECTS)
    by_act = groupby(first.order_by("-change_set_id", "id"), lambda change: change.change_set)
    return [_sentence(act, list(changes), number_of[act.pk]) for act, changes in by_act]


def _sentence(act: ChangeSet, changes: Sequence[Change], number: int) -> Reason:
    labels = list(dict.fromkeys(change.label for change in changes))
    rest = f" and {number - len(labels):,} more" if number > len(labels) else ""
    actions = {change.action for change in changes}
    done = actions.pop() if len(actions) == 1 else "changed"
    verb = "was" if number == 1 else "were"
    return Reason(f"{', '.join(labels)}{rest} {verb} {done} later by {act.actor_name}", act)


def _later_changes(change_set: ChangeSet) -> QuerySet[Change]:
    """Later changes of the same objects, without acts that were taken back and their undoing."""
    touched: dict[str, list[int]] = {}
    for model, object_id in change_set.changes.values_list("model", "object_id"):
        touched.setdefault(model, []).append(object_id)
    # With an AE that was made would go the capabilities that it got since, and what is kept.
    for model, parts in _GOING_WITH.items():
        made = change_set.changes.filter(model=model, before__isnull=True)
        ids = list(made.values_list("object_id", flat=True))
        for part in parts:
            touched.setdefault(part, []).extend(ids)
    same = Q()
    for model, ids in touched.items():
        same |= Q(among(ids, "object_id"), model=model)
    later = Change.objects.filter(same, change_set__gt=change_set)
    acts = later.order_by("-change_set").values_list("change_set", "change_set__undoes").distinct()
    undone = dict(acts)
    cancelled: set[int] = set()
    # Latest first: an undo that was itself undone no longer cancels what it undid.
    for pk, undoes in undone.items():
        if pk not in cancelled and undoes is not None and undoes in undone:
            cancelled |= {pk, undoes}
    stands = later.exclude(change_set__in=cancelled)
    return stands.select_related("change_set").order_by("id")


@dataclass(frozen=True, slots=True)
class _Subject:
    """How one model's rows are removed, brought back under their ids, and set back."""

    remove: Callable[[Recorder, list[int]], None]
    bring_back: Callable[[Recorder, dict[int, Snapshot]], None]
    set_back: Callable[[Recorder, dict[int, Snapshot]], None]


def _take_back(
    recorder: Recorder, subject: _Subject, action: str, changes: Sequence[Change]
) -> None:
    before = {c.object_id: c.before for c in changes if c.before is not None}
    try:
        if action == "created":
            subject.remove(recorder, [change.object_id for change in changes])
        elif action == "deleted":
            subject.bring_back(recorder, before)
        else:
            subject.set_back(recorder, before)
    except LookupError as problem:
        raise CannotUndo([Reason(str(problem.args[0]))]) from None
    except ProtectedError as error:
        raise CannotUndo(_referring(error.protected_objects)) from None


def _referring(rows: Iterable[Model]) -> list[Reason]:
    """What still refers to the objects that would go: a sentence a row, bounded."""
    rows = sorted(rows, key=lambda row: row.pk)
    reasons = [
        Reason(f"The {row._meta.verbose_name} {row} refers to what this act made.")
        for row in rows[:_SHOWN_REASONS]
    ]
    if len(rows) > _SHOWN_REASONS:
        reasons.append(Reason(f"And {counted(len(rows) - _SHOWN_REASONS, 'more object')}."))
    return reasons


def _ae_states(snapshots: Iterable[Snapshot]) -> list[AeData]:
    snapshots = list(snapshots)
    known_sites = Site.objects.in_bulk()
    known_devices = Device.objects.in_bulk({s["device"]["id"] for s in snapshots if s["device"]})
    return [AeData.from_snapshot(s, known_sites, known_devices) for s in snapshots]


def _remove_aes(recorder: Recorder, ids: list[int]) -> None:
    ae_rows.remove_aes(recorder, ae_rows.load_aes(ids))


def _bring_back_aes(recorder: Recorder, before: dict[int, Snapshot]) -> None:
    ae_rows.insert_aes(recorder, _ae_states(before.values()), list(before))


def _set_back_aes(recorder: Recorder, before: dict[int, Snapshot]) -> None:
    wanted = dict(zip(before, _ae_states(before.values()), strict=True))
    loaded = ae_rows.load_aes(before)
    ae_rows.overwrite_aes(recorder, [(row, now, wanted[row.pk]) for row, now in loaded])


def _remove_capabilities(recorder: Recorder, ids: list[int]) -> None:
    none = capability_rows.snapshot(())
    _set_back_capabilities(recorder, dict.fromkeys(ids, none))


def _set_back_capabilities(recorder: Recorder, before: dict[int, Snapshot]) -> None:
    held = AE.objects.filter(among(before)).order_by("pk").select_for_update(no_key=True)
    rows = list(held)
    if len(rows) < len(before):
        raise LookupError("An AE whose capabilities these were no longer exists.")
    states = {pk: capability_rows.from_snapshot(data) for pk, data in before.items()}
    profiles = _profiles_of(before.values())
    following = {pk: capability_rows.following_from(data, profiles) for pk, data in before.items()}
    wanted = followers.capabilities_in_step(states, following)
    capability_rows.overwrite_capabilities(recorder, rows, wanted, following)


def _profiles_of(snapshots: Iterable[Snapshot]) -> dict[int, Profile]:
    followed = {s["profile"]["id"] for s in snapshots if s.get("profile")}
    return Profile.objects.in_bulk(followed) if followed else {}


def _association_states(snapshots: Iterable[Snapshot]) -> list[AssociationData]:
    snapshots = list(snapshots)
    ids = {s[side]["id"] for s in snapshots for side in ("calling", "called")}
    aes = AE.objects.in_bulk(ids)
    profiles = _profiles_of(snapshots)
    states = [AssociationData.from_snapshot(s, aes, profiles) for s in snapshots]
    return followers.associations_in_step(states)


def _remove_associations(recorder: Recorder, ids: list[int]) -> None:
    loaded = association_rows.load_associations(Q(pk__in=ids))
    association_rows.remove_associations(recorder, loaded)


def _bring_back_associations(recorder: Recorder, before: dict[int, Snapshot]) -> None:
    states = _association_states(before.values())
    taken = Association.objects.filter(
        calling__in=[s.calling for s in states], called__in=[s.called for s in states]
    ).values_list("calling", "called")
    pairs = set(taken)
    for state in states:
        if (state.calling.pk, state.called.pk) in pairs:
            raise LookupError(f"An association {state.label} was made since.")
    association_rows.insert_associations(recorder, states, list(before))


def _set_back_associations(recorder: Recorder, before: dict[int, Snapshot]) -> None:
    wanted = dict(zip(before, _association_states(before.values()), strict=True))
    loaded = association_rows.load_associations(Q(pk__in=list(before)))
    association_rows.overwrite_associations(
        recorder, [(row, now, wanted[row.pk]) for row, now in loaded]
    )


def _remove_profiles(recorder: Recorder, ids: list[int]) -> None:
    profile_rows.remove_profiles(recorder, profile_rows.load_profiles(ids))


def _bring_back_profiles(recorder: Recorder, before: dict[int, Snapshot]) -> None:
    states = [ProfileData.from_snapshot(data) for data in before.values()]
    profile_rows.insert_profiles(recorder, states, list(before))


def _set_back_profiles(recorder: Recorder, before: dict[int, Snapshot]) -> None:
    """With all that follows them, also what does so only since the act."""
    wanted = {pk: ProfileData.from_snapshot(data) for pk, data in before.items()}
    loaded = profile_rows.load_profiles(before)
    profile_rows.overwrite_profiles(recorder, [(row, now, wanted[row.pk]) for row, now in loaded])
    moved = {row.pk: wanted[row.pk].proposed for row, _ in loaded}
    followers.carry_to_followers(recorder, moved)


def _set_back_kept(subject: KeptSubject) -> _Subject:
    def set_back(recorder: Recorder, before: dict[int, Snapshot]) -> None:
        subject.set_back(recorder, before)

    def remove(recorder: Recorder, ids: list[int]) -> None:
        subject.set_back(recorder, dict.fromkeys(ids, kept_rows.snapshot({})))

    return _Subject(remove, set_back, set_back)


def _remove_devices(recorder: Recorder, ids: list[int]) -> None:
    rows = Device.objects.filter(pk__in=ids).order_by("pk").select_for_update()
    devices.remove_devices(recorder, list(rows))


def _bring_back_devices(recorder: Recorder, before: dict[int, Snapshot]) -> None:
    devices.insert_devices(recorder, [DeviceData(**s).row(pk) for pk, s in before.items()])


def _set_back_devices(recorder: Recorder, before: dict[int, Snapshot]) -> None:
    rows = Device.objects.filter(pk__in=list(before)).order_by("pk").select_for_update(no_key=True)
    devices.overwrite_devices(recorder, [(row, DeviceData(**before[row.pk])) for row in rows])


def _of_plain(rows: PlainRows[Any, Any]) -> _Subject:
    return _Subject(rows.remove_all, rows.bring_back, rows.set_back)


SUBJECTS = {
    ae_rows.MODEL: _Subject(_remove_aes, _bring_back_aes, _set_back_aes),
    association_rows.MODEL: _Subject(
        _remove_associations, _bring_back_associations, _set_back_associations
    ),
    capability_rows.MODEL: _Subject(
        _remove_capabilities, _set_back_capabilities, _set_back_capabilities
    ),
    profile_rows.MODEL: _Subject(_remove_profiles, _bring_back_profiles, _set_back_profiles),
    kept_rows.OF_AES.model: _set_back_kept(kept_rows.OF_AES),
    kept_rows.OF_ASSOCIATIONS.model: _set_back_kept(kept_rows.OF_ASSOCIATIONS),
    devices.MODEL: _Subject(_remove_devices, _bring_back_devices, _set_back_devices),
    **{
        rows.model: _of_plain(rows)
        for rows in (orthanc_servers.ROWS, private_uids.ROWS, savedfilters.ROWS, sites.ROWS)
    },
}
