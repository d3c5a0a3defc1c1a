"""The formats by name: detection by content, reading without exceptions, writing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats import ae_table, document_json, intersystems
from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.text import clip, decode
from dicomcfg.core.records import Document

FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {entry.name: entry for entry in (document_json.FORMAT, intersystems.FORMAT, ae_table.FORMAT)}
)
_LEAST_CONFIDENCE: Final = 0.3


def _source(data: bytes, name: str, maximum_bytes: int) -> Source:
    return Source(decode(data, maximum_bytes), name)


def detect(data: bytes) -> Format | None:
    """The format whose content this looks most like, or None; a file's name has no say."""
    source = _source(data, "", max(entry.maximum_bytes for entry in FORMATS.values()))
    confidence, best = max(
        ((entry.detect(source), entry) for entry in FORMATS.values()), key=lambda pair: pair[0]
    )
    return best if confidence >= _LEAST_CONFIDENCE else None


def _failed(format_name: str, code: str, message: str, remedy: str) -> Document:
    finding = Finding(code, Severity.ERROR, "file", message, remedy)
    return Document(format=format_name, findings=(finding,))


def read(data: bytes, *, name: str = "", format: str | None = None) -> Document:
    """Read a file's bytes; bad content becomes findings, so nothing is raised.

    `name` is the file's name, after which a profile may be named. `format` is a key of FORMATS,
    or None to detect it. A Document of an unknown format has the format name `unknown`.
    """
    known = ", ".join(FORMATS)
    if format is not None and format not in FORMATS:
        return _failed(
            "unknown", "format-unknown", f"There is no format {clip(format)!r}.", f"Use {known}."
        )
    if not data.strip():
        return _failed(format or "unknown", "file-empty", "There is nothing to read.", "")
    chosen = FORMATS[format] if format else detect(data)
    if chosen is None:
        unreadable = _source(data, name, max(f.maximum_bytes for f in FORMATS.values())).decoded
        if not unreadable.text:
            return Document(format="unknown", findings=unreadable.findings)
        return _failed(
            "unknown",
            "format-not-detected",
            "The content fits none of the formats that can be read.",
            f"Name the format if you know it: {known}.",
        )
    source = _source(data, name, chosen.maximum_bytes)
    if not source.text:
        return Document(format=chosen.name, findings=source.decoded.findings)
    document = chosen.read(source)
    return replace(document, findings=source.decoded.findings + document.findings)


def write(document: Document, format: str) -> Written:
    """Write a Document as a format of FORMATS, with findings for what it cannot carry.

    Raises KeyError for a format that is unknown or only read.
    """
    chosen = FORMATS[format]
    if chosen.write is None:
        raise KeyError(f"{format} can be read but not written")
    return chosen.write(document)
