"""The Merge DICOM Toolkit's `mergecom.app`, read with the `mergecom.srv` and `.pro` beside it.

All three are sections of `KEY = value` with `#` comments. In the application file a section is a
remote AE (`HOST_NAME`, `PORT_NUMBER`, `SERVICE_LIST`), a list of services (`SERVICES_SUPPORTED`,
`SERVICE_n`, `SYNTAX_LIST_n`, `ROLE_n`, `EXT_NEG_INFO_n`) or a list of transfer syntaxes
(`SYNTAXES_SUPPORTED`, `SYNTAX_n`). The toolkit reads as many entries as the count says. Names of
services are in the service file (`NAME` with its `UID`), those of syntaxes in the system profile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from dicomcfg.core.findings import Severity
from dicomcfg.core.formats.base import Format, Source
from dicomcfg.core.formats.bounded import Expansion, Findings, Place
from dicomcfg.core.formats.products.ae_entries import Entry, Gathering
from dicomcfg.core.formats.products.merge_names import DEFAULT, SYNTAXES
from dicomcfg.core.formats.text import clip, lines_of
from dicomcfg.core.records import (
    Document,
    ExtendedNegotiation,
    PresentationContext,
    Profile,
    RoleSelection,
)
from dicomcfg.core.standard.uids import is_valid_uid

NAME: Final = "merge-mergecom"
KNOWS: Final = frozenset(
    {
        "ae.connections",
        "profile.presentation_contexts",
        "profile.role_selections",
        "profile.extended_negotiations",
    }
)
MAXIMUM_SECTIONS: Final = 20_000
MAXIMUM_KEYS: Final = 300_000
MAXIMUM_ENTRIES: Final = 1_000
_SECTION: Final = re.compile(r"\[([^\]]{1,100})\]")
_NUMBERED: Final = re.compile(r"(SERVICE|SYNTAX)_([0-9]{1,4})")
_LONGEST_HOST: Final = 19
_ROLES: Final = {"SCU": (True, False), "SCP": (False, True), "BOTH": (True, True)}
_HEXADECIMAL: Final = re.compile(r"(?:0[xX])?([0-9A-Fa-f]{2})")
_SYNTAX_SUFFIX: Final = "_SYNTAX"


@dataclass(slots=True)
class _Section:
    """One section: its line, and value and line of each key; of a key given twice the first."""

    name: str
    line: int
    keys: dict[str, tuple[str, int]] = field(default_factory=dict)

    def get(self, key: str) -> str:
        """A value; empty where there is none."""
        return self.keys.get(key, ("", 0))[0]

    def place(self, key: str) -> Place:
        """Where a key stands, or else its section."""
        return Place(line=self.keys.get(key, ("", self.line))[1])


def _sections(text: str, found: Findings) -> Iterator[_Section]:
    section: _Section | None = None
    count = keys = 0
    for number, raw in enumerate(lines_of(text), start=1):
        line = raw.split("#", 1)[0].strip()
        if match := _SECTION.match(line):
            if section:
                yield section
            count += 1
            section = _Section(match[1].strip(), number)
        elif section and "=" in line:
            key, _, value = line.partition("=")
            section.keys.setdefault(key.strip().upper(), (value.strip(), number))
            keys += 1
        if count > MAXIMUM_SECTIONS or keys > MAXIMUM_KEYS:
            message = f"The file has more than {MAXIMUM_SECTIONS:,} sections or {MAXIMUM_KEYS:,} "
            message += "keys; what follows is not read."
            found.say("too-many-lines", Severity.ERROR, "file", message, "Split the file.", number)
            break
    if section:
        yield section


class _Reader:
    def __init__(self) -> None:
        self.found = Gathering()
        self.profiles: list[Profile] = []
        self._services: dict[str, str] = {}
        self._syntaxes = dict(SYNTAXES)
        self._applications: dict[str, _Section] = {}
        self._lists: dict[str, tuple[str, ...]] = {}
        self._expansion = Expansion(self.found)
        self.has_services = False

    def take(self, source: Source) -> None:
        """One of the files; what it is shows by its sections."""
        sections = list(_sections(source.text, self.found))
        names = {section.name for section in sections}
        if "SERVICE_TABLE" in names:
            self.has_services = True
            named = {section.get("NAME"): section.get("UID") for section in sections}
            self._services.update({n: uid for n, uid in named.items() if is_valid_uid(uid)})
        elif "ASSOC_PARMS" in names:
            for key, (value, _) in (pair for s in sections for pair in s.keys.items()):
                if key.endswith(_SYNTAX_SUFFIX) and is_valid_uid(value):
                    self._syntaxes[key.removesuffix(_SYNTAX_SUFFIX)] = value
        else:
            for section in sections:
                self._application(section)

    def _application(self, section: _Section) -> None:
        first = self._applications.setdefault(section.name, section)
        if first is not section:
            message = f"[{clip(section.name)}] stands in line {first.line} already; only that one "
            message += "is read here."
            place = Place(line=section.line)
            self.found.warn("merge-section-repeated", section.name, message, "Keep one.", place)

    def all(self) -> None:
        """The AEs, then the lists of services as Profiles."""
        used = False
        for section in self._applications.values():
            if "HOST_NAME" in section.keys or "PORT_NUMBER" in section.keys:
                used = True
                self._ae(section)
            elif "SERVICES_SUPPORTED" in section.keys or "SERVICE_1" in section.keys:
                used = True
                self._list(section)
        if not used:
            message = "No section is a remote AE or a list of services."
            remedy = "Give mergecom.app, together with mergecom.srv."
            self.found.say("merge-no-applications", Severity.ERROR, "file", message, remedy)

    def _ae(self, section: _Section) -> None:
        place, host = Place(line=section.line), section.get("HOST_NAME")
        services = section.get("SERVICE_LIST")
        if len(host) > _LONGEST_HOST:
            message = f"The toolkit takes {_LONGEST_HOST} characters for a host; this one has "
            message += f"{len(host)}."
            remedy = "Use a shorter name or the address."
            at = section.place("HOST_NAME")
            self.found.warn("merge-host-too-long", host, message, remedy, at)
        if services and services not in self._applications:
            message = f"There is no section [{clip(services)}], which should list the services."
            at = section.place("SERVICE_LIST")
            self.found.warn("merge-list-missing", section.name, message, "Add it.", at)
        elif services:
            self.found.unkept("which services are proposed to it", section.place("SERVICE_LIST"))
        self.found.add(Entry(section.name, host, section.get("PORT_NUMBER"), place))

    def _list(self, section: _Section) -> None:
        """One list of services as a Profile, which keeps its name."""
        if not self.has_services:
            message = (
                f"The services of [{clip(section.name)}] are named in mergecom.srv, which was "
            )
            message += "not given with it; the list is left out."
            remedy = "Give both files together."
            place = Place(line=section.line)
            self.found.warn("merge-services-unknown", section.name, message, remedy, place)
            return
        contexts: list[PresentationContext] = []
        roles: dict[str, RoleSelection] = {}
        extended: dict[str, ExtendedNegotiation] = {}
        for number, name in self._entries(section, "SERVICE", "SERVICES_SUPPORTED"):
            place = section.place(f"SERVICE_{number}")
            uid = self._services.get(name)
            if uid is None:
                message = f"mergecom.srv names no service {clip(name)!r}; the toolkit refuses it."
                remedy = "Correct the name."
                self.found.warn("merge-service-unknown", name, message, remedy, place)
                continue
            syntaxes = self._syntaxes_of(section, number)
            if not self._expansion.has_room_for(len(syntaxes), section.name, place):
                break
            contexts.append(PresentationContext(uid, syntaxes))
            if role := self._role(section, number):
                roles.setdefault(uid, RoleSelection(uid, *role))
            if information := self._information(section, number):
                extended.setdefault(uid, ExtendedNegotiation(uid, information))
        if contexts:
            self.profiles.append(
                Profile(
                    section.name, tuple(contexts), tuple(roles.values()), tuple(extended.values())
                )
            )

    def _entries(self, section: _Section, word: str, count_key: str) -> list[tuple[int, str]]:
        """Number and value of the entries that the toolkit reads, in order."""
        found = sorted(
            (int(match[2]), value)
            for key, (value, _) in section.keys.items()
            if (match := _NUMBERED.fullmatch(key)) and match[1] == word
        )[:MAXIMUM_ENTRIES]
        text = section.get(count_key)
        count = int(text) if re.fullmatch(r"[0-9]{1,4}", text) else None
        numbers = [number for number, _ in found]
        if count is not None and numbers == list(range(1, count + 1)):
            return found
        place = section.place(count_key)
        if count is None:
            message = f"{count_key} is {clip(text)!r} and no number; all entries are read here."
            self.found.warn("merge-count", section.name, message, "Write the number.", place)
            return found
        message = f"{count_key} is {count} and there are {len(found)} entries, numbered "
        message += f"{numbers[0]} to {numbers[-1]}: " if found else "none: "
        message += f"the toolkit looks for 1 to {count} and for no other."
        remedy = "Make the count and the numbers agree."
        self.found.warn("merge-count", section.name, message, remedy, place)
        return [(number, value) for number, value in found if number <= count]

    def _syntaxes_of(self, section: _Section, number: int) -> tuple[str, ...]:
        key = f"SYNTAX_LIST_{number}"
        name = section.get(key)
        if not name:
            return DEFAULT
        chosen = self._applications.get(name)
        if chosen is None:
            message = f"There is no section [{clip(name)}], which should list transfer syntaxes; "
            message += "the three uncompressed ones are taken here."
            self.found.warn("merge-list-missing", name, message, "Add it.", section.place(key))
            return DEFAULT
        # A list that many services name is read once.
        if name not in self._lists:
            self._lists[name] = self._list_of_syntaxes(chosen)
        return self._lists[name]

    def _list_of_syntaxes(self, chosen: _Section) -> tuple[str, ...]:
        uids: dict[str, None] = {}
        for at, syntax in self._entries(chosen, "SYNTAX", "SYNTAXES_SUPPORTED"):
            uid = self._syntaxes.get(syntax)
            if uid is None:
                message = f"The toolkit knows no transfer syntax {clip(syntax)!r}."
                place = chosen.place(f"SYNTAX_{at}")
                self.found.warn("merge-syntax-unknown", syntax, message, "Correct it.", place)
            else:
                uids[uid] = None
        return tuple(uids) or DEFAULT

    def _role(self, section: _Section, number: int) -> tuple[bool, bool] | None:
        key = f"ROLE_{number}"
        text = section.get(key)
        role = _ROLES.get(text.upper())
        if text and role is None:
            message = f"The role is {clip(text)!r}, not SCU, SCP or BOTH; none is negotiated here."
            self.found.warn("merge-role-unknown", text, message, "Correct it.", section.place(key))
        return role

    def _information(self, section: _Section, number: int) -> str:
        key = f"EXT_NEG_INFO_{number}"
        words = section.get(key).split()
        matches = [_HEXADECIMAL.fullmatch(word) for word in words[:1_000]]
        if not all(matches):
            message = "Extended negotiation is written in bytes such as 0x01 0x00."
            place = section.place(key)
            self.found.warn("merge-information-unknown", key, message, "Correct it.", place)
            return ""
        return "".join(match[1].lower() for match in matches if match)


def read(source: Source) -> Document:
    """Remote AEs, and the lists of services as Profiles of their names."""
    reader = _Reader()
    together = (source, *source.beside)
    for each in together:
        reader.take(each)
    reader.all()
    document = reader.found.document(NAME, tuple(reader.profiles))
    applications = [each.name for each in together if _kind(each.text) == "applications"]
    if not source.beside or len(applications) != 1:
        return document
    # All places are in the application file, whichever of them was given first.
    said = tuple(
        replace(finding, file=applications[0]) if finding.line else finding
        for finding in document.findings
    )
    return replace(document, findings=said)


def _kind(text: str) -> str:
    """Which of the three files it is, by the names of its sections and keys; empty for none."""
    head = text[:200_000]
    if re.search(r"(?m)^[ \t]*+\[SERVICE_TABLE\]", head):
        return "services"
    if re.search(r"(?m)^[ \t]*+\[ASSOC_PARMS\]", head):
        return "profile"
    is_list = re.search(r"(?m)^[ \t]*+SERVICES_SUPPORTED\s*=", head)
    is_ae = re.search(r"(?m)^[ \t]*+HOST_NAME\s*=", head)
    has_port = re.search(r"(?m)^[ \t]*+PORT_NUMBER\s*=", head)
    return "applications" if is_list or (is_ae and has_port) else ""


def detect(source: Source) -> float:
    """Sure of the sections and keys of the toolkit's files."""
    return 0.95 if "[" in source.text[:200_000] and _kind(source.text) else 0.0


FORMAT: Final = Format(
    name=NAME,
    title="Merge DICOM Toolkit (mergecom.app)",
    detect=detect,
    read=read,
    suffix=".app",
    knows=KNOWS,
    gathers=True,
)
