"""The latest outcome on the rows of AEs and associations, so that lists need no join.

Written in the transaction of the terminal result, touching these columns alone: a person who edits
the AE meanwhile loses nothing and bumps no revision. Only the newest check counts: an older one
that ends later changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from dicomcfg.checks.models import Check, Kind
from dicomcfg.checks.verdicts import Concern, Verdict
from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.inventory.bulk import among, moment, update_each
from dicomcfg.inventory.models import AE, Association

RECENT = 20
"""Bars kept on the AE's row."""


def write_statuses(
    results: Iterable[tuple[Concern, Verdict]], *, with_aes: Collection[int] = ()
) -> set[int]:
    """Carry terminal results to the rows they concern; call inside the results' transaction.

    An echo is an AE's status and a negotiation an association's; the other kinds have none. A
    cancelled check says nothing about its target and is left out, and so does one that was started
    before its association got another pair. Rows are locked in the order
    of their ids, so that two workers never wait for each other; those of `with_aes`, about which
    results tell something else, are locked in the same pass. Returns the checks, by id, whose pair
    changed after they were started.
    """
    telling = [r for r in results if r[1].outcome is not Outcome.CANCELLED]
    telling.sort(key=lambda result: result[0].check_id)
    of_aes: dict[int, list[tuple[Concern, Verdict]]] = {}
    of_associations: dict[int, list[tuple[Concern, Verdict]]] = {}
    for concern, verdict in telling:
        if concern.kind == Kind.NEGOTIATE and concern.association_id is not None:
            of_associations.setdefault(concern.association_id, []).append((concern, verdict))
        elif concern.kind == Kind.ECHO and concern.ae_id is not None:
            of_aes.setdefault(concern.ae_id, []).append((concern, verdict))
    if of_aes or with_aes:
        _write_aes(of_aes, with_aes)
    return _write_associations(of_associations) if of_associations else set()


def _write_aes(of_aes: dict[int, list[tuple[Concern, Verdict]]], with_aes: Collection[int]) -> None:
    rows = AE.objects.select_for_update().filter(among({*of_aes, *with_aes})).order_by("pk")
    own, borrowed = [], []
    for pk, latest_check_id, recent, beside in rows.values_list(
        "pk", "latest_check_id", "recent", "borrowed_latest"
    ):
        results = of_aes.get(pk, [])
        mine = [r for r in results if not r[0].borrowed]
        mine = [r for r in mine if r[0].check_id >= (latest_check_id or 0)]
        if mine:
            own.append({"id": pk, **_own(recent, mine)})
        others = [r for r in results if r[0].borrowed]
        if others and others[-1][0].check_id >= ((beside or {}).get("check_id") or 0):
            borrowed.append({"id": pk, "borrowed_latest": _borrowed(*others[-1])})
    update_each(AE, own)
    update_each(AE, borrowed)


def _own(recent: list[Any], results: list[tuple[Concern, Verdict]]) -> dict[str, Any]:
    concern, verdict = results[-1]
    bars = [[verdict.tone, verdict.elapsed_ms] for _, verdict in results]
    return {
        **_latest(concern, verdict),
        "latest_elapsed_ms": verdict.elapsed_ms,
        "latest_stages": verdict.stages,
        "recent": [*recent, *bars][-RECENT:],
    }


def _borrowed(concern: Concern, verdict: Verdict) -> dict[str, Any]:
    return {
        "check_id": concern.check_id,
        "calling_ae_title": concern.calling_ae_title,
        "outcome": verdict.outcome.value,
        "headline": verdict.headline,
        "tone": verdict.tone,
        "at": verdict.finished_at.isoformat(),
        "elapsed_ms": verdict.elapsed_ms,
    }


def _write_associations(results: dict[int, list[tuple[Concern, Verdict]]]) -> set[int]:
    """Returns the checks, by id, that were started before their pair changed."""
    rows = Association.objects.select_for_update().filter(among(results)).order_by("pk")
    changes = []
    repointed: dict[int, datetime] = {}
    for pk, latest_check_id, repointed_at in rows.values_list(
        "pk", "latest_check_id", "repointed_at"
    ):
        concern, verdict = results[pk][-1]
        if (latest_check_id or 0) <= concern.check_id:
            changes.append({"id": pk, **_latest(concern, verdict)})
        if repointed_at:
            repointed |= {each.check_id: repointed_at for each, _ in results[pk]}
    late = _begun_before(repointed)
    update_each(Association, [each for each in changes if each["latest_check_id"] not in late])
    return late


def _begun_before(moments: dict[int, datetime]) -> set[int]:
    """The checks, by id, that were started before the moment at which their pair changed."""
    if not moments:
        return set()
    started = Check.objects.filter(among(moments)).values_list("pk", "queued_at")
    return {pk for pk, queued_at in started if queued_at <= moments[pk]}


def _latest(concern: Concern, verdict: Verdict) -> dict[str, Any]:
    return {
        "latest_check_id": concern.check_id,
        "latest_outcome": verdict.outcome.value,
        "latest_headline": verdict.headline,
        "latest_tone": verdict.tone,
        "latest_at": moment(verdict.finished_at),
    }
