"""Works out how far settings and what was seen are apart, for many rows at once, and notes it on
the rows of AEs and associations.

Whoever writes settings, kept differences or what was seen calls `recompute_*` in the same
transaction, after writing. AEs are locked before associations, and each in the order of their
ids, so that workers and people never wait for each other in a circle. What is compared is read
once the rows are locked: of two who write at the same time, the later one sees both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from django.db.models import Q, QuerySet
from django.utils import timezone

from dicomcfg.core.negotiation.capabilities import SCP
from dicomcfg.core.negotiation.drift import (
    Key,
    Row,
    SeenContext,
    capability_drift,
    context_drift,
    without_kept,
)
from dicomcfg.core.negotiation.forecast import Acceptable, acceptable_of
from dicomcfg.core.negotiation.matrix import Matrix
from dicomcfg.core.records import RoleSelection
from dicomcfg.inventory.bulk import among
from dicomcfg.inventory.models import (
    AE,
    Association,
    KeptDifference,
    SeenCapabilities,
    SeenContexts,
)
from dicomcfg.inventory.selectors import capabilities_of_all, contexts_by_id

Rows = tuple[Row, ...]
AT_A_TIME = 500
"""Rows whose evidence, some 20 kB each, is in memory together."""


def recompute_aes(ids: Iterable[int]) -> None:
    """Count the differences of locked AEs; the number of queries grows only with the batches."""
    for part in _parts(ids):
        _note(AE.objects.filter(pk__in=part), drift_of_aes(part))


def recompute_associations(ids: Iterable[int]) -> None:
    """Count the differences of associations, which this locks."""
    for part in _parts(ids):
        rows = Association.objects.filter(pk__in=part)
        _lock(rows)
        _note(rows, drift_of_associations(part))


def callers_of(called: Iterable[int]) -> Q:
    """The associations that are compared anew when capabilities of these AEs change."""
    return Q(among(called, "called"), seen__isnull=False)


def hold_associations(condition: Q) -> None:
    """Lock associations until the end, in the order of their ids: all at once, whoever writes
    them and then capabilities, or the other way round, so that nobody waits in a circle.
    """
    # The condition may join, and a lock takes no part in that.
    _lock(Association.objects.filter(pk__in=Association.objects.filter(condition).values("pk")))


def recompute_callers(called: Iterable[int], sop_classes: Iterable[str]) -> None:
    """Count anew for associations into AEs whose capabilities for these SOP Classes changed."""
    concerned = Association.objects.filter(
        callers_of(called), presentation_contexts__abstract_syntax__in=list(sop_classes)
    )
    recompute_associations(concerned.order_by().values_list("pk", flat=True).distinct())


def _parts(ids: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(set(ids))
    return (ordered[start : start + AT_A_TIME] for start in range(0, len(ordered), AT_A_TIME))


def _lock(rows: QuerySet[Association]) -> None:
    list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk"))


def drift_of_aes(ids: Sequence[int]) -> dict[int, Rows]:
    """The differences nobody keeps of each AE that has something to compare; four queries."""
    seen = SeenCapabilities.objects.in_bulk(ids)
    if not seen:
        return {}
    configured = capabilities_of_all(seen)
    kept = kept_of(KeptDifference.objects.filter(ae__in=list(configured)), "ae_id")
    return {
        pk: without_kept(
            capability_drift(
                configured[pk], matrix_of(seen[pk]), roles_of(seen[pk]), seen[pk].gone
            ),
            kept.get(pk, {}),
        )
        for pk in configured
    }


def drift_of_associations(ids: Sequence[int]) -> dict[int, Rows]:
    """The differences nobody keeps of each association with something to compare; six queries."""
    seen = SeenContexts.objects.in_bulk(ids)
    if not seen:
        return {}
    configured = {pk: each for pk, each in contexts_by_id(seen).items() if each}
    answers = {pk: contexts_seen(seen[pk]) for pk in configured}
    acceptable = _acceptable(answers)
    kept = kept_of(
        KeptDifference.objects.filter(association__in=list(configured)), "association_id"
    )
    return {
        pk: without_kept(
            context_drift(configured[pk], answers[pk], seen[pk].gone, acceptable.get(pk, {})),
            kept.get(pk, {}),
        )
        for pk in configured
    }


def _acceptable(answers: Mapping[int, Sequence[SeenContext]]) -> dict[int, Acceptable]:
    """What the called AE is an SCP of, for each association whose answers show an order."""
    telling = {
        pk: {each.abstract_syntax for each in contexts if each.is_telling}
        for pk, contexts in answers.items()
    }
    wanted = set().union(*telling.values())
    if not wanted:
        return {}
    ids = [pk for pk, classes in telling.items() if classes]
    called = dict(Association.objects.filter(pk__in=ids).values_list("pk", "called_id"))
    configured = capabilities_of_all(called.values(), role__in=[SCP], sop_class__in=wanted)
    return {pk: acceptable_of(configured.get(called_id, ())) for pk, called_id in called.items()}


def kept_of(rows: QuerySet[KeptDifference], owner: str) -> dict[int, dict[Key, tuple[str, ...]]]:
    """The transfer syntaxes kept, by the id in `owner` and the key of their row; one query."""
    found: dict[int, dict[Key, tuple[str, ...]]] = {}
    columns = rows.order_by("pk").values_list(
        owner, "kind", "sop_class", "role", "syntax_list__uids"
    )
    for pk, kind, sop_class, role, uids in columns:
        found.setdefault(pk, {})[kind, sop_class, role] = tuple(uids.split())
    return found


def matrix_of(seen: SeenCapabilities) -> Matrix:
    """What discoveries showed, as a value of the core."""
    return msgspec.convert(seen.matrix, Matrix)


def roles_of(seen: SeenCapabilities) -> tuple[RoleSelection, ...]:
    """The answers to role selections, as values of the core."""
    return msgspec.convert(seen.roles, tuple[RoleSelection, ...])


def contexts_seen(seen: SeenContexts) -> list[SeenContext]:
    """The answers of a negotiation, as values of the core."""
    return [
        SeenContext(abstract_syntax, tuple(proposed), result, accepted)
        for abstract_syntax, proposed, result, accepted in seen.contexts
    ]


def _note(rows: QuerySet[Any], found: Mapping[int, Rows]) -> None:
    """Write the counts that changed; `drift_since` is when a row came to have any."""
    changed = list(_changed(rows, found))
    if changed:
        rows.model._default_manager.bulk_update(changed, ["drift_count", "drift_since"])


def _changed(rows: QuerySet[Any], found: Mapping[int, Rows]) -> Iterator[Any]:
    now = timezone.now()
    for pk, was, since in rows.order_by("pk").values_list("pk", "drift_count", "drift_since"):
        count = len(found[pk]) if pk in found else None
        if count != was:
            at = (since or now) if count else None
            yield rows.model(pk=pk, drift_count=count, drift_since=at)
