"""The latest outcome on the rows of AEs and associations, so that lists need no join.

Written in the transaction of the terminal result, with `update()` alone: a person who edits the
AE meanwhile loses nothing and bumps no revision. Only the newest check counts: an older one that
ends later changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dicomcfg.checks.verdicts import Concern, Verdict
from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.inventory.models import AE, Association

RECENT = 20
"""Bars kept on the AE's row."""


def write_statuses(results: Iterable[tuple[Concern, Verdict]]) -> None:
    """Carry terminal results to the rows they concern; call inside the results' transaction.

    A cancelled check says nothing about its target and is left out. Rows are locked in the order
    of their ids, so that two workers never wait for each other.
    """
    telling = [r for r in results if r[1].outcome is not Outcome.CANCELLED]
    telling.sort(key=lambda result: result[0].check_id)
    of_aes: dict[int, list[tuple[Concern, Verdict]]] = {}
    of_associations: dict[int, list[tuple[Concern, Verdict]]] = {}
    for concern, verdict in telling:
        if concern.association_id is not None:
            of_associations.setdefault(concern.association_id, []).append((concern, verdict))
        elif concern.ae_id is not None:
            of_aes.setdefault(concern.ae_id, []).append((concern, verdict))
    if of_aes:
        _write_aes(of_aes)
    if of_associations:
        _write_associations(of_associations)


def _write_aes(of_aes: dict[int, list[tuple[Concern, Verdict]]]) -> None:
    rows = (
        AE.objects.select_for_update()
        .filter(pk__in=list(of_aes))
        .order_by("pk")
        .only("latest_check_id", "recent", "borrowed_latest")
    )
    for ae in rows:
        changes: dict[str, Any] = {}
        for concern, verdict in of_aes[ae.pk]:
            if concern.borrowed:
                changes |= _borrowed(ae, concern, verdict)
            else:
                changes |= _own(ae, concern, verdict)
        if changes:
            AE.objects.filter(pk=ae.pk).update(**changes)


def _own(ae: AE, concern: Concern, verdict: Verdict) -> dict[str, Any]:
    if (ae.latest_check_id or 0) > concern.check_id:
        return {}
    ae.latest_check_id = concern.check_id
    ae.recent = [*ae.recent, [verdict.tone, verdict.elapsed_ms]][-RECENT:]
    return {
        **_latest(concern, verdict),
        "latest_elapsed_ms": verdict.elapsed_ms,
        "latest_stages": verdict.stages,
        "recent": ae.recent,
    }


def _borrowed(ae: AE, concern: Concern, verdict: Verdict) -> dict[str, Any]:
    if ((ae.borrowed_latest or {}).get("check_id") or 0) > concern.check_id:
        return {}
    ae.borrowed_latest = {
        "check_id": concern.check_id,
        "calling_ae_title": concern.calling_ae_title,
        "outcome": verdict.outcome.value,
        "headline": verdict.headline,
        "tone": verdict.tone,
        "at": verdict.finished_at.isoformat(),
        "elapsed_ms": verdict.elapsed_ms,
    }
    return {"borrowed_latest": ae.borrowed_latest}


def _write_associations(results: dict[int, list[tuple[Concern, Verdict]]]) -> None:
    for pk in sorted(results):
        concern, verdict = results[pk][-1]
        rows = Association.objects.filter(pk=pk).exclude(latest_check_id__gt=concern.check_id)
        rows.update(**_latest(concern, verdict))


def _latest(concern: Concern, verdict: Verdict) -> dict[str, Any]:
    return {
        "latest_check_id": concern.check_id,
        "latest_outcome": verdict.outcome.value,
        "latest_headline": verdict.headline,
        "latest_tone": verdict.tone,
        "latest_at": verdict.finished_at,
    }
