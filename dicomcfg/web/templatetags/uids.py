"""How pages write UIDs: the registered name first, the UID beside it."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dicomcfg.core.standard import uids

register = template.Library()


@register.simple_tag
def uid(value: str) -> SafeString:
    """Name and UID; a private or unknown UID stands alone."""
    entry = uids.lookup(value)
    if entry is None:
        return format_html('<span class="uid">{} <small>not registered</small></span>', value)
    return format_html('<span class="uid">{} <small>{}</small></span>', entry.name, value)


@register.filter
def short_uid(value: str) -> SafeString:
    """The short name, with name and UID on hover; for lists where the long ones hide the order."""
    return format_html(
        '<span title="{} {}">{}</span>', uids.name_of(value), value, uids.short_of(value)
    )
