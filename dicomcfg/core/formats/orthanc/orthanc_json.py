"""Orthanc's configuration file: the AEs it knows, its own, and what it accepts.

Comments, trailing commas, `${VARIABLES}` and several files of one folder are read as Orthanc
reads them; what it would do otherwise than the file looks is a finding.
"""

from __future__ import annotations

import json
import re
from typing import Final

from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.orthanc.orthanc_names import MODALITIES, OPTIONS, TITLE
from dicomcfg.core.formats.orthanc.orthanc_reading import KNOWS, document_of
from dicomcfg.core.formats.orthanc.orthanc_settings import (
    REFUSES,
    Report,
    Setting,
    settings_of,
    shown,
    substituted,
    tell_unknown,
)
from dicomcfg.core.formats.orthanc.orthanc_writing import written_settings
from dicomcfg.core.formats.syntax.json_text import parse
from dicomcfg.core.records import Document

NAME: Final = "orthanc-json"
_HEAD_CHARACTERS: Final = 200_000
_NAMED: Final = re.compile(r'"([A-Z][A-Za-z0-9]{2,60})"\s{0,20}:')
_BEFORE: Final = re.compile(r"(?:\s++|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/)*+\{")
# Option names that other programs' files have too.
_COMMON: Final = {"Name", "Plugins", "Dictionary", "Warnings", "Locale", "ReadOnly"}
_SURE: Final = {MODALITIES, TITLE, "OrthancPeers", "DicomModalitiesInDatabase"}
_PLUGINS: Final = {
    *("DicomWeb", "PostgreSQL", "MySQL", "OrthancExplorer2", "StoneWebViewer", "Authorization"),
    *("Worklists", "AwsS3Storage", "AzureBlobStorage", "GoogleCloudStorage", "ServeFolders"),
    *("Housekeeper", "DelayedDeletion", "MultitenantDicom", "OHIF", "WebViewer", "PythonScript"),
}


def read(source: Source) -> Document:
    """One file, or the files of a folder as the one configuration that they are to Orthanc."""
    report = Report()
    settings: dict[str, Setting] = {}
    for number, each in enumerate((source, *source.beside)):
        file = each.name if number else None
        report.file = file
        report.keep(each.decoded.findings if number else ())
        for name, setting in _settings_of_file(each, file, report).items():
            earlier = settings.setdefault(name, setting)
            if earlier is not setting:
                _tell_twice(name, earlier, setting, source, each, report)
    report.file = None
    tell_unknown(settings, report)
    return document_of(NAME, settings, report)


def _settings_of_file(source: Source, file: str | None, report: Report) -> dict[str, Setting]:
    if not source.text:
        return {}
    if source.decoded.encoding.startswith("utf-16"):
        report.refused("file", 1, "it is UTF-16, which Orthanc cannot read.", is_sure=True)
    parsed = parse(substituted(source.text, report))
    return settings_of(parsed, report, file=file)


def _tell_twice(
    name: str, earlier: Setting, later: Setting, first: Source, source: Source, report: Report
) -> None:
    place = f"{earlier.file or first.name or 'the first file'}, line {earlier.node.line}"
    here = source.name or "another file"
    message = f"{REFUSES}{shown(name)} stands in two of its files, {shown(place)} and "
    message += f"{shown(here)}; only the first is read."
    tell = report.error if name in _SURE else report.warning
    remedy = "Put both into one file, or remove one."
    tell("orthanc-section-twice", name, later.node.line, message, remedy)


def write(document: Document) -> Written:
    """`DicomModalities`, and for Orthanc's own AE its title and what it accepts."""
    settings, findings = written_settings(document)
    text = json.dumps(settings, indent=2, ensure_ascii=False)
    return Written.of(text.replace("${", "\\u0024{") + "\n", findings)


def detect(source: Source) -> float:
    """Sure of an object that names Orthanc's main options, fairly sure of any of its options."""
    head = source.text[:_HEAD_CHARACTERS]
    if _BEFORE.match(head) is None:
        return 0.0
    names = set(_NAMED.findall(head))
    if names & _SURE:
        return 0.95
    if '"schema"' in head[:2_000] and '"format"' in head[:2_000]:
        return 0.0
    return 0.6 if names & (({*OPTIONS} | _PLUGINS) - _COMMON) else 0.0


FORMAT: Final = Format(
    name=NAME,
    title="Orthanc configuration (JSON)",
    detect=detect,
    read=read,
    write=write,
    suffix=".json",
    knows=KNOWS,
    gathers=True,
)
