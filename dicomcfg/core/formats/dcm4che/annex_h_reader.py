"""From the nodes of an Annex H configuration to a Document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from dicomcfg.core.findings import Severity, has_errors
from dicomcfg.core.formats.dcm4che.annex_h import (
    DEVICE_ATTRIBUTES,
    AeNode,
    DeviceNode,
    Node,
    Notes,
    Said,
    Values,
)
from dicomcfg.core.formats.dcm4che.dcm4che_names import ANY, usable_transfer_syntaxes
from dicomcfg.core.formats.keys import unique_keys
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import (
    Ae,
    Association,
    Connection,
    Device,
    Document,
    TransferCapability,
)
from dicomcfg.core.standard.ae_title import check_ae_title, normalise_ae_title
from dicomcfg.core.standard.endpoint import (
    check_hostname,
    check_port,
    normalise_hostname,
    parse_port,
)
from dicomcfg.core.standard.uids import uid_problem

_ORDINAL: Final = re.compile(r"\{[0-9]{1,9}\}")
_JOINS: Final = {"software_version": "\\", "department": "; "}
_INFO: Final = Severity.INFO
_WARNING: Final = Severity.WARNING
_ERROR: Final = Severity.ERROR


class _Reader:
    """The records so far and what was noticed."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.devices: dict[str, Device] = {}
        self.aes: list[Ae] = []
        self.places: list[int | str | None] = []
        self.preferred: list[tuple[int, Said]] = []
        self._names: dict[str, str] = {}
        self._connected: dict[int, Connection | None] = {}

    def device(self, given: DeviceNode) -> None:
        """One device with its AEs."""
        device = self._described(given.node) if given.node else None
        state = device.state if device else "live"
        for each in given.aes:
            self._ae(each, device, state)
        named = {id(node) for each in given.aes for node in each.connections}
        for node in given.connections:
            if _protocol(node) != "DICOM":
                self.notes.note(f"protocol {_protocol(node)}", node)
            elif id(node) not in named:
                self.notes.note("unused", node)
        if device is not None:
            self.devices.setdefault(device.key, device)

    def _described(self, node: Node) -> Device | None:
        values = Values(node, self.notes)
        name = values.text("dicomDeviceName")
        if not name:
            message = "The device has no dicomDeviceName; its AEs are read without a device."
            self.notes.say("device-without-name", _ERROR, "device", message, at=node)
            return None
        about = {
            word: values.joined(attribute, _JOINS[word])
            if word in _JOINS
            else values.text(attribute)
            for word, attribute in DEVICE_ATTRIBUTES.items()
        }
        state = "live" if values.boolean("dicomInstalled", True) else "planned"
        values.all("dicomVendorData")
        values.rest()
        first = self._names.setdefault(name.casefold(), name)
        device = Device(first, first, state=state, **about)
        known = self.devices.get(first)
        if known is not None and known != device:
            message = f"The device {clip(name)} stands there twice; what is said first is used."
            self.notes.say("device-described-twice", _WARNING, name, message, at=node)
        return known or device

    def _ae(self, given: AeNode, device: Device | None, state: str) -> None:
        values = Values(given.node, self.notes)
        said = values.one("dicomAETitle")
        title = said.text if said else ""
        place = said or given.node
        problems = check_ae_title(title)
        self.notes.keep(problems, place)
        if has_errors(problems):
            return
        # An AE that does not say whether it is installed is what its device is (H.1.1.3).
        installed = values.boolean("dicomInstalled", state == "live")
        preferred = values.all("dicomPreferredCalledAETitle")
        self.preferred += [(len(self.aes), said) for said in preferred]
        self.places.append(place.line or place.path)
        self.aes.append(
            Ae(
                key="",
                ae_title=normalise_ae_title(title),
                device=device.key if device else None,
                description=values.text("dicomDescription"),
                state="live" if installed else "planned",
                association_initiator=values.boolean("dicomAssociationInitiator", True),
                association_acceptor=values.boolean("dicomAssociationAcceptor", True),
                connections=self._connections(given.connections),
                transfer_capabilities=self._capabilities(given.capabilities),
            )
        )
        values.all("dicomNetworkConnectionReference")
        values.rest()

    def _connections(self, nodes: Sequence[Node]) -> tuple[Connection, ...]:
        for node in nodes:
            if _protocol(node) == "DICOM" and id(node) not in self._connected:
                self._connected[id(node)] = self._connection(node)
        found = (self._connected.get(id(node)) for node in nodes)
        return tuple(dict.fromkeys(each for each in found if each))

    def _connection(self, node: Node) -> Connection | None:
        values = Values(node, self.notes)
        host, port = values.one("dicomHostname"), values.one("dicomPort")
        secured = any(said.text.strip() for said in values.all("dicomTLSCipherSuite"))
        installed = values.boolean("dicomInstalled", True)
        values.rest()
        hostname = normalise_hostname(host.text) if host else ""
        if not installed:
            message = f"The connection to {clip(hostname)} is not installed; it is left out."
            self.notes.say("connection-not-installed", _WARNING, hostname, message, at=node)
            return None
        if port is None:
            self.notes.note("without port", node)
            return None
        problems = check_hostname(hostname)
        self.notes.keep(problems, host or node)
        port_problems = check_port(port.text)
        self.notes.keep(port_problems, port)
        number = parse_port(port.text)
        if number is None or has_errors(problems):
            return None
        return Connection(hostname, number, "default" if secured else None)

    def _capabilities(self, nodes: Sequence[Node]) -> tuple[TransferCapability, ...]:
        found = [self._capability(node) for node in nodes]
        return tuple(each for each in found if each)

    def _capability(self, node: Node) -> TransferCapability | None:
        values = Values(node, self.notes)
        sop_class, role = values.one("dicomSOPClass"), values.one("dicomTransferRole")
        syntaxes = values.all("dicomTransferSyntax")
        preferred = [
            _ORDINAL.sub("", s.text)
            for s in sorted(values.all("dcmPreferredTransferSyntax"), key=_ordinal)
        ]
        values.rest()
        if sop_class is None or role is None:
            message = "A transfer capability lacks its SOP Class or its role; it is left out."
            self.notes.say("capability-incomplete", _ERROR, "capability", message, at=node)
            return None
        if sop_class.text == ANY:
            message = "A transfer capability for every SOP Class (*) has no place here; it is left "
            message += "out."
            self.notes.say("capability-of-anything", _WARNING, "*", message, at=sop_class)
            return None
        name = role.text.strip().upper()
        if name not in ("SCU", "SCP"):
            message = f"The role {clip(role.text)!r} is neither SCU nor SCP."
            self.notes.say("role-invalid", _ERROR, role.text, message, at=role)
            return None
        uid = self._uid(sop_class)
        wanted = self._syntaxes(syntaxes)
        if uid is None:
            return None
        if not wanted:
            message = f"The capability of {uid} has no transfer syntax; it is left out."
            self.notes.say("capability-incomplete", _ERROR, uid, message, at=node)
            return None
        return TransferCapability(uid, name, self._ordered(wanted, preferred, node))

    def _ordered(self, wanted: list[str], preferred: list[str], node: Node) -> tuple[str, ...]:
        if preferred:
            ranks = {uid: rank for rank, uid in reversed(list(enumerate(preferred)))}
            return tuple(sorted(wanted, key=lambda uid: ranks.get(uid, len(ranks))))
        if len(wanted) > 1:
            self.notes.note("order", node)
        return tuple(wanted)

    def _syntaxes(self, said: Sequence[Said]) -> list[str]:
        if any(each.text == ANY for each in said):
            self.notes.note("any syntax", said[0])
            return list(usable_transfer_syntaxes())
        return list(dict.fromkeys(uid for each in said if (uid := self._uid(each))))

    def _uid(self, said: Said) -> str | None:
        text = said.text.strip()
        problem = uid_problem(text)
        if problem is None:
            return text
        message = f"The UID {clip(text)!r} {problem}."
        self.notes.say("uid-invalid", _ERROR, text, message, "Correct the UID.", at=said)
        return None

    def associations(self, aes: Sequence[Ae]) -> tuple[Association, ...]:
        """Which AE prefers to call which, as far as both stand in the file."""
        keys: dict[str, str] = {}
        for ae in aes:
            keys.setdefault(ae.ae_title, ae.key)
        found: dict[tuple[str, str], None] = {}
        for index, said in self.preferred:
            called = keys.get(normalise_ae_title(said.text))
            if called is None:
                self.notes.note("unknown peer", said)
            else:
                found[aes[index].key, called] = None
        return tuple(Association(calling, called) for calling, called in found)


def _protocol(node: Node) -> str:
    found = node.values.get("dcmprotocol")
    return found[0].text.strip().upper()[:20] if found else "DICOM"


def _ordinal(said: Said) -> int:
    match = _ORDINAL.match(said.text)
    return int(match[0][1:-1]) if match else 0


def _say_counted(notes: Notes) -> None:
    for protocol, number, first in notes.all_counted("protocol "):
        message = f"Connections for {clip(protocol)} instead of DICOM are left out: {number:,}."
        notes.say("connection-not-dicom", _INFO, protocol, message, at=first)
    for kind, number, first in notes.all_counted("entry "):
        message = f"Entries of the kind {clip(kind)} say nothing of AEs; left out: {number:,}."
        notes.say("entry-ignored", _INFO, kind, message, at=first)
    for name, number, first in notes.all_counted("attribute "):
        message = f"The attribute {clip(name)} has no place here; values left out: {number:,}."
        notes.say("attribute-ignored", _INFO, name, message, at=first)
    for what, code, message in (
        (
            "without port",
            "connection-without-port",
            "Connections without a port, where nothing listens, give no address",
        ),
        ("unused", "connection-unused", "Connections that no AE names are left out"),
        (
            "unknown peer",
            "preferred-called-unknown",
            "Preferred called AE titles of no AE in this file give no association",
        ),
        (
            "any syntax",
            "transfer-syntax-any",
            f"Every transfer syntax (*) is read as the {len(usable_transfer_syntaxes())} that are "
            "registered and not retired; capabilities concerned",
        ),
    ):
        number, first = notes.counted(what)
        if number:
            notes.say(code, _INFO, what, f"{message}: {number:,}.", at=first)


def document(format_name: str, given: Sequence[DeviceNode], notes: Notes) -> Document:
    """All devices with their AEs as a Document; `notes` may hold findings from before."""
    reader = _Reader(notes)
    for each in given:
        reader.device(each)
    aes = unique_keys(reader.aes)
    associations = reader.associations(aes)
    _say_counted(notes)
    return Document(
        format_name,
        devices=tuple(reader.devices.values()),
        aes=tuple(aes),
        associations=associations,
        findings=notes.all(),
        places={
            ae.key: place for ae, place in zip(aes, reader.places, strict=True) if place is not None
        },
    )
