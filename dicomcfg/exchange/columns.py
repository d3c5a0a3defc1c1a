"""What the columns of a table mean: remembered by their header from what a person last said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.tables.table_mapping import TABLES, fields_of, header_key, sample_of
from dicomcfg.core.formats.tables.workbook import is_workbook
from dicomcfg.exchange.models import ImportFile, KnownColumns
from dicomcfg.exchange.planning.changing import changing
from dicomcfg.inventory.services.errors import ServiceError

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

_HEAD: Final = 200_000
_FIRST_LINES: Final = 20_000
"""Bytes of what fits no format that are looked at for a header."""
_MOST_COLUMNS: Final = 200
_MOST_HEADERS: Final = 2_000


def remember(files: Iterable[ImportFile]) -> None:
    """Give the tables among the files, not saved yet, the columns that are known for their
    headers; one query. What fits no format is a table where its first row is such a header."""
    keys: dict[str, list[tuple[ImportFile, str]]] = {}
    for file in files:
        for name in _tables(file) if not file.columns else ():
            headings = _headings(file, name)
            if any(headings):
                keys.setdefault(header_key(name, headings), []).append((file, name))
    for known in KnownColumns.objects.filter(header__in=list(keys)) if keys else ():
        for file, name in keys[known.header]:
            if not file.columns:
                file.format, file.columns = name, known.columns


def _tables(file: ImportFile) -> tuple[str, ...]:
    """The formats of tables that a file may be: its own, one of each kind where none fits it."""
    if file.format:
        return (file.format,) if file.format in TABLES else ()
    is_binary = is_workbook(bytes(file.data))
    return ("ae-xlsx", "context-xlsx") if is_binary else ("ae-table", "context-table")


def _headings(file: ImportFile, format_name: str) -> list[str]:
    """Those of the header; where none is recognised, what the first row would be as one."""
    is_binary = registry.FORMATS[format_name].is_binary
    data = bytes(file.data)
    head = data if is_binary else data[: _HEAD if file.format else _FIRST_LINES]
    source = registry.source_of(head, file.name, is_binary=is_binary)
    sample = sample_of(source, format_name, 1)
    if sample.header_row is None and sample.rows:
        return list(sample.rows[0])
    return [column.heading for column in sample.columns]


def set_columns(
    user: AbstractUser | None, file: ImportFile, columns: Sequence[tuple[str, str | None]]
) -> None:
    """Say what each column of a kept table means, in order, and remember it for the next such
    header. Raises ServiceError for what is no table, an unknown field, or one named twice."""
    if file.format not in TABLES:
        raise ServiceError({"columns": ["This file is no table."]})
    fields = [field for _, field in columns if field]
    unknown = next((field for field in fields if field not in fields_of(file.format)), None)
    if unknown is not None:
        raise ServiceError({"columns": [f"A column cannot be {unknown[:64]!r}."]})
    if len(set(fields)) < len(fields):
        raise ServiceError({"columns": ["Two columns mean the same; choose one of them."]})
    if len(columns) > _MOST_COLUMNS:
        raise ServiceError({"columns": [f"At most {_MOST_COLUMNS} columns are taken."]})
    plain = [[heading, field or None] for heading, field in columns]
    with changing(file.of):
        file.columns = plain
        file.save(update_fields=["columns"])
        headings = [heading for heading, _ in columns]
        if any(headings):
            KnownColumns.objects.update_or_create(
                header=header_key(file.format, headings),
                defaults={
                    "format": file.format,
                    "columns": plain,
                    "changed_by_id": user.pk if user else None,
                },
            )
            old = KnownColumns.objects.order_by("-changed_at", "-pk")[_MOST_HEADERS:]
            KnownColumns.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
