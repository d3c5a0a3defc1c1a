"""What templates ask of the standard's tables row by row."""

from __future__ import annotations

from django import template

from dicomcfg.core.standard.dictionary import DictionaryEntry
from dicomcfg.core.standard.enumerated import coded_elements

register = template.Library()


@register.filter
def has_codes(entry: DictionaryEntry) -> bool:
    """Whether a data element's values are listed with their meanings."""
    return entry.path in coded_elements()
