"""What the inventory holds about the ways back of associations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dicomcfg.core.negotiation.return_paths import MPPS, End, Known, Offer, storage_classes
from dicomcfg.inventory.models import AE, Association, PresentationContext
from dicomcfg.inventory.selectors import contexts_of_all, first_connections, options_of_all


def known_about(associations: Sequence[Association]) -> dict[int, Known]:
    """For `core.negotiation.return_paths`, by the associations' ids; select both ends.

    Seven queries, whatever the number of associations and their size.
    """
    backs = associations_back(associations)
    rows = [*associations, *backs.values()]
    contexts, options = contexts_of_all(rows), options_of_all(rows)
    offers = {row.pk: Offer(contexts[row.pk], options[row.pk].role_selections) for row in rows}
    addresses = first_connections({end for row in associations for end in _ends(row)})
    deaf = {row.called_id for row in associations if not row.calling.association_acceptor}
    passing = {row.called_id for row in associations if MPPS in offers[row.pk].classes}
    destinations = _proposed_to(deaf, storage_classes())
    forwards = _proposed_to(passing, [MPPS])

    def end(ae: AE) -> End:
        return End(ae.ae_title, ae.association_acceptor, addresses.get(ae.pk))

    found = {}
    for row in associations:
        back = backs.get(row.pk)
        found[row.pk] = Known(
            calling=end(row.calling),
            called=end(row.called),
            offer=offers[row.pk],
            back=offers[back.pk] if back else None,
            destinations=_but(destinations.get(row.called_id, {}), row.calling),
            forwards=_but(forwards.get(row.called_id, {}), row.calling),
        )
    return found


def associations_back(associations: Iterable[Association]) -> dict[int, Association]:
    """The association from called to calling AE of each that has one, by its id; one query."""
    pairs = {(row.called_id, row.calling_id): row.pk for row in associations}
    rows = Association.objects.filter(
        calling__in={calling for calling, _ in pairs}, called__in={called for _, called in pairs}
    )
    return {
        pairs[row.calling_id, row.called_id]: row
        for row in rows
        if (row.calling_id, row.called_id) in pairs
    }


def _ends(row: Association) -> tuple[AE, AE]:
    return row.calling, row.called


def _but(titles: dict[int, str], ae: AE) -> tuple[str, ...]:
    return tuple(title for pk, title in titles.items() if pk != ae.pk)


def _proposed_to(calling_ids: set[int], classes: Iterable[str]) -> dict[int, dict[int, str]]:
    """For each of the AEs: ids and titles of those to which it proposes one of the classes."""
    rows = PresentationContext.objects.filter(
        association__calling__in=calling_ids, abstract_syntax__in=list(classes)
    ).order_by("association__called__ae_title", "association__called")
    found: dict[int, dict[int, str]] = {}
    columns = ("association__calling", "association__called", "association__called__ae_title")
    for calling, called, title in rows.values_list(*columns).distinct():
        found.setdefault(calling, {})[called] = title
    return found
