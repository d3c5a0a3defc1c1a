"""Questions to the inventory. Nothing here writes; the number of queries never grows with rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Count, F, FilteredRelation, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from dicomcfg.core import records
from dicomcfg.core.negotiation.options import RequestOptions
from dicomcfg.core.standard.endpoint import one_spelling
from dicomcfg.inventory.bulk import among
from dicomcfg.inventory.models import (
    AE,
    Association,
    Change,
    ChangeSet,
    Connection,
    Device,
    ExtendedNegotiation,
    PresentationContext,
    ProfileContext,
    RoleSelection,
    Site,
    SyntaxList,
    SyntaxListEntry,
    TransferCapability,
)

Row = TypeVar("Row", bound=Model)
_WITH_PARTS = {
    "ae": ("ae", "capabilities", "aekept"),
    "association": ("association", "associationkept"),
}


def in_order(rows: QuerySet[Row], ids: Sequence[int]) -> list[Row]:
    """The rows of these ids, in their order; those that are gone by now are left out. One query.

    A page whose ids were found first is read several times as fast as one that is sorted with
    all of its columns and joins.
    """
    found = rows.in_bulk(list(ids))
    return [found[pk] for pk in ids if pk in found]


def ae_list() -> QuerySet[AE]:
    """AEs with their first connection flat (`hostname`, `port`, `tls`), device, site and tags.

    An AE without a connection has None in the three.
    """
    first = FilteredRelation("connections", condition=Q(connections__position=0))
    return (
        AE.objects.annotate(first_connection=first)
        .annotate(
            hostname=F("first_connection__hostname"),
            port=F("first_connection__port"),
            tls=F("first_connection__tls"),
        )
        .select_related("device", "site")
        .prefetch_related("tags")
    )


def associations_list() -> QuerySet[Association]:
    """Associations with both AEs, the Profile they follow and `context_count`."""
    counts = (
        PresentationContext.objects.filter(association=OuterRef("pk"))
        .order_by()
        .values("association")
        .annotate(count=Count("pk"))
        .values("count")
    )
    rows = Association.objects.select_related("calling", "called", "profile")
    return rows.annotate(context_count=Coalesce(Subquery(counts), 0))


def contexts_of(association: Association) -> list[records.PresentationContext]:
    """The configured contexts in order."""
    return contexts_of_all([association])[association.pk]


def contexts_of_all(
    associations: Iterable[Association],
) -> dict[int, list[records.PresentationContext]]:
    """The configured contexts of each association in order, by its id; one query."""
    return contexts_by_id(row.pk for row in associations)


def contexts_by_id(ids: Iterable[int]) -> dict[int, list[records.PresentationContext]]:
    """The same for ids of associations."""
    found: dict[int, list[records.PresentationContext]] = {pk: [] for pk in ids}
    rows = PresentationContext.objects.filter(association_id__in=list(found))
    columns = rows.order_by("association_id", "position").values_list(
        "association_id", "abstract_syntax", "syntax_list__uids"
    )
    for pk, abstract_syntax, uids in columns:
        context = records.PresentationContext(abstract_syntax, tuple(uids.split()))
        found[pk].append(context)
    return found


def options_of_all(associations: Iterable[Association]) -> dict[int, RequestOptions]:
    """What each association proposes beside its contexts, by its id; two queries."""
    ids = [row.pk for row in associations]
    roles: dict[int, list[records.RoleSelection]] = {pk: [] for pk in ids}
    for role in RoleSelection.objects.filter(association_id__in=ids).order_by("id"):
        roles[role.association_id].append(role.record())
    extended: dict[int, list[records.ExtendedNegotiation]] = {pk: [] for pk in ids}
    for row in ExtendedNegotiation.objects.filter(association_id__in=ids).order_by("id"):
        extended[row.association_id].append(row.record())
    return {pk: RequestOptions(tuple(roles[pk]), tuple(extended[pk])) for pk in ids}


def capabilities_of(ae: AE) -> list[records.TransferCapability]:
    """What an AE is able to, in order; one query."""
    rows = TransferCapability.objects.filter(ae=ae).select_related("syntax_list")
    return [row.record() for row in rows.order_by("position")]


def capabilities_of_all(
    ae_ids: Iterable[int], **narrowed: Iterable[str]
) -> dict[int, list[records.TransferCapability]]:
    """The capabilities in order of each AE that has any, by its id; two queries.

    `narrowed` keeps to values of a column: `sop_class__in=[...]`.
    """
    rows = list(
        TransferCapability.objects.filter(among(ae_ids, "ae"), **narrowed)
        .order_by("ae_id", "position")
        .values_list("ae_id", "sop_class", "role", "syntax_list_id")
    )
    lists = SyntaxList.objects.in_bulk({list_id for *_, list_id in rows})
    syntaxes = {pk: row.transfer_syntaxes for pk, row in lists.items()}
    found: dict[int, list[records.TransferCapability]] = {}
    for ae_id, sop_class, role, list_id in rows:
        capability = records.TransferCapability(sop_class, role, syntaxes[list_id])
        found.setdefault(ae_id, []).append(capability)
    return found


def syntaxes_in_use() -> tuple[list[str], list[str]]:
    """Every abstract syntax and every transfer syntax that the inventory names, in order.

    Four queries. A transfer syntax counts also where only an earlier state named it.
    """
    abstract = {
        *PresentationContext.objects.order_by()
        .values_list("abstract_syntax", flat=True)
        .distinct(),
        *TransferCapability.objects.order_by().values_list("sop_class", flat=True).distinct(),
        *ProfileContext.objects.order_by().values_list("abstract_syntax", flat=True).distinct(),
    }
    transfer = SyntaxListEntry.objects.order_by().values_list("uid", flat=True).distinct()
    return sorted(abstract), sorted(transfer)


def first_connections(aes: Iterable[AE]) -> dict[int, records.Connection]:
    """Where each of the AEs listens that does, by its id: the connection of lowest position."""
    found: dict[int, records.Connection] = {}
    rows = Connection.objects.filter(among((ae.pk for ae in aes), "ae"))
    for row in rows.order_by("ae_id", "position"):
        found.setdefault(row.ae_id, row.record())
    return found


def addresses_not_to_probe() -> dict[tuple[str, int], AE]:
    """By `one_spelling` of the host and port: an AE there that must not be probed; one query."""
    rows = Connection.objects.filter(ae__do_not_probe=True).select_related("ae")
    return {(one_spelling(row.hostname), row.port): row.ae for row in rows.order_by("-ae_id")}


def association_of(calling: AE, called: AE) -> Association | None:
    """The pair's association, if there is one."""
    return Association.objects.filter(calling=calling, called=called).first()


def several_sites() -> bool:
    """Whether there is more than one site, and so a reason to show them."""
    return Site.objects.count() > 1


def object_history(model: str, object_id: int) -> QuerySet[Change]:
    """The changes of one `ae`, `association`, `device` or `site`, latest first.

    What is kept apart under its id, as an AE's capabilities are, is its own too.
    """
    changes = Change.objects.filter(model__in=_WITH_PARTS.get(model, (model,)), object_id=object_id)
    return changes.select_related("change_set").order_by("-id")


def history_list() -> QuerySet[ChangeSet]:
    """All acts, latest first, with `change_count` and what undid them."""
    counts = (
        Change.objects.filter(change_set=OuterRef("pk"))
        .order_by()
        .values("change_set")
        .annotate(count=Count("pk"))
        .values("count")
    )
    return ChangeSet.objects.annotate(change_count=Coalesce(Subquery(counts), 0)).select_related(
        "undoes", "undone_by"
    )


@dataclass(frozen=True, slots=True)
class BoardCounts:
    """How much the inventory holds, and how its AEs stand by their latest outcome.

    `by_outcome` and `by_tone` leave out AEs that were never checked.
    """

    aes: int
    devices: int
    associations: int
    never_checked: int
    by_outcome: dict[str, int]
    by_tone: dict[str, int]


def board_counts() -> BoardCounts:
    """The board's figures, in three queries."""
    rows = AE.objects.order_by().values_list("latest_outcome", "latest_tone")
    by_outcome: dict[str, int] = {}
    by_tone: dict[str, int] = {}
    total = 0
    for outcome, tone, count in rows.annotate(count=Count("pk")):
        total += count
        if outcome:
            by_outcome[outcome] = by_outcome.get(outcome, 0) + count
            by_tone[tone] = by_tone.get(tone, 0) + count
    return BoardCounts(
        aes=total,
        devices=Device.objects.count(),
        associations=Association.objects.count(),
        never_checked=total - sum(by_outcome.values()),
        by_outcome=by_outcome,
        by_tone=by_tone,
    )
