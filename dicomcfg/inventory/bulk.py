"""Statements about many rows, in the terms of either database.

The rows, or a list of values, travel as one parameter that the database takes apart. Django's
bulk_update builds a CASE for every value and bulk_create a parameter, which cost more than all
the rest of a large import or of a check's result.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec
from django.db import connection, models
from django.db.models import BooleanField, Expression, F, Func, Value

Rows = Sequence[Mapping[str, Any]] | Sequence[msgspec.Struct]
"""What is to be written by column, the same ones in each row. Values are plain; that of a JSON
field is what it holds, or a msgspec.Raw."""
_Row = TypeVar("_Row", bound=models.Model)
_PARAMETER_BYTES: Final = 4_000_000
_MANY: Final = 1_000


def insert_each(model: type[models.Model], rows: Rows) -> None:
    """Insert rows that have every column without a default; call inside a transaction."""
    if not rows:
        return
    columns = ", ".join(_quoted(rows[0]).values())
    _execute(
        # Names of our own columns only; what people and peers said is in the parameter.
        f"INSERT INTO {_table(model)} ({columns})"  # noqa: S608
        f" SELECT {columns} FROM {_given(model, rows[0])}",
        rows,
    )


def insert_with_ids(model: type[_Row], rows: Sequence[_Row]) -> None:
    """Insert new rows, which have their ids afterwards; those that have one keep it. Call inside
    a transaction."""
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create(rows)
        return
    numberless = [row for row in rows if row.pk is None]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [_table(model), len(numberless)],
        )
        for row, (number,) in zip(numberless, cursor.fetchall(), strict=True):
            row.pk = number
    names = [(str(field.column), field.attname) for field in model._meta.concrete_fields]
    insert_each(model, [{c: row.__dict__[name] for c, name in names} for row in rows])
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
    if len(rows) >= _MANY:
        # Whatever refers to them is looked up by plans made when there were few, each time
        # through the whole table.
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {_table(model)}")


def upsert_each(model: type[models.Model], rows: Rows, unique: Sequence[str]) -> None:
    """Insert rows; where one is there already that is equal in the `unique` columns, set its
    others instead."""
    if not rows:
        return
    quoted = _quoted(rows[0])
    columns = ", ".join(quoted.values())
    sets = ", ".join(f"{quoted[n]} = EXCLUDED.{quoted[n]}" for n in quoted if n not in unique)
    _execute(
        f"INSERT INTO {_table(model)} ({columns})"  # noqa: S608
        # Without a condition SQLite would take ON CONFLICT for that of a join.
        f" SELECT {columns} FROM {_given(model, rows[0])} WHERE true"
        f" ON CONFLICT ({', '.join(quoted[n] for n in unique)}) DO UPDATE SET {sets}",
        rows,
    )


def update_each(model: type[models.Model], rows: Rows, *, match: Sequence[str] = ("id",)) -> None:
    """Update by each of `rows` the row equal in `match`.

    Lock the rows before, in the order of their ids: the order in which this takes them is the
    database's.
    """
    if not rows:
        return
    quoted = _quoted(rows[0])
    assignments = ", ".join(f"{quoted[n]} = given.{quoted[n]}" for n in quoted if n not in match)
    condition = " AND ".join(f"old.{quoted[n]} = given.{quoted[n]}" for n in match)
    _execute(
        f"UPDATE {_table(model)} AS old SET {assignments}"  # noqa: S608
        f" FROM {_given(model, rows[0])} WHERE {condition}",
        rows,
    )


def delete_each(model: type[models.Model], ids: Collection[int]) -> None:
    """Delete rows by their ids, to which nothing refers."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            condition, given = "id = ANY(%s::bigint[])", _array(ids)
        else:
            condition = "id IN (SELECT value FROM json_each(%s))"
            given = msgspec.json.encode(list(ids)).decode()
        cursor.execute(f"DELETE FROM {_table(model)} WHERE {condition}", [given])  # noqa: S608


def among(values: Iterable[int] | Collection[str], of: str | Expression = "pk") -> Func:
    """For `filter()`: a field or an expression is one of these, all numbers or all texts.

    On PostgreSQL it is no sub-query, for which the planner would rather read an index on a column
    beside it whole.
    """
    given = list(values)
    asked = F(of) if isinstance(of, str) else of
    if connection.vendor == "postgresql":
        kind = ("::text[]" if isinstance(given[0], str) else "::bigint[]") if given else ""
        return _among(asked, _array(given), f"%(expressions)s{kind})", " = ANY(")
    encoded = msgspec.json.encode(given).decode()
    return _among(asked, encoded, "%(expressions)s))", " IN (SELECT value FROM json_each(")


def moment(at: datetime) -> Any:
    """A time as the rows have it: SQLite keeps what Django would write as a text."""
    return connection.ops.adapt_datetimefield_value(at)


def _array(values: Iterable[Any]) -> str:
    """The text of a PostgreSQL array. psycopg would write each value with a dumper of its own."""
    given = list(values)
    if given and isinstance(given[0], str):
        escaped = (each.replace("\\", r"\\").replace('"', r"\"") for each in given)
        return '{"' + '","'.join(escaped) + '"}'
    return "{" + ",".join(map(str, given)) + "}"


def _among(asked: F | Expression, given: str, template: str, joiner: str) -> Func:
    field = BooleanField()
    return Func(asked, Value(given), template=template, arg_joiner=joiner, output_field=field)


def _execute(statement: str, rows: Rows) -> None:
    with connection.cursor() as cursor:
        for block in _blocks(rows):
            cursor.execute(statement, [block])


def _blocks(rows: Rows) -> Iterator[str]:
    """The rows as JSON arrays of some megabytes."""
    held: list[bytes] = []
    length = 0
    for row in rows:
        held.append(msgspec.json.encode(row))
        length += len(held[-1])
        if length > _PARAMETER_BYTES:
            yield f"[{b','.join(held).decode()}]"
            held, length = [], 0
    if held:
        yield f"[{b','.join(held).decode()}]"


def _names(row: Mapping[str, Any] | msgspec.Struct) -> Iterable[str]:
    return row.__struct_fields__ if isinstance(row, msgspec.Struct) else row


def _quoted(row: Mapping[str, Any] | msgspec.Struct) -> dict[str, str]:
    return {name: connection.ops.quote_name(name) for name in _names(row)}


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _given(model: type[models.Model], row: Mapping[str, Any] | msgspec.Struct) -> str:
    """The parameter as a table `given` with the columns of `row`."""
    quoted = _quoted(row)
    if connection.vendor == "postgresql":
        fields = {field.column: field for field in model._meta.concrete_fields}
        shape = ", ".join(f"{quoted[n]} {fields[n].rel_db_type(connection)}" for n in quoted)
        return f"jsonb_to_recordset(%s::jsonb) AS given ({shape})"
    values = ", ".join(f"json_extract(value, '$.{n}') AS {quoted[n]}" for n in quoted)
    return f"(SELECT {values} FROM json_each(%s)) AS given"  # noqa: S608
