"""The Document as YAML: as lossless as its JSON, for people to read and to keep under versions.

Reading works on the parser's events, so that depth, number of values (aliases counted with all
that they stand for) and tags are bounded before anything is built. Whether an unquoted text is a
number or a truth depends on what belongs there: an AE title may be `0123` or `NO`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import yaml

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.document.document_records import Plain, document_of
from dicomcfg.core.formats.losses import SECTIONS, every_field
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Document

NAME: Final = "dicomcfg-yaml"
MAXIMUM_DEPTH: Final = 50
MAXIMUM_VALUES: Final = 1_000_000
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "bool", "null", "map", "seq", "float")
)
_SECTION_LINE: Final = re.compile(rf"(?m)^({'|'.join(SECTIONS)}):")
_STEP: Final = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")
# Texts that no version of YAML takes for anything else than a text.
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*|\d+(?:\.\d+){2,}")
_NO_TEXTS: Final = frozenset(
    ["y", "yes", "n", "no", "on", "off", "true", "false", "null", "nan", "inf"]
)
_UNPRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class _Mapping(dict[str, Any]):
    """An object, with the line of each of its keys."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


class _Listed(list[Any]):
    """A list, with the lines of its items."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


class _RefusedError(Exception):
    """The YAML is not taken: code, message, remedy, line."""


class _Builder:
    """Builds plain data from events."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=_LOADER))
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0

    def document(self) -> Any:
        """The only document of the stream. Raises _RefusedError and yaml.YAMLError."""
        root: Any = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    _refuse("yaml-several-documents", "A second document begins here.", event)
                root = self._value(next(self._events), 0)
        return root

    def _value(self, event: Any, depth: int) -> Any:
        self._count += 1
        before = self._count
        if depth > MAXIMUM_DEPTH:
            _refuse("yaml-too-large", f"It nests deeper than {MAXIMUM_DEPTH} levels.", event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if event.tag and event.tag not in _TAGS and event.tag != "!":
            _refuse("yaml-tag", f"The tag {clip(event.tag)} is not taken.", event)
        if isinstance(event, yaml.ScalarEvent):
            is_plain = not event.style and event.tag is None
            value: Any = Plain(event.value) if is_plain else event.value
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(event, depth)
        else:
            value = self._mapping(event, depth)
        if event.anchor:
            self._anchors[event.anchor] = (value, self._count - before + 1)
        self._bound(event)
        return value

    def _bound(self, event: Any) -> None:
        if self._count > MAXIMUM_VALUES:
            message = f"It holds more than {MAXIMUM_VALUES:,} values, aliases counted in full."
            _refuse("yaml-too-large", message, event)

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            message = f"The alias {clip(event.anchor)} stands for nothing that ended before it."
            _refuse("yaml-malformed", message, event)
        value, count = self._anchors[event.anchor]
        self._count += count
        self._bound(event)
        return value

    def _sequence(self, event: Any, depth: int) -> _Listed:
        made = _Listed(_line(event))
        while not isinstance(item := next(self._events), yaml.SequenceEndEvent):
            made.lines.append(_line(item))
            made.append(self._value(item, depth + 1))
        return made

    def _mapping(self, event: Any, depth: int) -> _Mapping:
        made = _Mapping(_line(event))
        while not isinstance(item := next(self._events), yaml.MappingEndEvent):
            if not isinstance(item, yaml.ScalarEvent):
                _refuse("yaml-malformed", "A key is no text.", item)
            key = item.value
            if key in made:
                message = f"The key {clip(key)!r} stands in one object twice."
                _refuse("key-repeated", message, item)
            made.lines[key] = _line(item)
            made[key] = self._value(next(self._events), depth + 1)
        return made


def _line(event: Any) -> int:
    line: int = event.start_mark.line + 1
    return line


_REMEDIES: Final = {
    "yaml-several-documents": "Give each document as a file.",
    "yaml-too-large": "Split the file.",
    "yaml-tag": "Write the value itself.",
    "key-repeated": "Keep one of the two.",
}


def _refuse(code: str, message: str, event: Any) -> None:
    finding = Finding(
        code, Severity.ERROR, "file", message, _REMEDIES.get(code, ""), line=_line(event)
    )
    raise _RefusedError(finding)


def _parsed(text: str) -> _Mapping | Finding:
    try:
        data = _Builder(text).document()
    except _RefusedError as refused:
        finding: Finding = refused.args[0]
        return finding
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        message = f"This is not YAML: {clip(getattr(problem, 'problem', None) or 'unreadable')}."
        line = mark.line + 1 if mark else None
        return Finding("yaml-malformed", Severity.ERROR, "file", message, line=line)
    if not isinstance(data, _Mapping):
        message = "The YAML is not an object with devices, aes, associations and profiles."
        return Finding("document-wrong-type", Severity.ERROR, "file", message)
    return data


def _line_at(path: str, root: _Mapping) -> int | None:
    """The line of what a path names, as near as the file has it."""
    here: Any = root
    line = None
    for key, index in _STEP.findall(path):
        if isinstance(here, _Mapping) and key in here.lines:
            line, here = here.lines[key], here[key]
        elif isinstance(here, _Listed) and index and len(index) < 9 and int(index) < len(here):
            line, here = here.lines[int(index)], here[int(index)]
        else:
            break
    return line


def read(source: Source) -> Document:
    """The Document, with the lines of what is wrong with it."""
    data = _parsed(source.text)
    if isinstance(data, Finding):
        return Document(NAME, findings=(data,))
    document = document_of(data, NAME)
    findings = (replace(f, line=_line_at(f.path or "", data)) for f in document.findings)
    paths = document.places.items()
    places = {key: line for key, path in paths if (line := _line_at(str(path), data))}
    return replace(document, findings=tuple(findings), places=places)


def _scalar(value: object) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if _WORD.fullmatch(value) and value.casefold() not in _NO_TEXTS:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _write_object(out: list[str], value: dict[str, Any], indent: str, first: str) -> None:
    """Append the lines of an object; `first` stands before its first key, a dash or spaces."""
    for key, item in value.items():
        head = f"{first}{key}:"
        first = indent
        if not isinstance(item, list | tuple | dict):
            out.append(f"{head} {_scalar(item)}")
        elif not item:
            out.append(f"{head} {'{}' if isinstance(item, dict) else '[]'}")
        elif isinstance(item, dict):
            out.append(head)
            _write_object(out, item, indent + "  ", indent + "  ")
        else:
            out.append(head)
            _write_list(out, item, indent + "  ")


def _write_list(out: list[str], value: Sequence[Any], indent: str) -> None:
    for item in value:
        if isinstance(item, dict):
            _write_object(out, item, indent + "  ", indent + "- ")
        else:
            out.append(f"{indent}- {_scalar(item)}")


def write(document: Document) -> Written:
    """The whole Document in the order of its JSON; texts are quoted where YAML would take them
    for anything else."""
    out: list[str] = []
    _write_object(out, document.to_json(), "", "")
    return Written.of("\n".join(out) + "\n")


def detect(source: Source) -> float:
    """Sure of a schema and one of the sections as keys at the left margin."""
    head = source.text[:200_000]
    if not re.search(r"(?m)^schema:", head[:5_000]):
        return 0.0
    return 0.98 if _SECTION_LINE.search(head) else 0.3


FORMAT: Final = Format(
    name=NAME,
    title="dicomcfg YAML",
    detect=detect,
    read=read,
    write=write,
    suffix=".yaml",
    knows=every_field(),
)
