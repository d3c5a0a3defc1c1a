"""A dcmqrscp.cfg from AEs: those with an address as peers, the archive's own in AETable.

The archive's own AEs are those that accept and have no address, and those at the address of the
first AE with one that an association calls: dcmqrscp is one listener on one port.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.base import Written
from dicomcfg.core.formats.dcmtk.dcmqrscp_lines import GAPS, LONGEST_LINE_BYTES, QUOTES, quoted
from dicomcfg.core.formats.losses import losses, not_carried
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Ae, Association, Connection, Device, Document

NAME: Final = "dcmqrscp"
DEFAULT_PORT: Final = 104
KNOWS: Final = frozenset(
    {
        *("ae.connections", "ae.device", "device.manufacturer"),
        *("association.calling", "association.called"),
    }
)
_UNSPEAKABLE: Final = re.compile(r"[\"'(),\x00-\x1f\x7f\x85\u2028\u2029]+")
_ROOM_BYTES: Final = LONGEST_LINE_BYTES - 60
_LONGEST_NAME_BYTES: Final = 120


def write(document: Document) -> Written:
    """The three tables; a finding for every loss and for what had to be assumed."""
    plan = _Plan(document)
    findings = [*plan.findings, *losses(plan.kept(), KNOWS)]
    if plan.own:
        message = "Folder, access and quota of each own title are assumed: "
        message += "/var/lib/dcmtk/db/TITLE RW (1000, 4096mb)."
        remedy = "Change them to what the archive has, and make the folders."
        findings.append(Finding("dcmqrscp-assumed", Severity.INFO, "AETable", message, remedy))
    return Written.of(plan.text(), tuple(findings))


def _is_word(text: str) -> bool:
    """Whether a text can stand inside a triple."""
    return not any(c in GAPS or c in QUOTES for c in text)


def _name(text: str) -> str:
    """A symbol or vendor without what ends one, and within a line."""
    name = " ".join(_UNSPEAKABLE.sub(" ", text).split())
    while len(name.encode()) > _LONGEST_NAME_BYTES:
        name = name[:-1]
    return name.strip()


class _Plan:
    """Which AE goes where, and what is lost by it."""

    def __init__(self, document: Document) -> None:
        self.findings: list[Finding] = []
        self._document = document
        self._titles = Counter(ae.ae_title for ae in document.aes)
        called = {pair.called for pair in document.associations}
        places = (self._place(ae) for ae in document.aes if ae.key in called)
        self._here = next(filter(None, places), None)
        self.own = [ae for ae in document.aes if self._is_own(ae, called)]
        self._peers = [ae for ae in document.aes if self._place(ae)]
        self._callers = self._called_by()
        self._symbols: dict[str, list[Ae]] = {}
        self._groups: list[str] = []
        self._name_all()
        self._lose()

    def _place(self, ae: Ae) -> Connection | None:
        """The address of an AE that can be a peer."""
        speakable = _is_word(ae.ae_title)
        return ae.connections[0] if ae.connections and speakable else None

    def _is_own(self, ae: Ae, called: set[str]) -> bool:
        if self._titles[ae.ae_title] > 1 or QUOTES & set(ae.ae_title):
            return False
        place = self._place(ae)
        if place is None:
            return ae.association_acceptor and not ae.connections
        return ae.key in called and self._at(place) == self._at(self._here)

    @staticmethod
    def _at(place: Connection | None) -> tuple[str, int] | None:
        return (place.hostname, place.port) if place else None

    def _called_by(self) -> dict[str, list[Ae]]:
        """The AEs that may call each own AE, by its key."""
        peers = {ae.key: ae for ae in self._peers}
        own = {ae.key for ae in self.own}
        callers: dict[str, list[Ae]] = {}
        for pair in self._document.associations:
            if pair.called in own and pair.calling in peers:
                callers.setdefault(pair.called, []).append(peers[pair.calling])
            else:
                self._say_pair(pair)
        return callers

    def _say_pair(self, pair: Association) -> None:
        key = f"{pair.calling}:{pair.called}"
        message = f"{clip(key)} is left out: only calls of AEs with an address to the archive's "
        message += "own titles have a place."
        self.findings.append(not_carried(f"associations[{key}]", message))

    def _name_all(self) -> None:
        """A symbol for each Device and for each title without one."""
        devices = {device.key: device for device in self._document.devices}
        respelt = added = False
        for ae in self._peers:
            device = devices.get(ae.device or "")
            wanted = self._wanted(ae, device)
            name = self._symbol(ae, device, wanted)
            self._symbols.setdefault(name, []).append(ae)
            respelt = respelt or (device is not None and name != device.name)
            added = added or (device is None and name != ae.ae_title)
        if respelt:
            message = "Symbols are spelt without quotation marks, commas and brackets, each once."
            self.findings.append(not_carried("device.name.spelling", message))
        if added:
            message = "Symbols that differ from the AE title read as Devices again."
            self.findings.append(not_carried("devices.added", message))

    def _wanted(self, ae: Ae, device: Device | None) -> str:
        return (_name(device.name) or "device") if device else ae.ae_title

    def _symbol(self, ae: Ae, device: Device | None, wanted: str) -> str:
        """The first free symbol: one of the same Device, or title, with room on its line."""
        number, name = 1, wanted
        while held := self._symbols.get(name):
            first = held[0]
            same = first.device == ae.device and (
                device is not None or first.ae_title == ae.ae_title
            )
            if same and len(_entry(name, [*held, ae]).encode()) < LONGEST_LINE_BYTES:
                return name
            number += 1
            name = f"{wanted}-{number}"
        return name

    def _lose(self) -> None:
        """What is said of AEs and Devices without a place, and of what an entry cannot hold."""
        listed = {ae.key for ae in (*self._peers, *self.own)}
        for ae in self._document.aes:
            if ae.key not in listed:
                message = (
                    f"{clip(ae.key)} is left out: a peer needs an address and a title without "
                )
                message += "blanks, quotation marks, = and commas."
                self.findings.append(not_carried(f"aes[{ae.key}]", message))
        self._lose_devices()
        kept = self.kept()
        if any(len(ae.connections) > 1 for ae in kept.aes):
            message = "Only the first address of an AE has a place."
            self.findings.append(not_carried("ae.connections[1:]", message))
        if any(each.tls for ae in kept.aes for each in ae.connections[:1]):
            message = "The file says nothing of TLS."
            self.findings.append(not_carried("ae.connections.tls", message))
        vendors = [device.manufacturer for device in kept.devices if device.manufacturer]
        if any(_name(vendor) != vendor for vendor in vendors):
            message = "Vendors are spelt without quotation marks, commas and brackets."
            self.findings.append(not_carried("device.manufacturer.spelling", message))

    def _lose_devices(self) -> None:
        used = {ae.device for ae in self._peers}
        for ae in self.own:
            if ae.device and not ae.connections and ae.device in used:
                message = f"The Device of {clip(ae.key)}, which is in AETable only, has no place."
                self.findings.append(not_carried(f"aes[{ae.key}].device", message))
        for device in self._document.devices:
            mine = [ae for ae in self._peers if ae.device == device.key]
            if not mine or (
                all(ae.ae_title == _name(device.name) for ae in mine) and not device.manufacturer
            ):
                message = f"{clip(device.name)} is left out: a Device is the symbol of AEs with an "
                message += "address that are called otherwise."
                self.findings.append(not_carried(f"devices[{device.key}]", message))

    def kept(self) -> Document:
        """The Document without the records that were left out."""
        gone = {finding.path for finding in self.findings}
        return replace(
            self._document,
            devices=tuple(d for d in self._document.devices if f"devices[{d.key}]" not in gone),
            aes=tuple(ae for ae in self._document.aes if f"aes[{ae.key}]" not in gone),
            associations=tuple(
                pair
                for pair in self._document.associations
                if f"associations[{pair.calling}:{pair.called}]" not in gone
            ),
        )

    def text(self) -> str:
        """The file."""
        port = self._here.port if self._here else DEFAULT_PORT
        own = [self._own_line(ae) for ae in self.own]
        hosts = [_entry(name, aes) for name, aes in self._symbols.items()]
        blocks = [
            ["# Configuration of dcmqrscp", f"NetworkTCPPort  = {port}"],
            ["HostTable BEGIN", *hosts, *self._groups, "HostTable END"],
            ["VendorTable BEGIN", *self._vendors(), "VendorTable END"],
            ["AETable BEGIN", *own, "AETable END"],
        ]
        return "\n\n".join("\n".join(block) for block in blocks) + "\n"

    def _vendors(self) -> Iterator[str]:
        devices = {device.key: device for device in self._document.devices}
        for name, aes in self._symbols.items():
            device = devices.get(aes[0].device or "")
            vendor = _name(device.manufacturer) if device else ""
            if vendor:
                yield f'"{vendor}" = {quoted(name)}'

    def _own_line(self, ae: Ae) -> str:
        folder = re.sub(r"[^A-Za-z0-9._-]", "_", ae.ae_title).lstrip(".") or "_"
        start = f"{quoted(ae.ae_title)} /var/lib/dcmtk/db/{folder} RW (1000, 4096mb) "
        callers = self._callers.get(ae.key)
        if not callers:
            return f"{start}ANY"
        return start + ", ".join(self._fitting([_triple(each) for each in callers], ae.ae_title))

    def _fitting(self, values: list[str], title: str) -> list[str]:
        """The values, or symbols for groups of them where they would not fit a line."""
        while len(", ".join(values).encode()) > _ROOM_BYTES - 80:
            groups: list[list[str]] = [[]]
            for value in values:
                if len(", ".join((*groups[-1], value)).encode()) > _ROOM_BYTES:
                    groups.append([])
                groups[-1].append(value)
            names = [self._group(group, title) for group in groups]
            values = names
        return values

    def _group(self, values: list[str], title: str) -> str:
        taken = {*self._symbols, *(line.split(" = ")[0].strip('"') for line in self._groups)}
        number = len(self._groups) + 1
        while (name := f"{_name(title)}-callers-{number}") in taken:
            number += 1
        self._groups.append(f"{quoted(name)} = {', '.join(values)}")
        return quoted(name)


def _triple(ae: Ae) -> str:
    place = ae.connections[0]
    return f"({ae.ae_title}, {place.hostname}, {place.port})"


def _entry(name: str, aes: Iterable[Ae]) -> str:
    return f"{quoted(name)} = {', '.join(map(_triple, aes))}"
