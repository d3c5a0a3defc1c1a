"""A Document without what the findings of writing it named, to compare with what is read back.

The places are in the words of `dicomcfg.core.formats.losses`. Comparing leaves out how keys are
spelt and in which order the sections list their records.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from typing import Any

from dicomcfg.core.findings import Finding
from dicomcfg.core.formats.losses import SECTIONS, default_of
from dicomcfg.core.records import (
    Ae,
    Association,
    Document,
    PresentationContext,
    Profile,
    TransferCapability,
)

_RECORDS = {word: section for section, (word, _) in SECTIONS.items()}
_ONE = re.compile(r"(?s)(\w+)\[(.*)\](?:\.(\w+))?")
_NO_CONTENT = (".order", ".spelling", ".merged", ".pair", ".added", ".unused")
_FIRST = re.compile(r"(\w+)\.(\w+)\[(\d+):\]")


def without(document: Document, findings: Iterable[Finding]) -> Document:
    """The Document as the named losses leave it. Raises ValueError for an unknown place."""
    for place in places(findings):
        document = _without_one(document, place)
    return _without_dangling(document)


def places(findings: Iterable[Finding]) -> list[str]:
    """Where each loss is. Raises ValueError for a loss that names no place."""
    lost = [finding for finding in findings if finding.code == "not-carried"]
    for finding in lost:
        if not finding.path:
            raise ValueError(f"names no place: {finding.message}")
    return [finding.path or "" for finding in lost]


def is_about_content(place: str) -> bool:
    """Whether a loss takes something out, rather than only an order or a spelling."""
    return not place.endswith(_NO_CONTENT)


def compared(
    document: Document, read_back: Document, lost: Iterable[str]
) -> tuple[dict[str, Counter[str]], dict[str, Counter[str]]]:
    """Both Documents' records by section, to be found equal.

    Each record stands with the whole record that it refers to in a key's stead.
    """
    lost = tuple(lost)
    for place in lost:
        if place.endswith(".added"):
            read_back = _without_added(read_back, document, place.removesuffix(".added"), lost)
    return _comparable(document, lost), _comparable(read_back, lost)


def _without_added(
    read_back: Document, document: Document, section: str, lost: tuple[str, ...]
) -> Document:
    respelt = not {f"{SECTIONS[section][0]}.name.spelling", "associations.pair"}.isdisjoint(lost)
    left = Counter(_identity(each, respelt=respelt) for each in getattr(document, section))
    kept = []
    for record in getattr(read_back, section):
        identity = _identity(record, respelt=respelt)
        if left[identity]:
            left[identity] -= 1
            kept.append(record)
    return _without_dangling(_with(read_back, section, tuple(kept)))


def _identity(record: Any, *, respelt: bool) -> object:
    """What tells a record from added ones: its name, or all the rest where names may differ."""
    if isinstance(record, Ae):
        return record.ae_title, record.connections
    if isinstance(record, Association):
        raise ValueError("no association is added")
    if not respelt:
        return record.name
    unnamed = {"name": ""} if isinstance(record, Profile) else {"name": "", "key": ""}
    return replace(record, **unnamed)


def _comparable(document: Document, lost: tuple[str, ...]) -> dict[str, Counter[str]]:
    for place in lost:
        if place in ("profiles.merged", "associations.pair"):
            document = _unspelt(document, "profile.name")
        elif place.endswith(".spelling"):
            document = _unspelt(document, place.removesuffix(".spelling"))
        elif place.endswith(".order"):
            document = _unordered(document, place.removesuffix(".order"))
    devices = {each.key: repr(replace(each, key="")) for each in document.devices}
    aes = {
        ae.key: repr(replace(ae, key="", device=ae.device and devices.get(ae.device, ae.device)))
        for ae in document.aes
    }
    pairs = (
        replace(each, calling=aes.get(each.calling, ""), called=aes.get(each.called, ""))
        for each in document.associations
    )
    return {
        "devices": Counter(devices.values()),
        "aes": Counter(aes.values()),
        "associations": Counter(map(repr, pairs)),
        "profiles": Counter(map(repr, document.profiles)),
    }


def _without_one(document: Document, place: str) -> Document:
    if place in SECTIONS:
        return _with(document, place, ())
    if place in _WHOLE:
        return _WHOLE[place](document)
    one = _ONE.fullmatch(place)
    if one and one[1] in SECTIONS:
        return _without_record(document, one[1], one[2], one[3])
    if first := _FIRST.fullmatch(place):
        number = int(first[3])
        return _each_list(document, first[1], first[2], lambda _, value: value[:number])
    word, _, name = place.partition(".")
    if place.endswith(".unused"):
        return _each_list(document, word, name.removesuffix(".unused"), _used)
    if place.endswith((".spelling", ".order", ".added")):
        return document
    default = _defaults(word)[name]
    return _each(document, word, name, lambda _: default)


def _each_list(document: Document, word: str, name: str, change: Any) -> Document:
    """The same for a list of profiles, which associations have too: `change(record, list)`."""
    words = (word, "association") if word == "profile" else (word,)
    for each in words:
        records = tuple(
            replace(record, **{name: change(record, getattr(record, name))})
            for record in getattr(document, _RECORDS[each])
        )
        document = _with(document, _RECORDS[each], records)
    return document


def _used(record: Any, items: tuple[Any, ...]) -> tuple[Any, ...]:
    """What of a list could do anything in its profile or association."""
    classes = {context.abstract_syntax for context in record.presentation_contexts}
    kept: dict[Any, Any] = {}
    for item in items:
        if isinstance(item, PresentationContext):
            kept.update({len(kept): item} if item.transfer_syntaxes else {})
        elif item.sop_class in classes and (
            item.information if hasattr(item, "information") else item.scu or item.scp
        ):
            kept.setdefault(item.sop_class, item)
    return tuple(kept.values())


def _with(document: Document, section: str, records: tuple[Any, ...]) -> Document:
    sections: dict[str, Any] = {section: records}
    return replace(document, **sections)


def _defaults(word: str) -> dict[str, Any]:
    if word not in _RECORDS:
        raise ValueError(f"{word!r} is no record")
    return {field.name: default_of(field) for field in fields(SECTIONS[_RECORDS[word]][1])}


def _each(document: Document, word: str, name: str, change: Any) -> Document:
    """With one field of every record of a section changed. Raises ValueError for no field."""
    if name not in _defaults(word):
        raise ValueError(f"{word}.{name} is no field")
    section = _RECORDS[word]
    records = tuple(
        replace(each, **{name: change(getattr(each, name))}) for each in getattr(document, section)
    )
    return _with(document, section, records)


def _key_of(record: Any) -> str:
    if isinstance(record, Association):
        return f"{record.calling}:{record.called}"
    key: str = record.name if isinstance(record, Profile) else record.key
    return key


def _without_record(document: Document, section: str, key: str, name: str | None) -> Document:
    records = getattr(document, section)
    if key not in map(_key_of, records):
        raise ValueError(f"{section} holds no {key!r}")
    if name is None:
        kept = tuple(each for each in records if _key_of(each) != key)
    else:
        default = _defaults(SECTIONS[section][0])[name]
        kept = tuple(
            replace(each, **{name: default}) if _key_of(each) == key else each for each in records
        )
    return _with(document, section, kept)


def _without_tls(connections: Any) -> Any:
    return tuple(replace(each, tls=None) for each in connections)


def _without_dangling(document: Document) -> Document:
    """Without what refers to records that are gone."""
    devices = {each.key for each in document.devices}
    profiles = {each.name for each in document.profiles}
    aes = tuple(_undangled(ae, devices, profiles) for ae in document.aes)
    known = {ae.key for ae in aes}
    pairs = tuple(
        replace(each, profile=each.profile if each.profile in profiles else None)
        for each in document.associations
        if {each.calling, each.called} <= known
    )
    return replace(document, aes=aes, associations=pairs)


def _undangled(ae: Ae, devices: set[str], profiles: set[str]) -> Ae:
    if ae.device not in devices:
        ae = replace(ae, device=None)
    return ae if ae.profile in profiles else replace(ae, profile=None, profile_role=None)


def _merged(contexts: Iterable[PresentationContext]) -> tuple[PresentationContext, ...]:
    merged: dict[str, dict[str, None]] = {}
    for context in contexts:
        syntaxes = merged.setdefault(context.abstract_syntax, {})
        syntaxes.update(dict.fromkeys(context.transfer_syntaxes))
    return tuple(PresentationContext(uid, tuple(syntaxes)) for uid, syntaxes in merged.items())


def _one_list(capabilities: Iterable[TransferCapability]) -> tuple[TransferCapability, ...]:
    given = [each for each in capabilities if each.role == "SCP"]
    syntaxes = tuple(dict.fromkeys(uid for each in given for uid in each.transfer_syntaxes))
    classes = dict.fromkeys(each.sop_class for each in given)
    return tuple(TransferCapability(uid, "SCP", syntaxes) for uid in classes)


def _in_one_list(document: Document) -> Document:
    holders: tuple[Profile | Association, ...] = (*document.profiles, *document.associations)
    contexts = _merged(each for holder in holders for each in holder.presentation_contexts)
    profiles = (Profile("", contexts),) if contexts else ()
    return replace(document, profiles=profiles, associations=())


def _without_pairs(document: Document) -> Document:
    become = tuple(
        Profile(
            each.name,
            each.presentation_contexts,
            each.role_selections,
            each.extended_negotiations,
        )
        for each in document.associations
    )
    return replace(document, associations=(), profiles=document.profiles + become)


def _unspelt(document: Document, place: str) -> Document:
    """With one text in the stead of all texts of a field."""
    if place == "ae.connections.tls":
        return _each(
            document,
            "ae",
            "connections",
            lambda connections: tuple(
                replace(each, tls=each.tls and "default") for each in connections
            ),
        )
    if place == "profile.name":
        document = _each(document, "ae", "profile", _one_spelling)
        document = _each(document, "association", "profile", _one_spelling)
    word, _, name = place.partition(".")
    return _each(document, word, name, _one_spelling)


def _one_spelling(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple("..." for _ in value)
    return "..." if value is not None else None


def _unordered(document: Document, place: str) -> Document:
    word, _, name = place.partition(".")
    return _each(document, word, name, _sorted)


def _sorted(value: Any) -> Any:
    within = (
        replace(each, transfer_syntaxes=tuple(sorted(each.transfer_syntaxes)))
        if hasattr(each, "transfer_syntaxes")
        else each
        for each in value
    )
    return tuple(sorted(within, key=repr))


_WHOLE: dict[str, Callable[[Document], Document]] = {
    "profiles.merged": _in_one_list,
    "ae.transfer_capabilities.merged": lambda document: _each(
        document, "ae", "transfer_capabilities", _one_list
    ),
    "associations.pair": _without_pairs,
    "ae.connections.tls": lambda document: _each(document, "ae", "connections", _without_tls),
    "profile.presentation_contexts.merged": lambda document: _each(
        document, "profile", "presentation_contexts", _merged
    ),
}
