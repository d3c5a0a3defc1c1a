"""What the tables themselves say about their fields, for refusing before the database does."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from django.db import models


@cache
def length_of(model: type[models.Model], name: str) -> int | None:
    """The characters that a text field holds, None where it is not bounded."""
    field = model._meta.get_field(name)
    return field.max_length if isinstance(field, models.CharField) else None


def too_long(model: type[models.Model], values: Mapping[str, str]) -> dict[str, list[str]]:
    """Messages for the values that are longer than their fields, by name."""
    return {
        name: [f"This has {len(value)} characters where {length} are allowed."]
        for name, value in values.items()
        if (length := length_of(model, name)) is not None and len(value) > length
    }
