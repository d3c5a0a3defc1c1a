"""Names private UIDs, renames them and takes names away; contexts and capabilities keep the UID."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from django.db import IntegrityError
from django.db.models import Q

from dicomcfg.core.standard import uids
from dicomcfg.inventory.models import ChangeSet, PrivateUid, PrivateUidKind
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.fields import too_long
from dicomcfg.inventory.services.history import (
    Recorder,
    Snapshot,
    changed_fields,
    last_change,
    recording,
)

MODEL = "privateuid"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateUidData:
    """Everything of a private UID that people edit."""

    uid: str
    name: str
    kind: str = PrivateUidKind.SOP_CLASS.value
    description: str = ""

    @classmethod
    def of(cls, row: PrivateUid) -> PrivateUidData:
        """The state of a row."""
        return cls(**{field.name: getattr(row, field.name) for field in fields(cls)})

    def normalised(self) -> PrivateUidData:
        """Single spaces within, none around: a name stands on one line of a text field."""
        return PrivateUidData(**{key: " ".join(text.split()) for key, text in asdict(self).items()})

    def snapshot(self) -> Snapshot:
        """Plain JSON for the history."""
        return asdict(self)


def create_privateuid(actor: Actor, data: PrivateUidData) -> PrivateUid:
    """Name a UID. Raises ServiceError for refused fields, among them UIDs of the standard."""
    data = data.normalised()
    _refuse(data, None)
    try:
        with recording(actor, f"Named {data.uid} {data.name}") as recorder:
            row = PrivateUid(**asdict(data))
            insert_privateuid(recorder, row)
            return row
    except IntegrityError:
        raise ServiceError.general("Somebody named it meanwhile.") from None


def update_privateuid(
    actor: Actor, row: PrivateUid, data: PrivateUidData, revision: int
) -> PrivateUid:
    """Set a row to `data`. Raises ServiceError for refused fields and StaleRevision."""
    data = data.normalised()
    _refuse(data, row.pk)
    try:
        with recording(actor) as recorder:
            row = _load_at(row, revision)
            changed = changed_fields(PrivateUidData.of(row).snapshot(), data.snapshot())
            recorder.summary = f"Changed private UID {data.name}: {changed}"
            overwrite_privateuid(recorder, row, data)
            return row
    except IntegrityError:
        raise ServiceError.general("The name or the UID was taken meanwhile.") from None


def delete_privateuid(actor: Actor, row: PrivateUid, revision: int) -> ChangeSet | None:
    """Take a name away; what uses the UID goes on using it. Raises StaleRevision."""
    with recording(actor, f"Deleted private UID {row.name}") as recorder:
        remove_privateuid(recorder, _load_at(row, revision))
    return recorder.change_set


def insert_privateuid(recorder: Recorder, row: PrivateUid) -> None:
    """Save a new row; one with an id comes back under it. Raises IntegrityError."""
    row.save(force_insert=True)
    recorder.add(MODEL, row.pk, row.name, None, PrivateUidData.of(row).snapshot())


def overwrite_privateuid(recorder: Recorder, row: PrivateUid, data: PrivateUidData) -> None:
    """Set a locked row to `data` when it differs. Raises IntegrityError for what is taken."""
    before = PrivateUidData.of(row)
    if before == data:
        return
    for name, value in asdict(data).items():
        setattr(row, name, value)
    row.revision += 1
    row.save()
    recorder.add(MODEL, row.pk, data.name, before.snapshot(), data.snapshot())


def remove_privateuid(recorder: Recorder, row: PrivateUid) -> None:
    """Delete a row."""
    pk, before = row.pk, PrivateUidData.of(row)
    row.delete()
    recorder.add(MODEL, pk, before.name, before.snapshot(), None)


def name_problem(name: str, own_pk: int | None) -> str | None:
    """Why a name cannot stand for a UID of ours, in a sentence; one query.

    Names are told apart as type-ahead and text fields tell them: without case and punctuation.
    """
    if uids.is_valid_uid(name):
        return "This is a UID. Give it a name in words."
    folded = uids.folded(name)
    if not folded:
        return "Give it a name with letters or digits."
    if registered := uids.registered_so(name):
        return f"The standard gives this name to {registered.uid}. Choose another."
    others = PrivateUid.objects.filter(~Q(pk=own_pk))
    for taken, uid in others.values_list("name", "uid"):
        if uids.folded(taken) == folded:
            return f"{uid} is named {taken} already."
    return None


def _load_at(row: PrivateUid, revision: int) -> PrivateUid:
    held = PrivateUid.objects.select_for_update().filter(pk=row.pk).first()
    if held is None or held.revision != revision:
        raise StaleRevision(row.name, last_change(MODEL, row.pk))
    return held


def _refuse(data: PrivateUidData, own_pk: int | None) -> None:
    messages = too_long(PrivateUid, asdict(data))
    if problem := _uid_problem(data.uid, own_pk):
        messages["uid"] = [problem]
    if "name" not in messages and (problem := name_problem(data.name, own_pk)):
        messages["name"] = [problem]
    if data.kind not in PrivateUidKind.values:
        kinds = " or ".join(PrivateUidKind.values)
        messages["kind"] = [f"{data.kind[:64]!r} is no kind: use {kinds}."]
    if messages:
        raise ServiceError(messages)


def _uid_problem(uid: str, own_pk: int | None) -> str | None:
    if problem := uids.uid_problem(uid):
        return f"This is not a UID: it {problem}."
    if entry := uids.registry().get(uid):
        return f"{uid} is registered as {entry.name}, and keeps that name."
    taken = PrivateUid.objects.filter(~Q(pk=own_pk), uid=uid).first()
    return f"{uid} is named {taken.name} already." if taken else None
