"""The formats by name: detection by content, reading without exceptions, writing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats import intersystems
from dicomcfg.core.formats.base import MAXIMUM_BYTES, Format, Source, Written
from dicomcfg.core.formats.bounded import at_most
from dicomcfg.core.formats.dcm4che import (
    dcm4che_ae,
    dcm4che_json,
    dcm4che_ldif,
    dcm4che_sop_classes,
    dcm4che_store_tcs,
)
from dicomcfg.core.formats.dcmtk import dcmqrscp, dcmtk_xf
from dicomcfg.core.formats.document import document_json, document_yaml
from dicomcfg.core.formats.orthanc import orthanc_compose, orthanc_env, orthanc_json
from dicomcfg.core.formats.products import (
    conquest_acrnema,
    conquest_dgatesop,
    ctp_xml,
    horos_plist,
    karnak_csv,
    mercure_json,
    merge_mergecom,
    monai_json,
    pixelmed_properties,
    pynetdicom_ini,
    weasis_xml,
)
from dicomcfg.core.formats.secrets import without_secrets
from dicomcfg.core.formats.syntax.lines import with_lines
from dicomcfg.core.formats.tables import ae_table, context_table
from dicomcfg.core.formats.text import Decoded, clip, decode
from dicomcfg.core.records import Document

_ALL: Final = (
    document_json.FORMAT,
    document_yaml.FORMAT,
    intersystems.FORMAT,
    ae_table.FORMAT,
    ae_table.TSV,
    ae_table.XLSX,
    context_table.FORMAT,
    context_table.TSV,
    context_table.XLSX,
    dcm4che_ldif.FORMAT,
    dcm4che_json.FORMAT,
    dcm4che_sop_classes.FORMAT,
    dcm4che_sop_classes.STORESCP_FORMAT,
    dcm4che_store_tcs.FORMAT,
    dcm4che_ae.FORMAT,
    orthanc_compose.FORMAT,
    orthanc_env.FORMAT,
    orthanc_json.FORMAT,
    dcmtk_xf.FORMAT,
    dcmqrscp.FORMAT,
    conquest_acrnema.FORMAT,
    conquest_dgatesop.FORMAT,
    karnak_csv.FORMAT,
    pynetdicom_ini.FORMAT,
    pixelmed_properties.FORMAT,
    weasis_xml.FORMAT,
    ctp_xml.FORMAT,
    horos_plist.FORMAT,
    mercure_json.FORMAT,
    monai_json.FORMAT,
    merge_mergecom.FORMAT,
)
FORMATS: Final[Mapping[str, Format]] = MappingProxyType({each.name: each for each in _ALL})
_LEAST_CONFIDENCE: Final = 0.3
_HEAD_CHARACTERS: Final = 1_000_000


def source_of(
    data: bytes, name: str = "", maximum_bytes: int = MAXIMUM_BYTES, is_binary: bool = False
) -> Source:
    """The bytes decoded within the bound, their secrets left out before any reader sees them."""
    if is_binary and len(data) <= maximum_bytes:
        return Source(Decoded("", "", ()), name, data)
    decoded = decode(data, maximum_bytes)
    text, findings = without_secrets(decoded.text)
    kept = replace(decoded, text=text, findings=(*decoded.findings, *findings))
    return Source(kept, name, data if len(data) <= maximum_bytes else b"")


def detect(data: bytes) -> Format | None:
    """The format whose content this looks most like, or None; a file's name has no say.

    Only the beginning of a text is looked at, and its secrets go no further than this.
    """
    decoded = decode(data, MAXIMUM_BYTES)
    head = replace(decoded, text=decoded.text[:_HEAD_CHARACTERS])
    source = Source(head, "", data if len(data) <= MAXIMUM_BYTES else b"")
    confidence, best = max(
        ((entry.detect(source), entry) for entry in _ALL), key=lambda pair: pair[0]
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
    if not data or data.isspace():
        return _failed(format or "unknown", "file-empty", "There is nothing to read.", "")
    chosen = FORMATS[format] if format else detect(data)
    if chosen is None:
        unreadable = source_of(data, name).decoded
        if not unreadable.text:
            return Document(format="unknown", findings=unreadable.findings)
        return _failed(
            "unknown",
            "format-not-detected",
            "The content fits none of the formats that can be read.",
            "Name the format if you know it; `dicomcfg formats` and the import page list them all.",
        )
    return read_source(chosen, source_of(data, name, chosen.maximum_bytes, chosen.is_binary))


def read_source(
    chosen: Format,
    source: Source,
    beside: Sequence[Source] = (),
    columns: Sequence[tuple[str, str | None]] = (),
) -> Document:
    """Read what was decoded already, with the files that are read as one with it and what a
    person said about the columns of a table."""
    if not source.text and not chosen.is_binary:
        return Document(format=chosen.name, findings=source.decoded.findings)
    source = replace(source, beside=tuple(beside), columns=tuple(columns))
    document = chosen.read(source)
    # What the text itself gave rise to is bounded already, and no part of what a reader counts.
    findings = at_most(document.findings)
    document = with_lines(replace(document, findings=findings), source.text)
    findings = (*source.decoded.findings, *document.findings)
    return replace(document, findings=findings, knows=document.knows or chosen.knows)


def write(document: Document, format: str) -> Written:
    """Write a Document as a format of FORMATS, with findings for what it cannot carry.

    Raises KeyError for a format that is unknown or only read.
    """
    chosen = FORMATS[format]
    if chosen.write is None:
        raise KeyError(f"{format} can be read but not written")
    return chosen.write(document)
