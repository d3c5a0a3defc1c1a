"""What people do about drift: keep a difference, stop keeping it, or adopt what was found.

Rows are chosen by their tokens, which stand for the rows as a person saw them: a difference that
is another one meanwhile is not acted on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q

from dicomcfg.core.negotiation.drift import (
    Key,
    Kind,
    Row,
    SeenContext,
    adopt_capabilities,
    adopt_contexts,
    adopt_order,
    token_of_all,
)
from dicomcfg.core.records import PresentationContext
from dicomcfg.core.wording import counted
from dicomcfg.inventory.models import AE, Association, ChangeSet, SeenContexts
from dicomcfg.inventory.services import ae_rows, association_rows
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.association_findings import check_association
from dicomcfg.inventory.services.association_rows import (
    AssociationData,
    load_associations,
    overwrite_associations,
)
from dicomcfg.inventory.services.capability_rows import (
    Capabilities,
    load_capabilities,
    overwrite_capabilities,
)
from dicomcfg.inventory.services.drift_rows import (
    Rows,
    callers_of,
    contexts_seen,
    drift_of_aes,
    drift_of_associations,
    hold_associations,
)
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision, refuse_errors
from dicomcfg.inventory.services.history import last_change, recording
from dicomcfg.inventory.services.kept_rows import OF_AES, OF_ASSOCIATIONS, Kept, KeptSubject

Owner = AE | Association


@dataclass(frozen=True, slots=True)
class Adoption:
    """What adopting rows makes of an AE's capabilities, or of an association's contexts and its
    called AE's capabilities; what stays as it is stands in `before` and `after` alike.
    """

    capabilities_before: Capabilities = ()
    capabilities_after: Capabilities = ()
    contexts_before: tuple[PresentationContext, ...] = ()
    contexts_after: tuple[PresentationContext, ...] = ()


def drift_of(owner: Owner) -> Rows | None:
    """The differences that nobody keeps; None where there is nothing to compare."""
    of = drift_of_aes if isinstance(owner, AE) else drift_of_associations
    return of([owner.pk]).get(owner.pk)


def kept_rows_of(owner: Owner) -> Rows:
    """The differences that are kept, whether they show at present or not."""
    kept = _subject(owner).load([owner.pk]).get(owner.pk, {})
    return tuple(Row(Kind(kind), uid, role, uids) for (kind, uid, role), uids in kept.items())


def keep(actor: Actor, owner: Owner, tokens: Collection[str]) -> ChangeSet | None:
    """Leave differences as they are: they count no more, until there are others.

    Raises ServiceError for a difference that is none any more.
    """
    with recording(actor) as recorder:
        chosen, kept = _chosen(drift_of(_held(owner)) or (), tokens), _kept(owner)
        for row in chosen:
            kept[row.key] = _union(kept.get(row.key, ()), row.transfer_syntaxes)
        recorder.summary = f"Kept {counted(len(chosen), 'difference')} of {owner}"
        _subject(owner).overwrite(recorder, {owner.pk: str(owner)}, {owner.pk: kept})
    return recorder.change_set


def stop_keeping(actor: Actor, owner: Owner, tokens: Collection[str]) -> ChangeSet | None:
    """Let differences count again. Raises ServiceError for one that is kept no more."""
    with recording(actor) as recorder:
        chosen, kept = _chosen(kept_rows_of(_held(owner)), tokens), _kept(owner)
        for row in chosen:
            del kept[row.key]
        recorder.summary = f"Stopped keeping {counted(len(chosen), 'difference')} of {owner}"
        _subject(owner).overwrite(recorder, {owner.pk: str(owner)}, {owner.pk: kept})
    return recorder.change_set


def adoption_of(owner: Owner, rows: Sequence[Row]) -> Adoption:
    """What adopting the rows would change; only looks."""
    if isinstance(owner, AE):
        before = load_capabilities([owner.pk]).get(owner.pk, ())
        return Adoption(before, adopt_capabilities(before, rows))
    ((_, data),) = load_associations(Q(pk=owner.pk), lock=False)
    return _adoption(data, _seen(owner.pk), rows)


def adopt(actor: Actor, owner: Owner, tokens: Collection[str], revision: int) -> ChangeSet | None:
    """Make the settings as was found, if the row still stands at `revision`.

    What an AE lacks leaves its capabilities and what it has beyond joins them at the end; an
    association loses its refused contexts, and an order becomes that of the called AE's
    capability. Raises ServiceError for a difference that is none any more and for what follows a
    Profile, and StaleRevision.
    """
    if isinstance(owner, AE):
        return _adopt_capabilities(actor, owner, tokens, revision)
    return _adopt_contexts(actor, owner, tokens, revision)


def _adopt_capabilities(
    actor: Actor, ae: AE, tokens: Collection[str], revision: int
) -> ChangeSet | None:
    with recording(actor) as recorder:
        row = AE.objects.select_for_update(no_key=True).filter(pk=ae.pk).first()
        if row is None or row.revision != revision:
            raise StaleRevision(ae.ae_title, last_change(ae_rows.MODEL, ae.pk))
        chosen = _chosen(drift_of(row) or (), tokens)
        _refuse_follower(row, {each.role for each in chosen})
        wanted = adoption_of(row, chosen).capabilities_after
        recorder.summary = f"Adopted {counted(len(chosen), 'difference')} of {row.ae_title}"
        overwrite_capabilities(recorder, [row], {row.pk: wanted})
    return recorder.change_set


def _adopt_contexts(
    actor: Actor, association: Association, tokens: Collection[str], revision: int
) -> ChangeSet | None:
    with recording(actor) as recorder:
        # AEs before associations, as everybody locks them.
        called = AE.objects.select_for_update(no_key=True).filter(pk=association.called_id).first()
        hold_associations(Q(pk=association.pk) | callers_of([association.called_id]))
        loaded = load_associations(Q(pk=association.pk, called=called))
        if called is None or not loaded or loaded[0][0].revision != revision:
            raise StaleRevision(
                str(association), last_change(association_rows.MODEL, association.pk)
            )
        row, before = loaded[0]
        chosen = _chosen(drift_of(row) or (), tokens)
        if row.profile is not None and any(each.lacks for each in chosen):
            raise _following(str(row), row.profile.name)
        if any(each.kind is Kind.ORDER for each in chosen):
            _refuse_follower(called, {"SCP"})
        found = _adoption(before, _seen(row.pk), chosen)
        after = replace(before, contexts=found.contexts_after)
        refuse_errors(check_association(after))
        recorder.summary = f"Adopted {counted(len(chosen), 'difference')} of {before.label}"
        overwrite_capabilities(recorder, [called], {called.pk: found.capabilities_after})
        overwrite_associations(recorder, [(row, before, after)])
    return recorder.change_set


def _adoption(data: AssociationData, seen: Sequence[SeenContext], rows: Sequence[Row]) -> Adoption:
    called = data.called.pk
    before = load_capabilities([called]).get(called, ())
    return Adoption(
        before,
        adopt_order(before, seen, rows),
        data.contexts,
        adopt_contexts(data.contexts, seen, rows),
    )


def _seen(pk: int) -> list[SeenContext]:
    row = SeenContexts.objects.filter(pk=pk).first()
    return contexts_seen(row) if row else []


def _refuse_follower(ae: AE, roles: Collection[str]) -> None:
    if ae.profile is not None and ae.profile_role in roles:
        raise _following(f"As {ae.profile_role}, {ae.ae_title}", ae.profile.name)


def _following(who: str, profile: str) -> ServiceError:
    return ServiceError.general(
        f"{who} follows the Profile {profile}. Change the Profile, or stop following it first."
    )


def _chosen(rows: Sequence[Row], tokens: Collection[str]) -> list[Row]:
    """The rows that the tokens stand for: each its own, or one for all, or for all of a kind."""
    if not tokens:
        raise ServiceError.general("Tick at least one difference.")
    for part in (rows, *([row for row in rows if row.kind is kind] for kind in Kind)):
        if token_of_all(part) in tokens:
            return list(part)
    chosen = [row for row in rows if row.token in tokens]
    if len(chosen) < len(set(tokens)):
        raise ServiceError.general(
            "These differences are not the same any more: something was found or changed "
            "meanwhile. Look at them again."
        )
    return chosen


def _held(owner: Owner) -> Owner:
    """The owner, whose row stays locked. Raises ServiceError where it is gone."""
    if not _subject(owner).lock([owner.pk]):
        raise ServiceError.general(f"{owner} was deleted in the meantime.")
    return owner


def _kept(owner: Owner) -> dict[Key, tuple[str, ...]]:
    kept: Mapping[int, Kept] = _subject(owner).load([owner.pk])
    return dict(kept.get(owner.pk, {}))


def _subject(owner: Owner) -> KeptSubject:
    return OF_AES if isinstance(owner, AE) else OF_ASSOCIATIONS


def _union(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))
