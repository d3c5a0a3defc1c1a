"""Where in the files a record stands, and which row of a plan a finding of reading is about.

Records carry no lines. Most readers tell where their AEs stand; else an AE is looked for by its
title, on a line that also names its host if there is one. A finding belongs to the row on its line,
or to the one that it names.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from msgspec import structs

from dicomcfg.core import records
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.bundle import Bundle, Part
from dicomcfg.core.formats.registry import FORMATS
from dicomcfg.exchange.models import Action, RowKind
from dicomcfg.exchange.planning.rows import Key, Plan, PlannedRow

_WORD: Final = re.compile(r"""[^\s,;|"'<>{}()\[\]:=\\]+""")
_FINDINGS_OF_ROW: Final = 50
AnyRow = PlannedRow[Any, Any]
Place = tuple[str, int | None]


def placed(plan: Plan, bundle: Bundle, findings: Iterable[Finding]) -> Plan:
    """The plan with the places of its rows and the findings of reading at their rows.

    An error that is about no row, but has a place of its own, becomes a row of what is unread.
    """
    index = _Index(bundle)
    rows = _Rows(plan, index)
    unread: dict[tuple[str, str], AnyRow] = {}
    for finding in findings:
        if rows.take(finding) or finding.severity is not Severity.ERROR:
            continue
        where = _where(finding)
        if where:
            key = (finding.file or "", where)
            known = unread.get(key) or _unread(finding, where)
            unread[key] = structs.replace(known, findings=(*known.findings, finding))
    return rows.plan(tuple(unread.values()))


def blocks_all(finding: Finding) -> bool:
    """Whether an error of reading has no place, so that no row stands for it."""
    return finding.severity is Severity.ERROR and not _where(finding)


def _where(finding: Finding) -> str:
    """The place of a finding in words, empty where it has none."""
    line = f"line {finding.line}" if finding.line else ""
    cell = f"cell {finding.cell}" if finding.cell and not line else ""
    # A path that is no more than the name of the whole (`aes`) is one too.
    return line or cell or finding.path or finding.file or ""


def _unread(finding: Finding, where: str) -> AnyRow:
    file = finding.file or ""
    label = " ".join(dict.fromkeys(filter(None, (file, where))))
    return PlannedRow(
        RowKind.AE, f"unread {label}", label, Action.LEFT, file=file, line=finding.line
    )


class _Index:
    """The lines on which the titles of a bundle's AEs stand, file by file."""

    def __init__(self, bundle: Bundle) -> None:
        several = len(bundle.parts) > 1
        self._places: dict[tuple[str, str | None], str] = {}
        self._lines: dict[str, dict[str, list[tuple[int, str]]]] = {}
        self.files: dict[tuple[RowKind, str], str] = {}
        for part in bundle.parts:
            name = part.given.name if several else ""
            for ae in part.document.aes:
                self._places.setdefault((ae.ae_title, _host(ae.connections)), name)
            for profile in part.document.profiles:
                self.files.setdefault((RowKind.PROFILE, profile.name), name)
            self._lines[name] = _lines_of(part)

    def place_of(self, title: str, host: str | None) -> Place:
        """The file and the line of an AE; each line serves one AE."""
        name = self._places.get((title, host), "")
        here = self._lines.get(name, {}).get(title, [])
        chosen = next((each for each in here if host and host in each[1].lower()), None)
        chosen = chosen or (here[0] if here else None)
        if chosen is None:
            return name, None
        if len(here) > 1:
            here.remove(chosen)
        return name, chosen[0]


def _host(connections: Sequence[records.Connection]) -> str | None:
    return connections[0].hostname.lower() if connections else None


def _lines_of(part: Part) -> dict[str, list[tuple[int, str]]]:
    """The lines of each AE title of a file that is text."""
    lines: dict[str, list[tuple[int, str]]] = {ae.ae_title: [] for ae in part.document.aes}
    known = FORMATS.get(part.document.format)
    if not lines or known is None or known.is_binary:
        return lines
    if part.document.places:
        for ae in part.document.aes:
            line = part.document.places.get(ae.key)
            if isinstance(line, int):
                hosts = " ".join(each.hostname.lower() for each in ae.connections)
                lines[ae.ae_title].append((line, hosts))
        return lines
    text = part.given.data.decode(errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        for word in lines.keys() & _WORD.findall(line):
            lines[word].append((number, line))
    return lines


class _Rows:
    """The rows of a plan while findings come to them."""

    def __init__(self, plan: Plan, index: _Index) -> None:
        self._plan = plan
        self._rows = {row.identity: self._place(row, index) for row in plan.rows()}
        self._found: defaultdict[Key, list[Finding]] = defaultdict(list)
        holders: list[AnyRow] = [*plan.profiles, *plan.associations]
        self._only = holders[0].identity if len(holders) == 1 and not plan.devices else None
        if any(not row.key.startswith("new:") for row in plan.aes):
            self._only = None

    @cached_property
    def _at(self) -> dict[Place, Key]:
        """The first row of each line."""
        at: dict[Place, Key] = {}
        for identity, row in self._rows.items():
            at.setdefault((row.file, row.line), identity)
        return at

    @cached_property
    def _named(self) -> Mapping[str, list[Key]]:
        """The rows by key and by label."""
        named: defaultdict[str, list[Key]] = defaultdict(list)
        for identity, row in self._rows.items():
            for name in {row.key, row.label}:
                named[name].append(identity)
        return named

    def _place(self, row: AnyRow, index: _Index) -> AnyRow:
        if row.kind is not RowKind.AE:
            return structs.replace(row, file=index.files.get(row.identity, ""))
        state = row.after or row.before
        connections = state.data.connections if state is not None else ()
        file, line = index.place_of(row.label, _host(connections))
        return structs.replace(row, file=file, line=line)

    def take(self, finding: Finding) -> bool:
        """Give the finding to the row that it is about; False where there is none."""
        at = self._at.get((finding.file or "", finding.line)) if finding.line else None
        if at is None and self._only is not None and (finding.line or finding.path):
            at = self._only
        if at is None:
            named = self._named.get(finding.subject, ())
            at = named[0] if len(named) == 1 else None
        if at is None:
            return False
        self._found[at].append(finding)
        return True

    def plan(self, unread: tuple[AnyRow, ...]) -> Plan:
        """The plan with everything at its place."""
        rows = self._rows
        for identity, found in self._found.items():
            row = rows[identity]
            known = {(f.code, f.message) for f in row.findings}
            more = [f for f in found if (f.code, f.message) not in known]
            errors = sorted((*more, *row.findings), key=lambda f: f.severity is not Severity.ERROR)
            rows[identity] = structs.replace(row, findings=tuple(errors[:_FINDINGS_OF_ROW]))
        old = self._plan
        return Plan(
            devices=[rows[row.identity] for row in old.devices],
            profiles=[rows[row.identity] for row in old.profiles],
            aes=[rows[row.identity] for row in old.aes],
            associations=[rows[row.identity] for row in old.associations],
            unread=unread,
        )
