"""Conditions on long lists of values, which travel as one parameter of the statement.

A parameter for each value makes another statement for each length, and with 20,000 of them taking
the statement apart costs as much as what it asks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from django.db import connection
from django.db.models import BooleanField, Expression, F, Func, Value


def among(values: Iterable[int] | Collection[str], of: str | Expression = "pk") -> Func:
    """For `filter()`: a field or an expression is one of these, all numbers or all texts.

    On PostgreSQL it is no sub-query, for which the planner would rather read an index on a column
    beside it whole.
    """
    given = list(values)
    asked = F(of) if isinstance(of, str) else of
    if connection.vendor == "postgresql":
        kind = "text" if given and isinstance(given[0], str) else "bigint"
        return _among(asked, given, f"%(expressions)s::{kind}[])", " = ANY(")
    encoded = msgspec.json.encode(given).decode()
    return _among(asked, encoded, "%(expressions)s))", " IN (SELECT value FROM json_each(")


def _among(asked: F | Expression, given: Any, template: str, joiner: str) -> Func:
    field = BooleanField()
    return Func(asked, Value(given), template=template, arg_joiner=joiner, output_field=field)
