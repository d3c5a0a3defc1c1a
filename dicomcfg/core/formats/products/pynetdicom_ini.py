"""The INI file of pynetdicom's `qrscp`: `[AET]` with `address` and `port` for move destinations.

`[DEFAULT]` is the server itself, and at the same time what every section inherits: a destination
without a port silently gets the server's. Python's configparser reads the file, so a comment
behind a value is a part of the value, a line indented deeper continues the one above, `%` begins
a substitution, and a section or a key that stands twice stops the program.
"""

from __future__ import annotations

import configparser
import re
from collections import ChainMap
from collections.abc import Mapping
from typing import Final

from dicomcfg.core.findings import Severity
from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.bounded import Place
from dicomcfg.core.formats.losses import not_carried
from dicomcfg.core.formats.products.ae_entries import Entry, Gathering, left_out, listed
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import Document

NAME: Final = "pynetdicom-ini"
KNOWS: Final = frozenset({"ae.connections"})
MAXIMUM_CHARACTERS: Final = 2_000_000
_LOCAL: Final = "DEFAULT"
_NEEDED: Final = (
    *("ae_title", "port", "max_pdu", "acse_timeout", "dimse_timeout", "network_timeout"),
    *("bind_address", "instance_location", "database_location"),
)
_SECTION: Final = re.compile(r"\s*\[(.+)\]")
_ANY_SECTION: Final = re.compile(r"\[[^\[\]\n]++\]")
_OPTION: Final = re.compile(r"\s*([^=:\s][^=:]*?)\s*[=:]")
_COMMENT: Final = re.compile(r"\s[#;]")
# What qrscp itself ships with; without these keys it does not start.
_DEFAULTS: Final = """\
[DEFAULT]
ae_title = QRSCP
port = 11112
max_pdu = 16382
acse_timeout = 30
dimse_timeout = 30
network_timeout = 30
bind_address =
instance_location = instances
database_location = instances.sqlite
log_identifier = True
"""


def _places(text: str) -> dict[tuple[str, str], int]:
    """The line of every (section, key), and of every section with an empty key."""
    found: dict[tuple[str, str], int] = {}
    section = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.lstrip()[:1] in ("#", ";"):
            continue
        if header := _SECTION.match(line[:1_000]):
            section = header[1]
            found.setdefault((section, ""), number)
        elif option := _OPTION.match(line[:1_000]):
            found.setdefault((section, option[1].lower()), number)
    return found


class _Reader:
    """Reads what configparser made of the file."""

    def __init__(self, text: str, parser: configparser.ConfigParser):
        self.found = Gathering()
        self._places = _places(text)
        self._told: set[Place] = set()
        self._own = {name: dict(parser.items(name, raw=True)) for name in parser.sections()}
        self._local = self._own.pop(_LOCAL, {})

    def _place(self, section: str, key: str = "") -> Place:
        places = self._places
        return Place(line=places.get((section, key)) or places.get((section, "")))

    def _value(self, section: str, key: str) -> str | None:
        """The value as qrscp gets it; None where there is none, neither here nor by default."""
        own = self._own.get(section, {}) if section != _LOCAL else self._local
        place = self._place(section if key in own else _LOCAL, key)
        raw = own.get(key, self._local.get(key))
        if raw is None:
            return None
        first, *further = raw.split("\n")
        if further:
            message = f"{clip(further[0])!r} is indented deeper than the line before it, so it is "
            message += f"read as the end of the value of {key}."
            remedy = "Indent all lines of a section alike."
            self.found.say("ini-continued", Severity.ERROR, section, message, remedy, place)
        if comment := _COMMENT.search(first):
            message = f"A comment behind a value is a part of it: qrscp stops at {clip(first)!r}."
            remedy = "Put the comment on a line of its own; it is left out here."
            if place not in self._told:
                self.found.warn("ini-inline-comment", section, message, remedy, place)
            self._told.add(place)
            first = first[: comment.start()].rstrip()
        return self._substituted(first, ChainMap(own, self._local), section, place)

    def _substituted(
        self, value: str, known: Mapping[str, str], section: str, place: Place
    ) -> str | None:
        """Without `%` substitutions, each of which is made once."""
        if "%" not in value:
            return value

        def one(match: re.Match[str]) -> str:
            return "%" if match[0] == "%%" else known.get((match[1] or "").lower(), match[0])

        plain = re.sub(r"%%|%\(([^)]{1,100})\)s", one, value[:1_000])
        if "%" in plain.replace("%%", ""):
            message = f"qrscp stops at the % of {clip(value)!r}, which begins a substitution."
            remedy = "Write %% for a percent sign."
            self.found.say("ini-percent", Severity.ERROR, section, message, remedy, place)
        return plain

    def local(self) -> None:
        """The server itself: an AE whose host the file seldom names."""
        if not self._local:
            return
        place = self._place(_LOCAL)
        missing = [key for key in _NEEDED if key not in self._local]
        if missing:
            message = f"[DEFAULT] lacks {', '.join(missing)}, without which qrscp does not start."
            self.found.warn("qrscp-setting-missing", _LOCAL, message, "Add it.", place)
        title = self._value(_LOCAL, "ae_title")
        if title is None:
            return
        place = self._place(_LOCAL, "ae_title")
        port = self._value(_LOCAL, "port") or ""
        host = self._value(_LOCAL, "bind_address") or None
        if host is not None and not host.strip("0.:"):
            host = None
        if host is None:
            message = f"{clip(title)} is the server itself. It listens on port {clip(port)} of its "
            message += "host, which the file does not name, so it has no address here."
            remedy = "Add its address on its page."
            self.found.say("qrscp-own-address", Severity.INFO, title, message, remedy, place)
        self.found.add(Entry(title, host, port, place))

    def destination(self, section: str) -> None:
        """One move destination."""
        place = self._place(section)
        own = self._own[section]
        address, port = self._value(section, "address"), self._value(section, "port")
        if address is None or port is None:
            what = "address" if address is None else "port"
            message = f"[{clip(section)}] has no {what}, without which qrscp does not start."
            self.found.say(
                "qrscp-setting-missing", Severity.ERROR, section, message, f"Add {what}.", place
            )
            return
        for what, value in (("address", address), ("port", port)):
            if what not in own:
                message = f"[{clip(section)}] gives no {what} and inherits {clip(value)} from "
                message += "[DEFAULT], which is the server's own; qrscp will use that."
                remedy = f"Give the destination a {what} of its own."
                self.found.warn("qrscp-inherited", section, message, remedy, place)
        self.found.add(Entry(section, address, port, place))

    def all(self) -> None:
        """The server and every destination."""
        self.local()
        for section in self._own:
            self.destination(section)


def _refused(problem: configparser.Error) -> tuple[str, int | None]:
    """What stops configparser, and the line of it."""
    line = getattr(problem, "lineno", None)
    if isinstance(problem, configparser.DuplicateSectionError):
        return f"The section [{clip(problem.section)}] stands twice", line
    if isinstance(problem, configparser.DuplicateOptionError):
        return f"{clip(problem.option)} stands twice in [{clip(problem.section)}]", line
    if isinstance(problem, configparser.MissingSectionHeaderError):
        return "A line stands before the first section", line
    if isinstance(problem, configparser.ParsingError) and problem.errors:
        line, text = problem.errors[0]
        return f"A line is neither a section, a comment nor a key: {clip(text)}", line
    return "The file cannot be read", line


def read(source: Source) -> Document:
    """The move destinations as AEs, and the server itself where the file names it."""
    text = source.text.replace("\r\n", "\n")
    found = Gathering()
    if len(text) > MAXIMUM_CHARACTERS:
        message = f"An INI file of more than {MAXIMUM_CHARACTERS:,} characters is not read."
        found.say("file-too-large", Severity.ERROR, "file", message, "Split the file.")
        return found.document(NAME)
    # By another default section [DEFAULT] becomes one like others: what is inherited can be told.
    parser = configparser.ConfigParser(default_section="\0", interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error as problem:
        message, line = _refused(problem)
        said = f"{message}, so qrscp does not start."
        found.say("ini-refused", Severity.ERROR, "file", said, "Mend it.", Place(line=line))
        return found.document(NAME)
    reader = _Reader(text, parser)
    reader.all()
    return reader.found.document(NAME)


def write(document: Document) -> Written:
    """A file that qrscp starts with: its shipped settings, and a section for each AE."""
    kept = listed(document, KNOWS)
    found = list(kept.findings)
    message = "[DEFAULT] is written with the settings that qrscp ships with, title QRSCP, "
    message += "port 11112: it does not start without."
    if document.aes:
        found.append(not_carried("aes.added", message, "Put your server's own settings there."))
    rows = [_DEFAULTS]
    titles = {_LOCAL}
    for ae, connection in kept.entries:
        if ae.ae_title in titles:
            why = "is the name of the section of defaults" if ae.ae_title == _LOCAL else ""
            found.append(left_out(ae, why or "has a section already, and a second stops qrscp"))
            continue
        titles.add(ae.ae_title)
        address = f"address = {connection.hostname}\nport = {connection.port}\n"
        rows.append(f"\n[{ae.ae_title}]\n{address}")
    return Written.of("".join(rows), tuple(found))


def detect(source: Source) -> float:
    """Sure of sections that hold an address and a port, surer with qrscp's own settings."""
    head = source.text[:20_000]
    if "[[" in head[:2_000] or not _ANY_SECTION.search(head):
        return 0.0
    lowered = head.lower()
    local = "[DEFAULT]" in head and re.search(r"(?m)^[ \t]*+ae_title\s*[:=]", lowered)
    if local and re.search(r"(?m)^[ \t]*+port\s*[:=]", lowered):
        return 0.92
    address = re.search(r"(?m)^[ \t]*+address\s*[:=]", lowered)
    port = re.search(r"(?m)^[ \t]*+port\s*[:=]", lowered)
    first = next((line for line in head.split("\n") if line.strip()[:1] not in ("", "#", ";")), "")
    return 0.8 if address and port and _SECTION.match(first) else 0.0


FORMAT: Final = Format(
    name=NAME,
    title="pynetdicom qrscp (INI)",
    detect=detect,
    read=read,
    write=write,
    suffix=".ini",
    knows=KNOWS,
)
