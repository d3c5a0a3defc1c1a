"""Imports for tests, kept and previewed as the page does it."""

from __future__ import annotations

from typing import Any

from dicomcfg.core.formats.bundle import Given
from dicomcfg.exchange.applying import apply
from dicomcfg.exchange.imports import keep
from dicomcfg.exchange.models import Import
from dicomcfg.exchange.preview import prepare
from dicomcfg.inventory.models import ChangeSet
from dicomcfg.inventory.services.actor import Actor

ACTOR = Actor(None, "anna")


def kept_file(
    text: str | bytes, name: str = "table.csv", format: str | None = None, **options: Any
) -> Import:
    """A kept import of one file."""
    data = text.encode() if isinstance(text, str) else text
    return keep(None, [Given(name, data, format)], **options)


def previewed(
    text: str | bytes, name: str = "table.csv", format: str | None = None, **options: Any
) -> Import:
    """The same with its preview."""
    kept = kept_file(text, name, format, **options)
    prepare(kept)
    return kept


def applied(
    text: str | bytes, name: str = "table.csv", format: str | None = None, **options: Any
) -> ChangeSet | None:
    """The act of applying a file at once."""
    return apply(ACTOR, previewed(text, name, format, **options))


def seen(kept: Import) -> set[tuple[str, str, str]]:
    """(kind, label, action) of every row of the preview."""
    return set(kept.rows.order_by().values_list("kind", "label", "action"))


def found_codes(kept: Import) -> set[tuple[str, int | None]]:
    """(code, line) of all findings of the files and of the rows."""
    of_rows = [each for row in kept.rows.all() for each in row.findings]
    return {(each["code"], each["line"]) for each in (*kept.findings, *of_rows)}
