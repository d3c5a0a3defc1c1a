"""The return paths of an association as its page shows them, each with what makes it complete."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from dicomcfg.core.findings import Finding
from dicomcfg.core.negotiation.return_paths import Need, return_paths
from dicomcfg.inventory.models import Association
from dicomcfg.inventory.return_paths import associations_back, known_about


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding with the label and address of what an editor can do; both empty for nothing."""

    finding: Finding
    label: str
    url: str


def shown_return_paths(association: Association) -> list[Shown]:
    """For `associations/_return_paths.html`; constant queries. Select both ends."""
    known = known_about([association])[association.pk]
    back = associations_back([association]).get(association.pk)
    return [
        Shown(each.finding, *_way(each.need, association, back)) for each in return_paths(known)
    ]


def _way(need: Need | None, association: Association, back: Association | None) -> tuple[str, str]:
    """Label and address of the page that makes what is missing."""
    calling, called = association.calling, association.called
    pair = f"{called.ae_title} → {calling.ae_title}"
    if need in (Need.ACCEPTING, Need.ADDRESS):
        label = f"Add an address of {calling.ae_title}"
        return label, reverse("ae-edit", args=[calling.pk])
    if need is Need.ASSOCIATION:
        query = urlencode({"calling": called.pk, "called": calling.pk})
        return f"Add association {pair}", f"{reverse('association-create')}?{query}"
    if need is Need.CONTEXT_BACK and back:
        return f"Add a context to {pair}", reverse("context-add", args=[back.pk])
    if need is Need.ROLE_BACK and back:
        return f"Propose roles in {pair}", reverse("association-roles", args=[back.pk])
    if need is Need.CONTEXT:
        return "Add a context", reverse("context-add", args=[association.pk])
    if need is Need.ROLE:
        return "Propose roles", reverse("association-roles", args=[association.pk])
    return "", ""
