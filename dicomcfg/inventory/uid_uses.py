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


def associations_using(uid: str) -> QuerySet[Association]:
    """Associations that propose a UID as an abstract or a transfer syntax, by their titles."""
    rows = PresentationContext.objects.filter(_holding("abstract_syntax", uid)).order_by()
    found = Association.objects.filter(pk__in=rows.values("association"))
    return found.select_related("calling", "called")


def aes_using(uid: str) -> QuerySet[AE]:
    """AEs that have a capability of a UID, by their titles."""
    rows = TransferCapability.objects.filter(_holding("sop_class", uid)).order_by()
    return AE.objects.filter(pk__in=rows.values("ae"))


def profiles_using(uid: str) -> QuerySet[Profile]:
    """Profiles that propose a UID, by their names."""
    rows = ProfileContext.objects.filter(_holding("abstract_syntax", uid)).order_by()
    return Profile.objects.filter(pk__in=rows.values("profile"))


def _holding(column: str, uid: str) -> Q:
    lists = SyntaxListEntry.objects.filter(uid=uid).order_by().values("syntax_list")
    return Q(**{column: uid}) | Q(syntax_list__in=lists)
