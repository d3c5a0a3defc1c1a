"""The Java properties of PixelMed's tools: `Dicom.RemoteAEs` names AEs, further keys describe them.

`Dicom.RemoteAEs.NAME.CalledAETitle`, `.HostNameOrIPAddress` and `.Port` are needed; the own side
is `Dicom.ListeningPort`, `Dicom.CalledAETitle` and `Dicom.CallingAETitle`. Of a key that stands
twice Java keeps the last, and an AE that is described and not named does not exist.
"""

from __future__ import annotations

import re
from typing import Final

from dicomcfg.core.findings import Severity
from dicomcfg.core.formats.base import Format, Source
from dicomcfg.core.formats.bounded import Place
from dicomcfg.core.formats.products.ae_entries import Entry, Gathering
from dicomcfg.core.formats.syntax.properties import MAXIMUM_BYTES, entries, last_wins
from dicomcfg.core.formats.syntax.properties import Entry as Property
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Document

NAME: Final = "pixelmed-properties"
KNOWS: Final = frozenset({"ae.connections", "ae.device", "device.name"})
_LIST: Final = "Dicom.RemoteAEs"
_PARTS: Final = ("CalledAETitle", "HostNameOrIPAddress", "Port")
_OWN: Final = ("Dicom.CalledAETitle", "Dicom.CallingAETitle")
_UNKEPT: Final = ("QueryModel", "PrimaryDeviceType")


class _Reader:
    def __init__(self, properties: dict[str, Property]):
        self.found = Gathering()
        self._properties = properties

    def _text(self, key: str) -> str:
        entry = self._properties.get(key)
        return entry.value.strip() if entry else ""

    def own(self) -> None:
        """The tool's own AE, of which the file knows the port and not the host."""
        title, port = self._text("Dicom.CalledAETitle"), self._text("Dicom.ListeningPort")
        key = "Dicom.CalledAETitle"
        if not title:
            title, key = self._text("Dicom.CallingAETitle"), "Dicom.CallingAETitle"
        if not title:
            return
        place = Place(line=self._properties[key].line)
        message = f"{clip(title)} is the tool itself"
        message += f"; it listens on port {clip(port)} of its host" if port else ""
        message += ". The file does not name its host, so it has no address here."
        remedy = "Add its address on its page."
        self.found.say("pixelmed-own-address", Severity.INFO, title, message, remedy, place)
        self.found.add(Entry(title, None, port, place, acceptor=bool(port)))

    def remotes(self) -> None:
        """Every AE that the list names, then those that it forgot."""
        listing = self._properties.get(_LIST)
        names = re.split(r"[\s,]+", listing.value.strip()) if listing else []
        place = Place(line=listing.line if listing else None)
        for name in dict.fromkeys(filter(None, names)):
            if self.found.is_done:
                break
            self._remote(name, place)
        self._forgotten(set(names))

    def _remote(self, name: str, listed_at: Place) -> None:
        given = {part: self._properties.get(f"{_LIST}.{name}.{part}") for part in _PARTS}
        missing = [part for part, entry in given.items() if entry is None]
        if missing:
            message = f"{clip(name)} has no {', '.join(missing)}, so PixelMed's tools fail at it."
            remedy = f"Add {_LIST}.{clip(name, 30)}.{missing[0]}, or take it out of {_LIST}."
            if not self.found.is_over(listed_at):
                self.found.say(
                    "pixelmed-incomplete", Severity.ERROR, name, message, remedy, listed_at
                )
            return
        title, host, port = (entry for entry in given.values() if entry is not None)
        place = Place(line=title.line)
        for part in _UNKEPT:
            other = self._properties.get(f"{_LIST}.{name}.{part}")
            if other and other.value.strip():
                self.found.unkept(part, Place(line=other.line))
        entry = Entry(title.value, host.value, port.value.strip(), place, name=name)
        self.found.add(entry)

    def _forgotten(self, names: set[str]) -> None:
        told: set[str] = set()
        for key, entry in self._properties.items():
            if not key.startswith(f"{_LIST}."):
                continue
            name = key[len(_LIST) + 1 :].rpartition(".")[0]
            if not name or name in names or name in told:
                continue
            told.add(name)
            message = f"{clip(name)} is described and not named in {_LIST}, so it is not used."
            remedy = f"Add it to {_LIST}, or remove it; it is left out here."
            self.found.warn("pixelmed-not-listed", name, message, remedy, Place(line=entry.line))


def read(source: Source) -> Document:
    """The remote AEs, and the tool's own."""
    every = list(entries(source.text))
    properties = last_wins(every)
    reader = _Reader(properties)
    for entry in every:
        if properties[entry.key] is not entry and entry.key.startswith("Dicom."):
            message = f"{clip(entry.key)} stands again in line {properties[entry.key].line}; Java "
            message += "keeps the last."
            place = Place(line=entry.line)
            reader.found.warn("property-repeated", entry.key, message, "Keep one.", place)
    reader.own()
    reader.remotes()
    if not properties.keys() & {_LIST, *_OWN}:
        message = f"The properties have neither {_LIST} nor an AE title of their own."
        reader.found.say("pixelmed-no-aes", Severity.ERROR, "file", message)
    return reader.found.document(NAME)


def detect(source: Source) -> float:
    """Sure of PixelMed's own keys."""
    text = source.text
    if re.search(r"(?m)^[ \t]*+Dicom\.RemoteAEs\s*[=: ]", text[:1_000_000]):
        return 0.97
    return 0.9 if re.search(r"(?m)^[ \t]*+Dicom\.CalledAETitle\s*[=:]", text[:20_000]) else 0.0


FORMAT: Final = Format(
    name=NAME,
    title="PixelMed properties",
    detect=detect,
    read=read,
    maximum_bytes=MAXIMUM_BYTES,
    suffix=".properties",
    knows=KNOWS,
)
