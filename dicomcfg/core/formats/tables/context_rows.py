"""One row of a table of presentation contexts: whose it is, its abstract syntax, its syntaxes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dicomcfg.core.findings import Severity, has_errors
from dicomcfg.core.formats.tables.context_columns import syntaxes_in
from dicomcfg.core.formats.tables.context_texts import Meaning, UidTexts
from dicomcfg.core.formats.tables.table_cells import RowCells
from dicomcfg.core.formats.tables.table_columns import roles_in
from dicomcfg.core.formats.text import clip
from dicomcfg.core.standard import uids
from dicomcfg.core.standard.ae_title import check_ae_title, normalise_ae_title

PROPOSED: Final = " proposed"
"""Ends a role that is negotiated though it says no more than the default."""
NO_CONTEXT: Final = "-"
"""Stands for the transfer syntaxes of a SOP Class that has a role and no context."""
_UID_INSIDE: Final = re.compile(r"(?<![\d.])\d+(?:\.\d+){4,}(?![\d.])")
_HOLDERS: Final = ("profile", "calling", "called", "ae_title")


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose contexts a row tells: a pair's, an AE's or, with neither, a profile's ("" for the
    file's own)."""

    profile: str = ""
    calling: str = ""
    called: str = ""
    ae_title: str = ""


@dataclass(frozen=True, slots=True)
class ContextRow:
    """One row as read; without a `sop_class` it only names its holder.

    `role` is (SCU, SCP) or None, `is_proposed` says that it is to be negotiated.
    `name` is the association's.
    """

    holder: Holder
    position: int | None
    sop_class: str
    transfer_syntaxes: tuple[str, ...]
    role: tuple[bool, bool] | None
    is_proposed: bool
    name: str = ""


class ContextRows:
    """Reads the rows of one sheet in order; an empty SOP Class continues the row above."""

    def __init__(self, cells: RowCells, texts: UidTexts):
        self._cells = cells
        self._texts = texts
        self._above: ContextRow | None = None
        self._titles: set[str] = set()
        self._implied = self._continued = False

    def read(self) -> ContextRow | None:
        """The row that was taken, or None with findings where it cannot be read."""
        cells = self._cells
        names = [cells.text("sop_class_uid"), cells.text("sop_class")]
        given = [*cells.texts("transfer_syntaxes"), *cells.texts("transfer_syntax_names")]
        if not any(names):
            return self._continuation(given)
        sop_class = self._sop_class(*names)
        holder = self._holder()
        syntaxes = self._syntaxes()
        role, is_proposed = self._role(holder)
        if sop_class is None or holder is None or has_errors(cells.findings):
            self._above = None
            return None
        position, name = self._position(), cells.text("association")
        row = ContextRow(holder, position, sop_class, syntaxes, role, is_proposed, name)
        self._above = row
        return row

    def _continuation(self, given: Sequence[str]) -> ContextRow | None:
        """A row that only names a pair, an AE or a profile; or one of merged cells, with the SOP
        Class of the row above and more transfer syntaxes."""
        cells = self._cells
        if not given and not cells.text("role"):
            holder = self._holder()
            if holder is not None and holder != Holder():
                return ContextRow(holder, None, "", (), None, False, cells.text("association"))
        if self._above is None or not given:
            if not has_errors(cells.findings):
                message = "The row names no SOP Class."
                remedy = "Fill the cell, or remove the row."
                field = "sop_class_uid" if cells.has("sop_class_uid") else "sop_class"
                cells.say("sop-class-missing", Severity.ERROR, field, "table", message, remedy)
            return None
        if not self._continued:
            self._continued = True
            message = "The cell of the SOP Class is empty here; rows so continue the one above."
            cells.say("row-continued", Severity.INFO, "sop_class", "table", message)
        holder = self._above.holder
        if any(cells.text(field) for field in _HOLDERS):
            said = self._holder()
            if said is None:
                return None
            holder = said
        syntaxes = self._syntaxes()
        if has_errors(cells.findings):
            return None
        return replace(self._above, holder=holder, transfer_syntaxes=syntaxes)

    def _place(self, field: str, meaning: Meaning) -> str | None:
        self._cells.place(field, meaning[1])
        return meaning[0]

    def _sop_class(self, uid_text: str, name: str) -> str | None:
        """The UID's column decides; a name that means another one is told."""
        if not uid_text:
            return self._place("sop_class", self._meaning(name, self._texts.abstract))
        meaning = self._meaning(uid_text, self._texts.abstract)
        uid = self._place("sop_class_uid", meaning)
        named = uids.resolve(name[:200], uids.ABSTRACT_SYNTAX) if name else None
        if uid and named and named != uid:
            message = f"{clip(name)} is {named}, and the row says {uid}, which is used."
            remedy = "Correct the one that is wrong."
            self._cells.say(
                "uid-and-name-differ", Severity.WARNING, "sop_class", name, message, remedy
            )
        return uid

    @staticmethod
    def _meaning(text: str, read: Callable[[str], Meaning]) -> Meaning:
        """A UID beside other words, as in `CT Image Storage (1.2...)`, is what is meant."""
        meaning = read(text)
        if meaning[0] is None and len(text) < 500:
            inside = _UID_INSIDE.findall(text)
            if len(inside) == 1 and inside[0] != text:
                meaning = read(inside[0])
        return meaning

    def _syntaxes(self) -> tuple[str, ...]:
        """Those of the UIDs' columns, else of the names'; Implicit VR Little Endian for none."""
        cells = self._cells
        field = "transfer_syntaxes"
        texts = cells.texts(field)
        if not texts:
            field = "transfer_syntax_names"
            texts = cells.texts(field)
        if texts == [NO_CONTEXT]:
            return ()
        parts = [part for text in texts for part in self._parts(text)]
        found = [self._place(field, self._meaning(part, self._texts.transfer)) for part in parts]
        if not parts:
            if not self._implied:
                self._implied = True
                message = "No transfer syntax is given, here or in later rows like this one: "
                message += "Implicit VR Little Endian, the default, is taken."
                remedy = "Name the transfer syntaxes to be certain."
                code = "transfer-syntax-implied"
                cells.say(code, Severity.WARNING, field, "table", message, remedy)
            return (uids.IMPLICIT_VR_LITTLE_ENDIAN,)
        return tuple(dict.fromkeys(uid for uid in found if uid))

    def _parts(self, text: str) -> list[str]:
        """What a cell names; commas part only what is no name as a whole."""
        parts = []
        for part in syntaxes_in(text):
            pieces = [piece.strip() for piece in part.split(",")]
            if len(pieces) > 1 and self._texts.transfer(part)[0] is None:
                parts += [piece for piece in pieces if piece]
            else:
                parts.append(part)
        return parts

    def _holder(self) -> Holder | None:
        cells = self._cells
        profile = cells.text("profile")
        calling, called = self._title("calling"), self._title("called")
        title = self._title("ae_title")
        if has_errors(cells.findings):
            return None
        if bool(calling) is not bool(called):
            message = "The row names one AE of a pair and not the other."
            remedy = "Name both the calling and the called AE, or neither."
            field = "called" if calling else "calling"
            subject = calling or called
            cells.say("pair-incomplete", Severity.ERROR, field, subject, message, remedy)
            return None
        if sum(map(bool, (profile, calling, title))) > 1:
            message = "The row names more than one of a pair, an AE and a profile; "
            message += f"its context is the {'pair' if calling else 'AE'}'s alone."
            remedy = "Keep a row for each."
            field = "profile" if profile else "ae_title"
            cells.say("row-of-several", Severity.WARNING, field, profile, message, remedy)
        if calling:
            return Holder(calling=calling, called=called)
        return Holder(ae_title=title) if title else Holder(profile=profile)

    def _title(self, field: str) -> str:
        """An AE title, told of once where there is something to tell."""
        text = self._cells.text(field)
        if not text:
            return ""
        title = normalise_ae_title(text)
        problems = check_ae_title(text)
        if title not in self._titles or has_errors(problems):
            self._titles.add(title)
            self._cells.place(field, problems)
        return title

    def _role(self, holder: Holder | None) -> tuple[tuple[bool, bool] | None, bool]:
        cells = self._cells
        text = cells.text("role")
        plain = text.casefold()
        is_proposed = plain.endswith(PROPOSED)
        role = roles_in(plain.removesuffix(PROPOSED)) if text else None
        if holder and holder.ae_title and role in (None, (False, False)):
            message = "The row does not say in which role the AE supports the SOP Class."
            remedy = "Write SCU, SCP or SCU/SCP into a column Role."
            code = "capability-role-unknown"
            cells.say(code, Severity.ERROR, "role", holder.ae_title, message, remedy)
        elif text and role is None:
            message = f"{clip(text)!r} is no role; it is left out."
            remedy = "Use SCU, SCP or SCU/SCP."
            cells.say("role-unknown", Severity.WARNING, "role", text, message, remedy)
        return role, is_proposed

    def _position(self) -> int | None:
        text = self._cells.text("position")
        if not text:
            return None
        if text.isascii() and text.isdigit() and len(text) <= 9:
            return int(text)
        message = f"{clip(text)!r} is no number; the row keeps its place."
        self._cells.say("position-invalid", Severity.WARNING, "position", text, message)
        return None
