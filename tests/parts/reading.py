"""Reading a text as one format, and looking at what came of it, for the tests of formats."""

from __future__ import annotations

from dicomcfg.core.formats import registry
from dicomcfg.core.records import Document


def read_as(name: str, text: str | bytes, file_name: str = "given.txt") -> Document:
    """The Document of a text read as a format."""
    data = text.encode() if isinstance(text, str) else text
    return registry.read(data, name=file_name, format=name)


def said(document: Document) -> dict[str, list[int | str | None]]:
    """Where each finding is, by code: the path, or else the line."""
    places: dict[str, list[int | str | None]] = {}
    for finding in document.findings:
        places.setdefault(finding.code, []).append(finding.path or finding.line)
    return places


def addresses(document: Document) -> list[str]:
    """`title host:port` of each AE in order; the title alone where it has no address."""
    return [
        " ".join([ae.ae_title, *(f"{each.hostname}:{each.port}" for each in ae.connections)])
        for ae in document.aes
    ]
