"""What the inventory holds about the ways back of an association."""

from __future__ import annotations

from collections.abc import Iterable

from dicomcfg.core.negotiation.return_paths import MPPS, End, Known, Offer, storage_classes
from dicomcfg.inventory.models import AE, Association, PresentationContext
from dicomcfg.inventory.selectors import contexts_of_all, first_connections, options_of_all

_TITLES = 10


def known_about(association: Association) -> tuple[Known, Association | None]:
    """For `core.negotiation.return_paths`, with the association back; select both ends.

    Seven queries whatever the size, eight where there is an association back.
    """
    calling, called = association.calling, association.called
    back = Association.objects.filter(calling=called, called=calling).first()
    rows = [association, *([back] if back else [])]
    contexts, options = contexts_of_all(rows), options_of_all(rows)
    offers = {row.pk: Offer(contexts[row.pk], options[row.pk].role_selections) for row in rows}
    addresses = first_connections([calling, called])
    ends = [
        End(ae.ae_title, ae.association_acceptor, addresses.get(ae.pk)) for ae in (calling, called)
    ]
    known = Known(
        calling=ends[0],
        called=ends[1],
        offer=offers[association.pk],
        back=offers[back.pk] if back else None,
        destinations=_proposed_to(called, calling, storage_classes()),
        forwards=_proposed_to(called, calling, [MPPS]),
    )
    return known, back


def _proposed_to(called: AE, calling: AE, classes: Iterable[str]) -> tuple[str, ...]:
    """Titles of some AEs other than `calling` to which `called` proposes one of the classes."""
    rows = PresentationContext.objects.filter(
        association__calling=called, abstract_syntax__in=list(classes)
    ).exclude(association__called=calling)
    titles = rows.order_by("association__called__ae_title").values_list(
        "association__called__ae_title", flat=True
    )
    return tuple(titles.distinct()[:_TITLES])
