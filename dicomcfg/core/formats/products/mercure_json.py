"""The targets of `mercure.json`: by name, `target_type` `dicom`, `dicomtls` or something else.

mercure reads strict JSON and checks titles, hosts and ports by rules of its own. A target that
fails them stops it, unless the target names no type: then it becomes a dummy, which sends nothing.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.bounded import Place
from dicomcfg.core.formats.losses import not_carried
from dicomcfg.core.formats.products.ae_entries import Entry, Gathering, left_out, listed
from dicomcfg.core.formats.syntax.json_plain import parse, text_of
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Ae, Connection, Document

NAME: Final = "mercure-json"
KNOWS: Final = frozenset(
    {
        *("ae.connections", "ae.connections.tls", "ae.description"),
        *("ae.device", "device.name"),
    }
)
_PLAIN, _TLS = "dicom", "dicomtls"
_TITLE: Final = re.compile(r"[A-Za-z0-9_\-]{0,16}")
_HOST: Final = re.compile(r"[A-Za-z0-9.\-]+")
_OURS: Final = {"ip", "port", "aet_target"}
_TLS_FILES: Final = ("tls_key", "tls_cert", "ca_cert")
_UNKEPT: Final = {
    "contact": "",
    "direction": "push",
    "pass_sender_aet": False,
    "pass_receiver_aet": False,
}
_LONGEST_NAME: Final = 128


class _Reader:
    def __init__(self) -> None:
        self.found = Gathering()

    def target(self, name: str, target: dict[str, Any]) -> None:
        """One target."""
        place = Place(path=f"targets.{clip(name)}")
        kind = target.get("target_type", _PLAIN)
        if kind not in (_PLAIN, _TLS):
            self.found.unkept(f"a target of the type {clip(str(kind), 20)}", place)
            return
        if "target_type" not in target and not target.keys() & _OURS:
            self.found.unkept("a target that is not DICOM", place)
            return
        title, host = text_of(target.get("aet_target")), text_of(target.get("ip"))
        source, port = text_of(target.get("aet_source")), text_of(target.get("port"))
        self._refused(name, target, kind, place)
        for key, usual in _UNKEPT.items():
            if target.get(key, usual) not in (usual, None, ""):
                self.found.unkept(key, place)
        if any(target.get(key) for key in _TLS_FILES):
            self.found.unkept("which files hold keys and certificates", place)
        entry = Entry(
            title,
            host,
            port,
            place,
            name=name,
            description=text_of(target.get("comment")),
            tls="default" if kind == _TLS else None,
        )
        called = self.found.add(entry)
        if source.strip():
            own = Entry(source, None, "", place, acceptor=False)
            self.found.pair(self.found.add_or_find(own), called, name)

    def _refused(self, name: str, target: dict[str, Any], kind: str, place: Place) -> None:
        """Say so where mercure takes a target for something else, or stops at it."""
        wrong = [
            key
            for key in ("aet_target", "aet_source")
            if not _TITLE.fullmatch(text_of(target.get(key, "")))
        ]
        if kind == _PLAIN and not _HOST.fullmatch(text_of(target.get("ip")) or "x"):
            wrong.append("ip")
        wrong += [key for key in ("ip", "port", "aet_target") if target.get(key) is None]
        if not wrong:
            return
        what = ", ".join(dict.fromkeys(wrong))
        message = f"mercure does not take the {what} of this target"
        if "target_type" in target:
            message += ", and refuses the whole file at it."
        else:
            message += ", and since the target names no type it becomes a dummy that sends nothing."
        remedy = "Titles are letters, digits, - and _; hosts letters, digits, - and dots."
        self.found.warn("mercure-refuses-target", name, message, remedy, place)


def read(source: Source) -> Document:
    """DICOM targets as AEs, and their own calling titles with the association that they make."""
    reader = _Reader()
    parsed = parse(source.text)
    reader.found.keep(parsed.findings)
    for name in parsed.repeated:
        message = f"The name {clip(name)!r} stands twice in one object; the last one counts."
        reader.found.warn("json-name-repeated", name, message, "Keep one of the two.")
    if parsed.findings:
        return reader.found.document(NAME)
    targets = parsed.value.get("targets") if isinstance(parsed.value, dict) else None
    if not isinstance(targets, dict):
        message = "There is no object targets."
        reader.found.say("mercure-no-targets", Severity.ERROR, "targets", message)
        return reader.found.document(NAME)
    for name, target in targets.items():
        if isinstance(target, dict):
            reader.target(name, target)
        else:
            place = Place(path=f"targets.{clip(name)}")
            message = "This is not an object, as a target is."
            reader.found.say("json-wrong-type", Severity.ERROR, name, message, at=place)
    return reader.found.document(NAME)


def _problem(ae: Ae, connection: Connection) -> str | None:
    if not _TITLE.fullmatch(ae.ae_title):
        return "holds characters that mercure does not take in a title"
    if not _HOST.fullmatch(connection.hostname):
        return "has a host that mercure does not take"
    return None


class _Names:
    """A name for each target: its device's where that is the AE's own, else its title."""

    def __init__(self, document: Document, entries: list[tuple[Ae, Connection]]):
        used = [ae.device for ae, _ in entries]
        titles = {ae.ae_title for ae, _ in entries}
        self._taken: set[str] = set()
        self._names: dict[str, str] = {}
        self._added = False
        self.findings: list[Finding] = []
        for device in document.devices:
            name = device.name
            is_plain = name not in titles | self._taken and name == name.strip()[:_LONGEST_NAME]
            if used.count(device.key) == 1 and is_plain and name:
                self._names[device.key] = name
                self._taken.add(name)
            else:
                message = f"A target has one name and one AE, so the device {clip(name)} is lost."
                self.findings.append(not_carried(f"devices[{device.key}]", message))

    def of(self, ae: Ae) -> str:
        """The name of an AE's target."""
        if ae.device in self._names:
            return self._names[ae.device]
        name, number = ae.ae_title, 1
        while name in self._taken:
            number += 1
            name = f"{ae.ae_title} {number}"
        if number > 1 and not self._added:
            self._added = True
            message = "Targets with one title are told apart by names that read as devices."
            self.findings.append(not_carried("devices.added", message))
        self._taken.add(name)
        return name


def write(document: Document) -> Written:
    """An object with `targets` alone, for mercure has defaults for all else."""
    kept = listed(document, KNOWS, tls="yes")
    found = list(kept.findings)
    entries = []
    for ae, connection in kept.entries:
        problem = _problem(ae, connection)
        if problem:
            found.append(left_out(ae, problem))
        else:
            entries.append((ae, connection))
    names = _Names(document, entries)
    targets = {names.of(ae): _target(ae, connection) for ae, connection in entries}
    if any(connection.tls for _, connection in entries):
        message = "The files with key and certificates of TLS are left empty."
        remedy = "Fill in tls_key, tls_cert and ca_cert, without which mercure cannot connect."
        found.append(Finding("mercure-tls-files", Severity.WARNING, "targets", message, remedy))
    text = json.dumps({"targets": targets}, indent=4, ensure_ascii=False)
    return Written.of(f"{text}\n", (*found, *names.findings))


def _target(ae: Ae, connection: Connection) -> dict[str, str]:
    target = {
        "target_type": _TLS if connection.tls else _PLAIN,
        "ip": connection.hostname,
        "port": str(connection.port),
        "aet_target": ae.ae_title,
        "aet_source": "",
        "comment": ae.description,
    }
    return {**target, **dict.fromkeys(_TLS_FILES, "")} if connection.tls else target


def detect(source: Source) -> float:
    """Sure of targets with their own keys."""
    text = source.text[:1_000_000]
    if not text.lstrip().startswith("{") or '"targets"' not in text:
        return 0.0
    return 0.95 if '"aet_target"' in text else 0.8 if '"appliance_name"' in text else 0.4


FORMAT: Final = Format(
    name=NAME,
    title="mercure.json",
    detect=detect,
    read=read,
    write=write,
    suffix=".json",
    knows=KNOWS,
)
