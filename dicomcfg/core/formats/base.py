"""What a format is: the shape every reader and writer of this folder registers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from dicomcfg.core.findings import Finding
from dicomcfg.core.formats.text import Decoded
from dicomcfg.core.records import Document

MAXIMUM_BYTES: Final = 20_000_000
FORM_BYTES: Final = 5_000_000
"""What a form takes that reads the file while its person waits."""


@dataclass(frozen=True, slots=True)
class Source:
    """One input: its decoded text (empty when `decoded` has errors) and the name it came under.

    `data` are the bytes, for formats that are no text. `beside` are the other files that were
    given with it and read as one with it, where the format gathers files. `columns` is what a
    person said about the columns of a table: (heading, field or None) in their order.
    """

    decoded: Decoded
    name: str = ""
    data: bytes = b""
    beside: tuple[Source, ...] = ()
    columns: tuple[tuple[str, str | None], ...] = ()

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
    """What a writer gives: the bytes and what it could not carry."""

    data: bytes
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, text: str, findings: tuple[Finding, ...] = ()) -> Written:
        """A text, as UTF-8 without a mark."""
        return cls(text.encode(), findings)

    @property
    def text(self) -> str:
        """The text of a format that is one."""
        return self.data.decode()


@dataclass(frozen=True, slots=True)
class Format:
    """One file format.

    `title` is what people call it. `detect` looks at content only and gives a confidence from 0
    to 1. `read` never raises on bad content. `write` is None where the format is only read.
    `maximum_bytes` bounds the input. `suffix` ends the name of a written file. `knows` are the
    fields (`ae.description`, see `losses`) that the format has a place for: what a reader gives
    and a writer carries. A format that `is_binary` reads `Source.data`; one that `gathers` reads
    several files of its kind as one.
    """

    name: str
    title: str
    detect: Callable[[Source], float]
    read: Callable[[Source], Document]
    write: Callable[[Document], Written] | None = None
    maximum_bytes: int = MAXIMUM_BYTES
    suffix: str = ".txt"
    knows: frozenset[str] = frozenset()
    is_binary: bool = False
    gathers: bool = False
