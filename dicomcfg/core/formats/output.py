"""A Document as a file to hand over: its name, its bytes, and what it does not carry.

The same Document gives the same bytes, so that what was written can be kept under version
control; nothing here knows the time.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from dicomcfg.core.findings import Finding
from dicomcfg.core.formats import registry
from dicomcfg.core.formats.base import Format, Written
from dicomcfg.core.formats.losses import losses
from dicomcfg.core.records import Association, Document, Profile

_NAME_LENGTH: Final = 60
_MEDIA_TYPES: Final = {
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".tsv": "text/tab-separated-values; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml",
    ".zip": "application/zip",
}
# The earliest time that a zip can hold: every member bears it, whenever it was written.
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Output:
    """A file as it is handed over; `findings` say what it does not carry."""

    name: str
    data: bytes
    findings: tuple[Finding, ...] = ()

    @property
    def media_type(self) -> str:
        """For the header of an answer."""
        suffix = self.name[self.name.rfind(".") :]
        return _MEDIA_TYPES.get(suffix, "text/plain; charset=utf-8")


def output(document: Document, chosen: Format, stem: str, *, each: bool = False) -> Output:
    """The Document in a format that can be written; `each` makes a zip with a file for each set
    of contexts. Raises KeyError for a format that is only read.

    A Document that was read and is written as our own form takes that form's name with it, and
    not the findings of its reading.
    """
    bare = replace(document, format=chosen.name, findings=())
    written = _zipped(bare, chosen) if each else registry.write(bare, chosen.name)
    suffix = ".zip" if each else chosen.suffix
    return Output(safe_name(stem) + suffix, written.data, written.findings)


def writable() -> tuple[Format, ...]:
    """The formats that can be written, in the registry's order."""
    return tuple(each for each in registry.FORMATS.values() if each.write is not None)


def is_context_format(chosen: Format) -> bool:
    """Whether it holds contexts and no addresses, so that several sets may deserve a file each."""
    holds = any(name.endswith(".presentation_contexts") for name in chosen.knows)
    return holds and "ae.connections" not in chosen.knows


def safe_name(text: str) -> str:
    """A text as the name of a file, in characters that no system minds, bounded."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", text)[:_NAME_LENGTH].strip("._")
    return plain or "dicomcfg"


def _zipped(document: Document, chosen: Format) -> Written:
    """A zip of one file for each Profile and each association, in their order."""
    sections = replace(document, profiles=(), associations=())
    findings = list(losses(sections, chosen.knows))
    names: set[str] = set()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, alone in _alone(document):
            written = registry.write(alone, chosen.name)
            member = _unused(safe_name(name), names) + chosen.suffix
            entry = zipfile.ZipInfo(member, _NO_TIME)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # else it would say on which system it was written
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, written.data)
            findings += [replace(each, file=member) for each in written.findings]
    return Written(out.getvalue(), tuple(findings))


def _alone(document: Document) -> Iterator[tuple[str, Document]]:
    """Each set of contexts as a Document of one Profile."""
    for profile in document.profiles:
        yield profile.name, Document(document.format, profiles=(profile,))
    titles = {ae.key: ae.ae_title for ae in document.aes}
    for pair in document.associations:
        profile = _as_profile(pair, titles)
        yield profile.name, Document(document.format, profiles=(profile,))


def _as_profile(pair: Association, titles: dict[str, str]) -> Profile:
    calling, called = (titles.get(key, key) for key in (pair.calling, pair.called))
    return Profile(
        name=f"{calling}-{called}",
        presentation_contexts=pair.presentation_contexts,
        role_selections=pair.role_selections,
        extended_negotiations=pair.extended_negotiations,
        description=pair.description,
    )


def _unused(name: str, names: set[str]) -> str:
    """The name, numbered where another bears it already; case does not tell files apart."""
    free, number = name, 1
    while free.casefold() in names:
        number += 1
        free = f"{name}-{number}"
    names.add(free.casefold())
    return free
