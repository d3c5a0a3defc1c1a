"""Imports for templates."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from dicomcfg.exchange.models import Import, ImportState
from dicomcfg.web.templatetags.ui import pill

register = template.Library()

_TONES = {
    ImportState.APPLIED: "ok",
    ImportState.PREVIEWED: "idle",
}


@register.filter
def import_pill(kept: Import) -> SafeString:
    """How far an import is."""
    words = "taken back" if _is_undone(kept) else kept.get_state_display()
    tone = "idle" if _is_undone(kept) else _TONES.get(ImportState(kept.state), "run")
    return pill(tone, words.capitalize())


def _is_undone(kept: Import) -> bool:
    return bool(kept.change_set and getattr(kept.change_set, "undone_by", None))
