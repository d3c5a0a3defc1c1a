"""The files of an import as the pages list them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F
from django.db.models.functions import Length
from django.urls import reverse

from dicomcfg.core.formats.registry import FORMATS
from dicomcfg.core.formats.tables.table_mapping import TABLES, header_key
from dicomcfg.exchange.models import Import, ImportFile, KnownColumns
from dicomcfg.web.imports.sources import Found, SourceFile


@dataclass(frozen=True, slots=True)
class ShownFile(SourceFile):
    """A file with what it is read as and what can be done about it."""

    is_remembered: bool

    @property
    def title(self) -> str:
        """The format's title, empty where none is known."""
        known = FORMATS.get(self.row.format)
        return known.title if known else ""

    @property
    def chosen(self) -> str:
        """The format that a person named, empty where it was detected."""
        return self.row.format if self.row.is_chosen else ""

    @property
    def format_url(self) -> str:
        """Where another format is named."""
        return reverse("import-format", args=[self.row.of_id, self.number])

    @property
    def download_url(self) -> str:
        """Where the bytes are, as they are kept."""
        return reverse("import-file", args=[self.row.of_id, self.number])

    @property
    def columns_url(self) -> str:
        """Where its columns are told apart, empty for what is no table."""
        if self.row.format not in TABLES:
            return ""
        return reverse("import-columns", args=[self.row.of_id, self.number])

    @property
    def tone(self) -> str:
        """The tone of its findings."""
        return self.found.tone


def shown_files(kept: Import) -> list[ShownFile]:
    """All files of an import in their order, without their bytes; two queries."""
    rows = list(kept.files.defer("data").annotate(size=Length(F("data"))))
    alone = len(rows) == 1
    of: dict[str, list[Found]] = {}
    for finding in kept.findings:
        of.setdefault("" if alone else finding.get("file") or "", []).append(finding)
    known = remembered(rows)
    return [
        ShownFile(row, number, tuple(of.get("" if alone else row.name, ())), row.pk in known)
        for number, row in enumerate(rows, 1)
    ]


def remembered(rows: Sequence[ImportFile]) -> dict[int, KnownColumns]:
    """By the ids of tables what was said of their headings before, where it is how they are read;
    one query."""
    keys = {
        row.pk: header_key(row.format, [heading for heading, _ in row.columns])
        for row in rows
        if row.columns and row.format in TABLES
    }
    said = KnownColumns.objects.filter(header__in=keys.values()).select_related("changed_by")
    known = {each.header: each for each in said}
    return {
        row.pk: known[keys[row.pk]]
        for row in rows
        if keys.get(row.pk) in known and known[keys[row.pk]].columns == row.columns
    }
