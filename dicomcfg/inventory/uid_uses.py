"""Where the inventory uses a UID: in contexts, capabilities and Profiles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Model, Q, QuerySet

from dicomcfg.inventory.models import (
    AE,
    Association,
    PresentationContext,
    Profile,
    ProfileContext,
    SyntaxListEntry,
    TransferCapability,
)

_MOST = 5_000


@dataclass(slots=True)
class Uses:
    """How many presentation contexts, capabilities and contexts of Profiles hold a UID."""

    contexts: int = 0
    capabilities: int = 0
    profiles: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.contexts + self.capabilities + self.profiles


_COLUMNS: tuple[tuple[str, type[Model], str], ...] = (
    ("contexts", PresentationContext, "abstract_syntax"),
    ("capabilities", TransferCapability, "sop_class"),
    ("profiles", ProfileContext, "abstract_syntax"),
)


def uses_of(wanted: Iterable[str]) -> dict[str, Uses]:
    """The uses of each UID, as an abstract or a transfer syntax; seven queries for any number."""
    found = {uid: Uses() for uid in wanted}
    lists: dict[int, list[str]] = {}
    entries = SyntaxListEntry.objects.filter(uid__in=list(found)).order_by()
    for pk, uid in entries.values_list("syntax_list_id", "uid"):
        lists.setdefault(pk, []).append(uid)
    for name, model, column in _COLUMNS:
        rows = model._default_manager.order_by()
        counted = rows.filter(**{f"{column}__in": list(found)}).values_list(column)
        for uid, count in counted.annotate(count=Count("pk")):
            setattr(found[uid], name, getattr(found[uid], name) + count)
        listed = rows.filter(syntax_list_id__in=list(lists)).values_list("syntax_list_id")
        for pk, count in listed.annotate(count=Count("pk")):
            for uid in lists[pk]:
                setattr(found[uid], name, getattr(found[uid], name) + count)
    return found


def proposing(*uids: str) -> Q:
    """Associations that propose one of these as an abstract or a transfer syntax."""
    rows = PresentationContext.objects.filter(_holding("abstract_syntax", uids)).order_by()
    return Q(pk__in=rows.values("association"))


def associations_using(*uids: str) -> QuerySet[Association]:
    """The same as rows with both AEs, by their titles."""
    return Association.objects.filter(proposing(*uids)).select_related("calling", "called")


def aes_using(*uids: str) -> QuerySet[AE]:
    """AEs that have a capability of one of the UIDs, by their titles.

    Where more than _MOST capabilities fit, those of the first in their indexes: enough to show
    some, without reading a million. `acceptors.who_accepts` knows all.
    """
    rows = TransferCapability.objects.filter(_holding("sop_class", uids)).order_by()
    return AE.objects.filter(pk__in=rows.values("ae")[:_MOST])


def profiles_using(*uids: str) -> QuerySet[Profile]:
    """Profiles that propose one of the UIDs, by their names."""
    rows = ProfileContext.objects.filter(_holding("abstract_syntax", uids)).order_by()
    return Profile.objects.filter(pk__in=rows.values("profile"))


def _holding(column: str, uids: tuple[str, ...]) -> Q:
    """A condition that indexes answer: the lists are named, not looked up within it."""
    lists = SyntaxListEntry.objects.filter(uid__in=uids).order_by()
    ids = list(lists.values_list("syntax_list", flat=True).distinct())
    return Q(**{f"{column}__in": uids}) | Q(syntax_list__in=ids)
