"""Keeps what checks saw of AEs and associations, and compares it with their settings.

Called by dicomcfg.checks alone, in the transaction of the results, for the rows that it has
locked: the AEs of discoveries and the associations of negotiations. Rows that are gone are passed
over. This is no act of a person and leaves no history.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from dicomcfg.core.negotiation.drift import SeenContext
from dicomcfg.core.negotiation.matrix import Cell, Matrix
from dicomcfg.core.negotiation.sighting import Sighting, Source, merged
from dicomcfg.core.records import RoleSelection
from dicomcfg.inventory.models import AE, Association, SeenCapabilities, SeenContexts
from dicomcfg.inventory.services.drift_rows import (
    contexts_seen,
    matrix_of,
    recompute_aes,
    recompute_associations,
    roles_of,
)


@dataclass(frozen=True, slots=True)
class Discovered:
    """What a discovery of an AE showed until it ended, whole or not."""

    ae_id: int
    check_id: int
    at: datetime
    matrix: Matrix
    roles: tuple[RoleSelection, ...] = ()
    silent_roles: tuple[str, ...] = ()

    @property
    def is_telling(self) -> bool:
        """Whether any pair was answered."""
        return any(row.strip(Cell.UNKNOWN) for row in self.matrix.rows)

    def sighting(self) -> Sighting:
        """The same as a value of the core."""
        source = Source(self.check_id, self.at.isoformat())
        return Sighting.of(self.matrix, source, self.roles, self.silent_roles)


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What an association's contexts got; one whose `answers` lack it stands in `unanswered`."""

    association_id: int
    check_id: int
    at: datetime
    answers: tuple[SeenContext, ...]
    unanswered: frozenset[str] = frozenset()


def saw_capabilities(discoveries: Iterable[Discovered]) -> None:
    """Keep what discoveries showed, merged with what earlier ones did."""
    telling = sorted((d for d in discoveries if d.is_telling), key=lambda each: each.check_id)
    ids = {each.ae_id for each in telling}
    if not ids:
        return
    there = set(AE.objects.filter(pk__in=ids).values_list("pk", flat=True))
    kept = SeenCapabilities.objects.in_bulk(there)
    sightings = {pk: _sighting(row) for pk, row in kept.items()}
    for each in telling:
        if each.ae_id in there:
            before, fresh = sightings.get(each.ae_id), each.sighting()
            sightings[each.ae_id] = merged(before, fresh) if before else fresh
    SeenCapabilities.objects.bulk_create(
        [_row(pk, sighting) for pk, sighting in sightings.items()],
        update_conflicts=True,
        unique_fields=["ae"],
        update_fields=["check_id", "at", "matrix", "roles", "earlier", "gone"],
    )
    recompute_aes(there)


def _sighting(row: SeenCapabilities) -> Sighting:
    matrix, newest = matrix_of(row), Source(row.check_id, row.at.isoformat())
    earlier = {uid: Source(*source) for uid, source in row.earlier.items()}
    sources = tuple(earlier.get(uid, newest) for uid in matrix.sop_classes)
    return Sighting(matrix, sources, roles_of(row), gone=row.gone)


def _row(pk: int, sighting: Sighting) -> SeenCapabilities:
    newest = max(sighting.sources)
    of_classes = zip(sighting.matrix.sop_classes, sighting.sources, strict=True)
    return SeenCapabilities(
        ae_id=pk,
        check_id=newest.check_id,
        at=datetime.fromisoformat(newest.at),
        matrix=msgspec.to_builtins(sighting.matrix),
        roles=msgspec.to_builtins(sighting.roles),
        earlier={uid: [s.check_id, s.at] for uid, s in of_classes if s != newest},
        gone=sighting.gone,
    )


def saw_contexts(negotiations: Iterable[Negotiated]) -> None:
    """Keep the newest negotiation of each association that was answered."""
    answered = sorted((n for n in negotiations if n.answers), key=lambda each: each.check_id)
    ids = {each.association_id for each in answered}
    if not ids:
        return
    there = set(Association.objects.filter(pk__in=ids).values_list("pk", flat=True))
    rows = SeenContexts.objects.in_bulk(there)
    for each in answered:
        pk = each.association_id
        before = rows.get(pk)
        if pk in there and (before is None or before.check_id <= each.check_id):
            rows[pk] = _contexts_row(before, each)
    SeenContexts.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["association"],
        update_fields=["check_id", "at", "contexts", "gone"],
    )
    recompute_associations(there)


def _contexts_row(before: SeenContexts | None, seen: Negotiated) -> SeenContexts:
    return SeenContexts(
        association_id=seen.association_id,
        check_id=seen.check_id,
        at=seen.at,
        contexts=[
            [each.abstract_syntax, list(each.proposed), each.result, each.accepted]
            for each in seen.answers
        ],
        gone=_gone(before, seen),
    )


def _gone(before: SeenContexts | None, seen: Negotiated) -> dict[str, str]:
    """When each abstract syntax was accepted last that was proposed and is not accepted now."""
    if before is None:
        return {}
    accepted_then = _accepted(contexts_seen(before))
    times = {**before.gone, **dict.fromkeys(accepted_then, before.at.isoformat())}
    refused = {each.abstract_syntax for each in seen.answers} - _accepted(seen.answers)
    return {uid: at for uid, at in times.items() if uid in refused | seen.unanswered}


def _accepted(contexts: Sequence[SeenContext]) -> set[str]:
    return {each.abstract_syntax for each in contexts if each.result == 0}
