"""Text of the map's picture, which cannot wrap or be cut by a style sheet."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.filter
def cut_to(text: str, characters: int) -> str:
    """A text that is too long, cut, with a sign that it is."""
    return text if len(text) <= characters else text[: characters - 1].rstrip() + "…"


@register.filter
def line_at(y: int, number: int) -> int:
    """The height of a box's line of small print, from its own height."""
    return y + 37 + 15 * number


@register.filter
def name_in(names: dict[str, Any], key: str) -> str:
    """The name of an arrow's end."""
    return str(names.get(key, key))
