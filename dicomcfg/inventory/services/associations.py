"""Creates, changes and deletes associations with all that they propose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.db import IntegrityError
from django.db.models import Q

from dicomcfg.core.records import ExtendedNegotiation, PresentationContext, RoleSelection
from dicomcfg.core.wording import counted
from dicomcfg.inventory.models import AE, Association, ChangeSet, Profile
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.association_findings import check_association
from dicomcfg.inventory.services.association_rows import (
    MODEL,
    AssociationData,
    insert_associations,
    load_associations,
    overwrite_associations,
    remove_associations,
)
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision, refuse_errors
from dicomcfg.inventory.services.followers import (
    associations_in_step,
    refuse_governed_association,
)
from dicomcfg.inventory.services.history import Recorder, changed_fields, last_change, recording


def create_association(
    actor: Actor,
    calling: AE,
    called: AE,
    name: str = "",
    description: str = "",
    contexts: Iterable[PresentationContext] = (),
    *,
    associations_at_once: int = 1,
    profile: Profile | None = None,
) -> Association:
    """Add the pair. Raises ServiceError for refused fields and for a pair that exists."""
    data = AssociationData(
        calling=calling,
        called=called,
        name=name,
        description=description,
        contexts=tuple(contexts),
        associations_at_once=associations_at_once,
        profile=profile,
    )
    return record_association(actor, data, f"Added association {data.label}")


def record_association(actor: Actor, data: AssociationData, summary: str) -> Association:
    """Add the pair as an act of its own. Raises ServiceError as `create_association` does."""
    try:
        with recording(actor, summary) as recorder:
            return add_association(recorder, data)
    except IntegrityError:
        # Someone else saved the same pair between the look and the insert.
        raise _pair_exists(data) from None


def add_association(recorder: Recorder, data: AssociationData) -> Association:
    """The same as part of a larger act; call inside `recording`.

    A pair with a Profile proposes what that holds, whatever contexts it comes with.
    """
    data = associations_in_step([data.normalised()])[0]
    refuse_errors(check_association(data))
    ids = {data.calling.pk, data.called.pk}
    # Held until the end, so that nobody deletes either AE from under the new association.
    held = AE.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    if {ae.pk for ae in held} != ids:
        raise ServiceError.general("One of the two AEs was deleted in the meantime.")
    if Association.objects.filter(calling=data.calling, called=data.called).exists():
        raise _pair_exists(data)
    return insert_associations(recorder, [data])[0]


def _pair_exists(data: AssociationData) -> ServiceError:
    return ServiceError.general(
        f"An association {data.label} exists already; the pair of AEs is unique. "
        "Change that one instead."
    )


def update_association(
    actor: Actor,
    association: Association,
    name: str,
    description: str,
    revision: int,
    associations_at_once: int = 1,
) -> Association:
    """Set what stands beside the pair and its contexts. Raises ServiceError and StaleRevision."""
    with recording(actor) as recorder:
        row, before = _load_at(association, revision)
        after = replace(
            before,
            name=name,
            description=description,
            associations_at_once=associations_at_once,
        )
        return _change(recorder, row, before, after)


def set_contexts(
    actor: Actor,
    association: Association,
    contexts: Sequence[PresentationContext],
    revision: int,
) -> Association:
    """Set the whole ordered list of contexts. Raises ServiceError and StaleRevision."""
    with recording(actor) as recorder:
        row, before = _load_at(association, revision)
        return _change(recorder, row, before, replace(before, contexts=tuple(contexts)))


def set_negotiation(
    actor: Actor,
    association: Association,
    role_selections: Sequence[RoleSelection],
    extended_negotiations: Sequence[ExtendedNegotiation],
    revision: int,
) -> Association:
    """Set what is proposed for SOP Classes beside the contexts; a class that is not named gets
    nothing. Raises ServiceError and StaleRevision."""
    with recording(actor) as recorder:
        row, before = _load_at(association, revision)
        after = replace(
            before,
            role_selections=tuple(role_selections),
            extended_negotiations=tuple(extended_negotiations),
        )
        return _change(recorder, row, before, after)


def replace_contexts(
    recorder: Recorder, association: Association, contexts: Sequence[PresentationContext]
) -> Association:
    """Set the whole list as part of a larger act, whatever the revision; call in `recording`.

    Roles and extended negotiations stay: a file of contexts says nothing of them.
    """
    loaded = load_associations(Q(pk=association.pk))
    if not loaded:
        raise StaleRevision(str(association), last_change(MODEL, association.pk))
    row, before = loaded[0]
    return _change(recorder, row, before, replace(before, contexts=tuple(contexts)))


def _change(
    recorder: Recorder, row: Association, before: AssociationData, after: AssociationData
) -> Association:
    after = after.normalised()
    refuse_governed_association(before, after)
    refuse_errors(check_association(after))
    fields = changed_fields(before.snapshot(), after.snapshot())
    recorder.summary = recorder.summary or f"Changed association {after.label}: {fields}"
    overwrite_associations(recorder, [(row, before, after)])
    return row


def delete_associations(actor: Actor, associations: Iterable[Association]) -> ChangeSet | None:
    """Delete associations; None when all were gone already. Kept checks stay."""
    with recording(actor) as recorder:
        loaded = load_associations(Q(pk__in=[row.pk for row in associations]))
        remove_associations(recorder, loaded)
        only = loaded[0][1].label if len(loaded) == 1 else ""
        count = counted(len(loaded), "association")
        recorder.summary = f"Deleted association {only}" if only else f"Deleted {count}"
    return recorder.change_set


def _load_at(association: Association, revision: int) -> tuple[Association, AssociationData]:
    """The locked row and its state, if it still stands at `revision`."""
    loaded = load_associations(Q(pk=association.pk))
    if not loaded or loaded[0][0].revision != revision:
        raise StaleRevision(str(association), last_change(MODEL, association.pk))
    return loaded[0]
