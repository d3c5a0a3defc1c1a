"""Questions about Profiles. Nothing here writes; the number of queries never grows with rows."""

from __future__ import annotations

from django.db.models import Count, F, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from dicomcfg.inventory.models import AE, Association, Change, Profile, ProfileContext
from dicomcfg.inventory.selectors import associations_list, object_history
from dicomcfg.inventory.services.profile_rows import ProfileData, load_profiles
from dicomcfg.inventory.services.proposed_sets import OF_ASSOCIATIONS, ProposedSet, load_sets


def profile_list() -> QuerySet[Profile]:
    """Profiles with `context_count`, `association_count`, `ae_count` and `user_count`, which is
    the sum of the latter two."""
    return Profile.objects.annotate(
        context_count=_count_of(ProfileContext),
        association_count=_count_of(Association),
        ae_count=_count_of(AE),
    ).annotate(user_count=F("association_count") + F("ae_count"))


def _count_of(model: type[Model]) -> Coalesce:
    counts = (
        model._default_manager.filter(profile=OuterRef("pk"))
        .order_by()
        .values("profile")
        .annotate(count=Count("pk"))
        .values("count")
    )
    return Coalesce(Subquery(counts), 0)


def profile_data(profile: Profile) -> ProfileData:
    """Everything that a Profile holds; four queries."""
    return load_profiles([profile.pk], lock=False)[0][1]


def proposed_by(association: Association) -> ProposedSet:
    """What an association proposes; three queries."""
    return load_sets(OF_ASSOCIATIONS, [association.pk])[association.pk]


def followers_list(profile: Profile) -> tuple[QuerySet[Association], QuerySet[AE]]:
    """The associations and the AEs that follow a Profile."""
    associations = associations_list().filter(profile=profile)
    return associations, AE.objects.filter(profile=profile).select_related("device", "site")


def versions_of(profile: Profile) -> QuerySet[Change]:
    """The changes of a Profile, latest first, each with its act and what undid that."""
    changes = object_history("profile", profile.pk)
    return changes.select_related("change_set__undone_by")
