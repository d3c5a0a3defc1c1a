"""Names private UIDs, renames them and takes names away; contexts and capabilities keep the UID."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db import IntegrityError
from django.db.models import Q

from dicomcfg.core.standard import uids
from dicomcfg.inventory.models import ChangeSet, PrivateUid, PrivateUidKind
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError
from dicomcfg.inventory.services.fields import too_long
from dicomcfg.inventory.services.history import Snapshot, changed_fields, recording
from dicomcfg.inventory.services.plain_rows import PlainRows

MODEL = "privateuid"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateUidData:
    """Everything of a private UID that people edit."""

    uid: str
    name: str
    kind: str = PrivateUidKind.SOP_CLASS.value
    description: str = ""

    def normalised(self) -> PrivateUidData:
        """Single spaces within, none around: a name stands on one line of a text field."""
        return PrivateUidData(**{key: " ".join(text.split()) for key, text in asdict(self).items()})


class _PrivateUids(PlainRows[PrivateUid, PrivateUidData]):
    def from_snapshot(self, pk: int, snapshot: Snapshot) -> PrivateUidData:
        """With a look whether the name means another UID by now."""
        data = super().from_snapshot(pk, snapshot)
        if problem := name_problem(data.name, pk):
            raise LookupError(f"{data.name}: {problem}")
        return data


ROWS = _PrivateUids(MODEL, PrivateUid, PrivateUidData)


def create_privateuid(actor: Actor, data: PrivateUidData) -> PrivateUid:
    """Name a UID. Raises ServiceError for refused fields, among them UIDs of the standard."""
    data = data.normalised()
    _refuse(data, None)
    try:
        with recording(actor, f"Named {data.uid} {data.name}") as recorder:
            return ROWS.insert(recorder, data)
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
            row = ROWS.load_at(row, revision)
            changed = changed_fields(ROWS.snapshot(ROWS.data_of(row)), ROWS.snapshot(data))
            recorder.summary = f"Changed private UID {data.name}: {changed}"
            ROWS.overwrite(recorder, row, data)
            return row
    except IntegrityError:
        raise ServiceError.general("The name or the UID was taken meanwhile.") from None


def delete_privateuid(actor: Actor, row: PrivateUid, revision: int) -> ChangeSet | None:
    """Take a name away; what uses the UID goes on using it. Raises StaleRevision."""
    with recording(actor, f"Deleted private UID {row.name}") as recorder:
        ROWS.remove(recorder, ROWS.load_at(row, revision))
    return recorder.change_set


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
