"""Bytes of an unknown file to text, within bounds and without raising."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

from dicomcfg.core.findings import Finding, Severity

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text, the encoding it was taken for, and findings; empty text when there are errors."""

    text: str
    encoding: str
    findings: tuple[Finding, ...] = ()


def clip(text: str, length: int = 60) -> str:
    """A text short enough to stand in a message."""
    return text if len(text) <= length else text[: length - 3] + "..."


def lines_of(text: str) -> Iterator[str]:
    """The lines that line feeds part, one by one: all at once they may take twenty times the
    memory of the text."""
    at = 0
    while (end := text.find("\n", at)) >= 0:
        yield text[at:end]
        at = end + 1
    yield text[at:]


def _error(code: str, message: str, remedy: str) -> Decoded:
    return Decoded("", "", (Finding(code, Severity.ERROR, "file", message, remedy),))


def _guess_utf16(data: bytes) -> str | None:
    """UTF-16 without a mark: mostly ASCII text has a zero in nearly every second byte."""
    sample = data[:2000]
    half = len(sample) // 2
    if half < 2 or len(data) % 2:
        return None
    zeros_even, zeros_odd = sample[0::2].count(0), sample[1::2].count(0)
    if zeros_odd > 0.7 * half and zeros_even < 0.1 * half:
        return "utf-16-le"
    if zeros_even > 0.7 * half and zeros_odd < 0.1 * half:
        return "utf-16-be"
    return None


def decode(data: bytes, max_bytes: int) -> Decoded:
    """Take UTF-8 or UTF-16 with or without a mark, else Windows-1252 with a warning.

    More than `max_bytes`, and bytes that are no text, give an error finding and no text.
    """
    if len(data) > max_bytes:
        return _error(
            "file-too-large",
            f"The file has {len(data):,} bytes; at most {max_bytes:,} are read.",
            "Split it into several files.",
        )
    mark, encoding = next(
        ((mark, name) for mark, name in _BOMS if data.startswith(mark)),
        (b"", _guess_utf16(data) or "utf-8"),
    )
    findings: tuple[Finding, ...] = ()
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        encoding = "cp1252"
        text = data.decode(encoding, errors="replace")
        message = "The file is neither UTF-8 nor UTF-16; it was read as Windows-1252."
        remedy = "Check the accented letters, or save the file as UTF-8."
        findings = (Finding("encoding-guessed", Severity.WARNING, "file", message, remedy),)
    if "\0" in text:
        return _error(
            "file-not-text",
            "The file holds zero bytes, so it is not a text file.",
            "Export it as text, CSV or a workbook (.xlsx).",
        )
    return Decoded(text, encoding, findings)
