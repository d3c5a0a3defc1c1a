"""Kept imports: the files as they came but for their secrets, and what a person says about them.

A kept import changes nothing in the inventory. Whatever is said about it makes its preview stale,
except which rows are included.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from dicomcfg.core.findings import Finding
from dicomcfg.core.formats import bundle, registry
from dicomcfg.core.formats.base import MAXIMUM_BYTES
from dicomcfg.core.formats.bundle import Given
from dicomcfg.core.formats.registry import FORMATS
from dicomcfg.core.formats.syntax import plist_values
from dicomcfg.core.formats.tables import workbook
from dicomcfg.core.formats.tables.workbook import is_workbook
from dicomcfg.exchange.choices import checked
from dicomcfg.exchange.columns import remember
from dicomcfg.exchange.models import Import, ImportFile
from dicomcfg.exchange.planning.changing import changing
from dicomcfg.inventory.services.errors import ServiceError

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

MAXIMUM_TOTAL_BYTES: Final = 40_000_000
_NAME_LENGTH: Final = 254
_KEPT_FINDINGS: Final = 1_000


def keep(user: AbstractUser | None, files: Sequence[Given], **options: Any) -> Import:
    """Keep files or a paste for a preview: archives opened, secrets blanked.

    What could not be opened or is no text is noticed. Raises ServiceError, under `files`, for
    nothing at all, for a file or all together that are too large, and for an unknown format; and
    for wrong options, each under its name.
    """
    plain = checked(options)
    _refuse_large(files, "")
    for given in files:
        if given.format is not None and given.format not in FORMATS:
            raise _refusal(f"There is no format {given.format[:32]!r}.")
    opened, findings = bundle.expand(files)
    _refuse_large(opened, " unpacked")
    if not opened and not findings:
        raise _refusal("There is nothing to import.")
    rows: list[ImportFile] = []
    for position, given in enumerate(_with_names(opened)):
        row, said = _file(position, given)
        rows.append(row)
        findings += said
    remember(rows)
    with transaction.atomic():
        kept = Import.objects.create(
            name=_name_of(files),
            options=plain,
            noticed=[finding.to_json() for finding in findings[:_KEPT_FINDINGS]],
            created_by_id=user.pk if user else None,
        )
        for row in rows:
            row.of = kept
        ImportFile.objects.bulk_create(rows)
    return kept


def choose(import_row: Import, **options: Any) -> None:
    """Change some of the choices. Raises ServiceError by field, and for one that is applied."""
    plain = checked(options)
    with changing(import_row) as row:
        row.options = {**row.options, **plain}


def set_format(file: ImportFile, format: str | None) -> None:
    """Read a file as this format, or as the one that is detected. Raises ServiceError."""
    if format is not None and format not in FORMATS:
        raise ServiceError({"format": [f"There is no format {format[:32]!r}."]})
    with changing(file.of):
        file.is_chosen = format is not None
        file.format = format or _detected(bytes(file.data))
        file.columns = []
        remember([file])
        file.save(update_fields=["format", "is_chosen", "columns"])


def _refusal(message: str) -> ServiceError:
    return ServiceError({"files": [message]})


def _refuse_large(files: Iterable[Given], how: str) -> None:
    total = 0
    for given in files:
        size = len(given.data)
        total += size
        if size > MAXIMUM_BYTES:
            name = given.name[:64] or "This"
            raise _refusal(f"{name} has {size:,} bytes; at most {MAXIMUM_BYTES:,} are taken.")
    if total > MAXIMUM_TOTAL_BYTES:
        message = f"The files have {total:,} bytes{how}; at most {MAXIMUM_TOTAL_BYTES:,} are taken."
        raise _refusal(message)


def _name_of(files: Sequence[Given]) -> str:
    names = [_clean(given.name) for given in files if given.name]
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return (names[0][: _NAME_LENGTH - len(more)] if names else "pasted text") + more


def _clean(name: str) -> str:
    """A name that can be stored and shown."""
    return "".join(c for c in name if c.isprintable()).strip()


def _with_names(files: Iterable[Given]) -> list[Given]:
    """The files with names that tell them apart."""
    taken: set[str] = set()
    named = []
    for given in files:
        bare = _clean(given.name)[-_NAME_LENGTH + 8 :] or "pasted text"
        name, number = bare, 1
        while name in taken:
            number += 1
            name = f"{bare} ({number})"
        taken.add(name)
        named.append(replace(given, name=name))
    return named


def _file(position: int, given: Given) -> tuple[ImportFile, list[Finding]]:
    """The row of a file, its secrets blanked, and what was noticed."""
    format_name = given.format or _detected(given.data)
    data, found = _without_secrets(given)
    row = ImportFile(
        position=position,
        name=given.name,
        format=format_name,
        is_chosen=given.format is not None,
        data=data,
        columns=[list(pair) for pair in given.columns],
    )
    return row, [replace(finding, file=given.name) for finding in found]


def _without_secrets(given: Given) -> tuple[bytes, list[Finding]]:
    """What of a file is kept, whatever its format is: a workbook or UTF-8 text.

    Nothing is kept of other bytes, since no secret would be found in them.
    """
    data = given.data
    if is_workbook(data):
        kept = workbook.blanked(data)
        said = workbook.read(data).findings
        return kept, [f for f in said if not kept or f.code == "secret-blanked"]
    found: tuple[Finding, ...] = ()
    if plist_values.is_list(data):
        data, found = plist_values.as_kept(data)
        if not data:
            return data, list(found)
    decoded = registry.source_of(data, given.name).decoded
    return decoded.text.encode(errors="replace"), [*found, *decoded.findings]


def _detected(data: bytes) -> str:
    found = registry.detect(data) if data.strip() else None
    return found.name if found else ""
