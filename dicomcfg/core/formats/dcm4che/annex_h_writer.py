"""From a Document to the devices of an Annex H configuration, with what gets lost.

The tree holds what is written and in which order; LDIF and JSON give it their form.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from dicomcfg.core.findings import Finding, Severity, has_errors
from dicomcfg.core.formats.dcm4che.annex_h import DEVICE_ATTRIBUTES, KNOWS
from dicomcfg.core.formats.dcm4che.ldap_names import in_one_spelling
from dicomcfg.core.formats.losses import losses, not_carried
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Ae, Connection, Device, Document
from dicomcfg.core.standard.ae_title import check_ae_title
from dicomcfg.core.standard.uids import name_of

PLACEHOLDER: Final = "localhost"
"""The host of an AE without an address: a connection must have one (H.1.1.2)."""
CIPHER_SUITES: Final = (
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
)
"""What stands for TLS with its default settings, by Java's names (PS3.15 B.12)."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9 ()/&_.\-]+")


@dataclass(frozen=True, slots=True)
class Place:
    """A network connection; without a port nothing listens there."""

    cn: str
    hostname: str
    port: int | None = None
    secured: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A transfer capability under its name, which is unique in its AE."""

    cn: str
    sop_class: str
    role: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(slots=True)
class Box:
    """A device: its name, its attributes in order, its connections."""

    name: str
    installed: bool
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    places: list[Place] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Node:
    """An AE as it is written: which of its box's places it names, whom it calls, what it offers.

    `installed` is None where it is what its device's is.
    """

    ae: Ae
    box: Box
    places: tuple[Place, ...]
    installed: bool | None
    called: tuple[str, ...]
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """Everything that is written, AEs in the Document's order."""

    boxes: tuple[Box, ...]
    nodes: tuple[Node, ...]
    findings: tuple[Finding, ...]


class _Planter:
    """Builds the tree and gathers what is lost or changed."""

    def __init__(self, document: Document) -> None:
        self.findings = list(losses(document, KNOWS))
        self._document = document
        self._names: set[str] = set()
        self.boxes: dict[str, Box] = {}
        self._made: list[Box] = []
        self._placeless: list[str] = []

    def tree(self) -> Tree:
        """The whole of it."""
        document = self._document
        for device in document.devices:
            self.boxes[device.key] = self._box(device)
        aes = self._distinct(document.aes)
        called = self._called({ae.key: ae.ae_title for ae in aes})
        nodes = tuple(self._node(ae, tuple(called.get(ae.key, ()))) for ae in aes)
        self._say_changes(aes)
        return Tree((*self.boxes.values(), *self._made), nodes, tuple(self.findings))

    def _free(self, wanted: str) -> str:
        """The name, or with a number behind; a directory compares names without regard to case."""
        name, number = wanted, 1
        while in_one_spelling(name) in self._names:
            number += 1
            name = f"{wanted}-{number}"
        self._names.add(in_one_spelling(name))
        return name

    def _box(self, device: Device) -> Box:
        wanted = device.name.strip() or device.key.strip() or "device"
        name = self._free(wanted)
        if name != device.name:
            message = f"The device {clip(device.name)!r} is written as {clip(name)!r}: names are "
            message += "unique without regard to case, and have no spaces around."
            self.findings.append(not_carried("device.name.spelling", message))
        said = (
            (attribute, _values(word, getattr(device, word)))
            for word, attribute in DEVICE_ATTRIBUTES.items()
        )
        attributes = tuple((attribute, values) for attribute, values in said if values)
        return Box(name, device.state == "live", attributes)

    def _distinct(self, aes: Sequence[Ae]) -> list[Ae]:
        kept: dict[str, Ae] = {}
        for ae in aes:
            if has_errors(check_ae_title(ae.ae_title)):
                message = f"{clip(ae.ae_title)!r} is no AE title; the AE is left out."
            elif ae.ae_title in kept:
                message = f"Another AE bears the title {ae.ae_title}, which may stand once in a "
                message += "configuration; this one is left out."
            else:
                kept[ae.ae_title] = ae
                continue
            self.findings.append(not_carried(f"aes[{ae.key}]", message))
        return list(kept.values())

    def _called(self, titles: dict[str, str]) -> dict[str, list[str]]:
        called: dict[str, list[str]] = {}
        for each in self._document.associations:
            if each.calling in titles and each.called in titles:
                wanted = called.setdefault(each.calling, [])
                wanted.append(titles[each.called])
        return {key: list(dict.fromkeys(wanted)) for key, wanted in called.items()}

    def _node(self, ae: Ae, called: tuple[str, ...]) -> Node:
        box = self.boxes.get(ae.device) if ae.device is not None else None
        live = ae.state == "live"
        if box is None:
            box = Box(self._free(ae.ae_title), live)
            self._made.append(box)
        if not ae.connections:
            self._placeless.append(ae.ae_title)
        places = dict.fromkeys(_placed(box, each) for each in ae.connections or (None,))
        installed = None if live == box.installed else live
        return Node(ae, box, tuple(places), installed, called, self._offers(ae))

    def _offers(self, ae: Ae) -> tuple[Offer, ...]:
        found: list[Offer] = []
        taken: Counter[str] = Counter()
        for index, each in enumerate(ae.transfer_capabilities):
            syntaxes = tuple(dict.fromkeys(each.transfer_syntaxes))
            if not syntaxes:
                place = f"aes[{ae.key}].transfer_capabilities[{index}]"
                message = f"{ae.ae_title} has a capability without a transfer syntax; left out."
                self.findings.append(not_carried(place, message))
                continue
            name = name_of(each.sop_class)
            wanted = f"{name if _PLAIN.fullmatch(name) else each.sop_class} {each.role}"
            taken[in_one_spelling(wanted)] += 1
            number = taken[in_one_spelling(wanted)]
            cn = f"{wanted} {number}" if number > 1 else wanted
            found.append(Offer(cn, each.sop_class, each.role, syntaxes))
        return tuple(found)

    def _say_changes(self, aes: Sequence[Ae]) -> None:
        sections = (("device", self._document.devices), ("ae", aes))
        for word, records in sections:
            number = sum(record.state == "retired" for record in records)
            if number:
                message = f"{number:,} retired {word}{'s are' if number > 1 else ' is'} written as "
                message += "not installed, as planned ones are."
                self.findings.append(not_carried(f"{word}.state.spelling", message))
        number = sum(bool(each.name) for each in self._document.associations)
        if number:
            message = f"The name{'s' if number > 1 else ''} of {number:,} "
            message += f"association{'s have' if number > 1 else ' has'} no place."
            self.findings.append(not_carried("association.name", message))
        if self._made:
            number = len(self._made)
            message = f"{number:,} AE{'s are' if number > 1 else ' is'} written under "
            message += "devices of their own names, since an AE must have one."
            self.findings.append(not_carried("devices.added", message))
        names = {c.tls for ae in aes for c in ae.connections} - {None, "default"}
        if names:
            message = "That a connection is secured is written, by which settings is not."
            self.findings.append(not_carried("ae.connections.tls.spelling", message))
        if self._placeless:
            shown = ", ".join(self._placeless[:3]) + (" ..." if len(self._placeless) > 3 else "")
            message = f"{len(self._placeless):,} of the AEs ({shown}) have no address; a "
            message += f"connection to {PLACEHOLDER} without a port is written, which says that "
            message += "nothing listens."
            self.findings.append(Finding("address-made", Severity.INFO, PLACEHOLDER, message))
        if any(c.tls for ae in aes for c in ae.connections):
            message = "Secured connections are written with the cipher suites of the BCP 195 "
            message += "profile."
            remedy = "Change them where the device is older."
            info = Severity.INFO
            self.findings.append(
                Finding("cipher-suites-chosen", info, "TLS", message, remedy, "PS3.15 B.12")
            )


def _placed(box: Box, connection: Connection | None) -> Place:
    """The place of a connection among its box's, made where there is none yet."""
    if connection is None:
        wanted = Place("", PLACEHOLDER)
    else:
        secured = connection.tls is not None
        wanted = Place("", connection.hostname, connection.port, secured)
    for place in box.places:
        if replace(place, cn="") == wanted:
            return place
    stem = "dicom-tls" if wanted.secured else "dicom"
    number = sum(place.secured == wanted.secured for place in box.places) + 1
    place = replace(wanted, cn=f"{stem}-{number}" if number > 1 else stem)
    box.places.append(place)
    return place


def _values(word: str, text: str) -> tuple[str, ...]:
    """The values of a text: software versions are several where backslashes part them."""
    if not text.strip():
        return ()
    parts = text.split("\\") if word == "software_version" else [text]
    distinct = {in_one_spelling(part) for part in parts}
    return tuple(parts) if len(distinct) == len(parts) and "" not in distinct else (text,)


def tree_of(document: Document) -> Tree:
    """What of a Document is written, and findings for what is not."""
    return _Planter(document).tree()
