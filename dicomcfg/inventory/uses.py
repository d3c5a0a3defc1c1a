"""Which rows of the inventory name a UID. Nothing here writes or counts over a million rows."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet

from dicomcfg.inventory.models import (
    Association,
    PresentationContext,
    Profile,
    ProfileContext,
    SyntaxListEntry,
)


def lists_holding(uids: Collection[str]) -> QuerySet[SyntaxListEntry, int]:
    """The ids of the syntax lists that hold any of the transfer syntaxes, for a subquery."""
    return (
        SyntaxListEntry.objects.filter(uid__in=uids)
        .order_by()
        .values_list("syntax_list", flat=True)
    )


def proposing(uids: Collection[str]) -> Q:
    """Associations with a context of any of the abstract or transfer syntaxes."""
    contexts = PresentationContext.objects.filter(_naming(uids)).order_by()
    return Q(pk__in=contexts.values("association"))


def associations_proposing(uids: Collection[str]) -> QuerySet[Association]:
    """The same as rows, with both AEs, by their titles."""
    rows = Association.objects.filter(proposing(uids)).select_related("calling", "called")
    return rows.order_by("calling__ae_title", "called__ae_title", "pk")


def profiles_proposing(uids: Collection[str]) -> QuerySet[Profile]:
    """Profiles with a context of any of the abstract or transfer syntaxes, by name."""
    contexts = ProfileContext.objects.filter(_naming(uids)).order_by()
    return Profile.objects.filter(pk__in=contexts.values("profile")).order_by("name")


def _naming(uids: Collection[str]) -> Q:
    return Q(abstract_syntax__in=uids) | Q(syntax_list__in=lists_holding(uids))
