"""History for templates."""

from __future__ import annotations

from django import template

from dicomcfg.inventory.models import Change
from dicomcfg.web.diffs import FieldDiff, diff

register = template.Library()

MODELS = {
    "ae": "AE",
    "association": "association",
    "aekept": "kept differences of AE",
    "associationkept": "kept differences of association",
    "capabilities": "capabilities of AE",
    "device": "device",
    "profile": "Profile",
    "site": "site",
}


@register.filter
def field_diffs(change: Change) -> list[FieldDiff]:
    """The fields that a change touched, before and after."""
    return diff(change.before, change.after)


@register.filter
def model_words(change: Change) -> str:
    """What kind of object it was."""
    return MODELS.get(change.model, change.model)
