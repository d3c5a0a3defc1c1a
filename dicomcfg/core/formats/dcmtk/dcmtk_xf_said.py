"""What there is to say about an association configuration of DCMTK, and what DCMTK does with it.

A message that ends with REFUSED is about something for which DCMTK takes nothing of the file. It
is a warning where it is plain what is meant, and an error where it is not.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from dicomcfg.core.findings import Severity
from dicomcfg.core.formats.base import Source
from dicomcfg.core.formats.bounded import Findings
from dicomcfg.core.formats.dcmtk.dcmtk_config import Entry, Section
from dicomcfg.core.formats.text import clip
from dicomcfg.core.standard import uids

NAME: Final = "dcmtk-xf"
KNOWS: Final = frozenset(
    {
        "profile.presentation_contexts",
        "profile.role_selections",
        "profile.extended_negotiations",
    }
)
REFUSED: Final = "DCMTK refuses the whole file for it."
_DROPPED: Final = re.compile(r"[^A-Za-z0-9_ \-]")
_LISTED: Final = 3
BOMS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def shown(raw_name: str) -> str:
    """The name of a section as its author wrote it, without the characters that DCMTK drops."""
    return " ".join(_DROPPED.sub(" " if "\n" in raw_name else "", raw_name).split())


class Said(Findings):
    """Gathers the findings of one file, each with its line."""

    def encoding(self, source: Source) -> None:
        """DCMTK takes bytes as they come, also those of a mark."""
        if source.data.startswith(BOMS) or source.decoded.encoding.startswith("utf-16"):
            message = "The file begins with a byte order mark or is UTF-16: DCMTK takes that for a "
            message += f"part of the first heading. {REFUSED}"
            remedy = "Save it as plain ASCII or as UTF-8 without a mark."
            self.say("dcmtk-byte-order-mark", Severity.WARNING, "file", message, remedy, 1)

    def ignored(self, key: str, line: int, what: str) -> None:
        """A part that DCMTK never looks at."""
        message = f"{what}, so DCMTK does not load it."
        remedy = "Move what it holds to where it belongs, or remove it."
        self.say("dcmtk-section-ignored", Severity.WARNING, key, message, remedy, line)

    def cut(self, line: int) -> None:
        """More than any such file holds."""
        message = f"Reading ended in line {line:,}: there are too many entries."
        self.say("too-many-lines", Severity.ERROR, "file", message, "Split the file.", line)

    def missing(self, name: str, severity: Severity) -> None:
        """A part without which DCMTK takes nothing."""
        message = f"There is no [[{name}]]. {REFUSED}"
        self.say("dcmtk-section-missing", severity, name, message, f"Add [[{name}]].")

    def name(self, section: Section) -> None:
        """A name that is not the one in the file."""
        if _DROPPED.search(section.raw_name.strip()):
            message = "DCMTK drops other characters than letters, digits, - and _ from "
            message += f"{clip(section.raw_name)!r}: it knows the section as {clip(section.key)!r}."
            remedy = "Refer to it by that name."
            self.say(
                "dcmtk-name-changed", Severity.INFO, section.key, message, remedy, section.line
            )

    def merged(self, section: Section, first: int) -> None:
        """A section that stands there twice."""
        message = f"[{clip(section.key)}] stands in line {first} already; DCMTK counts both from 1 "
        message += "and joins them."
        self.say("dcmtk-section-repeated", Severity.INFO, section.key, message, "", section.line)

    def swallowed(self, entry: Entry) -> None:
        """A key that runs over from a line without `=`."""
        message = "The line above has no = and no # in its first column, so DCMTK reads the key "
        message += f"{clip(entry.key)!r} here."
        remedy = "Begin a comment in the first column, or complete the line above."
        self.say("dcmtk-line-swallowed", Severity.WARNING, entry.key, message, remedy, entry.line)

    def repeated(self, entry: Entry, first: int) -> None:
        """A key that stands twice in a section."""
        message = f"{clip(entry.key)} stands in line {first} already; DCMTK takes only the first."
        remedy = "Give each entry a number of its own."
        self.say("dcmtk-entry-repeated", Severity.WARNING, entry.key, message, remedy, entry.line)

    def unknown_entry(self, entry: Entry, word: str) -> None:
        """A key that DCMTK does not look for."""
        message = f"DCMTK looks for {word}1, {word}2 and so on and does not load {clip(entry.key)}."
        remedy = "Number the entries without gaps and without leading zeros."
        self.say("dcmtk-entry-ignored", Severity.WARNING, entry.key, message, remedy, entry.line)

    def gap(self, section: Section, word: str, count: int, left: list[Entry]) -> None:
        """What stands behind a missing number."""
        if not left:
            return
        names = ", ".join(clip(entry.key) for entry in left[:_LISTED])
        more = f" and {len(left) - _LISTED:,} more" if len(left) > _LISTED else ""
        message = f"[{clip(section.raw_name.strip())}] has no {word}{count + 1}: DCMTK stops there "
        message += f"without a word and does not load {names}{more}."
        remedy = "Number the entries from 1 without gaps."
        first = left[0]
        self.say("numbering-gap", Severity.WARNING, first.key, message, remedy, first.line)

    def bad_uid(self, entry: Entry, what: str, uid: str, problem: str) -> None:
        """Digits and dots are enough for DCMTK, not for a peer."""
        message = f"The {what} {clip(uid)!r} {problem}; DCMTK would send it as it is."
        self.say(
            "uid-invalid", Severity.ERROR, uid, message, "Correct it.", entry.line, "PS3.5 9.1"
        )

    def recent(self, entry: Entry, name: str, since: str | None) -> None:
        """A name that only later versions have."""
        if since is not None:
            message = (
                f"DCMTK has the name {name} since {since}; earlier ones refuse the whole file."
            )
            remedy = "Write the UID if it may meet an earlier one."
            self.say("dcmtk-name-recent", Severity.INFO, name, message, remedy, entry.line)

    def unknown(self, entry: Entry, what: str, meant: str) -> None:
        """Neither a UID nor a name of anybody's."""
        message = f"{clip(meant)!r} is neither a UID nor a name of a {what}. {REFUSED}"
        remedy = "Write the UID."
        self.say("dcmtk-name-unknown", Severity.ERROR, meant, message, remedy, entry.line)

    def misread(self, entry: Entry, text: str, meant: str, right: str) -> None:
        """A value that is plain to people only."""
        appended = "\n" in text
        line = entry.appended[0] if appended and entry.appended else entry.line
        rest = text.partition("\n")[2].strip()
        severity = Severity.ERROR if appended and rest[:1] != "#" else Severity.WARNING
        if appended:
            code = "dcmtk-line-appended"
            message = "The line is indented, so DCMTK appends it to the value above it."
            remedy = "Begin it in the first column."
        elif "#" in text:
            code = "dcmtk-inline-comment"
            message = f"DCMTK takes the comment behind {clip(meant)!r} for a part of the value."
            remedy = "Put it into a line of its own, from the first column on."
        elif text != meant:
            code = "dcmtk-stray-space"
            message = f"DCMTK takes the spaces around {clip(meant)!r} for a part of the name."
            remedy = "Remove the spaces at the end of the line and before a backslash."
        else:
            code = "dcmtk-name-foreign"
            message = f"{clip(meant)!r} is not how DCMTK spells it."
            remedy = f"Write {right}."
        self.say(code, severity, meant, f"{message} {REFUSED}", remedy, line)

    def syntax(self, entry: Entry, problem: str) -> None:
        """A value of another shape."""
        message = f"{clip(entry.key)} {problem}. {REFUSED}"
        self.say("dcmtk-value-malformed", Severity.ERROR, entry.key, message, "", entry.line)

    def undefined(self, entry: Entry, meant: str, where: str) -> None:
        """A reference to nothing."""
        message = f"[[{where}]] defines no {clip(meant)!r} with an entry in it. {REFUSED}"
        remedy = "Define it, or correct the name."
        self.say("dcmtk-reference-undefined", Severity.ERROR, meant, message, remedy, entry.line)

    def twice(self, entry: Entry, uid: str) -> None:
        """One SOP Class twice in a list that may have it once."""
        message = f"{uids.name_of(uid)} stands in this list already. {REFUSED}"
        self.say("dcmtk-class-twice", Severity.WARNING, uid, message, "Keep one.", entry.line)

    def too_many(self, name: str, count: int) -> None:
        """More than a request holds."""
        message = f"The list {clip(name)!r} has {count:,} contexts where 128 are allowed. {REFUSED}"
        remedy = "Split it; a storescp of 3.6.8 or later takes it."
        self.say(
            "dcmtk-too-many-contexts", Severity.WARNING, name, message, remedy, clause="PS3.8 9.3.2"
        )

    def profile_twice(self, section: Section) -> None:
        """Two profiles of one name."""
        message = f"The profile {clip(section.key)} stands there twice. {REFUSED}"
        remedy = "Rename one of the two."
        self.say("dcmtk-profile-twice", Severity.ERROR, section.key, message, remedy, section.line)

    def incomplete(self, section: Section) -> None:
        """A list or a profile without a name, a profile that ties nothing together."""
        what = "names no PresentationContexts" if section.key else "has no name"
        message = f"The section in line {section.line} {what}. {REFUSED}"
        remedy = "Name the section, and in a profile its list of contexts."
        self.say(
            "dcmtk-profile-incomplete", Severity.ERROR, section.key, message, remedy, section.line
        )

    def without_context(self, entry: Entry, uid: str) -> None:
        """A role or negotiation of what is not proposed."""
        message = f"{uids.name_of(uid)} stands in no context of the profile. {REFUSED}"
        remedy = "Add the context, or take the class out of the list."
        self.say("dcmtk-class-without-context", Severity.WARNING, uid, message, remedy, entry.line)

    def class_repeated(self, name: str, line: int) -> None:
        """Fine for a requestor only."""
        message = f"{clip(name)} has a SOP Class in several contexts: storescu proposes them, "
        message += "storescp refuses to start with this profile."
        remedy = "Nothing for a requestor; for an acceptor join the contexts of a class into one."
        self.say("dcmtk-class-repeated", Severity.INFO, name, message, remedy, line)

    def without_profiles(self, count: int) -> None:
        """Lists that nothing ties together."""
        message = f"No profile names a list of contexts; {count:,} lists are read as profiles."
        message += " No program of DCMTK can use one of them."
        remedy = "Add a profile with PresentationContexts for each."
        self.say("dcmtk-no-profiles", Severity.WARNING, "PROFILES", message, remedy)

    def unused(self, name: str) -> None:
        """A list that no profile uses."""
        message = f"No profile uses the list {clip(name)!r}, so it is not read."
        self.say(
            "dcmtk-list-unused", Severity.INFO, name, message, "Add a profile if it is wanted."
        )
