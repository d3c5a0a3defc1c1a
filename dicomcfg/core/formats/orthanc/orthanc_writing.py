"""A Document to Orthanc's settings: every AE with an address is a modality of it.

Orthanc's own AE is the one AE without an address that is SCP of anything; where there is none,
the only AE without an address that calls nobody. An AE without an address that calls a modality
is the modality's LocalAet.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.losses import losses, not_carried
from dicomcfg.core.formats.orthanc.orthanc_modality import NAME
from dicomcfg.core.formats.orthanc.orthanc_names import (
    CLASSES,
    KNOWN_SYNTAXES,
    LARGEST_PORT,
    MODALITIES,
    SYNTAXES,
    TITLE,
)
from dicomcfg.core.formats.orthanc.orthanc_reading import KNOWS, callers
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Ae, Association, Document, TransferCapability
from dicomcfg.core.wording import counted, listed

_FORBIDDEN: Final = re.compile(r"[^A-Za-z0-9_-]+")


def written_settings(document: Document) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """The settings in the order in which they are written, and what they cannot carry."""
    writing = _Writing(document)
    return writing.settings(), writing.findings()


class _Writing:
    """What is decided about a Document as a whole."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._lost: list[Finding] = []
        self._said: list[Finding] = []
        self._placed = [ae for ae in document.aes if self._is_modality(ae)]
        self._own = _own(document, {ae.key for ae in self._placed})
        self._local = self._local_titles()
        self._names = self._named()
        self._leave_out()

    def settings(self) -> dict[str, Any]:
        """The JSON object."""
        own = self._own
        found: dict[str, Any] = {}
        if own is not None:
            found["Name"] = self._names.get(own.key)
            found[TITLE] = own.ae_title
            found |= self._accepted(own)
        found = {key: value for key, value in found.items() if value is not None}
        return {**found, MODALITIES: {self._names[ae.key]: self._entry(ae) for ae in self._placed}}

    def findings(self) -> tuple[Finding, ...]:
        """All findings; those about single records before those about fields of all."""
        without = replace(
            self._document, aes=tuple(self._without_capabilities(a) for a in self._document.aes)
        )
        if any(pair.name for pair in self._document.associations):
            self._lose("association.name", "Orthanc has no place for the names of associations.")
        return (*self._lost, *losses(without, KNOWS), *_connections(self._placed), *self._said)

    def _without_capabilities(self, ae: Ae) -> Ae:
        return replace(ae, transfer_capabilities=())

    def _lose(self, place: str, message: str) -> None:
        self._lost.append(not_carried(place, message))

    def _is_modality(self, ae: Ae) -> bool:
        if not ae.connections:
            return False
        if ae.connections[0].port <= LARGEST_PORT:
            return True
        message = f"Orthanc refuses port {ae.connections[0].port}, so {clip(ae.key)} is left out."
        self._lose(f"aes[{ae.key}]", message)
        return False

    def _local_titles(self) -> dict[str, str]:
        """The title under which Orthanc calls an AE, by that AE's key."""
        others = [ae for ae in self._document.aes if not ae.connections and ae is not self._own]
        meant = callers(self._own, [*self._placed, *others])
        by_key = {ae.key: ae for ae in self._document.aes}
        modalities = {ae.key for ae in self._placed}
        local: dict[str, str] = {}
        for pair in self._document.associations:
            calling = by_key.get(pair.calling)
            is_meant = calling is not None and meant.get(calling.ae_title) is calling
            if calling is None or not is_meant or pair.called not in modalities:
                self._lose_pair(pair, "only who calls a modality has a place")
            elif pair.called in local:
                self._lose_pair(pair, "a modality has one calling title")
            else:
                local[pair.called] = calling.ae_title
        return local

    def _lose_pair(self, pair: Association, why: str) -> None:
        message = f"The association {clip(pair.calling)} to {clip(pair.called)} is left out: {why}."
        self._lose(f"associations[{pair.calling}:{pair.called}]", message)

    def _named(self) -> dict[str, str]:
        """The names of the modalities, and of Orthanc itself, by their AEs' keys."""
        devices = {device.key: device.name for device in self._document.devices}
        names: dict[str, str] = {}
        carried: set[str] = set()
        if self._own is not None:
            name = devices.get(self._own.device or "", "")
            if name not in ("", self._own.ae_title) and name.strip() and name.isprintable():
                names[self._own.key] = name
                carried.add(self._own.device or "")
        used = set(names.values())
        for ae in self._placed:
            name = devices.get(ae.device or "", "")
            is_free = ae.device not in carried and name not in used
            if is_free and NAME.fullmatch(name) and name != ae.ae_title:
                names[ae.key] = name
                carried.add(ae.device or "")
                used.add(name)
        for ae in self._placed:
            if ae.key not in names:
                device = None if ae.device in carried else devices.get(ae.device or "")
                names[ae.key] = _free(device or ae.ae_title, used)
                used.add(names[ae.key])
        self._tell_names(names, carried)
        return names

    def _tell_names(self, names: dict[str, str], carried: set[str]) -> None:
        """What is read back as another Device, as one that was not there, or as none."""
        kept: dict[str, str] = {}
        for device in self._document.devices:
            if device.key in carried:
                kept[device.key] = device.name
                continue
            message = f"The device {clip(device.name)} has no place: it is the name of no modality,"
            message += " or the AE title of one."
            self._lose(f"devices[{device.key}]", message)
        for ae in self._document.aes:
            name = kept.get(ae.device or "")
            if name is not None and names.get(ae.key, name) != name:
                message = f"{clip(ae.key)} loses its device {clip(name)}, which names another one."
                self._lose(f"aes[{ae.key}].device", message)
        added = [
            f"{clip(ae.key)} as {names[ae.key]}"
            for ae in self._placed
            if names[ae.key] not in (ae.ae_title, kept.get(ae.device or ""))
        ]
        if added:
            message = "Names of modalities hold letters, digits, - and _ only, each once: "
            message += f"{listed(added)}."
            self._lost.append(not_carried("devices.added", message, "Nothing needs doing."))

    def _leave_out(self) -> None:
        calling = {pair.calling for pair in self._document.associations}
        lost = {finding.path for finding in self._lost}
        kept = {
            pair.calling
            for pair in self._document.associations
            if f"associations[{pair.calling}:{pair.called}]" not in lost
        }
        for ae in self._document.aes:
            if f"aes[{ae.key}]" in lost:
                continue
            if ae.connections or ae is self._own or ae.key in kept:
                self._lose_capabilities(ae)
                continue
            why = "calls no modality" if ae.key in calling else "has no address"
            self._lose(f"aes[{ae.key}]", f"{clip(ae.key)} {why}, so it is left out.")

    def _lose_capabilities(self, ae: Ae) -> None:
        given = ae.transfer_capabilities
        if not given:
            return
        if ae is not self._own:
            what = counted(len(given), "transfer capability", "transfer capabilities")
            message = f"Orthanc has no place for the {what} of {clip(ae.key)}."
            self._lose(f"aes[{ae.key}].transfer_capabilities", message)
        elif merged(given) != given:
            message = f"Orthanc has one list of transfer syntaxes for all SOP Classes of {ae.key}, "
            message += "as SCP only: each is accepted with all of them."
            self._lose("ae.transfer_capabilities.merged", message)

    def _accepted(self, own: Ae) -> dict[str, list[str]]:
        capabilities = merged(own.transfer_capabilities)
        if not capabilities:
            return {}
        syntaxes = capabilities[0].transfer_syntaxes
        self._tell_versions(own, [uid for uid in syntaxes if uid not in KNOWN_SYNTAXES])
        return {
            SYNTAXES: list(syntaxes),
            CLASSES: [capability.sop_class for capability in capabilities],
        }

    def _tell_versions(self, own: Ae, unknown: list[str]) -> None:
        message = f"Orthanc before 1.12.6 ignores {CLASSES}, and accepts every storage class."
        self._said.append(Finding("orthanc-too-old", Severity.INFO, clip(own.key), message))
        for uid in unknown:
            message = f"Orthanc knows no transfer syntax {uid}; it ignores it."
            self._said.append(Finding("orthanc-uid-ignored", Severity.WARNING, uid, message))

    def _entry(self, ae: Ae) -> dict[str, Any]:
        connection = ae.connections[0]
        entry: dict[str, Any] = {
            "AET": ae.ae_title,
            "Host": connection.hostname,
            "Port": connection.port,
        }
        if connection.tls is not None:
            entry["UseDicomTls"] = True
        if ae.key in self._local:
            entry["LocalAet"] = self._local[ae.key]
        return entry


def merged(capabilities: tuple[TransferCapability, ...]) -> tuple[TransferCapability, ...]:
    """What Orthanc makes of capabilities: each SOP Class once, as SCP, with all transfer
    syntaxes in order of first mention."""
    given = [each for each in capabilities if each.role == "SCP"]
    syntaxes = tuple(dict.fromkeys(uid for each in given for uid in each.transfer_syntaxes))
    classes = dict.fromkeys(each.sop_class for each in given)
    return tuple(TransferCapability(uid, "SCP", syntaxes) for uid in classes)


def _connections(placed: list[Ae]) -> list[Finding]:
    """What is lost of connections that are written."""
    found = []
    further = sum(len(ae.connections[1:]) for ae in placed)
    if further:
        message = f"A modality has one address; {counted(further, 'further connection')} are lost."
        found.append(not_carried("ae.connections[1:]", message))
    named = {ae.connections[0].tls for ae in placed} - {None, "default"}
    if named:
        message = "Orthanc has one set of TLS settings, so the names of others are lost."
        found.append(not_carried("ae.connections.tls.spelling", message))
    return found


def _own(document: Document, placed: set[str]) -> Ae | None:
    """Which AE is Orthanc itself, as the module says."""
    without = [ae for ae in document.aes if not ae.connections]
    able = [ae for ae in without if any(c.role == "SCP" for c in ae.transfer_capabilities)]
    if not able:
        calling = {each.calling for each in document.associations if each.called in placed}
        able = [ae for ae in without if ae.key not in calling]
    return able[0] if len(able) == 1 else None


def _free(wished: str, taken: set[str]) -> str:
    """A name of Orthanc's grammar that nobody has."""
    name = _FORBIDDEN.sub("-", wished).strip("-") or "modality"
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free
