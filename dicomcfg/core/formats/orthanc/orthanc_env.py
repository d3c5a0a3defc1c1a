"""Orthanc's settings as an env file: `KEY=VALUE` lines for a container."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.orthanc.orthanc_environment import (
    PREFIX,
    WHOLE,
    Variable,
    concerns_orthanc,
    settings_from,
)
from dicomcfg.core.formats.orthanc.orthanc_reading import KNOWS, document_of
from dicomcfg.core.formats.orthanc.orthanc_settings import Report
from dicomcfg.core.formats.orthanc.orthanc_writing import written_settings
from dicomcfg.core.records import Document

NAME: Final = "orthanc-env"
MAXIMUM_BYTES: Final = 2_000_000
MAXIMUM_VARIABLES: Final = 5_000
_HEAD_CHARACTERS: Final = 200_000
_LINE: Final = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]{0,200})=(.*)", re.DOTALL)
_OURS: Final = re.compile(r"(?m)^[ \t]*(?:export[ \t]+)?(?:ORTHANC__[A-Z0-9_]+|ORTHANC_JSON)=")


def read(source: Source) -> Document:
    """The variables that concern Orthanc, of one container."""
    report = Report()
    found = (each for each in _variables(source.text) if concerns_orthanc(each.name))
    variables = list(islice(found, MAXIMUM_VARIABLES + 1))
    if len(variables) > MAXIMUM_VARIABLES:
        message = f"Only the first {MAXIMUM_VARIABLES:,} variables were read."
        report.error("too-many-lines", "file", variables.pop().line, message)
    if not variables:
        message = f"No variable of the file is Orthanc's: they are called {WHOLE} or {PREFIX}..."
        report.error("env-without-orthanc", "file", 1, message)
    return document_of(NAME, settings_from(variables, report), report)


def _variables(text: str) -> Iterator[Variable]:
    """Every assignment; a value that a quotation mark opens ends at the next one, lines later."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        match = _LINE.fullmatch(lines[at].rstrip("\r"))
        first = at + 1
        at += 1
        if match is None:
            continue
        value = match[2].strip()
        quote = value[:1]
        if quote not in ("'", '"'):
            yield Variable(match[1], value, first)
            continue
        rest = [value[1:]]
        while quote not in rest[-1] and at < len(lines) and _LINE.fullmatch(lines[at]) is None:
            rest.append(lines[at])
            at += 1
        yield Variable(match[1], _unquoted("\n".join(rest), quote), first, has_lines=True)


def _unquoted(text: str, quote: str) -> str:
    """What stands before the last quotation mark of this kind, JSON's own being kept inside."""
    end = text.rfind(quote)
    inside = text[:end] if end >= 0 else text
    return inside.replace('\\"', '"').replace("\\\\", "\\") if quote == '"' else inside


def write(document: Document) -> Written:
    """One variable a setting, its value as JSON on one line."""
    settings, findings = written_settings(document)
    lines = []
    for name, value in settings.items():
        variable = PREFIX + re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper()
        if isinstance(value, str) and not _is_plain(value):
            # A text that is JSON by chance (a title of digits) has to be said to be one.
            variable, value = WHOLE, {name: value}
        lines.append(f"{variable}={value if isinstance(value, str) else _on_one_line(value)}")
    names = [line.partition("=")[0] for line in lines]
    if names.count(WHOLE) > 1:
        lines = [f"{WHOLE}={_on_one_line(settings)}"]
    return Written.of("".join(f"{line}\n" for line in lines), findings)


def _on_one_line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("${", "\\u0024{")


def _is_plain(text: str) -> bool:
    """Whether the images and what reads env files take the text as it stands."""
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.\-]*", text) is not None and text not in (
        *("true", "false", "null", "NaN", "Infinity"),
    )


def detect(source: Source) -> float:
    """Sure of a line that begins with one of Orthanc's variables."""
    return 0.9 if _OURS.search(source.text[:_HEAD_CHARACTERS]) else 0.0


FORMAT: Final = Format(
    name=NAME,
    title="Orthanc environment (env file)",
    detect=detect,
    read=read,
    write=write,
    maximum_bytes=MAXIMUM_BYTES,
    suffix=".env",
    knows=KNOWS,
)
