"""What the tables themselves say about their fields, for refusing before the database does."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models


def too_long(model: type[models.Model], values: Mapping[str, str]) -> dict[str, list[str]]:
    """Messages for the values that are longer than their fields, by name."""
    messages = {}
    for name, value in values.items():
        field = model._meta.get_field(name)
        length = field.max_length if isinstance(field, models.CharField) else None
        if length is not None and len(value) > length:
            messages[name] = [f"This has {len(value)} characters where {length} are allowed."]
    return messages
