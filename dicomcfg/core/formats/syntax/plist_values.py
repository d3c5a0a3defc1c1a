"""Apple's property lists, XML and binary, with bounds that the standard library does not have.

A binary list is a heap of objects that name each other by number; one that lets its objects
overlap can stand for far more than its bytes, so such a list is refused before it is read.
Secrets are blanked in the values: in the bytes of a binary list nobody would find them.
"""

from __future__ import annotations

import plistlib
import struct
from datetime import datetime
from typing import Any, Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.secrets import BLANK, is_secret_heading, secret_at, without_secrets
from dicomcfg.core.formats.syntax.xml_text import is_writable, root_name
from dicomcfg.core.formats.text import clip, decode

MAXIMUM_BYTES: Final = 5_000_000
MAXIMUM_VALUES: Final = 300_000
"""A dictionary's names count too, and what is shared counts wherever it stands."""
MAXIMUM_DEPTH: Final = 100
_HEAD: Final = 20_000
_SHOWN: Final = 50

BINARY: Final = b"bplist00"
_TRAILER: Final = struct.Struct(">6xBBQQQ")
_COUNTED: Final = {0x4: 1, 0x5: 1, 0x6: 2, 0xA: 1, 0xC: 1, 0xD: 2}


class UnreadableError(Exception):
    """A text or heap of bytes that is no property list; the message ends a sentence."""


def load(data: bytes) -> Any:
    """The value of a property list. Raises UnreadableError."""
    if len(data) > MAXIMUM_BYTES:
        raise UnreadableError(f"has more than {MAXIMUM_BYTES:,} bytes")
    if data.startswith(BINARY):
        _refuse_overlapping(data)
    elif b"<!ENTITY" in data:
        raise UnreadableError("declares entities, which are refused")
    elif data.count(b"<") > 2 * MAXIMUM_VALUES:
        raise UnreadableError(_TOO_LARGE)
    try:
        value = plistlib.loads(data)
    except Exception as problem:
        # plistlib passes on the error of whatever it stumbles over, down to unknown encodings.
        raise UnreadableError("is not a property list that can be read") from problem
    _refuse_large(value)
    return value


_TOO_LARGE: Final = f"holds more than {MAXIMUM_VALUES:,} values"


def _refuse_large(value: Any) -> None:
    """Raise UnreadableError for too many values, or too deep ones, such as those of a cycle."""
    count, level = 0, [value]
    for _ in range(MAXIMUM_DEPTH):
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict | list):
                count += len(each) * (2 if isinstance(each, dict) else 1)
                if count > MAXIMUM_VALUES:
                    raise UnreadableError(_TOO_LARGE)
                below.extend(each.values() if isinstance(each, dict) else each)
        level = below
    if level:
        raise UnreadableError(f"nests deeper than {MAXIMUM_DEPTH} levels")


def is_list(data: bytes) -> bool:
    """Whether these bytes begin as a property list."""
    return data.startswith(BINARY) or root_name(decode(data[:_HEAD], _HEAD).text) == "plist"


def blanked(value: Any) -> tuple[Any, tuple[Finding, ...]]:
    """A value of `load` as it may be kept, with a finding for each secret, at most 50.

    Secrets are blank, data empty (it holds whatever it likes, also lists of its own), and what
    XML has no place for is left out.
    """
    secrets: list[str] = []
    after = _blanked(value, "", secrets, is_secret=False)
    return after, tuple(secret_at(path=path.removeprefix(".")) for path in secrets[:_SHOWN])


def _blanked(value: Any, path: str, secrets: list[str], *, is_secret: bool) -> Any:
    if isinstance(value, dict):
        return {
            _text(name): _blanked(
                each,
                f"{path}.{clip(name)}",
                secrets,
                is_secret=is_secret or is_secret_heading(name),
            )
            for name, each in value.items()
            if isinstance(name, str)
        }
    if isinstance(value, list):
        return [
            _blanked(each, f"{path}[{index}]", secrets, is_secret=is_secret)
            for index, each in enumerate(value)
        ]
    after = BLANK if is_secret and _holds(value) else _scalar(value)
    before = _text(value) if isinstance(value, str) else value
    if after != before and (after == BLANK or isinstance(value, str)):
        secrets.append(path)
    return after


def _holds(value: Any) -> bool:
    """Whether there is something to hide; a switch says nothing."""
    return not isinstance(value, bool) and value not in ("", b"", None)


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        return _text(without_secrets(value)[0])
    if isinstance(value, int):
        return value if -(1 << 63) <= value < 1 << 64 else 0
    if isinstance(value, float | datetime):
        return value
    return b"" if isinstance(value, bytes) else ""


def as_kept(data: bytes) -> tuple[bytes, tuple[Finding, ...]]:
    """A list as XML with its secrets blanked, or nothing where it cannot be read; the findings."""
    try:
        value, findings = blanked(load(data))
    except UnreadableError as problem:
        return b"", (malformed(problem),)
    return plistlib.dumps(value, sort_keys=False), findings


def malformed(problem: UnreadableError) -> Finding:
    """What is said of a list that cannot be read."""
    return Finding("plist-malformed", Severity.ERROR, "file", f"The file {problem}.")


def _text(text: str) -> str:
    return text if is_writable(text) else "".join(c if is_writable(c) else "\ufffd" for c in text)


def _refuse_overlapping(data: bytes) -> None:
    """Raise UnreadableError where the objects together are longer than the file."""
    if len(data) < len(BINARY) + _TRAILER.size:
        raise UnreadableError("is cut short")
    width, _, count, _, table = _TRAILER.unpack(data[-_TRAILER.size :])
    if not 1 <= width <= 8 or table + count * width > len(data):
        raise UnreadableError("has no table of its objects")
    length = 0
    for index in range(count):
        at = table + index * width
        length += _length(data, int.from_bytes(data[at : at + width], "big"))
        if length > len(data):
            raise UnreadableError("lets its objects overlap, which is refused")


def _length(data: bytes, offset: int) -> int:
    """How many bytes or numbers an object holds, at least."""
    if offset >= len(data):
        return 0
    kind, count = data[offset] >> 4, data[offset] & 0xF
    if kind not in _COUNTED:
        return 1
    if count == 0xF:
        # A long count follows as an integer object of 2 ** n bytes.
        size = 1 << (data[offset + 1] & 0xF) if offset + 1 < len(data) else 0
        count = int.from_bytes(data[offset + 2 : offset + 2 + min(size, 16)], "big")
    return count * _COUNTED[kind]
