"""What a format is: the shape every reader and writer of this folder registers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from dicomcfg.core.findings import Finding
from dicomcfg.core.formats.text import Decoded
from dicomcfg.core.records import Document

MAXIMUM_BYTES: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Source:
    """One input: its decoded text (empty when `decoded` has errors) and the name it came under."""

    decoded: Decoded
    name: str = ""

    @property
    def text(self) -> str:
        """The decoded text."""
        return self.decoded.text

    @property
    def stem(self) -> str:
        """The file's name without folders and suffix, for what a file names after itself."""
        return PurePath(self.name.replace("\\", "/")).stem


@dataclass(frozen=True, slots=True)
class Written:
    """What a writer gives: the text and what it could not carry."""

    text: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Format:
    """One file format.

    `detect` looks at content only and gives a confidence from 0 to 1. `read` never raises on bad
    content. `write` is None where the format is only read. `maximum_bytes` bounds the input.
    """

    name: str
    detect: Callable[[Source], float]
    read: Callable[[Source], Document]
    write: Callable[[Document], Written] | None = None
    maximum_bytes: int = MAXIMUM_BYTES
