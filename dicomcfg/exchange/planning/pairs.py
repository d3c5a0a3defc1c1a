"""Plans the associations of the files, and the pair that contexts without one are for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from msgspec import structs

from dicomcfg.core import records
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.exchange.choices import NEW, ONLY_NEW, REPLACE, Choices, chosen_id, new_name
from dicomcfg.exchange.models import Action, RowKind
from dicomcfg.exchange.planning.aes import blank
from dicomcfg.exchange.planning.changes import changes_of
from dicomcfg.exchange.planning.known import Known
from dicomcfg.exchange.planning.laying import How, association_after
from dicomcfg.exchange.planning.rows import (
    AeState,
    PlannedAe,
    PlannedAssociation,
    PlannedProfile,
    judged,
    need_of,
)
from dicomcfg.exchange.planning.uniting import united_by_class, united_contexts
from dicomcfg.inventory.models import AE
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.ae_findings import field_findings, neighbour_findings
from dicomcfg.inventory.services.association_findings import check_association
from dicomcfg.inventory.services.association_rows import AssociationData
from dicomcfg.inventory.services.pairs import pair_exists, pair_follows

CALLING, CALLED = "calling", "called"
TARGET = "target"
"""The key of the association that the contexts of files without a pair become."""


@dataclass(frozen=True, slots=True)
class Ends:
    """What the associations of a plan refer to."""

    known: Known
    how: How
    choices: Choices
    aes: dict[str, PlannedAe]
    profiles: dict[str, PlannedProfile]


def key_of(pair: records.Association) -> str:
    """The key of an association's row: the keys of both AEs."""
    return f"{pair.calling}:{pair.called}"


def plan_associations(
    associations: Iterable[records.Association], ends: Ends
) -> list[PlannedAssociation]:
    """In their order; a pair that comes twice is planned once, or conflicts."""
    planned: list[PlannedAssociation] = []
    places: dict[tuple[str, str], int] = {}
    for said in associations:
        sides = _side(said.calling, ends), _side(said.called, ends)
        row = _plan(key_of(said), said, sides, ends)
        pair = _pair_key(sides[0]), _pair_key(sides[1])
        first = places.setdefault(pair, len(planned))
        if first < len(planned):
            row = _again(row, planned[first])
        planned.append(row)
    return planned


def _side(key: str, ends: Ends) -> PlannedAe:
    """The AE of this key; one that conflicts where the files hold none."""
    return ends.aes.get(key) or PlannedAe(RowKind.AE, key, key, Action.CONFLICT)


def plan_target(
    profiles: Iterable[records.Profile], ends: Ends
) -> tuple[list[PlannedAe], PlannedAssociation]:
    """The chosen pair with the contexts of all the Profiles, and its AEs that are to be made."""
    said = records.Association("", "")
    for profile in profiles:
        said = replace(
            said,
            presentation_contexts=united_contexts(
                said.presentation_contexts, profile.presentation_contexts
            ),
            role_selections=united_by_class(said.role_selections, profile.role_selections),
            extended_negotiations=united_by_class(
                said.extended_negotiations, profile.extended_negotiations
            ),
        )
    choices = ends.choices
    calling, problem = _chosen(choices.calling, CALLING, ends)
    if choices.called == choices.calling:
        called, other = calling, problem
    else:
        called, other = _chosen(choices.called, CALLED, ends)
    made = {side.key: side for side in (calling, called) if side and side.stored is None}
    if calling is None or called is None:
        titles = [side.label if side else "?" for side in (calling, called)]
        missing = PlannedAssociation(
            RowKind.ASSOCIATION,
            TARGET,
            " → ".join(titles),
            Action.NEW,
            findings=tuple(finding for finding in (problem, other) if finding),
        )
        return list(made.values()), missing
    if choices.overwrite:
        # What a file of contexts has no place for stays as it is.
        knows = frozenset({"association.presentation_contexts"})
        ends = replace(ends, how=How(REPLACE, knows))
    else:
        words = (word.replace("profile.", "association.") for word in ends.how.knows)
        ends = replace(ends, how=replace(ends.how, knows=frozenset(words)))
    row = _plan(TARGET, said, (calling, called), ends)
    if choices.overwrite is False and row.stored is not None:
        finding = pair_exists(row.stored)
        row = judged(structs.replace(row, action=Action.CONFLICT), [finding])
    return list(made.values()), row


def _pair_key(side: PlannedAe) -> str:
    return f"#{side.stored.pk}" if side.stored else side.key


def _chosen(choice: str, role: str, ends: Ends) -> tuple[PlannedAe | None, Finding | None]:
    """The chosen AE as a planned row, a new one if need be; or what is wrong with the choice."""
    title = new_name(choice)
    if title is not None:
        return ends.aes.get(title) or _made(title, role, ends), None
    stored = ends.known.aes.get(chosen_id(choice) or 0)
    if stored is not None:
        row, data = stored
        state = AeState(data)
        return PlannedAe(
            RowKind.AE,
            f"#{row.pk}",
            row.ae_title,
            Action.SAME,
            stored=row,
            row=row,
            before=state,
            after=state,
        ), None
    gone = "The AE that was chosen no longer exists." if choice else "No AE is chosen."
    remedy = "Choose one of the table, or type the title of a new one."
    message = f"{role.capitalize()} AE: {gone}"
    return None, Finding("ae-not-chosen", Severity.ERROR, role, message, remedy, path=role)


def _made(title: str, role: str, ends: Ends) -> PlannedAe:
    choices = ends.choices
    is_both = choices.calling == choices.called
    data = AeData(
        site=ends.known.sites.chosen,
        ae_title=title,
        association_initiator=is_both or role == CALLING,
        association_acceptor=is_both or role == CALLED,
        tags=choices.tags,
    ).normalised()
    state = AeState(data)
    found = [*field_findings(data), *neighbour_findings([(None, data)])[0]]
    return PlannedAe(
        RowKind.AE,
        NEW + title,
        data.ae_title,
        Action.NEW,
        after=state,
        row=AE(ae_title=data.ae_title, site=data.site),
        changes=changes_of(blank(data.site), state.snapshot(), is_new=True),
        findings=tuple(replace(f, path=role if f.path else None) for f in found),
    )


def _plan(
    key: str, said: records.Association, sides: tuple[PlannedAe, PlannedAe], ends: Ends
) -> PlannedAssociation:
    label = f"{sides[0].label} → {sides[1].label}"
    bare = PlannedAssociation(RowKind.ASSOCIATION, key, label, Action.CONFLICT)
    calling, called = sides[0].row, sides[1].row
    if calling is None or called is None:
        which = sides[0] if calling is None else sides[1]
        message = f"It needs the AE {which.label}, which conflicts."
        remedy = "See what is said of that AE."
        finding = Finding("row-needs-another", Severity.ERROR, label[:64], message, remedy)
        return judged(bare, [finding])
    needs = tuple(dict.fromkeys(need for side in sides for need in _need_of_side(side)))
    pair = (calling.pk, called.pk)
    stored = ends.known.associations.get(pair)
    if stored is None:
        before = AssociationData(calling=calling, called=called)
        empty = before.snapshot()
        merging = replace(ends.how, mode=REPLACE)
        after = _with_profile(association_after(before, said, merging), said, ends, is_new=True)
        row = structs.replace(
            bare,
            action=Action.NEW,
            after=after,
            changes=changes_of(
                {**empty, "calling": None, "called": None}, after.snapshot(), is_new=True
            ),
        )
        return _judged(row, said, ends, needs)
    existing, before = stored
    bare = structs.replace(bare, stored=existing, row=existing, before=before)
    if ends.how.mode == ONLY_NEW:
        return structs.replace(bare, action=Action.LEFT)
    after = _with_profile(association_after(before, said, ends.how), said, ends, is_new=False)
    if after == before:
        return structs.replace(bare, action=Action.SAME, after=after)
    changes = changes_of(before.snapshot(), after.snapshot())
    row = structs.replace(bare, action=Action.CHANGED, after=after, changes=changes)
    profile = before.profile
    if profile and after.profile == profile and before.proposed != after.proposed:
        planned = ends.profiles.get(profile.name)
        if planned is None or planned.after is None or planned.after.proposed != after.proposed:
            conflict = structs.replace(row, action=Action.CONFLICT)
            return judged(conflict, [replace(pair_follows(existing, profile), path=None)])
    return _judged(row, said, ends, needs)


def _need_of_side(side: PlannedAe) -> tuple[tuple[RowKind, str], ...]:
    """An AE that is stored is there, whatever becomes of its own row."""
    return () if side.stored is not None else need_of(side)


def _with_profile(
    after: AssociationData, said: records.Association, ends: Ends, *, is_new: bool
) -> AssociationData:
    """Following the Profile that the record names, or the chosen one if it is new and bare."""
    planned = ends.profiles.get(said.profile or "")
    if planned is not None and planned.row is not None and planned.after is not None:
        proposed = planned.after.proposed
        return replace(after, profile=planned.row, **proposed.fields())
    chosen = ends.known.chosen_profile
    if is_new and chosen and not ends.choices.profile_role and not said.presentation_contexts:
        return replace(after, profile=chosen[0], **chosen[1].proposed.fields())
    if ends.how.sets("association.profile", said.profile):
        return replace(after, profile=None)
    kept = ends.profiles.get(after.profile.name) if after.profile else None
    if kept is not None and kept.after is not None and kept.row == after.profile:
        return replace(after, **kept.after.proposed.fields())
    return after


def _judged(
    row: PlannedAssociation,
    said: records.Association,
    ends: Ends,
    needs: tuple[tuple[RowKind, str], ...],
) -> PlannedAssociation:
    assert row.after is not None, "what is judged has a state"
    followed = row.after.profile
    planned = ends.profiles.get(followed.name) if followed else None
    needs = (*needs, *need_of(planned))
    return judged(structs.replace(row, needs=needs), check_association(row.after))


def _again(row: PlannedAssociation, first: PlannedAssociation) -> PlannedAssociation:
    """A pair that the files have already."""
    same = row.after == first.after
    message = f"The files speak of {row.label} twice"
    finding = Finding(
        "association-described-twice",
        Severity.INFO if same else Severity.ERROR,
        row.label[:64],
        message + (", and say the same." if same else ", and say different things."),
        "" if same else "Keep one of the two.",
    )
    action = Action.LEFT if same else Action.CONFLICT
    return structs.replace(row, action=action, changes=(), needs=(), findings=(finding,))
