"""Documents of several files as one: what speaks of the same thing becomes one record.

The first file that speaks of something is believed; later ones fill its gaps, and a finding says
where they disagree. An AE is the same under one title (and Site) at one address, or where one of
the two says no address.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from functools import reduce
from typing import Any, TypeVar

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.bounded import Findings
from dicomcfg.core.formats.losses import default_of
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import (
    Ae,
    Association,
    Connection,
    Device,
    Document,
    PresentationContext,
    Profile,
)
from dicomcfg.core.standard.endpoint import endpoint

_Record = TypeVar("_Record", Device, Ae, Association, Profile)


def merged(documents: Sequence[Document]) -> Document:
    """One Document of all; `knows` is what all of them know, `format` the common one or several."""
    formats = {document.format for document in documents}
    merging = _Merging()
    for document in documents:
        merging.take(document)
    knows = [document.knows for document in documents if document.knows is not None]
    return Document(
        formats.pop() if len(formats) == 1 else "several",
        devices=tuple(merging.devices.values()),
        aes=tuple(merging.aes.values()),
        associations=tuple(merging.associations.values()),
        profiles=tuple(merging.profiles.values()),
        findings=(*merging.findings, *merging.noticed.all()),
        knows=reduce(frozenset.intersection, knows) if knows else None,
    )


class _Merging:
    """The records so far by their keys, and what was noticed."""

    def __init__(self) -> None:
        self.devices: dict[str, Device] = {}
        self.aes: dict[str, Ae] = {}
        self.associations: dict[tuple[str, str], Association] = {}
        self.profiles: dict[str, Profile] = {}
        self.findings: list[Finding] = []
        self.noticed = Findings()
        self._device_keys: dict[str, str] = {}
        self._placed: dict[tuple[str | None, str, Connection], str] = {}
        self._bearers: dict[tuple[str | None, str], str] = {}
        self._without_place: dict[tuple[str | None, str], str] = {}
        self._numbers: Counter[str] = Counter()

    def take(self, document: Document) -> None:
        """Add one file's records and findings."""
        self.findings += document.findings
        devices = {d.key: self._device(d) for d in document.devices}
        profiles = {p.name: self._profile(p) for p in document.profiles}
        keys = {
            ae.key: self._ae(
                replace(
                    ae,
                    device=devices.get(ae.device or "", ae.device),
                    profile=profiles.get(ae.profile or "", ae.profile),
                )
            )
            for ae in document.aes
        }
        for each in document.associations:
            calling, called = keys.get(each.calling), keys.get(each.called)
            if calling is not None and called is not None:
                profile = profiles.get(each.profile or "", each.profile)
                self._association(replace(each, calling=calling, called=called, profile=profile))

    def _device(self, device: Device) -> str:
        known = self._device_keys.get(device.name)
        if known is None:
            key = self._free(device.key, self.devices)
            self.devices[key] = replace(device, key=key)
            self._device_keys[device.name] = key
            return key
        self.devices[known] = self._filled(self.devices[known], device, "device", device.name)
        return known

    def _ae(self, ae: Ae) -> str:
        key = self._known(ae)
        if key is None:
            places = "".join(f" @ {endpoint(c.hostname, c.port)}" for c in ae.connections)
            wanted = ae.key if ae.key not in self.aes else f"{ae.ae_title}{places}"
            key = self._free(wanted, self.aes)
            self.aes[key] = replace(ae, key=key)
        else:
            self.aes[key] = self._filled(self.aes[key], ae, "AE", ae.ae_title)
        bearer = (ae.site, ae.ae_title)
        self._bearers.setdefault(bearer, key)
        if not self.aes[key].connections:
            self._without_place.setdefault(bearer, key)
        for connection in self.aes[key].connections:
            self._placed.setdefault((*bearer, _place(connection)), key)
        return key

    def _known(self, ae: Ae) -> str | None:
        """The key of the AE that this one speaks of, if there is one."""
        bearer = (ae.site, ae.ae_title)
        if not ae.connections:
            return self._bearers.get(bearer)
        places = ((*bearer, _place(connection)) for connection in ae.connections)
        found = next((self._placed[place] for place in places if place in self._placed), None)
        return found or self._without_place.pop(bearer, None)

    def _profile(self, profile: Profile) -> str:
        known = self.profiles.get(profile.name)
        if known == profile:
            return profile.name
        name = self._free(profile.name, self.profiles)
        if known is not None:
            message = f"Two files have a Profile {clip(profile.name)} with other contexts; "
            message += f"the later one is called {clip(name)}."
            self._say("described-twice", profile.name, message)
        self.profiles[name] = replace(profile, name=name)
        return name

    def _association(self, pair: Association) -> None:
        key = (pair.calling, pair.called)
        known = self.associations.get(key)
        if known is None:
            self.associations[key] = pair
            return
        contexts = _united(known.presentation_contexts, pair.presentation_contexts)
        filled = self._filled(
            replace(known, presentation_contexts=contexts),
            replace(pair, presentation_contexts=contexts),
            "association",
            f"{pair.calling}:{pair.called}",
        )
        self.associations[key] = filled

    def _filled(self, first: _Record, other: _Record, what: str, subject: str) -> _Record:
        """The first with its gaps filled from the other; told where both say something else."""
        gaps: dict[str, Any] = {}
        disagreeing = []
        for field in fields(first):
            mine, theirs = getattr(first, field.name), getattr(other, field.name)
            if field.name == "key" or mine == theirs or theirs == default_of(field):
                continue
            if mine == default_of(field):
                gaps[field.name] = theirs
            else:
                disagreeing.append(field.name.replace("_", " "))
        if disagreeing:
            message = f"Two files describe the {what} {clip(subject)} otherwise "
            message += f"({', '.join(disagreeing)}); what the first one says is used."
            self._say("described-twice", subject, message)
        return replace(first, **gaps)

    def _free(self, wanted: str, taken: Mapping[str, Any]) -> str:
        """The wanted key, numbered if it is taken."""
        name = wanted
        while name in taken:
            self._numbers[wanted] += 1
            name = f"{wanted} #{self._numbers[wanted] + 1}"
        return name

    def _say(self, code: str, subject: str, message: str) -> None:
        self.noticed.say(code, Severity.WARNING, subject, message)


def _place(connection: Connection) -> Connection:
    """Where it is, whatever its TLS settings."""
    return replace(connection, tls=None)


def _united(
    first: Iterable[PresentationContext], other: Iterable[PresentationContext]
) -> tuple[PresentationContext, ...]:
    return tuple(dict.fromkeys((*first, *other)))
