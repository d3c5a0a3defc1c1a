"""How pages write UIDs: the name first, linked to its page of the standard, the UID beside it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dicomcfg.core.standard import uids
from dicomcfg.web.standard.pages import page_of_kind

register = template.Library()


@register.simple_tag
def uid_name(value: str) -> str:
    """The name, or the UID where there is none."""
    return uids.name_of(value)


@register.simple_tag(takes_context=True)
def uid(context: Mapping[str, Any], value: str, *, link: bool = True) -> SafeString:
    """Name and UID; one without a name stands alone, and an editor can give it one.

    `link=False` is for places that do something else when pressed: buttons, labels, summaries.
    """
    entry = uids.lookup(value)
    if entry is not None:
        address = _address(value, entry.kind) if link else ""
        name = format_html('<a href="{}">{}</a>', address, entry.name) if address else entry.name
        return format_html('<span class="uid">{} <small>{}</small></span>', name, value)
    may = context.get("may")
    if not (link and may and may["editor"] and uids.is_valid_uid(value)):
        return format_html('<span class="uid">{} <small>not registered</small></span>', value)
    return format_html(
        '<span class="uid">{} <small>not registered · <a href="{}?uid={}">name it'
        '<span class="visually-hidden">: {}</span></a></small></span>',
        value,
        reverse("privateuid-create"),
        value,
        value,
    )


@lru_cache(maxsize=2048)
def _address(value: str, kind: uids.UidKind) -> str:
    """A page may write thousands of UIDs, and few different ones."""
    page = page_of_kind(kind)
    return reverse(page, args=[value]) if page else ""


@register.filter
def short_uid(value: str) -> SafeString:
    """The short name, with name and UID on hover; for lists where the long ones hide the order."""
    return format_html(
        '<span title="{} {}">{}</span>', uids.name_of(value), value, uids.short_of(value)
    )


@register.filter
def uid_lines(value: str) -> SafeString:
    """Name and UID for paper: no link, the UID on a line of its own where there is a name."""
    entry = uids.lookup(value)
    if entry is None:
        return format_html('<div class="uid-lines"><span class="mono">{}</span></div>', value)
    return format_html(
        '<div class="uid-lines">{} <span class="mono">{}</span></div>', entry.name, value
    )
