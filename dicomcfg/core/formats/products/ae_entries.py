"""The AEs that a file lists one by one: gathered with their findings, and listed for a writer.

Most systems' files are no more than title, host and port in a grammar of their own. What all of
them share stands here: the standard's checks with the entry's place, repeats, keys, bounds, what
a file says that dicomcfg has no place for, and what an AE has that such a list cannot carry.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from dicomcfg.core.findings import Finding, Severity, has_errors
from dicomcfg.core.formats.bounded import Findings, Place
from dicomcfg.core.formats.keys import unique_keys
from dicomcfg.core.formats.losses import losses, not_carried
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import (
    Ae,
    Association,
    Connection,
    Device,
    Document,
    Profile,
    TransferCapability,
)
from dicomcfg.core.standard.ae_title import check_ae_title, normalise_ae_title
from dicomcfg.core.standard.endpoint import (
    check_hostname,
    check_port,
    endpoint,
    normalise_hostname,
    parse_port,
)

MAXIMUM_ENTRIES: Final = 20_000
_MOST_UNKEPT: Final = 200
_LONGEST_NAME: Final = 128
_LONGEST_DESCRIPTION: Final = 1_024


@dataclass(frozen=True, slots=True)
class Entry:
    """One AE as a file lists it, not yet checked.

    `port` is the text that the file gives; `hostname` None stands for an AE of which the file
    gives no address. `name` is what the file calls the entry beside the title.
    """

    ae_title: str
    hostname: str | None
    port: str
    place: Place
    name: str = ""
    description: str = ""
    state: str = "live"
    tls: str | None = None
    initiator: bool = True
    acceptor: bool = True
    capabilities: tuple[TransferCapability, ...] = ()


class Gathering(Findings):
    """The entries of one file on their way to a Document, with what is found about them."""

    def __init__(self) -> None:
        super().__init__()
        self._aes: list[Ae] = []
        self._tried = 0
        self._devices: dict[str, Device] = {}
        self._seen: dict[tuple[str, str, int | None], tuple[int, Place]] = {}
        self._pairs: list[tuple[int, int, str]] = []
        self._unkept: dict[str, tuple[int, Place]] = {}

    @property
    def is_done(self) -> bool:
        """Whether the bound is passed, so that reading on is in vain."""
        return self._tried > MAXIMUM_ENTRIES

    def is_over(self, place: Place) -> bool:
        """Count one entry more, readable or not; whether the bound is passed, which is told."""
        self._tried += 1
        if self._tried == MAXIMUM_ENTRIES + 1:
            message = f"Only the first {MAXIMUM_ENTRIES:,} entries were read."
            remedy = "Split the file."
            self.say("too-many-entries", Severity.ERROR, "file", message, remedy, place)
        return self.is_done

    def warn(
        self, code: str, subject: str, message: str, remedy: str = "", at: Place | None = None
    ) -> None:
        """Add a warning of the format's own."""
        self.say(code, Severity.WARNING, subject, message, remedy, at)

    def unkept(self, what: str, place: Place) -> None:
        """Note that the file says something for which dicomcfg has no place."""
        if len(self._unkept) >= _MOST_UNKEPT and what not in self._unkept:
            what = "what else is said beside the addresses"
        count, first = self._unkept.get(what, (0, place))
        self._unkept[what] = (count + 1, first)

    def add(self, entry: Entry) -> int | None:
        """Take one entry; a repeat is left out with a warning.

        Gives the AE's number for `pair`, None for an entry that could not be read.
        """
        ae = self._checked(entry)
        if ae is None:
            return None
        index, place = self._first(ae, entry.place)
        if place is not entry.place:
            where = "".join(f" at {endpoint(c.hostname, c.port)}" for c in ae.connections)
            at = f"line {place.line}" if place.line else place.path or "the file"
            message = f"{ae.ae_title}{where} stands in {at} already; this entry is left out."
            self.warn("ae-repeated", ae.ae_title, message, "Keep one of the two.", entry.place)
        return index

    def add_or_find(self, entry: Entry) -> int | None:
        """As `add` for an AE that is only mentioned: a repeat may add a role to the first."""
        ae = self._checked(entry)
        if ae is None:
            return None
        index, _ = self._first(ae, entry.place)
        known = self._aes[index]
        self._aes[index] = replace(
            known,
            association_initiator=known.association_initiator or ae.association_initiator,
            association_acceptor=known.association_acceptor or ae.association_acceptor,
        )
        return index

    def pair(self, calling: int | None, called: int | None, name: str) -> None:
        """Note an association between two AEs that were taken; nothing where one is None."""
        if calling is not None and called is not None:
            self._pairs.append((calling, called, name))

    def _first(self, ae: Ae, place: Place) -> tuple[int, Place]:
        """Number and place of the first AE with this title and address, which may be this one."""
        connection = ae.connections[0] if ae.connections else None
        at = (connection.hostname, connection.port) if connection else ("", None)
        known = self._seen.get((ae.ae_title, *at))
        if known is None:
            known = self._seen[(ae.ae_title, *at)] = (len(self._aes), place)
            self._aes.append(ae)
            if ae.device:
                self._devices.setdefault(ae.device, Device(ae.device, ae.device))
        return known

    def _checked(self, entry: Entry) -> Ae | None:
        """The AE of an entry, or None after saying what is wrong with it."""
        if self.is_over(entry.place):
            return None
        title = normalise_ae_title(entry.ae_title)
        problems = check_ae_title(entry.ae_title)
        self.keep(problems, entry.place)
        connections = self._connections(entry)
        if has_errors(problems) or connections is None:
            return None
        name = entry.name.strip()[:_LONGEST_NAME]
        return Ae(
            key=title,
            ae_title=title,
            device=name if name and name != title else None,
            description=self._kept(entry.description, _LONGEST_DESCRIPTION, entry.place),
            state=entry.state,
            association_initiator=entry.initiator,
            association_acceptor=entry.acceptor,
            connections=connections,
            transfer_capabilities=entry.capabilities,
        )

    def _connections(self, entry: Entry) -> tuple[Connection, ...] | None:
        """Where it listens; None after saying what is wrong."""
        if entry.hostname is None:
            return ()
        host = normalise_hostname(entry.hostname)
        problems = [*check_hostname(host), *check_port(clip(entry.port))]
        self.keep(problems, entry.place)
        port = parse_port(entry.port)
        if has_errors(problems) or port is None:
            return None
        return (Connection(host, port, entry.tls),)

    def _kept(self, text: str, length: int, place: Place) -> str:
        if len(text) > length:
            message = f"The text has {len(text):,} characters; the first {length:,} are kept."
            self.warn("cell-too-long", clip(text), message, at=place)
        return text[:length].strip()

    def document(self, format_name: str, profiles: tuple[Profile, ...] = ()) -> Document:
        """What was gathered, with unique keys and all findings."""
        for what, (count, first) in self._unkept.items():
            several = f" of {count:,} entries" if count > 1 else ""
            message = f"{what[:1].upper()}{what[1:]}{several} is not kept: dicomcfg has no place "
            message += "for it."
            self.say("not-kept", Severity.INFO, what, message, at=first)
        aes = unique_keys(self._aes)
        places = {aes[index].key: place.line or place.path for index, place in self._seen.values()}
        return Document(
            format_name,
            devices=tuple(self._devices.values()),
            aes=aes,
            associations=self._associations(aes),
            profiles=profiles,
            findings=self.all(),
            places={key: place for key, place in places.items() if place},
        )

    def _associations(self, aes: tuple[Ae, ...]) -> tuple[Association, ...]:
        pairs: dict[tuple[str, str], Association] = {}
        for calling, called, name in self._pairs:
            pair = (aes[calling].key, aes[called].key)
            pairs.setdefault(pair, Association(*pair, name=name[:_LONGEST_NAME]))
        return tuple(pairs.values())


@dataclass(frozen=True, slots=True)
class Listed:
    """What a writer lists: AEs with the one connection of each, and what gets lost by it."""

    entries: tuple[tuple[Ae, Connection], ...]
    findings: tuple[Finding, ...]


def listed(document: Document, knows: frozenset[str], tls: str = "none") -> Listed:
    """The AEs that a list of addresses can hold.

    `tls` says what the list can tell of TLS: `none`, or `yes` where it only switches it on.
    """
    found = list(losses(document, knows))
    entries = [(ae, ae.connections[0]) for ae in document.aes if ae.connections]
    for ae in document.aes:
        if not ae.connections:
            message = f"{ae.ae_title} has no address, without which it cannot be listed."
            found.append(not_carried(f"aes[{ae.key}]", message))
    further = sum(len(ae.connections) - 1 for ae, _ in entries)
    if further:
        message = f"{further:,} further connections are left out; each AE keeps its first."
        found.append(not_carried("ae.connections[1:]", message))
    names = {connection.tls for _, connection in entries if connection.tls}
    if names and tls == "none":
        message = "This format cannot say that a connection uses TLS."
        found.append(not_carried("ae.connections.tls", message))
    elif names - {"default"}:
        message = "This format only says that TLS is used, not with which settings."
        found.append(not_carried("ae.connections.tls.spelling", message))
    return Listed(tuple(entries), tuple(found))


def left_out(ae: Ae, why: str) -> Finding:
    """The finding that an AE cannot be written; `why` is the end of a sentence about its title."""
    return not_carried(f"aes[{ae.key}]", f"{ae.ae_title} {why}, so it is left out.")
