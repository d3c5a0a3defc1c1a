"""Inserts many rows of one table: PostgreSQL takes them as a stream, other stores by statements.

A preview has up to tens of thousands of rows, whose values as parameters of statements would take
longer than all the rest of making it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TypeVar

from django.db import connection
from django.db.models import Model

_Row = TypeVar("_Row", bound=Model)


def insert_all(model: type[_Row], rows: Sequence[_Row]) -> None:
    """Insert new rows that nobody asks for their ids; call inside a transaction."""
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create(rows)
        return
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    names = [field.attname for field in fields]
    with connection.cursor() as cursor:
        statement = f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN"
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(_values(row, names))


def _values(row: Model, names: Iterable[str]) -> list[object]:
    return [
        json.dumps(value) if isinstance(value, (list, dict)) else value
        for value in (getattr(row, name) for name in names)
    ]
