"""Writes a made-up network into an empty inventory, in bulk and in bounded memory.

It goes past the services and writes no history: nobody acted, nothing could be undone to, and a
million changes would only slow down what is to be measured. Hence never into an inventory that
holds anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, transaction

from dicomcfg.core import records
from dicomcfg.inventory.models import (
    AE,
    Association,
    Connection,
    Device,
    PresentationContext,
    Profile,
    SeenCapabilities,
    SeenContexts,
    Site,
    SyntaxList,
    TransferCapability,
)
from dicomcfg.inventory.seeding import seen
from dicomcfg.inventory.seeding.kinds import (
    Kind,
    capabilities_of,
    most_capabilities,
    proposed_to,
    syntax_lists,
)
from dicomcfg.inventory.seeding.network import (
    PlannedAe,
    draw,
    planned_aes,
    planned_pairs,
    site_name,
)

CHUNK = 2000
T = TypeVar("T")
Progress = Callable[[str, int, int], None]
"""Told what is being written, how many of it stand, and how many there will be."""


class CannotSeed(Exception):
    """Why nothing was written, as a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much to make."""

    aes: int
    associations: int
    capabilities: int


def seed_inventory(size: Size, seed: int, at: datetime, progress: Progress) -> None:
    """Write it all in one transaction; raises CannotSeed before anything is written.

    The same size, seed and time make the same rows on every machine and on both stores.
    """
    _check(size)
    plan = planned_aes(size.aes, seed)
    pairs = planned_pairs(plan, size.associations, seed)
    if len(pairs) < size.associations:
        raise CannotSeed(f"{size.aes:,} AEs make no more than {len(pairs):,} pairs of two.")
    with transaction.atomic():
        if _holds_anything():
            raise CannotSeed("The inventory is not empty: seed one of its own.")
        lists = SyntaxList.intern(syntax_lists())
        ids = _write_aes(plan, seed, at, progress)
        _write_capabilities(plan, ids, size, lists, progress)
        _write_seen(plan, ids, size, seed, at)
        _write_associations(plan, ids, pairs, seed, at, lists, progress)
    with connection.cursor() as cursor:
        # Both stores choose indexes by what they counted, which a bulk load leaves stale.
        cursor.execute("ANALYZE")


def _check(size: Size) -> None:
    if size.aes < 1 or size.associations < 0 or size.capabilities < 0:
        raise CannotSeed("At least one AE, and no negative number.")
    if size.capabilities > size.aes * most_capabilities():
        most = f"{size.aes * most_capabilities():,}"
        raise CannotSeed(f"{size.aes:,} AEs hold at most {most} capabilities.")


def _holds_anything() -> bool:
    """Apart from the first site and from interned lists, which are there from the start or stay."""
    if Site.objects.count() > 1:
        return True
    return any(model.objects.exists() for model in (AE, Device, Association, Profile))


def _chunks(rows: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _write_aes(plan: Sequence[PlannedAe], seed: int, at: datetime, progress: Progress) -> list[int]:
    """Sites, devices, AEs and connections; the id of each AE by its number."""
    sites = list(Site.objects.order_by("pk"))
    more = range(len(sites), 1 + max(ae.site for ae in plan))
    sites += Site.objects.bulk_create(
        Site(name=site_name(number), slug=f"site-{number + 1}") for number in more
    )
    devices: list[Device] = []
    first = {ae.device: ae for ae in reversed(plan)}
    for chunk in _chunks(sorted(first)):
        devices += Device.objects.bulk_create(_device(first[number]) for number in chunk)
    ids: list[int] = []
    for planned in _chunks(plan):
        made = AE.objects.bulk_create(
            _ae(ae, sites[ae.site], devices[ae.device], seed, at) for ae in planned
        )
        Connection.objects.bulk_create(
            Connection(ae=row, hostname=_address(ae), port=104 if ae.number % 3 else 11112)
            for ae, row in zip(planned, made, strict=True)
        )
        ids += [row.pk for row in made]
        progress("AEs", len(ids), len(plan))
    return ids


def _device(ae: PlannedAe) -> Device:
    kind, number = ae.kind, ae.device + 1
    return Device(
        name=f"{kind.model} {ae.ward} {number}".replace("  ", " "),
        manufacturer=kind.maker,
        model_name=f"{kind.model} {100 * (ae.model + 1)}",
        software_version=f"{ae.model + 1}.{number % 10}",
        station_name=f"{kind.code}{number:05}",
        department=kind.department,
        location=f"Ward {ae.ward}" if ae.ward else "Server room",
    )


def _ae(ae: PlannedAe, site: Site, device: Device, seed: int, at: datetime) -> AE:
    outcome, headline, tone = seen.echo_of(seed, ae.number)
    return AE(
        site=site,
        device=device,
        ae_title=ae.ae_title,
        description=f"{ae.kind.department}, {ae.kind.model} {100 * (ae.model + 1)}",
        latest_outcome=outcome,
        latest_headline=headline,
        latest_tone=tone,
        latest_at=at - timedelta(seconds=ae.number % 86400) if outcome else None,
        latest_elapsed_ms=1.0 + draw(seed, "elapsed", ae.number, 900) / 10 if outcome else None,
    )


def _address(ae: PlannedAe) -> str:
    return f"10.{ae.site % 256}.{ae.device >> 8 & 255}.{ae.device & 255}"


def _shares(count: int, total: int) -> Iterator[int]:
    """Split a total among so many, as evenly as whole numbers go."""
    each, rest = divmod(total, count)
    return (each + (number < rest) for number in range(count))


def _write_capabilities(
    plan: Sequence[PlannedAe],
    ids: Sequence[int],
    size: Size,
    lists: dict[tuple[str, ...], SyntaxList],
    progress: Progress,
) -> None:
    """By the ORM for the first AE of a model; the others are copies made by the store."""
    shares = list(_shares(size.aes, size.capabilities))
    of_model: dict[tuple[Kind, int], list[PlannedAe]] = {}
    for ae in plan:
        of_model.setdefault((ae.kind, ae.model), []).append(ae)
    done = 0
    for (kind, model), aes in of_model.items():
        # Shares never grow with the number: the first has the most.
        template, rest = aes[0], aes[1:]
        capabilities = capabilities_of(kind, model, shares[template.number])
        TransferCapability.objects.bulk_create(
            _capability(ids[template.number], position, each, lists)
            for position, each in enumerate(capabilities)
        )
        done += len(capabilities)
        for chunk in _chunks(rest, 100):
            done += _copy(ids[template.number], [(ids[a.number], shares[a.number]) for a in chunk])
        progress("capabilities", done, size.capabilities)


def _capability(
    ae_id: int,
    position: int,
    capability: records.TransferCapability,
    lists: dict[tuple[str, ...], SyntaxList],
) -> TransferCapability:
    return TransferCapability(
        ae_id=ae_id,
        position=position,
        sop_class=capability.sop_class,
        role=capability.role,
        syntax_list=lists[capability.transfer_syntaxes],
    )


def _copy(source: int, targets: Sequence[tuple[int, int]]) -> int:
    """Give each (AE, count) the first `count` capabilities of the source AE."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO inventory_transfercapability
                   (ae_id, position, sop_class, role, syntax_list_id)
               SELECT %s, position, sop_class, role, syntax_list_id
               FROM inventory_transfercapability WHERE ae_id = %s AND position < %s""",
            [(target, source, share) for target, share in targets],
        )
    return sum(share for _, share in targets)


def _write_seen(
    plan: Sequence[PlannedAe], ids: Sequence[int], size: Size, seed: int, at: datetime
) -> None:
    """A discovery of every eighth AE, and what it makes of the AE's drift."""
    shares = list(_shares(size.aes, size.capabilities))
    chosen = [ae for ae in plan if ae.number % seen.EVERY_AE == 0 and shares[ae.number]]
    for chunk in _chunks(chosen, 500):
        rows, drifting = [], []
        for ae in chunk:
            capabilities = capabilities_of(ae.kind, ae.model, shares[ae.number])
            matrix, refused = seen.discovery_of(capabilities, draw(seed, "drift", ae.number, 4))
            moment = at - timedelta(hours=ae.number % 100)
            pk = ids[ae.number]
            rows.append(SeenCapabilities(ae_id=pk, check_id=0, at=moment, matrix=matrix))
            drifting.append(AE(pk=pk, drift_count=refused, drift_since=moment if refused else None))
        SeenCapabilities.objects.bulk_create(rows)
        AE.objects.bulk_update(drifting, ["drift_count", "drift_since"], batch_size=200)


def _write_associations(
    plan: Sequence[PlannedAe],
    ids: Sequence[int],
    pairs: Sequence[tuple[int, int]],
    seed: int,
    at: datetime,
    lists: dict[tuple[str, ...], SyntaxList],
    progress: Progress,
) -> None:
    ordered, done = syntax_lists(), 0
    for chunk in _chunks(enumerate(pairs), 500):
        proposals = []
        rows = []
        for number, (calling, called) in chunk:
            classes = proposed_to(plan[calling].kind, plan[called].kind)
            proposals.append(seen.proposal(classes, ordered, plan[calling].model))
            pair = (ids[calling], ids[called])
            rows.append(_association(number, pair, seed, at, len(classes)))
        made = Association.objects.bulk_create(rows)
        PresentationContext.objects.bulk_create(
            PresentationContext(
                association=row, position=position, abstract_syntax=uid, syntax_list=lists[uids]
            )
            for row, proposed in zip(made, proposals, strict=True)
            for position, (uid, uids) in enumerate(proposed)
        )
        SeenContexts.objects.bulk_create(
            SeenContexts(
                association=row,
                check_id=0,
                at=row.latest_at,
                contexts=seen.negotiation_of(proposed, row.drift_count),
            )
            for row, proposed in zip(made, proposals, strict=True)
            if row.latest_at is not None and row.drift_count is not None
        )
        done += len(made)
        progress("associations", done, len(pairs))


def _association(
    number: int, pair: tuple[int, int], seed: int, at: datetime, contexts: int
) -> Association:
    outcome, headline, tone, refused = seen.negotiation_outcome(seed, number, contexts)
    moment = at - timedelta(seconds=number % 86400) if outcome else None
    state: dict[str, Any] = {"latest_outcome": outcome, "latest_headline": headline}
    return Association(
        calling_id=pair[0],
        called_id=pair[1],
        latest_tone=tone,
        latest_at=moment,
        drift_count=refused,
        drift_since=moment if refused else None,
        **state,
    )
