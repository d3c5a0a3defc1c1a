"""Reads the kept files of an import: the Document of all, with where its records stand."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.bundle import Bundle, Given, read_files
from dicomcfg.core.formats.registry import FORMATS
from dicomcfg.core.records import Document
from dicomcfg.exchange.choices import Choices
from dicomcfg.exchange.models import Import
from dicomcfg.exchange.planning.places import placed
from dicomcfg.exchange.planning.plan import plan
from dicomcfg.exchange.planning.rows import Plan


@dataclass(frozen=True, slots=True)
class Reading:
    """What the files of an import said, and all findings of keeping and reading them."""

    bundle: Bundle
    findings: tuple[Finding, ...]

    def planned(self, choices: Choices, *, lock: bool = False) -> Plan:
        """What applying would do with it, the findings at their rows."""
        bare = plan(self.bundle.document, choices, lock=lock)
        return placed(bare, self.bundle, self.findings)


def read(import_row: Import) -> Reading:
    """Read all files anew. A file of which nothing could be kept is spoken of by what was noticed
    then."""
    noticed = tuple(Finding.from_json(each) for each in import_row.noticed)
    lost = {f.file for f in noticed if f.severity is Severity.ERROR}
    files = list(import_row.files.order_by("position"))
    givens = [
        Given(
            file.name,
            bytes(file.data),
            file.format if file.format in FORMATS else None,
            tuple((heading, field) for heading, field in file.columns),
        )
        for file in files
        if file.data or file.name not in lost
    ]
    if not givens and noticed:
        return Reading(Bundle((), Document("unknown")), noticed)
    bundle = read_files(givens)
    if len(files) > 1 and len(bundle.parts) == 1:
        name = bundle.parts[0].given.name
        named = tuple(f if f.file else replace(f, file=name) for f in bundle.document.findings)
        bundle = replace(bundle, document=replace(bundle.document, findings=named))
    return Reading(bundle, (*noticed, *bundle.document.findings))
