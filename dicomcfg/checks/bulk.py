"""Statements about many rows, in the terms of either database: UPDATE and INSERT.

Django's bulk_update builds a CASE for every value, which costs more than all the rest of a
result. Here the rows travel as one JSON parameter, and the database takes it apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection, models


def update_each(
    model: type[models.Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    match: Sequence[str] = ("id",),
) -> None:
    """Update by each of `rows`, which all have the same columns, the row equal in `match`.

    Values are plain; that of a JSON field may be a msgspec.Raw. Lock the rows before, in the
    order of their ids: the order in which this takes them is the database's.
    """
    if not rows:
        return
    quoted = _quoted(rows[0])
    assignments = ", ".join(f"{quoted[n]} = given.{quoted[n]}" for n in quoted if n not in match)
    condition = " AND ".join(f"old.{quoted[n]} = given.{quoted[n]}" for n in match)
    _execute(
        # Names of our own columns only; what a peer said is in the parameter.
        f"UPDATE {_table(model)} AS old SET {assignments}"  # noqa: S608
        f" FROM {_given(model, quoted)} WHERE {condition}",
        rows,
    )


def insert_each(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`, which all have the same columns, among them every one without a default."""
    quoted = _quoted(rows[0])
    columns = ", ".join(quoted.values())
    _execute(
        f"INSERT INTO {_table(model)} ({columns})"  # noqa: S608
        f" SELECT {columns} FROM {_given(model, quoted)}",
        rows,
    )


def _execute(statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [msgspec.json.encode(rows).decode()])


def _quoted(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: connection.ops.quote_name(name) for name in row}


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _given(model: type[models.Model], quoted: Mapping[str, str]) -> str:
    """The parameter as a table `given` with these columns."""
    if connection.vendor == "postgresql":
        fields = {field.column: field for field in model._meta.concrete_fields}
        shape = ", ".join(f"{quoted[n]} {fields[n].rel_db_type(connection)}" for n in quoted)
        return f"jsonb_to_recordset(%s::jsonb) AS given ({shape})"
    values = ", ".join(f"json_extract(value, '$.{n}') AS {quoted[n]}" for n in quoted)
    return f"(SELECT {values} FROM json_each(%s)) AS given"  # noqa: S608


def moment(at: datetime) -> Any:
    """A time as `update_each` takes it: SQLite keeps what Django would write as a text."""
    return connection.ops.adapt_datetimefield_value(at)
