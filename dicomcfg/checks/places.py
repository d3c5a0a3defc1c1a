"""Where waiting checks are aimed at: by address and device they are bounded and kept together."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass

from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django.utils import timezone

from dicomcfg.checks.limits import MESSAGE_IDS
from dicomcfg.checks.models import Check, CheckState
from dicomcfg.inventory.bulk import among
from dicomcfg.probes.sweep import Pace


@dataclass(frozen=True, slots=True)
class Place:
    """One check's address and device, None where it has none, and its run with its pace."""

    check_id: int
    address: str
    device_id: int | None
    run_id: int
    pace: Pace


def places_of(ids: Iterable[int]) -> list[Place]:
    """The places of those of the checks that have no result, in the order of their ids."""
    rows = (
        Check.objects.filter(among(ids), finished_at=None)
        .order_by("pk")
        .values_list(
            "pk",
            KT("target__hostname"),
            Coalesce("ae__device_id", "association__called__device_id"),
            "run_id",
            "run__rate_per_s",
            "run__jitter_s",
        )
    )
    return [
        Place(check_id, address or "", device_id, run_id, Pace(rate_per_s, jitter_s))
        for check_id, address, device_id, run_id, rate_per_s, jitter_s in rows
    ]


def messages_of(ids: Sequence[int]) -> list[list[int]]:
    """The ids in messages of about MESSAGE_IDS.

    Those of one device or address share a message, and those of a run that has a rate: whoever
    takes it then keeps the caps and the rate of all that is in it.
    """
    if len(ids) <= MESSAGE_IDS:
        return [list(ids)]
    bundles: dict[tuple[str, Hashable], list[int]] = {}
    for place in places_of(ids):
        keys: list[tuple[str, Hashable]] = [("address", place.address.lower())]
        if place.device_id is not None:
            keys.insert(0, ("device", place.device_id))
        if place.pace.rate_per_s is not None:
            keys.insert(0, ("run", place.run_id))
        bundle = next((bundles[key] for key in keys if key in bundles), [])
        bundle.append(place.check_id)
        for key in keys:
            bundles.setdefault(key, bundle)
    messages: list[list[int]] = [[]]
    for bundle in {id(bundle): bundle for bundle in bundles.values()}.values():
        if messages[-1] and len(messages[-1]) + len(bundle) > MESSAGE_IDS:
            messages.append([])
        messages[-1] += bundle
    return messages


def keep_announced(ids: Collection[int]) -> set[int]:
    """Say that the checks are known to a worker, so that nobody announces them again for a while.

    Returns those of them that still wait.
    """
    waiting = Check.objects.filter(among(ids), state=CheckState.QUEUED)
    waiting.update(woken_at=timezone.now())
    return set(waiting.values_list("pk", flat=True))
