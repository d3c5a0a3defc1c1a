"""The XML parts of a workbook: what its sheets are called and the texts of their cells.

One pass over each part, within one bound on their elements. Only what decides a cell's text is
looked at; of the styles that is which of them show a number as a date.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Final
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from dicomcfg.core.formats.syntax.xml_text import BeyondError, parse_into

MAXIMUM_ELEMENTS: Final = 1_500_000
MAXIMUM_ROW_NUMBER: Final = 100_000
MAXIMUM_COLUMN_NUMBER: Final = 16_384
_BLANK_RUN: Final = 5_000
_LONGEST_CODE: Final = 255
_LONGEST_NUMBER: Final = 40
_LETTERS: Final = re.compile(r"[A-Z]{1,3}(?=[0-9])")


class EnoughError(Exception):
    """Nothing that follows in a part is wanted."""


class _Part(ContentHandler):
    """Elements by their names without prefixes, and the text of those that are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.elements_left = 0
        self._pieces: list[str] | None = None

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - the base's name
        self.elements_left -= 1
        if self.elements_left < 0:
            raise BeyondError(f"has more than {MAXIMUM_ELEMENTS:,} elements")
        self._begin(name.rpartition(":")[2], attrs)

    def endElement(self, name: str) -> None:  # noqa: N802 - the base's name
        self._end(name.rpartition(":")[2])

    def characters(self, content: str) -> None:
        if self._pieces is not None:
            self._pieces.append(content)

    def _begin(self, name: str, attrs: AttributesImpl) -> None:
        """An element begins."""

    def _end(self, name: str) -> None:
        """An element ends."""

    def _taken(self) -> str:
        """The text since it was asked for."""
        text = "".join(self._pieces or ())
        self._pieces = None
        return text


class _Relations(_Part):
    """Where in the archive the parts are that the workbook names by identifiers."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: dict[str, str] = {}

    def _begin(self, name: str, attrs: AttributesImpl) -> None:
        if name == "Relationship":
            target = posixpath.join("/xl", attrs.get("Target", ""))
            self.paths[attrs.get("Id", "")] = posixpath.normpath(target)[1:]


class _Book(_Part):
    """The sheets' titles with their identifiers, and from when dates are counted."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: dict[str, str] = {}
        self.epoch = WINDOWS_EPOCH

    def _begin(self, name: str, attrs: AttributesImpl) -> None:
        if name == "sheet":
            relation = next((each for key, each in attrs.items() if key.endswith(":id")), "")
            self.sheets.setdefault(attrs.get("name", ""), relation)
        elif name == "workbookPr" and attrs.get("date1904") in ("1", "true"):
            self.epoch = MAC_EPOCH


class _Styles(_Part):
    """The numbers of the styles that show a date, and whether as a span of time."""

    def __init__(self) -> None:
        super().__init__()
        self.dates: dict[str, bool] = {}
        self._codes = {str(number): code for number, code in BUILTIN_FORMATS.items()}
        self._count: int | None = None

    def _begin(self, name: str, attrs: AttributesImpl) -> None:
        if name == "numFmt":
            code = attrs.get("formatCode", "")[:_LONGEST_CODE]
            self._codes[attrs.get("numFmtId", "")] = code
        elif name == "cellXfs":
            self._count = 0
        elif name == "xf" and self._count is not None:
            code = self._codes.get(attrs.get("numFmtId", ""), "")
            if is_date_format(code):
                self.dates[str(self._count)] = is_timedelta_format(code)
            self._count += 1

    def _end(self, name: str) -> None:
        if name == "cellXfs":
            self._count = None


class _Texts(_Part):
    """Texts of which parts may be formatted, without what says how to pronounce them."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[str] = []
        self._is_spoken = False

    def _begin(self, name: str, attrs: AttributesImpl) -> None:
        if name in ("si", "is"):
            self._held = []
        elif name == "rPh":
            self._is_spoken = True
        elif name == "t" and not self._is_spoken:
            self._pieces = []

    def _end(self, name: str) -> None:
        if name == "t" and not self._is_spoken:
            self._held.append(self._taken())
        elif name == "rPh":
            self._is_spoken = False


class _Strings(_Texts):
    """The texts that cells of all sheets share, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def _end(self, name: str) -> None:
        super()._end(name)
        if name == "si":
            self.texts.append("".join(self._held))


class _Cells(_Texts):
    """The rows of a sheet that hold anything; ends after many blank ones."""

    def __init__(
        self, take: Callable[[int, list[str]], None], text_of: Callable[[str, str, str], str]
    ) -> None:
        super().__init__()
        self._take, self._text_of = take, text_of
        self._row = self._filled_row = self._column = 0
        self._cells: dict[int, str] = {}
        self._is_new = False
        self._kind = self._style = self._value = ""

    def _begin(self, name: str, attrs: AttributesImpl) -> None:
        if name == "c":
            self._begin_cell(attrs)
        elif name == "v":
            self._pieces = []
        elif name == "row":
            self._begin_row(attrs.get("r"))
        else:
            super()._begin(name, attrs)

    def _begin_row(self, number: str | None) -> None:
        before = self._row
        self._row = int(number) if number else before + 1
        self._is_new = self._row > before
        self._row = max(self._row, before)
        if self._row > MAXIMUM_ROW_NUMBER or self._row - self._filled_row > _BLANK_RUN:
            raise EnoughError
        self._column = 0
        self._cells = {}

    def _begin_cell(self, attrs: AttributesImpl) -> None:
        letters = _LETTERS.match(attrs.get("r", ""))
        self._column = _column_of(letters[0]) if letters else self._column + 1
        if self._column > MAXIMUM_COLUMN_NUMBER:
            raise ValueError("a column beyond the last")
        self._kind, self._style = attrs.get("t", "n"), attrs.get("s", "")
        self._value, self._held = "", []

    def _end(self, name: str) -> None:
        if name == "v":
            self._value = self._taken()
        elif name == "c":
            inline = self._kind == "inlineStr"
            text = "".join(self._held) if inline else self._value
            text = text if inline or not text else self._text_of(self._kind, self._style, text)
            if text.strip():
                self._cells[self._column] = text
        elif name == "row":
            if self._cells and self._is_new:
                self._filled_row = self._row
                width = max(self._cells)
                self._take(self._row, [self._cells.get(n, "") for n in range(1, width + 1)])
        else:
            super()._end(name)


def _column_of(letters: str) -> int:
    """A column's number from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


class Parts:
    """The parts of one workbook; raises BeyondError at the bound, else what a parser does."""

    def __init__(self, parts: Mapping[str, bytes]) -> None:
        self._parts = parts
        self._elements_left = MAXIMUM_ELEMENTS
        book, relations, styles, strings = _Book(), _Relations(), _Styles(), _Strings()
        self._parse(book, "xl/workbook.xml")
        self._parse(relations, "xl/_rels/workbook.xml.rels")
        self._parse(styles, "xl/styles.xml")
        self._parse(strings, "xl/sharedStrings.xml")
        self._epoch, self._dates, self._strings = book.epoch, styles.dates, strings.texts
        found = ((title, relations.paths.get(each, "")) for title, each in book.sheets.items())
        self.sheets = [(title, path) for title, path in found if path in parts]
        """Title and path of each sheet."""

    def read(self, path: str, take: Callable[[int, list[str]], None]) -> None:
        """Give the number and the cells of each row that holds anything to `take`, which may
        raise EnoughError."""
        self._parse(_Cells(take, self._text), path)

    def _parse(self, handler: _Part, path: str) -> None:
        handler.elements_left = self._elements_left
        try:
            parse_into(handler, self._parts.get(path, b"<none/>"), may_have_doctype=False)
        except EnoughError:
            pass
        finally:
            self._elements_left = handler.elements_left

    def _text(self, kind: str, style: str, raw: str) -> str:
        """A value as a person sees it who has not formatted its cell."""
        if kind == "s":
            return self._strings[int(raw)]
        if kind == "b":
            return "TRUE" if raw.strip() == "1" else "FALSE"
        if kind == "n":
            return self._number(style, raw)
        return raw.removesuffix("T00:00:00") if kind == "d" else raw

    def _number(self, style: str, raw: str) -> str:
        if style not in self._dates and (raw.isdecimal() or len(raw) > _LONGEST_NUMBER):
            return raw
        try:
            number = float(raw[:_LONGEST_NUMBER])
            if style not in self._dates:
                is_whole = number.is_integer() and abs(number) < 1e15
                return str(int(number)) if is_whole else str(number)
            value = from_excel(number, self._epoch, timedelta=self._dates[style])
        except (OverflowError, ValueError):
            return "#VALUE!"
        if isinstance(value, datetime):
            return (value.date() if value.time() == time() else value).isoformat()
        return value.isoformat() if isinstance(value, time) else str(value)
