"""Where the inventory uses an abstract or a transfer syntax.

Each question costs two queries by an index and reads no more than MANY rows, however many
capabilities there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from dicomcfg.inventory.models import (
    AE,
    Association,
    CapabilityRole,
    PresentationContext,
    Profile,
    ProfileContext,
    SyntaxListEntry,
    TransferCapability,
)

MANY = 1_000
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Use:
    """How often one kind of row uses a UID.

    `kind` is "association", "profile", "SCP" or "SCU". `count` rows (contexts or capabilities)
    belong to `holders` objects; with `more` there are still others, uncounted. `shown` are the
    first of the holders.
    """

    kind: str
    count: int
    holders: int
    more: bool
    shown: tuple[Model, ...]


def uses_of_abstract_syntax(uid: str) -> list[Use]:
    """Contexts of associations and Profiles, and capabilities by role, that name a SOP Class."""
    return _uses(
        PresentationContext.objects.filter(abstract_syntax=uid),
        ProfileContext.objects.filter(abstract_syntax=uid),
        TransferCapability.objects.filter(sop_class=uid),
    )


def uses_of_transfer_syntax(uid: str) -> list[Use]:
    """The same for those whose list of transfer syntaxes holds one."""
    entries = SyntaxListEntry.objects.filter(uid=uid).order_by()
    lists = set(entries.values_list("syntax_list_id", flat=True))
    return _uses(
        PresentationContext.objects.filter(syntax_list__in=lists),
        ProfileContext.objects.filter(syntax_list__in=lists),
        TransferCapability.objects.filter(syntax_list__in=lists),
    )


def _uses(
    contexts: QuerySet[PresentationContext],
    profiled: QuerySet[ProfileContext],
    capabilities: QuerySet[TransferCapability],
) -> list[Use]:
    pairs = Association.objects.select_related("calling", "called")
    aes = AE.objects.all()
    return [
        _use("association", contexts, "association_id", pairs),
        _use("profile", profiled, "profile_id", Profile.objects.all()),
        *(
            _use(role.value, capabilities.filter(role=role), "ae_id", aes)
            for role in (CapabilityRole.SCP, CapabilityRole.SCU)
        ),
    ]


def _use(kind: str, rows: QuerySet[Any], holder: str, holders: QuerySet[Any]) -> Use:
    """At most MANY + 1 rows are read, so that the question costs the same in any inventory."""
    found = list(rows.order_by().values_list(holder, flat=True)[: MANY + 1])
    several = list(dict.fromkeys(found))
    objects = holders.in_bulk(several[:SHOWN])
    shown = tuple(objects[pk] for pk in several[:SHOWN] if pk in objects)
    return Use(kind, min(len(found), MANY), len(several), len(found) > MANY, shown)
