"""Contexts and Transfer Capabilities as the rows of a table; the reader gives them back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dicomcfg.core.findings import Finding
from dicomcfg.core.formats.losses import losses, not_carried
from dicomcfg.core.formats.tables.context_columns import HEADINGS
from dicomcfg.core.formats.tables.context_rows import NO_CONTEXT, PROPOSED
from dicomcfg.core.formats.tables.table_columns import roles_text
from dicomcfg.core.formats.tables.table_writer import Rows
from dicomcfg.core.records import Ae, Association, Document, Profile, RoleSelection
from dicomcfg.core.standard import uids

KNOWS: Final = frozenset(
    {
        *("ae.transfer_capabilities", "association.presentation_contexts"),
        *("association.role_selections", "profile.presentation_contexts"),
        *("profile.role_selections", "association.name"),
    }
)
_FIELDS: Final = tuple(HEADINGS)
_Row = tuple[str, list[str]]


def _row(place: str, **values: str) -> _Row:
    return place, [values.get(field, "") for field in _FIELDS]


def _syntax_cells(sop_class: str, syntaxes: tuple[str, ...]) -> dict[str, str]:
    return {
        "sop_class": uids.name_of(sop_class),
        "sop_class_uid": sop_class,
        "transfer_syntaxes": "; ".join(syntaxes) or NO_CONTEXT,
        "transfer_syntax_names": "; ".join(map(uids.name_of, syntaxes)),
    }


def _role_cell(selection: RoleSelection) -> str:
    text = roles_text(selection.scu, selection.scp)
    return text if selection.scp else text + PROPOSED


def _context_rows(
    place: str, holder: Profile | Association, named: dict[str, str]
) -> Iterator[_Row]:
    """Each context with its role; roles apart where they have another order, or no context."""
    contexts, selections = holder.presentation_contexts, holder.role_selections
    if not contexts and not selections:
        yield _row(place, **named)
    roles = {selection.sop_class: _role_cell(selection) for selection in selections}
    in_order = dict.fromkeys(c.abstract_syntax for c in contexts if c.abstract_syntax in roles)
    beside = roles if list(in_order) == list(roles) else {}
    for position, context in enumerate(contexts, start=1):
        cells = _syntax_cells(context.abstract_syntax, context.transfer_syntaxes)
        role = beside.get(context.abstract_syntax, "")
        yield _row(place, **named, **cells, position=str(position), role=role)
    for sop_class, role in {} if beside else roles.items():
        yield _row(place, **named, **_syntax_cells(sop_class, ()), role=role)


def _capability_rows(place: str, ae: Ae) -> Iterator[_Row]:
    if not ae.transfer_capabilities:
        yield _row(place, ae_title=ae.ae_title)
    for position, each in enumerate(ae.transfer_capabilities, start=1):
        cells = _syntax_cells(each.sop_class, each.transfer_syntaxes)
        yield _row(place, ae_title=ae.ae_title, position=str(position), role=each.role, **cells)


class _Writing:
    """Gathers the rows of a Document and what they cannot say."""

    def __init__(self, document: Document):
        self.findings: list[Finding] = list(losses(document, KNOWS))
        self.rows: list[_Row] = []
        self._titles = {ae.key: ae.ae_title for ae in document.aes}
        self._gone: set[str] = set()
        self._write_aes(document.aes)
        for profile in document.profiles:
            self._write(f"profiles[{profile.name}]", profile, {"profile": profile.name})
        for pair in document.associations:
            self._write_pair(pair)

    def _write_aes(self, aes: tuple[Ae, ...]) -> None:
        titles: set[str] = set()
        for ae in aes:
            place = f"aes[{ae.key}]"
            if ae.ae_title in titles:
                message = f"Another AE has the title {ae.ae_title}; this one has no rows."
                self.findings.append(not_carried(place, message))
                self._gone.add(ae.key)
                continue
            titles.add(ae.ae_title)
            if all(each.transfer_syntaxes for each in ae.transfer_capabilities):
                self.rows += _capability_rows(place, ae)
            else:
                self._gone.add(ae.key)
                self._without_syntax(place)

    def _write_pair(self, pair: Association) -> None:
        place = f"associations[{pair.calling}:{pair.called}]"
        if {pair.calling, pair.called} & self._gone:
            message = "One of the two AEs has no rows, so the pair has none."
            self.findings.append(not_carried(place, message))
            return
        calling, called = (self._titles.get(key, key) for key in (pair.calling, pair.called))
        self._write(place, pair, {"calling": calling, "called": called, "association": pair.name})

    def _write(self, place: str, holder: Profile | Association, named: dict[str, str]) -> None:
        if all(context.transfer_syntaxes for context in holder.presentation_contexts):
            self.rows += _context_rows(place, holder, named)
        else:
            self._without_syntax(place)

    def _without_syntax(self, place: str) -> None:
        message = "A context without a transfer syntax has no row that says so; all are left out."
        self.findings.append(not_carried(place, message))


def rows_of(document: Document) -> Rows:
    """A header, then the AEs with their capabilities, the profiles, the associations."""
    writing = _Writing(document)
    headings = [HEADINGS[field][0] for field in _FIELDS]
    return Rows("Contexts", headings, writing.rows, tuple(writing.findings))
