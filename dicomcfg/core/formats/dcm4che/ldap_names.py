"""Distinguished names (RFC 4514): cut into their parts, compared, escaped."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAXIMUM_CHARACTERS: Final = 4_096

Rdn = tuple[tuple[str, str], ...]
"""One step of a name: attribute types in small letters with values; mostly one, at times more."""

_PART: Final = re.compile(r"""((?:[^\\",;+]|\\.|"(?:[^"\\]|\\.)*")*)([,;+]|$)""", re.DOTALL)
_ESCAPED: Final = re.compile(r"((?:\\[0-9A-Fa-f]{2})+)|\\(.)", re.DOTALL)
# Values are compared without regard to case, but for AE titles (PS3.15 H.1.4).
_EXACT: Final = frozenset({"dicomaetitle"})


def parsed(text: str) -> tuple[Rdn, ...] | None:
    """The steps of a name, the entry's own first; None where it is none or beyond bounds."""
    if len(text) > MAXIMUM_CHARACTERS:
        return None
    steps: list[Rdn] = []
    pairs: list[tuple[str, str]] = []
    at = 0
    while True:
        match = _PART.match(text, at)
        if match is None:
            return None
        name, equals, value = match[1].partition("=")
        if not equals or not name.strip():
            return None
        pairs.append((name.strip().lower(), _unescaped(value)))
        if match[2] != "+":
            steps.append(tuple(sorted(pairs)))
            pairs = []
        at = match.end()
        if not match[2]:
            return tuple(steps)


def _unescaped(value: str) -> str:
    value = value.strip()
    if (len(value) - len(value.rstrip("\\"))) % 2:
        value += " "
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]

    def one(match: re.Match[str]) -> str:
        if match[1]:
            return bytes.fromhex(match[1].replace("\\", "")).decode("utf-8", "replace")
        return match[2]

    return _ESCAPED.sub(one, value)


def compared(name: tuple[Rdn, ...]) -> tuple[Rdn, ...]:
    """A name in the one spelling that all spellings of it have."""
    return tuple(
        tuple((kind, value if kind in _EXACT else in_one_spelling(value)) for kind, value in step)
        for step in name
    )


def in_one_spelling(value: str) -> str:
    """A text in the spelling that a directory compares: no case, one space where there are more."""
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def escaped(value: str) -> str:
    """A value as it stands in a name, in ASCII."""
    out: list[str] = []
    for index, character in enumerate(value):
        edge = index in (0, len(value) - 1)
        if character in ',+"\\<>;=' or (character == "#" and not index):
            out.append(f"\\{character}")
        elif " " < character <= "~" or (character == " " and not edge):
            out.append(character)
        else:
            out += [f"\\{byte:02X}" for byte in character.encode("utf-8", "replace")]
    return "".join(out)
