"""The columns of a table of presentation contexts: their headings, and how they look without."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.tables.table_columns import (
    Column,
    Kind,
    first_fit,
    guessed,
    headings_by_fold,
    letter_of,
    roles_in,
    sampled,
)
from dicomcfg.core.standard import uids

# In English, then as German, French, Spanish, Italian and Dutch tables are headed. The bare names
# are those of the tables in conformance statements (PS3.2).
HEADINGS: Final[dict[str, tuple[str, ...]]] = {
    "profile": ("Profile", "Profile Name", "Profil", "Perfil", "Profilo", "Profiel"),
    "calling": (
        *("Calling AE", "Calling AE Title", "Calling AET", "Calling", "Requestor"),
        *("Requestor AE", "Requestor AE Title", "Source AE Title", "Calling Application Entity"),
    ),
    "called": (
        *("Called AE", "Called AE Title", "Called AET", "Called", "Acceptor", "Acceptor AE"),
        *("Acceptor AE Title", "Destination AE Title", "Called Application Entity"),
    ),
    "association": ("Association", "Association Name"),
    "ae_title": (
        *("AE Title", "AET", "AE", "Application Entity", "Application Entity Title"),
        *("AE-Titel", "Titre AE", "Título AE", "Titolo AE"),
    ),
    "position": (
        *("Position", "Order", "Context", "Context ID", "Presentation Context"),
        *("Presentation Context ID", "Reihenfolge", "Ordre", "Orden", "Ordine", "Volgorde"),
    ),
    "sop_class": (
        *("SOP Class", "SOP Class Name", "Abstract Syntax", "Abstract Syntax Name", "SOP Classes"),
        *("SOP", "Name", "SOP-Klasse", "Classe SOP", "Clase SOP"),
        *("Abstrakte Syntax", "Syntaxe abstraite", "Sintaxis abstracta", "Sintassi astratta"),
    ),
    "sop_class_uid": ("SOP Class UID", "Abstract Syntax UID", "SOP UID", "SOPClassUID", "UID"),
    "transfer_syntaxes": (
        *("Transfer Syntax UIDs", "Transfer Syntax UID", "Transfer Syntax UID List", "UID List"),
        *("Transfer Syntaxes UID", "Transfer Syntaxes UIDs"),
    ),
    "transfer_syntax_names": (
        *("Transfer Syntaxes", "Transfer Syntax", "Transfer Syntax Name", "Name List"),
        *("Transfer Syntax Names", "Transfer Syntax Name List", "Encoding", "Transfersyntax"),
        *("Transfersyntaxen", "Syntaxe de transfert", "Syntaxes de transfert"),
        *("Sintaxis de transferencia", "Sintassi di trasferimento"),
    ),
    "role": ("Role", "SCU/SCP", "SCP/SCU", "Roles", "Rolle", "Rôle", "Rol", "Ruolo"),
}
_SPLIT: Final = re.compile(r"[\\;|\r\n]+")


def syntaxes_in(cell: str) -> list[str]:
    """What one cell names: parted by a backslash, a semicolon, a bar or a line's end."""
    return [text for part in _SPLIT.split(cell) if (text := part.strip())]


def _is_data(cell: str) -> bool:
    text = cell.strip()
    return text.startswith(("1.2.", "1.3.", "2.16.", "2.25.")) and uids.is_valid_uid(text)


def _means(kinds: frozenset[uids.UidKind]) -> Callable[[str], bool]:
    def test(cell: str) -> bool:
        found = [uids.resolve(text[:200], kinds) for text in syntaxes_in(cell[:2_000])]
        known = [uid is not None and uids.lookup(uid) is not None for uid in found]
        return bool(known) and all(known)

    return test


def _is_role(cell: str) -> bool:
    return "sc" in cell.casefold() and roles_in(cell) is not None


def guess(rows: Sequence[Sequence[str]]) -> tuple[list[Column], list[Finding]]:
    """Columns of a table without headings: registered abstract and transfer syntaxes, roles."""
    left = sampled(rows)
    found: dict[int, str] = {}
    for field, test, share in (
        ("sop_class_uid", _means(uids.ABSTRACT_SYNTAX), 0.7),
        ("transfer_syntaxes", _means(uids.TRANSFER_SYNTAX), 0.8),
        ("role", _is_role, 0.8),
    ):
        index = first_fit(left, test, share)
        if index is not None:
            found[index] = field
            del left[index]
    columns = guessed(max((len(row) for row in rows), default=0), found)
    if "sop_class_uid" not in found.values() or len(found) < 2:
        message = "There is no header, and SOP Classes and transfer syntaxes could not be told "
        message += "apart."
        remedy = "Add a first row: SOP Class, Transfer Syntaxes; or say which column is which."
        code = "columns-not-recognised"
        return columns, [Finding(code, Severity.ERROR, "table", message, remedy)]
    names = ", ".join(
        f"{HEADINGS[field][0]} in column {letter_of(i)}" for i, field in sorted(found.items())
    )
    message = f"There is no header; by their content: {names}."
    remedy = "Add a header to be certain and to carry the other columns."
    return columns, [Finding("table-without-header", Severity.WARNING, "table", message, remedy)]


KIND: Final = Kind(
    name="SOP Class",
    missing="no-sop-class-column",
    headings=HEADINGS,
    needed=frozenset({"sop_class", "sop_class_uid"}),
    several=frozenset({"transfer_syntaxes", "transfer_syntax_names"}),
    is_data=_is_data,
    guess=guess,
    by_heading=headings_by_fold(HEADINGS),
)
