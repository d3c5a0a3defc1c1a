"""JSON as the standard has it, for programs that take nothing else: strict, bounded, no comments.

Paths name places (`targets.PACS.port`); a line is known only where the text is malformed.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from dicomcfg.core.findings import Finding, Severity

MAXIMUM_REPEATED: Final = 100
MAXIMUM_VALUES: Final = 1_000_000
_BAD_ESCAPE: Final = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


@dataclass(frozen=True, slots=True)
class Plain:
    """The value, names that stand twice in one object, and what makes the text unreadable."""

    value: Any
    repeated: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def too_large(text: str, most: int = MAXIMUM_VALUES) -> tuple[Finding, ...]:
    """An error finding where a text may hold so many values that building them takes long.

    Counted by the signs between and around values, those within texts too, before any is built.
    """
    if sum(map(text.count, ",[{")) <= most:
        return ()
    message = f"The JSON holds more than {most:,} values."
    return (Finding("json-malformed", Severity.ERROR, "file", message, "Split the file."),)


def parse(text: str) -> Plain:
    """Read one value; of a name given twice the last counts, as in most programs."""
    if beyond := too_large(text):
        return Plain(None, findings=beyond)
    repeated: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        built = dict(pairs)
        if len(built) < len(pairs) and len(repeated) < MAXIMUM_REPEATED:
            counts = Counter(name for name, _ in pairs)
            repeated.extend(name for name, count in counts.items() if count > 1)
        return built

    try:
        value = json.loads(text, object_pairs_hook=members)
    except json.JSONDecodeError as problem:
        message = f"This is not JSON: {problem.msg} in column {problem.colno}."
        return _unreadable("json-malformed", message, problem.lineno)
    except (RecursionError, ValueError):
        message = "The JSON nests too deeply or holds a number beyond all bounds."
        return _unreadable("json-malformed", message)
    if _BAD_ESCAPE.search(text) and not _is_text(value):
        message = "A text holds a zero or an unpaired surrogate, which is no text."
        return _unreadable("json-bad-text", message)
    return Plain(value, tuple(repeated[:MAXIMUM_REPEATED]))


def _is_text(value: Any) -> bool:
    """Whether every text within can be stored."""
    try:
        return b"\\u0000" not in json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False


def _unreadable(code: str, message: str, line: int | None = None) -> Plain:
    return Plain(None, findings=(Finding(code, Severity.ERROR, "file", message, line=line),))


def text_of(value: object) -> str:
    """A text or a whole number as text; empty for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        return ""
    return str(value) if abs(value) < 1_000_000 else ""
