"""DCMTK's association configuration (`-xf FILE PROFILE` of storescu, storescp and others).

Lists of transfer syntaxes, of presentation contexts, of roles and of extended negotiation, tied
together by profiles. What is read is what DCMTK would load, and findings say what it would not.
Where DCMTK refuses the whole file although it is plain what is meant, that is read with a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeVar

from dicomcfg.core.findings import Severity
from dicomcfg.core.formats.base import Format, Source
from dicomcfg.core.formats.bounded import Expansion
from dicomcfg.core.formats.dcmtk import dcmtk_names
from dicomcfg.core.formats.dcmtk.dcmtk_config import Config, Entry, Section, mangled, parse
from dicomcfg.core.formats.dcmtk.dcmtk_xf_said import KNOWS, NAME, Said, shown
from dicomcfg.core.formats.dcmtk.dcmtk_xf_writer import write
from dicomcfg.core.formats.text import clip
from dicomcfg.core.negotiation.proposal import CONTEXTS_PER_REQUEST
from dicomcfg.core.records import (
    Document,
    ExtendedNegotiation,
    PresentationContext,
    Profile,
    RoleSelection,
)
from dicomcfg.core.standard import uids

_Item = TypeVar("_Item", RoleSelection, ExtendedNegotiation)
MAXIMUM_BYTES: Final = 5_000_000
_KINDS: Final = {"TRANSFERSYNTAXES", "PRESENTATIONCONTEXTS", "SCPSCUROLESELECTION"} | {
    "EXTENDEDNEGOTIATION",
    "PROFILES",
}
_ROLES: Final = {"SCU": (True, False), "SCP": (False, True), "BOTH": (True, True)}
_MOST_HEX_CHARACTERS: Final = 2_046
_HEAD = re.compile(
    r"(?im)^[ \t]*+\[[ \t]*+\[[ \t]*+(?:TransferSyntaxes|PresentationContexts|Profiles)\s*+\]\s*+\]"
)


class _Reader:
    """The lists by their names as DCMTK keeps them."""

    def __init__(self, config: Config) -> None:
        self.said = Said()
        self._config = config
        self._syntaxes: dict[str, list[str]] = {}
        self._contexts: dict[str, list[PresentationContext]] = {}
        self._roles: dict[str, dict[str, RoleSelection]] = {}
        self._extended: dict[str, dict[str, ExtendedNegotiation]] = {}
        self._names: dict[str, str] = {}
        self._used: set[str] = set()
        self._unique: dict[str, tuple[str, ...]] = {}
        self._sizes: dict[str, int] = {}
        self._expansion = Expansion(self.said)

    def profiles(self) -> tuple[Profile, ...]:
        """Read it all."""
        self._say_ignored()
        for section in self._sections("TRANSFERSYNTAXES", "TransferSyntaxes"):
            for entry in self._numbered(section, "TransferSyntax"):
                uid = self._uid(entry.value, "transfer syntax", entry)
                if uid:
                    self._syntaxes.setdefault(section.key, []).append(uid)
        # One tuple for all contexts that name the list.
        self._unique = {key: tuple(dict.fromkeys(each)) for key, each in self._syntaxes.items()}
        self._read_lists()
        self._say_too_many()
        return self._read_profiles()

    def _read_lists(self) -> None:
        for section in self._sections("PRESENTATIONCONTEXTS", "PresentationContexts"):
            if not section.key:
                self.said.incomplete(section)
                continue
            self._names.setdefault(section.key, shown(section.raw_name))
            for entry in self._numbered(section, "PresentationContext"):
                self._read_context(section, entry)
        for section in self._sections("SCPSCUROLESELECTION"):
            for entry in self._numbered(section, "Role"):
                self._read_role(section, entry)
        for section in self._sections("EXTENDEDNEGOTIATION"):
            for entry in self._numbered(section, "ExtendedNegotiation"):
                self._read_extended(section, entry)

    def _say_ignored(self) -> None:
        seen: set[str] = set()
        for each in self._config.supers:
            if each.key in seen or each.key not in _KINDS:
                why = "stands there before" if each.key in seen else "is not known"
                self.said.ignored(each.key, each.line, f"[[{clip(each.key)}]] {why}")
            seen.add(each.key)
        for part in self._config.outside:
            self.said.ignored(part.key, part.line, f"{clip(part.key)!r} belongs to no section")
        if self._config.cut_at is not None:
            self.said.cut(self._config.cut_at)

    def _sections(self, key: str, needed: str = "") -> Iterator[Section]:
        found = self._config.first(key)
        if found is None and needed:
            severity = Severity.WARNING if key == "PROFILES" else Severity.ERROR
            self.said.missing(needed, severity)
        seen: dict[str, int] = {}
        for section in found.sections if found else ():
            self.said.name(section)
            first = seen.setdefault(section.key, section.line)
            if first != section.line and key != "PROFILES":
                self.said.merged(section, first)
            yield section

    def _numbered(self, section: Section, word: str) -> Iterator[Entry]:
        """The entries that DCMTK finds by counting; what stands beside them is told."""
        by_key: dict[str, Entry] = {}
        for entry in section.entries:
            if "\n" in entry.raw_key:
                self.said.swallowed(entry)
            by_key.setdefault(entry.key, entry)
        count = 0
        while (found := by_key.get(f"{word.upper()}{count + 1}")) is not None:
            count += 1
            yield found
        numbered = re.compile(word.upper() + "([1-9][0-9]{0,8})")
        left = []
        for entry in section.entries:
            number = numbered.fullmatch(entry.key)
            if by_key[entry.key] is not entry:
                self.said.repeated(entry, by_key[entry.key].line)
            elif number is None:
                self.said.unknown_entry(entry, word)
            elif int(number[1]) > count:
                left.append(entry)
        self.said.gap(section, word, count, left)

    def _uid(self, text: str, what: str, entry: Entry) -> str | None:
        """The UID of a value; a finding where DCMTK would not find it, None where nobody would."""
        uid = text if re.fullmatch(r"[0-9][0-9.]*", text) else dcmtk_names.uid_of(text)
        if uid is not None:
            if problem := uids.uid_problem(uid):
                self.said.bad_uid(entry, what, uid, problem)
                return None
            self.said.recent(entry, text, dcmtk_names.known_since(text))
            return uid
        meant = _meant(text)
        kinds = uids.TRANSFER_SYNTAX if what == "transfer syntax" else uids.ABSTRACT_SYNTAX
        uid = meant if uids.is_valid_uid(meant) else dcmtk_names.uid_of(meant)
        if uid is None:
            uid = uids.resolve(meant.removeprefix("="), kinds)
        if uid is None:
            self.said.unknown(entry, what, meant)
            return None
        self.said.misread(entry, text, meant, dcmtk_names.written(uid))
        return uid

    def _halves(self, entry: Entry, what: str) -> tuple[str | None, str]:
        """The UID before the first backslash and the text after it."""
        left, parted, right = entry.value.partition("\\")
        if not parted:
            self.said.syntax(entry, "has no backslash, which parts a SOP Class from the rest")
            return None, ""
        return self._uid(left, what, entry), right

    def _reference(
        self, text: str, known: Mapping[str, object], entry: Entry, where: str
    ) -> str | None:
        """The key of a list that a value refers to, or None where there is none."""
        exact = "".join(text.split()).upper()
        if exact in known:
            return exact
        meant = mangled(_meant(text))
        if meant in known:
            self.said.misread(entry, text, _meant(text), meant)
            return meant
        self.said.undefined(entry, _meant(text), where)
        return None

    def _read_context(self, section: Section, entry: Entry) -> None:
        uid, right = self._halves(entry, "abstract syntax")
        if uid is None:
            return
        key = self._reference(right, self._syntaxes, entry, "TransferSyntaxes")
        if key is not None:
            context = PresentationContext(uid, self._unique[key])
            self._contexts.setdefault(section.key, []).append(context)

    def _read_role(self, section: Section, entry: Entry) -> None:
        uid, right = self._halves(entry, "abstract syntax")
        meant = _meant(right).upper()
        if uid is None or meant not in _ROLES:
            if uid:
                self.said.syntax(entry, f"names the role {clip(meant)!r}; there are SCU, SCP, BOTH")
            return
        if meant != right.upper():
            self.said.misread(entry, right, meant, meant)
        scu, scp = _ROLES[meant]
        roles = self._roles.setdefault(section.key, {})
        if uid in roles:
            self.said.twice(entry, uid)
        roles.setdefault(uid, RoleSelection(uid, scu, scp))

    def _read_extended(self, section: Section, entry: Entry) -> None:
        uid, right = self._halves(entry, "abstract syntax")
        meant = _meant(right)
        if uid is None:
            return
        if not re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", meant) or len(meant) > _MOST_HEX_CHARACTERS:
            self.said.syntax(entry, "holds other than pairs of hexadecimal digits, at most 1,023")
            return
        if meant != right:
            self.said.misread(entry, right, meant, meant)
        extended = self._extended.setdefault(section.key, {})
        if uid in extended:
            self.said.twice(entry, uid)
        extended.setdefault(uid, ExtendedNegotiation(uid, meant.lower()))

    def _say_too_many(self) -> None:
        for key, contexts in self._contexts.items():
            if len(contexts) > CONTEXTS_PER_REQUEST:
                self.said.too_many(self._names[key], len(contexts))

    def _read_profiles(self) -> tuple[Profile, ...]:
        read: dict[str, Profile] = {}
        for section in self._sections("PROFILES", "Profiles"):
            if section.key in read:
                self.said.profile_twice(section)
            elif profile := self._profile(section):
                read[section.key] = profile
        unused = [key for key in self._contexts if key not in self._used]
        if not read and unused:
            self.said.without_profiles(len(unused))
            return tuple(
                Profile(self._names[key], tuple(self._contexts[key]))
                for key in unused
                if self._expansion.has_room_for(self._size(key), self._names[key])
            )
        for key in unused:
            self.said.unused(self._names[key])
        return tuple(read.values())

    def _profile(self, section: Section) -> Profile | None:
        entry = section.first("PRESENTATIONCONTEXTS")
        if entry is None or not section.key:
            self.said.incomplete(section)
            return None
        key = self._reference(entry.value, self._contexts, entry, "PresentationContexts")
        if key is None:
            return None
        self._used.add(key)
        if not self._expansion.has_room_for(self._size(key), section.key, section.line):
            return None
        contexts = tuple(self._contexts[key])
        classes = [context.abstract_syntax for context in contexts]
        name = shown(section.raw_name)
        if len(set(classes)) < len(classes):
            self.said.class_repeated(name, section.line)
        roles = self._held(section, "SCPSCURoleSelection", self._roles, classes)
        more = self._held(section, "ExtendedNegotiation", self._extended, classes)
        return Profile(name, contexts, roles, more)

    def _size(self, key: str) -> int:
        if key not in self._sizes:
            self._sizes[key] = sum(len(each.transfer_syntaxes) for each in self._contexts[key])
        return self._sizes[key]

    def _held(
        self,
        section: Section,
        word: str,
        lists: Mapping[str, Mapping[str, _Item]],
        classes: list[str],
    ) -> tuple[_Item, ...]:
        entry = section.first(word.upper())
        key = self._reference(entry.value, lists, entry, word) if entry else None
        if entry is None or key is None:
            return ()
        if not self._expansion.has_room_for(len(lists[key]), section.key, entry.line):
            return ()
        return self._matching(lists[key], classes, entry)

    def _matching(
        self, items: Mapping[str, _Item], classes: list[str], entry: Entry
    ) -> tuple[_Item, ...]:
        """Those of SOP Classes that the profile has contexts for; DCMTK refuses others."""
        known = set(classes)
        for uid in items:
            if uid not in known:
                self.said.without_context(entry, uid)
        return tuple(item for uid, item in items.items() if uid in known)


def _meant(text: str) -> str:
    """A value as its author meant it: without appended lines, a comment, spaces around."""
    return re.split(r"[\n#]", text, maxsplit=1)[0].strip()


def read(source: Source) -> Document:
    """The profiles; of a file that ties its lists together by none, a profile for each list."""
    reader = _Reader(parse(source.text))
    reader.said.encoding(source)
    profiles = reader.profiles()
    return Document(NAME, profiles=profiles, findings=reader.said.all())


def detect(source: Source) -> float:
    """Sure of one of the headings that no other format has."""
    return 0.98 if _HEAD.search(source.text[:200_000]) else 0.0


FORMAT: Final = Format(
    name=NAME,
    title="DCMTK association configuration",
    detect=detect,
    read=read,
    write=write,
    maximum_bytes=MAXIMUM_BYTES,
    suffix=".cfg",
    knows=KNOWS,
)
