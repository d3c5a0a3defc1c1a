"""The Application Configuration of PS3.15 Annex H, whatever it is written in.

LDIF and dcm4che's JSON hold the same devices, connections, AEs and transfer capabilities under
the same attribute names. Their readers build these nodes; here they become a Document.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Final

from dicomcfg.core.findings import Severity
from dicomcfg.core.formats.bounded import MAXIMUM_FINDINGS, Findings
from dicomcfg.core.formats.text import clip

CLAUSE: Final = "PS3.15 H"

DEVICE_ATTRIBUTES: Final = {
    "description": "dicomDescription",
    "manufacturer": "dicomManufacturer",
    "model_name": "dicomManufacturerModelName",
    "software_version": "dicomSoftwareVersion",
    "station_name": "dicomStationName",
    "department": "dicomInstitutionDepartmentName",
}
KNOWS: Final = frozenset(
    {
        *(f"device.{name}" for name in DEVICE_ATTRIBUTES),
        "device.state",
        "ae.association_acceptor",
        "ae.association_initiator",
        "ae.connections",
        "ae.connections.tls",
        "ae.description",
        "ae.device",
        "ae.state",
        "ae.transfer_capabilities",
        "association.called",
        "association.calling",
    }
)
"""What Annex H has a place for."""

TEXT_LENGTHS: Final = {"dicomdescription": 1_024}
_TEXT_LENGTH: Final = 128
# dcm4che keeps its own settings under these names; what of them we understand is taken.
_UNDERSTOOD: Final = frozenset({"cn", "objectclass", "dcmprotocol", "dcmpreferredtransfersyntax"})
# What a directory server adds to every entry for itself.
_OPERATIONAL: Final = frozenset(
    {
        "contextcsn",
        "createtimestamp",
        "creatorsname",
        "entrycsn",
        "entrydn",
        "entryuuid",
        "hassubordinates",
        "modifiersname",
        "modifytimestamp",
        "structuralobjectclass",
        "subschemasubentry",
    }
)


@dataclass(frozen=True, slots=True)
class Said:
    """One value with the attribute's name as written and its place: a line, or a JSON path.

    `problem` is empty, `base64` or `url`, as in `ldif.Value`.
    """

    name: str
    text: str
    line: int | None = None
    path: str | None = None
    problem: str = ""


@dataclass(slots=True)
class Node:
    """One object: its values by the attribute's name in small letters."""

    line: int | None = None
    path: str | None = None
    values: dict[str, list[Said]] = field(default_factory=dict)


@dataclass(slots=True)
class AeNode:
    """A network AE with the connections that it names, and its transfer capabilities."""

    node: Node
    connections: list[Node] = field(default_factory=list)
    capabilities: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class DeviceNode:
    """A device with all its connections and its AEs; without a node where the file has none."""

    node: Node | None
    connections: list[Node] = field(default_factory=list)
    aes: list[AeNode] = field(default_factory=list)


class Notes(Findings):
    """Findings with their places; what is only counted is said at the end."""

    def __init__(self) -> None:
        super().__init__(CLAUSE)
        self._counted: Counter[str] = Counter()
        self._first: dict[str, Node | Said] = {}

    def note(self, what: str, at: Node | Said) -> None:
        """One more of something that is said once."""
        if len(self._counted) >= MAXIMUM_FINDINGS and what not in self._counted:
            self.count(Severity.INFO)
            return
        self._counted[what] += 1
        self._first.setdefault(what, at)

    def counted(self, what: str) -> tuple[int, Node | Said]:
        """How many, and the first."""
        return self._counted[what], self._first.get(what, Node())

    def all_counted(self, prefix: str) -> list[tuple[str, int, Node | Said]]:
        """What was counted under names that begin so: the rest of the name, how many, the first."""
        return [
            (what.removeprefix(prefix), number, self._first[what])
            for what, number in self._counted.items()
            if what.startswith(prefix)
        ]


class Values:
    """Reads the attributes of one object and notes which of them it has no use for."""

    def __init__(self, node: Node, notes: Notes) -> None:
        self.node = node
        self._notes = notes
        self._used = set(_UNDERSTOOD | _OPERATIONAL)

    def all(self, name: str) -> list[Said]:
        """Every usable value of an attribute."""
        key = name.lower()
        self._used.add(key)
        return [said for said in self.node.values.get(key, ()) if self._is_usable(said)]

    def one(self, name: str) -> Said | None:
        """The value of an attribute that has one; None without it."""
        found = self.all(name)
        if len(found) > 1:
            message = f"{name} has {len(found)} values where it may have one; the first is used."
            remedy = "A directory server refuses the entry: remove the others."
            warning = Severity.WARNING
            self._notes.say("several-values", warning, name, message, remedy, at=found[1])
        return found[0] if found else None

    def text(self, name: str) -> str:
        """The text of an attribute that has one value, empty without it."""
        said = self.one(name)
        return self._within(said) if said else ""

    def joined(self, name: str, by: str) -> str:
        """All values of an attribute as one text, each once."""
        found = self.all(name)
        if not found:
            return ""
        texts = dict.fromkeys(said.text for said in found)
        return self._within(replace(found[0], text=by.join(texts)))

    def boolean(self, name: str, otherwise: bool) -> bool:
        """TRUE or FALSE in any case; `otherwise` without the attribute."""
        said = self.one(name)
        if said is None:
            return otherwise
        word = said.text.strip().upper()
        if word not in ("TRUE", "FALSE"):
            message = f"{name} is {clip(said.text)!r}; there are TRUE and FALSE."
            remedy = "Write one of the two."
            self._notes.say("boolean-invalid", Severity.ERROR, said.text, message, remedy, at=said)
            return otherwise
        return word == "TRUE"

    def rest(self) -> None:
        """Count every attribute that nothing was asked of."""
        for key, found in self.node.values.items():
            if key not in self._used and found:
                self._notes.note(f"attribute {found[0].name}", found[0])

    def _within(self, said: Said) -> str:
        text = said.text.strip()
        limit = TEXT_LENGTHS.get(said.name.lower(), _TEXT_LENGTH)
        if len(text) <= limit:
            return text
        message = f"{said.name} has {len(text):,} characters; the first {limit} are kept."
        self._notes.say("text-too-long", Severity.WARNING, text, message, at=said)
        return text[:limit]

    def _is_usable(self, said: Said) -> bool:
        if said.problem == "url":
            message = f"{said.name} stands in another place ({clip(said.text)}), which is not "
            message += "fetched; the value is left out."
            remedy = "Put the value itself into the file."
            warning = Severity.WARNING
            self._notes.say("ldif-value-elsewhere", warning, said.name, message, remedy, at=said)
        elif said.problem:
            message = f"{said.name} is not the base64 of any text."
            self._notes.say("ldif-base64-invalid", Severity.ERROR, said.name, message, at=said)
        elif "\0" in said.text or any("\ud800" <= each <= "\udfff" for each in said.text):
            message = f"{said.name} holds a zero or an unpaired surrogate, which is no text."
            self._notes.say("text-unusable", Severity.ERROR, said.name, message, at=said)
        else:
            return True
        return False
