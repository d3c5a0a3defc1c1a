"""AEs, sources and destinations of MONAI's informatics gateway: arrays of objects, as its API gives
them.

What an object is shows by its keys: with a port it is a destination, with a host alone a source,
which may only call, with neither one of the gateway's own AEs. The gateway takes titles of at most
15 characters.
"""

from __future__ import annotations

import re
from typing import Any, Final

from dicomcfg.core.findings import Severity
from dicomcfg.core.formats.base import Format, Source
from dicomcfg.core.formats.bounded import Place
from dicomcfg.core.formats.products.ae_entries import Entry, Gathering
from dicomcfg.core.formats.syntax.json_plain import parse, text_of
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Document

NAME: Final = "monai-json"
KNOWS: Final = frozenset(
    {
        *("ae.connections", "ae.association_initiator", "ae.association_acceptor"),
        *("ae.device", "device.name"),
    }
)
_TITLE: Final = re.compile(r"[A-Za-z0-9_\-]{1,15}")
_LISTS: Final = {
    "allowedsopclasses": "allowedSopClasses",
    "ignoredsopclasses": "ignoredSopClasses",
}
_UNKEPT: Final = {
    **_LISTS,
    "workflows": "workflows",
    "pluginassemblies": "pluginAssemblies",
}
_KEY: Final = re.compile(r'(?i)"aeTitle"\s*:')
_TELLING: Final = re.compile(r'(?i)"(?:hostIp|grouping|workflows|allowedSopClasses)"\s*:')


class _Reader:
    def __init__(self) -> None:
        self.found = Gathering()

    def value(self, value: Any) -> None:
        """An array, one object, or an object of arrays."""
        if isinstance(value, list):
            self._items(value, "")
        elif isinstance(value, dict) and _is_entity(value):
            self._items([value], "")
        elif isinstance(value, dict) and any(isinstance(each, list) for each in value.values()):
            for name, items in value.items():
                if isinstance(items, list):
                    self._items(items, clip(name))
        else:
            message = "This is neither an array of AEs, sources and destinations nor one of them."
            self.found.say("monai-no-entities", Severity.ERROR, "file", message)

    def _items(self, items: list[Any], path: str) -> None:
        for index, item in enumerate(items):
            place = Place(path=f"{path}[{index}]")
            if not isinstance(item, dict):
                message = "This is not an object, as an AE, a source or a destination is."
                self.found.say("json-wrong-type", Severity.ERROR, path, message, at=place)
            elif not _is_entity(item):
                self.found.unkept("an object without an AE title", place)
            else:
                self._entity({key.lower(): each for key, each in item.items()}, place)

    def _entity(self, item: dict[str, Any], place: Place) -> None:
        title = text_of(item.get("aetitle"))
        if not _TITLE.fullmatch(title):
            message = f"The gateway refuses the title {clip(title)!r}: it takes letters, digits, _ "
            message += "and -, 15 at most."
            self.found.warn("monai-refuses-title", title, message, "Change it.", place)
        for key, shown in _UNKEPT.items():
            if item.get(key):
                self.found.unkept(shown, place)
        if all(item.get(key) for key in _LISTS):
            message = "The gateway takes either allowed or ignored SOP Classes, not both."
            self.found.warn("monai-both-lists", title, message, "Keep one list.", place)
        host, port = text_of(item.get("hostip")), text_of(item.get("port"))
        name = text_of(item.get("name"))
        if "port" in item:
            self.found.add(Entry(title, host, port, place, name=name))
            return
        is_source = "hostip" in item
        if is_source:
            message = f"{clip(title)} is a source: it calls from {clip(host)} and has no port, so "
            message += "it has no address here."
            remedy = "Add host and port on its page if it accepts associations too."
            self.found.say("monai-source", Severity.INFO, title, message, remedy, place)
        else:
            message = f"{clip(title)} is an AE of the gateway itself, whose host and port stand in "
            message += "other settings, so it has no address here."
            remedy = "Add the gateway's host and port on its page."
            self.found.say("monai-own-address", Severity.INFO, title, message, remedy, place)
        entry = Entry(
            title, None, "", place, name=name, initiator=is_source, acceptor=not is_source
        )
        self.found.add(entry)


def _is_entity(item: dict[str, Any]) -> bool:
    return any(key.lower() == "aetitle" for key in item)


def read(source: Source) -> Document:
    """Every entity as an AE in the role that it has for the gateway."""
    reader = _Reader()
    parsed = parse(source.text)
    reader.found.keep(parsed.findings)
    if not parsed.findings:
        reader.value(parsed.value)
    return reader.found.document(NAME)


def detect(source: Source) -> float:
    """Sure of AE titles beside the gateway's other keys."""
    text = source.text[:200_000]
    if text.lstrip()[:1] not in ("[", "{") or not _KEY.search(text):
        return 0.0
    return 0.9 if _TELLING.search(text) else 0.35


FORMAT: Final = Format(
    name=NAME,
    title="MONAI informatics gateway (JSON)",
    detect=detect,
    read=read,
    suffix=".json",
    knows=KNOWS,
)
