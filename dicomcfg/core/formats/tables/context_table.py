"""Tables of presentation contexts as CSV, TSV and workbooks; a context, or a part of one, a row.

Rows with a calling and a called AE are an association's, rows with an AE and its role are its
Transfer Capabilities, others a profile's: the one they name, or one after the file. Rows of one
SOP Class are one context, unless a column tells contexts apart by their position.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.base import Format, Source
from dicomcfg.core.formats.bounded import Findings
from dicomcfg.core.formats.tables import workbook
from dicomcfg.core.formats.tables.context_columns import KIND
from dicomcfg.core.formats.tables.context_rows import ContextRow, ContextRows, Holder
from dicomcfg.core.formats.tables.context_table_writer import KNOWS, rows_of
from dicomcfg.core.formats.tables.context_texts import UidTexts, size_findings, too_many_texts
from dicomcfg.core.formats.tables.table_cells import RowCells
from dicomcfg.core.formats.tables.table_columns import folded
from dicomcfg.core.formats.tables.table_sheets import (
    Layout,
    layout_of,
    layouts,
    looks_like,
    sheets_of,
)
from dicomcfg.core.formats.tables.table_writer import as_text, as_workbook
from dicomcfg.core.records import (
    Ae,
    Association,
    Document,
    PresentationContext,
    Profile,
    RoleSelection,
    TransferCapability,
)

NAME: Final = "context-table"
_Key = tuple[str, str, int | None]


@dataclass(slots=True)
class _List:
    """What one holder's rows say: syntaxes by (SOP Class, role of a capability, position)."""

    contexts: dict[_Key, dict[str, None]] = field(default_factory=dict)
    roles: dict[str, tuple[bool, bool, bool]] = field(default_factory=dict)
    name: str = ""

    def take(self, row: ContextRow) -> bool:
        """Add a row; False where all of it was said before."""
        is_new = False
        if row.holder.ae_title:
            scu, scp = row.role or (False, False)
            for role in [name for name, is_so in (("SCU", scu), ("SCP", scp)) if is_so]:
                is_new |= self._add(row, role)
            return is_new
        if row.role is not None:
            known = self.roles.get(row.sop_class, (False, False, False))
            said = (*row.role, row.is_proposed)
            united = (known[0] or said[0], known[1] or said[1], known[2] or said[2])
            is_new = row.sop_class not in self.roles or united != known
            self.roles[row.sop_class] = united
        if row.transfer_syntaxes:
            is_new |= self._add(row, "")
        return is_new

    def _add(self, row: ContextRow, role: str) -> bool:
        syntaxes = self.contexts.setdefault((row.sop_class, role, row.position), {})
        before = len(syntaxes)
        syntaxes.update(dict.fromkeys(row.transfer_syntaxes))
        return len(syntaxes) > before

    def ordered(self) -> list[tuple[_Key, tuple[str, ...]]]:
        """By position where one is given, else in order of first mention."""
        found = [(key, tuple(syntaxes)) for key, syntaxes in self.contexts.items()]
        return sorted(found, key=lambda pair: _rank(pair[0][2]))

    def presentation_contexts(self) -> tuple[PresentationContext, ...]:
        """The contexts of a profile or an association."""
        return tuple(PresentationContext(key[0], syntaxes) for key, syntaxes in self.ordered())

    def capabilities(self) -> tuple[TransferCapability, ...]:
        """The Transfer Capabilities of an AE."""
        return tuple(
            TransferCapability(key[0], key[1], syntaxes) for key, syntaxes in self.ordered()
        )

    def role_selections(self) -> tuple[RoleSelection, ...]:
        """Roles that are more than the requestor's default, or said to be proposed."""
        return tuple(
            RoleSelection(uid, scu, scp)
            for uid, (scu, scp, is_proposed) in self.roles.items()
            if scp or is_proposed
        )


def _rank(position: int | None) -> float:
    return float("inf") if position is None else position


class _Lists:
    """The lists of all holders, as the rows of all sheets give them."""

    def __init__(self, source: Source):
        self._own = source.stem or "Imported"
        self._lists: dict[Holder, _List] = {}
        self.titles: dict[str, None] = {}

    def take(self, row: ContextRow, sheet: str) -> bool:
        """Add a row to its holder's list; False where all of it was said before."""
        holder = row.holder
        if holder == Holder():
            holder = Holder(profile=sheet or self._own)
        titles = (holder.calling, holder.called, holder.ae_title)
        self.titles.update(dict.fromkeys(title for title in titles if title))
        is_new = holder not in self._lists
        taken = self._lists.setdefault(holder, _List())
        taken.name = taken.name or row.name
        return (taken.take(row) if row.sop_class else False) or is_new

    def document(self, name: str) -> Document:
        """The records, without findings."""
        profiles, associations = [], []
        capabilities: dict[str, tuple[TransferCapability, ...]] = {}
        for holder, taken in self._lists.items():
            contexts, roles = taken.presentation_contexts(), taken.role_selections()
            if holder.calling:
                pair = Association(holder.calling, holder.called, taken.name)
                pair = replace(pair, presentation_contexts=contexts, role_selections=roles)
                associations.append(pair)
            elif holder.ae_title:
                capabilities[holder.ae_title] = taken.capabilities()
            else:
                profiles.append(Profile(holder.profile, contexts, roles))
        aes = tuple(
            Ae(title, title, transfer_capabilities=capabilities.get(title, ()))
            for title in self.titles
        )
        return Document(name, aes=aes, associations=tuple(associations), profiles=tuple(profiles))


def _read_rows(found: Iterable[Layout], lists: _Lists, said: Findings) -> None:
    texts = UidTexts()
    for layout in found:
        cells = RowCells(layout)
        rows = ContextRows(cells, texts)
        for record in layout.records:
            cells.take(record)
            if texts.is_full:
                said.keep([replace(too_many_texts(), line=cells.line, cell=cells.at)])
                return
            row = rows.read()
            if row is not None and not lists.take(row, layout.sheet.name):
                message = "All that the row says stands in earlier rows; it counts once."
                subject = row.sop_class or "table"
                repeated = Finding("row-repeated", Severity.INFO, subject, message)
                said.keep([replace(repeated, line=cells.line, cell=cells.at)])
            said.keep(cells.findings)


def _reader(name: str) -> Callable[[Source], Document]:
    def read(source: Source) -> Document:
        """The table as a Document of profiles, associations and AEs with capabilities."""
        found, findings = layouts(source, KIND)
        lists = _Lists(source)
        said = Findings()
        said.keep(findings)
        _read_rows(found, lists, said)
        document = lists.document(name)
        holders: tuple[Profile | Association, ...] = (*document.profiles, *document.associations)
        for holder in holders:
            said.keep(size_findings(holder.presentation_contexts))
        knows = _knows(found) if found else None
        return replace(document, findings=said.all(), knows=knows)

    return read


def _knows(found: Iterable[Layout]) -> frozenset[str]:
    named = frozenset(field for layout in found for field in layout.fields)
    said = {"profile.presentation_contexts"}
    if {"calling", "called"} <= named:
        said.add("association.presentation_contexts")
        said |= {"association.name"} if "association" in named else set()
    if "role" in named:
        said |= {place.replace("presentation_contexts", "role_selections") for place in said}
    if "ae_title" in named:
        said.add("ae.transfer_capabilities")
    return frozenset(said)


def detect(source: Source) -> float:
    """Sure of a header with an abstract syntax and one more of ours; fairly sure of columns of
    registered syntaxes."""
    head = replace(source.decoded, text=source.text[:20_000])
    if not head.text or head.text.lstrip()[:1] in ("{", "[", "<"):
        return 0.0
    sheets, _ = sheets_of(replace(source, decoded=head), KIND)
    layout = layout_of(sheets[0], KIND)
    if layout.header is None or not KIND.is_header(layout.header[2]):
        return 0.7 if looks_like(KIND, layout) else 0.0
    return _confidence(layout.fields, layout.header[2])


def _confidence(fields: frozenset[str] | set[str], headings: Iterable[str]) -> float:
    """The bare `Name` and `UID` may head anything; the other headings speak of syntaxes."""
    if not fields & KIND.needed:
        return 0.0
    texts = {folded(text) for text in headings}
    is_sure = any("syntax" in text or text.startswith("sop") for text in texts)
    return 0.95 if is_sure and len(fields) > 1 else 0.4


def detect_tsv(source: Source) -> float:
    """As a table; the commoner name comes first."""
    return 0.5 * detect(source)


def detect_workbook(source: Source) -> float:
    """A workbook among whose first texts are headings of an abstract syntax and one more."""
    if not workbook.is_workbook(source.data):
        return 0.0
    texts = workbook.first_texts(source.data)
    return _confidence(KIND.fields_in(texts), [text for text in texts if KIND.field_of(text)])


FORMAT: Final = Format(
    name=NAME,
    title="Table of presentation contexts (CSV)",
    detect=detect,
    read=_reader(NAME),
    write=as_text(rows_of, ","),
    suffix=".csv",
    knows=KNOWS,
)
TSV: Final = Format(
    name="context-tsv",
    title="Table of presentation contexts (TSV)",
    detect=detect_tsv,
    read=_reader("context-tsv"),
    write=as_text(rows_of, "\t"),
    suffix=".tsv",
    knows=KNOWS,
)
XLSX: Final = Format(
    name="context-xlsx",
    title="Table of presentation contexts (Excel workbook)",
    detect=detect_workbook,
    read=_reader("context-xlsx"),
    write=as_workbook(rows_of),
    suffix=".xlsx",
    knows=KNOWS,
    is_binary=True,
)
