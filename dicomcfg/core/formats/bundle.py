"""Several files given together, archives opened, read as one Document.

Each file is detected for itself, unless its format was said. Files of a format that gathers (the
folder of one system's configuration) are read as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats import archive, registry
from dicomcfg.core.formats.base import Format, Source
from dicomcfg.core.formats.bounded import MAXIMUM_FINDINGS
from dicomcfg.core.formats.merging import merged
from dicomcfg.core.records import Document

MAXIMUM_FILES: Final = 200
MAXIMUM_RECORDS: Final = 60_000
_MOST_FINDINGS: Final = 10 * MAXIMUM_FINDINGS


@dataclass(frozen=True, slots=True)
class Given:
    """One file as it was given: its name, its bytes, and what a person said about it.

    `format` is a key of FORMATS, None to detect it; `columns` are a table's, as in `Source`.
    """

    name: str
    data: bytes
    format: str | None = None
    columns: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One file with the Document that it gave.

    The files gathered with another have its format and an empty Document: theirs is the first's.
    """

    given: Given
    document: Document


@dataclass(frozen=True, slots=True)
class Bundle:
    """What the files said, each for itself and together; findings name their file if there are
    several."""

    parts: tuple[Part, ...]
    document: Document


def expand(files: Iterable[Given]) -> tuple[list[Given], list[Finding]]:
    """The files with archives opened, at most 200; findings about what could not be.

    All archives together unpack to no more than one may, workbooks among them.
    """
    opened: list[Given] = []
    findings: list[Finding] = []
    bytes_left = archive.MAXIMUM_INFLATED_BYTES
    for given in files:
        here = [given]
        if _is_folder(given):
            problem = archive.problem_of(given.data, bytes_left)
            if problem is not None:
                findings.append(replace(problem, file=given.name))
                continue
            members, said = archive.members_of(given.data)
            bytes_left -= sum(len(data) for _, data in members)
            here = [Given(name, data) for name, data in members]
            findings += said
        for each in here:
            # A workbook is an archive, too.
            size = archive.inflated_bytes(each.data) or 0 if archive.is_archive(each.data) else 0
            if size > bytes_left:
                problem = archive.too_large(size, bytes_left)
                findings.append(replace(problem, file=each.name))
                continue
            bytes_left -= size
            opened.append(each)
    if len(opened) > MAXIMUM_FILES:
        message = f"There are {len(opened):,} files; at most {MAXIMUM_FILES} are read together."
        remedy = "Give fewer of them."
        findings.append(Finding("too-many-files", Severity.ERROR, "file", message, remedy))
        del opened[MAXIMUM_FILES:]
    return opened, findings


def _is_folder(given: Given) -> bool:
    """An archive that no format reads as a whole; a workbook is one that a format does."""
    if given.format is not None or not archive.is_archive(given.data):
        return False
    return registry.detect(given.data) is None


def read_files(files: Sequence[Given]) -> Bundle:
    """Open archives, detect, read and merge; nothing is raised."""
    opened, findings = expand(files)
    parts = _read(opened)
    several = len(parts) > 1
    documents = [_naming_file(part) if several else part.document for part in parts]
    if len(documents) == 1 and not findings:
        return Bundle(tuple(parts), documents[0])
    document = merged(documents) if documents else Document("unknown")
    if not documents and not findings:
        message = "There is nothing to read."
        findings.append(Finding("file-empty", Severity.ERROR, "file", message))
    return Bundle(tuple(parts), replace(document, findings=(*findings, *document.findings)))


class _Bound:
    """What several files may say together, since each for itself may say much in few bytes."""

    def __init__(self) -> None:
        self._records, self._findings = MAXIMUM_RECORDS, _MOST_FINDINGS

    def within(self, format_name: str, read: Callable[[], Document]) -> Document:
        """What `read` gives; a finding alone where the files before said too much."""
        if self._records < 0 or self._findings < 0:
            message = f"The files before this one hold more than {MAXIMUM_RECORDS:,} records or "
            message += f"{_MOST_FINDINGS:,} findings; it is not read."
            finding = Finding("too-many-files", Severity.ERROR, "file", message, "Give fewer.")
            return Document(format_name, findings=(finding,))
        document = read()
        for records in (document.devices, document.aes, document.associations, document.profiles):
            self._records -= len(records)
        self._findings -= len(document.findings)
        return document


def _read(opened: Sequence[Given]) -> list[Part]:
    bound = _Bound()
    parts: list[Part] = []
    gathered: dict[tuple[str, str], int] = {}
    sources: dict[int, list[Source]] = {}
    for given in opened:
        chosen = _format_of(given)
        if chosen is None or not chosen.gathers:
            name = chosen.name if chosen else "unknown"
            document = bound.within(name, partial(_document_of, given, chosen))
            parts.append(Part(given, document))
            continue
        first = gathered.setdefault((chosen.name, _folder(given.name)), len(parts))
        source = registry.source_of(given.data, given.name, chosen.maximum_bytes)
        sources.setdefault(first, []).append(source)
        parts.append(Part(replace(given, format=chosen.name), Document(chosen.name)))
    for index, together in sources.items():
        part = parts[index]
        read_as = registry.FORMATS[part.document.format]
        read = partial(registry.read_source, read_as, together[0], together[1:])
        document = bound.within(read_as.name, read)
        parts[index] = replace(part, document=document)
    return parts


def _format_of(given: Given) -> Format | None:
    if given.format is not None:
        return registry.FORMATS.get(given.format)
    return registry.detect(given.data) if given.data.strip() else None


def _document_of(given: Given, chosen: Format | None) -> Document:
    if chosen is None:
        return registry.read(given.data, name=given.name, format=given.format)
    source = registry.source_of(given.data, given.name, chosen.maximum_bytes, chosen.is_binary)
    return registry.read_source(chosen, source, columns=given.columns)


def _folder(name: str) -> str:
    return str(PurePosixPath(name).parent)


def _naming_file(part: Part) -> Document:
    name = part.given.name
    named = (f if f.file else replace(f, file=name) for f in part.document.findings)
    return replace(part.document, findings=tuple(named))
