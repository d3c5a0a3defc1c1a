"""Orthanc's settings in the environment of a container, as its Docker images take them.

`ORTHANC__DICOM_AET` is DicomAet and two underscores go one level down; a value that is JSON is
taken as that, any other as a text. `ORTHANC_JSON` holds a whole configuration.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dicomcfg.core.formats.orthanc.orthanc_names import MODALITIES, OPTIONS
from dicomcfg.core.formats.orthanc.orthanc_settings import (
    Report,
    Setting,
    settings_of,
    shown,
    substituted,
    tell_unknown,
)
from dicomcfg.core.formats.syntax.json_text import UNSET, Node, parse

PREFIX: Final = "ORTHANC__"
WHOLE: Final = "ORTHANC_JSON"
_DEEPEST: Final = 8
_LITERAL: Final = re.compile(r'\s*(?:[\[{"]|-?[0-9]|(?:true|false|null)\s*$)')
# Names of the images of before 2020 that are about AEs.
LEGACY: Final = {
    "DICOM_AET": "DicomAet",
    "DICOM_MODALITIES": MODALITIES,
    "DICOM_PORT": "DicomPort",
    "DICOM_AET_CHECK_ENABLED": "DicomCheckCalledAet",
    "DICOM_CHECK_MODALITY_HOST_ENABLED": "DicomCheckModalityHost",
    "DICOM_UNKNOWN_SOP_CLASS_ACCEPTED": "UnknownSopClassAccepted",
}
# Options whose capitals the rule for names does not give.
_IRREGULAR: Final = {
    "ORTHANC__CASE_SENSITIVE_PN": "CaseSensitivePN",
    "ORTHANC__HTTPS_CA_CERTIFICATES": "HttpsCACertificates",
    "ORTHANC__STORE_MD5_FOR_ATTACHMENTS": "StoreMD5ForAttachments",
}


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: where its value begins, and whether the value's own lines are the file's."""

    name: str
    value: str
    line: int
    has_lines: bool = False


def concerns_orthanc(name: str) -> bool:
    """Whether Orthanc's images look at a variable of this name for what is read here."""
    return name.startswith(PREFIX) or name == WHOLE or name in LEGACY


def settings_from(
    variables: Iterable[Variable],
    report: Report,
    into: dict[str, Setting] | None = None,
) -> dict[str, Setting]:
    """The settings of one container; `into` are those of its files, which the images overlay."""
    settings = dict(into or {})
    laid = _Laid(report)
    for variable in variables:
        if variable.name == WHOLE:
            for name, setting in _whole(variable, report).items():
                laid.lay(settings, [name], setting.node)
        elif concerns_orthanc(variable.name):
            path = _path_of(variable, report)
            value = _value(variable, path, report) if path else None
            if value is not None:
                laid.lay(settings, path, value)
    tell_unknown(settings, report)
    return settings


def _whole(variable: Variable, report: Report) -> dict[str, Setting]:
    text = substituted(variable.value, report, variable.line)
    parsed = parse(text, variable.line, is_one_line=not variable.has_lines)
    strict = next((parsed.lenient[what] for what in ("comma", "rest") if what in parsed.lenient), 0)
    if strict:
        message = f"{WHOLE} is JSON to Orthanc and not to its image, which ends here: a comma "
        message += "before a closing bracket, or text after the last one."
        report.warning("orthanc-refuses", WHOLE, strict, message, "Remove it.")
    return settings_of(parsed, report)


def _path_of(variable: Variable, report: Report) -> list[str]:
    name = variable.name
    if name in LEGACY:
        path = LEGACY[name]
        message = f"{name} is a name of 2020: recent images of Orthanc refuse to start with it."
        new = PREFIX + re.sub(r"(?<!^)(?=[A-Z])", "_", path).upper()
        report.warning("orthanc-variable-legacy", name, variable.line, message, f"Write {new}.")
        return [path]
    if name in _IRREGULAR:
        return [_IRREGULAR[name]]
    levels = name.removeprefix(PREFIX).split("__")[:_DEEPEST]
    words = [level.split("_") for level in levels]
    if not all(all(each) for each in words):
        message = f"{shown(name)} names no option: the image ends where a word of it is empty."
        report.warning("orthanc-key-ignored", name, variable.line, message)
        return []
    return ["".join(word[0] + word[1:].lower() for word in level) for level in words]


def _value(variable: Variable, path: list[str], report: Report) -> Node | None:
    """The value as JSON where it is, else as the text that it is to the image."""
    text = substituted(variable.value, report, variable.line)
    if not _LITERAL.match(text) and text.strip() != UNSET:
        return Node(text, variable.line)
    parsed = parse(text, variable.line, is_one_line=not variable.has_lines)
    if parsed.problem is None and parsed.root is not None and not parsed.lenient:
        for name, line, _ in parsed.repeated:
            message = f"{shown(name)} stands there twice; the last one counts."
            report.warning("json-name-repeated", name, line, message)
        return parsed.root
    if path[-1] in OPTIONS and text.lstrip()[:1] in ("{", "["):
        why, line = "holds a comment, a comma or text that JSON has no place for", variable.line
        if parsed.problem is not None:
            why, line = parsed.problem.message, parsed.problem.line
        message = f"{variable.name} {why}, so the image takes it for a text and Orthanc refuses to "
        message += "start."
        report.error("orthanc-value-is-text", variable.name, line, message, "Correct the JSON.")
        return None
    return Node(text, variable.line)


class _Laid:
    """Lays values upon each other; objects made by that are added to, not made anew for each."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._made: dict[int, dict[str, Node]] = {}

    def lay(self, settings: dict[str, Setting], path: list[str], node: Node) -> None:
        """Put a value at its path; objects are merged level by level, any other value replaces."""
        for name in reversed(path[1:]):
            node = Node({name: node}, node.line)
        earlier = settings.get(path[0])
        if earlier is not None and not earlier.node.says(node):
            merged = self._overlaid(earlier.node, node, path[0])
            settings[path[0]] = Setting(merged, earlier.file)
        else:
            settings[path[0]] = Setting(node)

    def _overlaid(self, below: Node, above: Node, path: str, depth: int = 0) -> Node:
        if not isinstance(below.data, dict) or not isinstance(above.data, dict) or depth > _DEEPEST:
            if not below.says(above):
                message = f"{shown(path)} is given in line {below.line} already; which of the two "
                message += "counts depends on the order in which the image reads them."
                remedy = "Keep one of the two."
                self._report.warning("orthanc-given-twice", path, above.line, message, remedy)
            return above
        merged = below.data
        if id(merged) not in self._made:
            merged = dict(merged)
            self._made[id(merged)] = merged
        for name, node in above.data.items():
            known = merged.get(name)
            inner = f"{path}.{name}"
            merged[name] = self._overlaid(known, node, inner, depth + 1) if known else node
        return Node(merged, below.line)
