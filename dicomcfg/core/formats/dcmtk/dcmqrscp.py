"""dcmqrscp.cfg: the peers, storage areas and permissions of DCMTK's archive.

HostTable gives symbols to triples of AE title, host and port: peers, whose Device bears the
symbol. AETable lists the archive's own titles and who may call them: AEs that listen on
NetworkTCPPort, and associations to them. An own title that HostTable has at that port is the
same AE. VendorTable gives manufacturers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from dicomcfg.core.findings import Severity, has_errors
from dicomcfg.core.formats.base import Format, Source
from dicomcfg.core.formats.bounded import Findings
from dicomcfg.core.formats.dcmtk.dcmqrscp_lines import (
    MAXIMUM_LINES,
    Line,
    after_mnemonic,
    lines_of,
    values_of,
)
from dicomcfg.core.formats.dcmtk.dcmqrscp_writer import DEFAULT_PORT, KNOWS, NAME, write
from dicomcfg.core.formats.dcmtk.dcmtk_xf_said import BOMS
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Ae, Association, Connection, Device, Document
from dicomcfg.core.standard.ae_title import check_ae_title
from dicomcfg.core.standard.endpoint import check_hostname, check_port, is_address

REFUSED: Final = "dcmqrscp does not start with this file."
_MAXIMUM_BYTES: Final = 5_000_000
_MOST_PEERS: Final = 5_000
_MOST_REFERENCES: Final = 100_000
_TABLES: Final = ("HostTable", "VendorTable", "AETable")
_IGNORED: Final = {
    *("ApplicationTitle", "ApplicationContext", "ImplementationClass", "ImplementationVersion"),
    *("NetworkType", "UserName", "GroupName", "MaxPDUSize", "MaxAssociations", "Display"),
    *("DisplayPort", "SpecificCharacterSet"),
}
_HEAD: Final = re.compile(r"(?m)^(?:HostTable|VendorTable|AETable)\s+BEGIN\b")
_WRITABLE: Final = {"RW", "WR", "W", "R"}


class _Peer(NamedTuple):
    title: str
    hostname: str
    port: int


class _Reader:
    """What the tables said, in order."""

    def __init__(self, text: str) -> None:
        self.found = Findings()
        self._lines = lines_of(text)
        self.port = DEFAULT_PORT
        self._symbols: dict[str, tuple[_Peer, ...]] = {}
        self._references = 0
        self._device_of: dict[_Peer, str] = {}
        self._vendors: dict[_Peer, str] = {}
        self._own: dict[str, tuple[_Peer, ...] | None] = {}

    @property
    def _is_full(self) -> bool:
        """Whether more peers are named than are read, so that reading on is in vain."""
        return self._references > _MOST_REFERENCES

    def _refuse(self, code: str, line: Line, message: str, remedy: str, *, sure: bool) -> None:
        severity = Severity.WARNING if sure else Severity.ERROR
        subject = (line.words or [""])[0]
        self.found.say(code, severity, subject, f"{message} {REFUSED}", remedy, line.number)

    def read(self) -> None:
        """The whole file."""
        for line in self._lines:
            if self._is_full:
                break
            if self._is_passed(line) or not line.words:
                continue
            word = line.words[0]
            if word in _TABLES:
                self._read_table(word, line)
            elif word == "NetworkTCPPort":
                self._read_port(line)
            elif word not in _IGNORED:
                message = f"{clip(word)!r} is no setting that dcmqrscp knows."
                remedy = "Correct its spelling, case included; a blank parts a name from its =."
                if word.startswith("#"):
                    remedy = "Begin the comment in the first column."
                sure = word.startswith("#") or "=" in word
                self._refuse("dcmqrscp-setting-unknown", line, message, remedy, sure=sure)
                if word.startswith("NetworkTCPPort="):
                    self._read_port(replace(line, text=line.text.replace("=", " = ", 1)))

    def _is_passed(self, line: Line) -> bool:
        if line.is_too_long:
            message = "The line has more than 511 bytes; dcmqrscp reads the rest as another line."
            remedy = "Part it into several symbols, or shorten the comment."
            sure = line.is_skipped
            self._refuse("dcmqrscp-line-too-long", line, message, remedy, sure=sure)
            return True
        if line.number == MAXIMUM_LINES:
            message = f"Only the first {MAXIMUM_LINES:,} lines were read."
            self.found.say("too-many-lines", Severity.ERROR, "file", message, "", line.number)
        return line.is_skipped

    def _read_port(self, line: Line) -> None:
        text = after_mnemonic(line.text).strip()
        found = check_port(text)
        if has_errors(found):
            message = f"{clip(text)!r} is not a TCP port; dcmqrscp listens elsewhere than it looks."
            remedy = "Give a whole number from 1 to 65535."
            self.found.say("port-invalid", Severity.ERROR, text, message, remedy, line.number)
            return
        self.port = int(text)

    def _read_table(self, table: str, first: Line) -> None:
        if first.words[1:2] != ["BEGIN"]:
            message = f"{table} is not followed by BEGIN here."
            self._refuse("dcmqrscp-table-unfinished", first, message, "Correct it.", sure=False)
            return
        if table == "AETable" and self._own:
            message = "There is a second AETable: dcmqrscp forgets the first one."
            remedy = "Join the two."
            self.found.say(
                "dcmqrscp-table-repeated", Severity.WARNING, table, message, remedy, first.number
            )
            self._own = {}
        for line in self._lines:
            if self._is_full:
                return
            if self._is_passed(line):
                continue
            if line.words[:1] == [table]:
                if line.words[1:2] == ["END"]:
                    return
                message = f"{table} ends with {clip(' '.join(line.words))!r}."
                remedy = f"Write {table} END."
                self._refuse("dcmqrscp-table-unfinished", line, message, remedy, sure=False)
                return
            if self._is_regular(table, line):
                self._read_entry(table, line)
        message = f"{table} has no {table} END."
        self._refuse("dcmqrscp-table-unfinished", first, message, f"Add {table} END.", sure=True)

    def _is_regular(self, table: str, line: Line) -> bool:
        """Whether a line begins in the first column; others break the file, wherever plain."""
        if line.text[:1] not in (" ", "\t"):
            return True
        is_blank = not line.words
        what = "is blank but not empty" if is_blank else "is indented"
        message = f"A line inside {table} {what}; dcmqrscp takes it for an entry without a name."
        remedy = "Empty it." if is_blank else "Begin it in the first column."
        self._refuse("dcmqrscp-line-indented", line, message, remedy, sure=True)
        return bool(line.words) and line.words[0][:1] != "#"

    def _read_entry(self, table: str, line: Line) -> None:
        values = list(values_of(line.text.strip()))
        if table == "AETable":
            self._read_own(values, line)
            return
        if len(values) < 2:
            message = f"The entry of {table} names no peer."
            remedy = "Write SYMBOL = (AETITLE, HOST, PORT)."
            self._refuse("dcmqrscp-entry-incomplete", line, message, remedy, sure=False)
            return
        peers = self._peers(values[1:], line, own=values[0] if table == "HostTable" else "")
        if table == "VendorTable":
            for peer in peers:
                self._vendors.setdefault(peer, values[0])
        elif values[0] in self._symbols:
            message = f"The symbol {clip(values[0])!r} is defined twice; dcmqrscp takes the first."
            self.found.say(
                "dcmqrscp-symbol-repeated",
                Severity.WARNING,
                values[0],
                message,
                "Rename one.",
                line.number,
            )
        else:
            self._symbols[values[0]] = peers
            for value in values[1:]:
                for peer in self._triple(value, None):
                    self._device_of.setdefault(peer, values[0])

    def _peers(self, values: list[str], line: Line, own: str = "") -> tuple[_Peer, ...]:
        """The peers of triples and symbols, each once and within bounds."""
        peers: dict[_Peer, None] = {}
        self._references += len(values)
        for value in [] if self._is_full else values:
            if "," in value:
                peers.update(dict.fromkeys(self._triple(value, line)))
            elif value in self._symbols:
                # Each mention counts: a line may have hundreds of one symbol.
                self._references += len(self._symbols[value])
                if self._is_full:
                    break
                peers.update(dict.fromkeys(self._symbols[value]))
            elif value.startswith("#"):
                message = "dcmqrscp takes the comment behind the peers for a symbol."
                remedy = "Put it into a line of its own, from the first column on."
                self._refuse("dcmqrscp-inline-comment", line, message, remedy, sure=True)
                break
            else:
                what = "refers to itself" if value == own else "is not defined above this line"
                message = f"The symbol {clip(value)!r} {what}."
                remedy = "Define it in HostTable, in a line before this one."
                self._refuse("dcmqrscp-symbol-undefined", line, message, remedy, sure=False)
        if len(peers) > _MOST_PEERS or self._is_full:
            message = "The symbols stand for too many peers to be read."
            self.found.say(
                "dcmqrscp-too-many-peers", Severity.ERROR, "HostTable", message, "", line.number
            )
            return ()
        return tuple(peers)

    def _triple(self, value: str, line: Line | None) -> Iterator[_Peer]:
        """The peer of `TITLE, HOST, PORT`; findings where a line is given and it is none."""
        parts = [part for part in re.split(r"[\s=,]+", value) if part]
        if "," not in value:
            return
        if len(parts) != 3:
            if line:
                message = f"{clip(value)!r} is not AE title, host and port; a title with a blank "
                message += "cannot stand here, since dcmqrscp cuts it there."
                remedy = "Write (AETITLE, HOST, PORT)."
                self.found.say(
                    "dcmqrscp-peer-malformed", Severity.ERROR, value, message, remedy, line.number
                )
            return
        found = [*check_ae_title(parts[0]), *check_hostname(parts[1]), *check_port(parts[2])]
        if line:
            self.found.keep(found, line.number)
        if not has_errors(found):
            yield _Peer(parts[0], parts[1], int(parts[2]))

    def _read_own(self, values: list[str], line: Line) -> None:
        if len(values) < 5:
            message = "An entry of AETable has a title, a folder, R, W or RW, a quota and peers."
            remedy = "Complete it: TITLE FOLDER RW (10, 1024mb) ANY."
            self._refuse("dcmqrscp-entry-incomplete", line, message, remedy, sure=False)
            return
        title, _, access, quota, *given = values
        found = check_ae_title(title)
        self.found.keep(found, line.number)
        numbers = re.match(r"\s*([0-9]{1,9})\s*,\s*([0-9]{1,12})\s*(?:[kKmMgG]?[bB])?", quota)
        if numbers is None or not int(numbers[1]) or not int(numbers[2]):
            message = f"The quota {clip(quota)!r} is not a number of studies and of bytes."
            self._refuse("dcmqrscp-quota-invalid", line, message, "Write (10, 1024mb).", sure=True)
        if access not in _WRITABLE:
            message = (
                f"{clip(access)!r} is not R, W or RW, so nothing can be stored in {clip(title)}."
            )
            self.found.say(
                "dcmqrscp-access-unknown",
                Severity.WARNING,
                title,
                message,
                "Write RW.",
                line.number,
            )
        peers = None if given[:1] == ["ANY"] else self._peers(given, line)
        if has_errors(found):
            return
        if title in self._own:
            message = f"{clip(title)} stands in AETable already; dcmqrscp takes the first entry."
            self.found.say(
                "dcmqrscp-symbol-repeated",
                Severity.WARNING,
                title,
                message,
                "Rename one.",
                line.number,
            )
        else:
            self._own[title] = peers

    def document(self) -> Document:
        """What was read, as AEs with Devices and associations."""
        peers = [*self._device_of]
        peers += [peer for each in self._own.values() for peer in each or ()]
        peers = list(dict.fromkeys(peers))
        homes = {peer.title: peer for peer in reversed(peers) if peer.port == self.port}
        homes = {title: peer for title, peer in homes.items() if title in self._own}
        titles = Counter([peer.title for peer in peers])
        titles.update(title for title in self._own if title not in homes)
        aes = {peer: self._ae(peer, titles) for peer in peers}
        own = {title: Ae(title, title) for title in self._own if title not in homes}
        self._say_general(own, peers)
        pairs = [
            Association(aes[peer].key, (aes[homes[title]] if title in homes else own[title]).key)
            for title, callers in self._own.items()
            for peer in callers or ()
        ]
        listed = (*aes.values(), *own.values())
        used = dict.fromkeys(ae.device for ae in listed if ae.device)
        vendors: dict[str, str] = {}
        for peer, vendor in self._vendors.items():
            vendors.setdefault(self._device_of.get(peer, ""), vendor)
        devices = tuple(Device(name, name, manufacturer=vendors.get(name, "")) for name in used)
        return Document(
            NAME,
            devices=devices,
            aes=listed,
            associations=tuple(pairs),
            findings=self.found.all(),
        )

    def _ae(self, peer: _Peer, titles: Counter[str]) -> Ae:
        symbol = self._device_of.get(peer)
        is_named = symbol is not None and (symbol != peer.title or peer in self._vendors)
        place = f" @ {peer.hostname}:{peer.port}" if titles[peer.title] > 1 else ""
        connections = (Connection(peer.hostname, peer.port),)
        device = symbol if is_named and symbol else None
        return Ae(peer.title + place, peer.title, device=device, connections=connections)

    def _say_general(self, own: dict[str, Ae], peers: list[_Peer]) -> None:
        if own:
            listed = ", ".join(map(clip, list(own)[:5]))
            message = f"{listed} listen on port {self.port} of the machine that dcmqrscp runs on; "
            message += "the file does not name it."
            remedy = "Add the host to the AE."
            self.found.say("dcmqrscp-own-address", Severity.INFO, "AETable", message, remedy)
        if any(self._own.values()) and any(is_address(peer.hostname) for peer in peers):
            message = "dcmqrscp compares host names with what the name service calls a caller: an "
            message += "address lets nobody in unless it is started with --disable-host-lookup."
            self.found.say("dcmqrscp-host-is-address", Severity.INFO, "HostTable", message)


def read(source: Source) -> Document:
    """Peers, own titles and who may call them."""
    reader = _Reader(source.text)
    if source.data.startswith(BOMS) or source.decoded.encoding.startswith("utf-16"):
        message = "The file begins with a byte order mark or is UTF-16, which dcmqrscp takes for a "
        remedy = "Save it as plain ASCII or as UTF-8 without a mark."
        message += f"part of its first line. {REFUSED}"
        reader.found.say("dcmtk-byte-order-mark", Severity.WARNING, "file", message, remedy, 1)
    reader.read()
    return reader.document()


def detect(source: Source) -> float:
    """Sure of the beginning of one of the three tables."""
    return 0.97 if _HEAD.search(source.text[:200_000]) else 0.0


FORMAT: Final = Format(
    name=NAME,
    title="DCMTK dcmqrscp.cfg",
    detect=detect,
    read=read,
    write=write,
    maximum_bytes=_MAXIMUM_BYTES,
    suffix=".cfg",
    knows=KNOWS,
)
