"""The Document as JSON: what the command line prints, read back without loss."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import msgspec

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.document.document_records import document_of
from dicomcfg.core.formats.losses import SECTIONS, every_field
from dicomcfg.core.formats.syntax.json_plain import too_large
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Document

NAME: Final = "dicomcfg-json"


class _RepeatedError(Exception):
    """A key that stands in one object twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedError(next(key for key in keys if keys.count(key) > 1))
    return made


def _line_of(text: str, key: str) -> int | None:
    """Where a key stands for the second time, if its spelling tells."""
    found = [match.start() for match in re.finditer(re.escape(json.dumps(key)) + r"\s*:", text)]
    return text.count("\n", 0, found[1]) + 1 if len(found) == 2 else None


def _parsed(text: str) -> dict[str, Any] | Finding:
    if beyond := too_large(text):
        return beyond[0]
    try:
        data = json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as problem:
        message = f"This is not JSON: {problem.msg} in column {problem.colno}."
        return Finding("json-malformed", Severity.ERROR, "file", message, line=problem.lineno)
    except _RepeatedError as problem:
        key = str(problem)
        message = f"The key {clip(key)!r} stands in one object twice."
        return Finding(
            "key-repeated",
            Severity.ERROR,
            clip(key),
            message,
            "Keep one of the two.",
            line=_line_of(text, key),
        )
    except (RecursionError, ValueError):
        message = "The JSON nests too deeply or holds a number beyond all bounds."
        return Finding("json-malformed", Severity.ERROR, "file", message)
    if not isinstance(data, dict):
        message = "The JSON is not an object with devices, aes, associations and profiles."
        return Finding("document-wrong-type", Severity.ERROR, "file", message)
    return data


def read(source: Source) -> Document:
    """The Document that was printed; findings of its first reading are not carried over."""
    data = _parsed(source.text)
    if isinstance(data, Finding):
        return Document(NAME, findings=(data,))
    return document_of(data, NAME)


def write(document: Document) -> Written:
    """The whole Document, indented, UTF-8 characters as they are."""
    # Encoded without an object of its own for each of what may be hundreds of thousands of records.
    plain = msgspec.json.encode(document.sections())
    return Written(msgspec.json.format(plain, indent=2) + b"\n")


def detect(source: Source) -> float:
    """Sure of an object that names a schema and one of the sections near its beginning."""
    head = source.text[:2_000]
    if not head.lstrip().startswith("{"):
        return 0.0
    named = any(f'"{section}"' in head for section in SECTIONS)
    return 1.0 if '"schema"' in head and '"format"' in head and named else 0.2


FORMAT: Final = Format(
    name=NAME,
    title="dicomcfg JSON",
    detect=detect,
    read=read,
    write=write,
    suffix=".json",
    knows=every_field(),
)
