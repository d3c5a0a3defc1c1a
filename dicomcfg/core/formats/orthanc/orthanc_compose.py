"""A docker-compose file with Orthanc's settings in its services' environment and configs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dicomcfg.core.formats.base import Format, Source
from dicomcfg.core.formats.bounded import Place
from dicomcfg.core.formats.merging import merged
from dicomcfg.core.formats.orthanc.orthanc_environment import (
    Variable,
    concerns_orthanc,
    settings_from,
)
from dicomcfg.core.formats.orthanc.orthanc_json import detect as looks_like_orthanc
from dicomcfg.core.formats.orthanc.orthanc_reading import KNOWS, document_of
from dicomcfg.core.formats.orthanc.orthanc_settings import (
    Report,
    Setting,
    settings_of,
    shown,
    substituted,
)
from dicomcfg.core.formats.secrets import BLANK
from dicomcfg.core.formats.syntax.json_text import UNSET, parse
from dicomcfg.core.formats.syntax.yaml_text import YamlNode
from dicomcfg.core.formats.syntax.yaml_text import parse as parse_yaml
from dicomcfg.core.formats.text import Decoded
from dicomcfg.core.records import Document

NAME: Final = "orthanc-compose"
MAXIMUM_BYTES: Final = 1_000_000
MAXIMUM_CHARACTERS: Final = MAXIMUM_BYTES
"""Of the texts that services name, each counted as often as it is named."""
_KINDS: Final = ("configs", "secrets")
_HEAD_CHARACTERS: Final = 200_000
_SERVICES: Final = re.compile(r"(?m)^(?:services|[\"']services[\"'])[ \t]*:")
_SPEAKS: Final = re.compile(r"ORTHANC__[A-Z]|ORTHANC_JSON|DicomModalities|DICOM_MODALITIES")
_BLANKED: Final = re.compile(rf"(?<=[\s:,\[{{-]){re.escape(BLANK)}(?=[\s,\]}}]|$)")
_INTERPOLATED: Final = re.compile(
    r"\$(?:(\$)|\{(\w{1,200})(?::?([-?+])([^}\n]{0,2000}))?\}|([A-Za-z_]\w{0,200}))"
)


def read(source: Source) -> Document:
    """Every service that has settings of Orthanc; what several of them say becomes one Document."""
    # Bare asterisks would be an alias without a name.
    parsed = parse_yaml(_BLANKED.sub(f"'{BLANK}'", source.text))
    report = Report()
    if parsed.problem is not None:
        problem = parsed.problem
        report.error(problem.code, "file", problem.line, f"The file {problem.message}.")
    for name, line in parsed.repeated:
        message = f"{shown(name)} stands twice in one mapping, which docker compose refuses."
        report.warning("yaml-name-repeated", name, line, message, "Remove one of the two.")
    root = parsed.root.members() if parsed.root else {}
    services = root["services"].members() if "services" in root else {}
    reading = _Reading(root, report)
    documents = []
    for name, service in services.items():
        said = Report()
        document = reading.document_of(service.members(), said)
        if document is not None:
            documents.append(replace(document, findings=()))
            report.take(said, Place(path=f"services.{shown(name)}"))
    if not documents and parsed.problem is None:
        message = "No service of the file has settings of Orthanc in its environment or configs."
        report.error("compose-without-orthanc", "file", 1, message)
    together = merged(documents) if documents else Document(NAME)
    report.keep(together.findings)
    return replace(together, format=NAME, findings=report.all())


class _Reading:
    """Reads the services of one file, which may name one another's texts within bounds."""

    def __init__(self, root: dict[str, YamlNode], report: Report) -> None:
        self._known = {kind: root[kind].members() for kind in _KINDS if kind in root}
        self._report = report
        self._left = MAXIMUM_CHARACTERS

    def document_of(self, service: dict[str, YamlNode], report: Report) -> Document | None:
        """What a service says; None, whatever was reported, where it says nothing of Orthanc."""
        settings = self._files(service, report)
        variables = [*self._environment(service, report)]
        if not settings and not variables:
            return None
        return document_of(NAME, settings_from(variables, report, settings), report)

    def _has_room_for(self, node: YamlNode) -> bool:
        """Count a text, which may stand once and be named by every service."""
        had, self._left = self._left, self._left - len(node.data)
        if had >= 0 > self._left:
            message = f"The texts that the services name have more than {MAXIMUM_CHARACTERS:,} "
            message += "characters together; what follows is not read."
            self._report.error("yaml-too-large", "services", node.line, message, "Split the file.")
        return self._left >= 0

    def _files(self, service: dict[str, YamlNode], report: Report) -> dict[str, Setting]:
        """The settings of configs and secrets whose content stands in the file."""
        settings: dict[str, Setting] = {}
        for kind, known in self._known.items():
            for each in service[kind].items() if kind in service else []:
                reference = each.members().get("source", each)
                named = known.get(reference.data) if isinstance(reference.data, str) else None
                content = named.members().get("content") if named else None
                if content is None or not isinstance(content.data, str):
                    continue
                if self._has_room_for(content):
                    for name, setting in _settings_of(content, report).items():
                        settings.setdefault(name, setting)
        return settings

    def _environment(self, service: dict[str, YamlNode], report: Report) -> Iterator[Variable]:
        """The variables of Orthanc in a list of KEY=VALUE or in a mapping, interpolated as compose
        does it."""
        environment = service.get("environment")
        if environment is None:
            return
        pairs = [(name, node) for name, node in environment.members().items()]
        for node in environment.items():
            if isinstance(node.data, str):
                name, _, value = node.data.partition("=")
                pairs.append((name, replace(node, data=value)))
        for name, node in pairs:
            if not isinstance(node.data, str) or not concerns_orthanc(name):
                continue
            if self._has_room_for(node):
                line, has_lines = node.text_line or node.line, node.text_line is not None
                yield Variable(name, _interpolated(node, report), line, has_lines=has_lines)


def _settings_of(content: YamlNode, report: Report) -> dict[str, Setting]:
    text = _interpolated(content, report)
    if not looks_like_orthanc(Source(Decoded(text, "utf-8"))):
        return {}
    line = content.text_line or content.line
    parsed = parse(substituted(text, report, line), line, is_one_line=content.text_line is None)
    return settings_of(parsed, report)


def _interpolated(node: YamlNode, report: Report) -> str:
    """A scalar with variables replaced as compose does it, without an environment."""
    text = str(node.data)
    line, counted = node.text_line or node.line, 0

    def put(match: re.Match[str]) -> str:
        nonlocal line, counted
        if node.text_line is not None:
            line += text.count("\n", counted, match.start())
            counted = match.start()
        if match[1]:
            return "$"
        name, sign, word = match[2] or match[5], match[3], match[4]
        if sign == "-":
            message = f"The default {shown(word)!r} of the variable {shown(name)} is taken."
            report.info("variable-default", name, line, message)
            return word
        message = f"The value comes from {shown(name)} in compose's environment, which is not "
        message += "known here."
        report.warning("variable-unset", name, line, message)
        return UNSET

    return _INTERPOLATED.sub(put, text)


def detect(source: Source) -> float:
    """Sure of services that speak of Orthanc's settings."""
    head = source.text[:_HEAD_CHARACTERS]
    if source.text.lstrip()[:1] in ("{", "<") or _SERVICES.search(head) is None:
        return 0.0
    return 0.95 if _SPEAKS.search(source.text[:MAXIMUM_BYTES]) else 0.0


FORMAT: Final = Format(
    name=NAME,
    title="Orthanc in docker-compose (YAML)",
    detect=detect,
    read=read,
    maximum_bytes=MAXIMUM_BYTES,
    suffix=".yml",
    knows=KNOWS,
)
