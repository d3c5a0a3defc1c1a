"""Writes many rows of one table: PostgreSQL takes them as a stream, other stores by statements.

A large import has tens of thousands of AEs and changes, whose values as parameters of statements
would take as long as all the rest of writing them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

import msgspec
from django.db import connection
from django.db.models import Model

_FEW: Final = 200
_BLOCK: Final = 500
_SPECIAL: Final = re.compile(r"[\\\t\n\r]")
_ESCAPES: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_Row = TypeVar("_Row", bound=Model)


def insert_all(model: type[_Row], rows: Sequence[_Row]) -> None:
    """Insert new rows that nobody asks for their ids, and whose values are set; call inside a
    transaction."""
    if connection.vendor != "postgresql" or len(rows) < _FEW:
        model._default_manager.bulk_create(rows)
    else:
        _copy(model, rows, _fields(model, with_key=False))


def insert_with_ids(model: type[_Row], rows: Sequence[_Row]) -> None:
    """As `insert_all`, and the rows have their ids afterwards; those that have one keep it."""
    if connection.vendor != "postgresql" or len(rows) < _FEW:
        model._default_manager.bulk_create(rows)
        return
    key = model._meta.pk
    assert key is not None, "every model has a primary key"
    numberless = [row for row in rows if row.pk is None]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [connection.ops.quote_name(model._meta.db_table), key.column, len(numberless)],
        )
        for row, (number,) in zip(numberless, cursor.fetchall(), strict=True):
            row.pk = number
    _copy(model, rows, _fields(model, with_key=True))
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def upsert_all(
    model: type[_Row], rows: Sequence[_Row], unique: Sequence[str], update: Sequence[str]
) -> None:
    """Insert rows; where one is there already with the same `unique` fields, set its `update`
    fields instead.

    Not bulk_update, which compiles a CASE for every column of every row.
    """
    if connection.vendor != "postgresql" or len(rows) < _FEW:
        model._default_manager.bulk_create(
            rows, update_conflicts=True, unique_fields=unique, update_fields=update
        )
        return
    quote = connection.ops.quote_name
    fields = _fields(model, with_key=rows[0].pk is not None)
    columns = ", ".join(quote(field.column) for field in fields)
    named = {field.name: quote(str(field.column)) for field in model._meta.concrete_fields}
    conflict = ", ".join(named[name] for name in unique)
    sets = ", ".join(f"{named[name]} = EXCLUDED.{named[name]}" for name in update)
    table = quote(model._meta.db_table)
    found = [{f.column: row.__dict__[f.attname] for f in fields} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            # Names of our own columns only; all values are in the parameter.
            f"INSERT INTO {table} ({columns}) SELECT {columns} "  # noqa: S608
            f"FROM json_populate_recordset(NULL::{table}, %s::json) "
            f"ON CONFLICT ({conflict}) DO UPDATE SET {sets}",
            [msgspec.json.encode(found).decode()],
        )


def _fields(model: type[Model], *, with_key: bool) -> list[Any]:
    return [each for each in model._meta.concrete_fields if with_key or not each.primary_key]


def _copy(model: type[_Row], rows: Iterable[_Row], fields: Sequence[Any]) -> None:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    names = [field.attname for field in fields]
    with connection.cursor() as cursor:
        statement = f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN"
        with cursor.copy(statement) as copy:
            for block in _blocks(rows, names):
                copy.write(block)


def _blocks(rows: Iterable[Model], names: Sequence[str]) -> Iterator[str]:
    """The rows in the text format of COPY, some hundreds at a time."""
    lines: list[str] = []
    for row in rows:
        values = row.__dict__
        lines.append("\t".join([_text(values[name]) for name in names]))
        if len(lines) == _BLOCK:
            yield "\n".join(lines) + "\n"
            lines = []
    if lines:
        yield "\n".join(lines) + "\n"


def _text(value: object) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, (list, dict)):
        value = msgspec.json.encode(value).decode()
    # A number, a truth value or a time is written as PostgreSQL reads it.
    text = value if type(value) is str else str(value)
    return text.translate(_ESCAPES) if _SPECIAL.search(text) else text
