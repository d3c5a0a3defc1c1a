"""A bounded look at the very bytes that will be downloaded: text, a workbook's rows, a zip."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from openpyxl import load_workbook

from dicomcfg.core.findings import Finding
from dicomcfg.core.formats.output import Output

LINES, WIDTH = 200, 300
ROWS, COLUMNS = 50, 40
MEMBERS, LINES_OF_MEMBER = 20, 12
MORE_OF_A_GROUP = 50


@dataclass(frozen=True, slots=True)
class Text:
    """The first lines of a text, and how many there are."""

    name: str
    lines: tuple[str, ...]
    line_count: int
    size_bytes: int

    @property
    def shown(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)

    @property
    def is_cut(self) -> bool:
        """Whether there is more than is shown."""
        return self.line_count > len(self.lines)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first rows of one sheet of a workbook; the first of them is its heading."""

    name: str
    rows: tuple[tuple[str, ...], ...]
    row_count: int

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than are shown."""
        return self.row_count > len(self.rows)


@dataclass(frozen=True, slots=True)
class Look:
    """What a file looks like: one of the three."""

    text: Text | None = None
    sheets: tuple[Sheet, ...] = ()
    members: tuple[Text, ...] = ()
    member_count: int = 0


@dataclass(slots=True)
class Group:
    """Findings of one kind about many records: the first, and some of the others."""

    first: Finding
    others: list[Finding] = field(default_factory=list)
    count: int = 1

    @property
    def unlisted(self) -> int:
        """How many are not among the others either."""
        return self.count - 1 - len(self.others)


def look_at(file: Output) -> Look:
    """What the page shows of a file that one of our writers made."""
    if file.name.endswith(".zip"):
        return _zip(file.data)
    if file.name.endswith(".xlsx"):
        return Look(sheets=_sheets(file.data))
    return Look(text=_text(file.name, file.data, LINES))


def grouped(findings: Iterable[Finding]) -> list[Group]:
    """Findings that differ only by the record that they are about, together, in order."""
    groups: dict[tuple[str, str, str], Group] = {}
    for finding in findings:
        place = re.sub(r"\[.*?\]", "[]", finding.path or "")
        key = (finding.severity.value, finding.code, place)
        group = groups.get(key)
        if group is None:
            groups[key] = Group(finding)
            continue
        group.count += 1
        if len(group.others) < MORE_OF_A_GROUP:
            group.others.append(finding)
    return list(groups.values())


def common_remedy(groups: Sequence[Group]) -> str:
    """What most of the groups advise, to be said once; empty where none does."""
    said = Counter(group.first.remedy for group in groups if group.first.remedy)
    return max(said, key=lambda remedy: said[remedy], default="")


def _text(name: str, data: bytes, lines: int) -> Text:
    text = data.decode("utf-8", errors="replace")
    first = islice(io.StringIO(text), lines)
    shown = tuple(_clipped(line.rstrip("\r\n")) for line in first)
    count = text.count("\n") + (not text.endswith("\n") and bool(text))
    return Text(name, shown, count, len(data))


def _clipped(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[:WIDTH]}…"


def _sheets(data: bytes) -> tuple[Sheet, ...]:
    book = load_workbook(io.BytesIO(data), read_only=True)
    try:
        return tuple(
            Sheet(sheet.title, _rows(sheet.iter_rows(values_only=True)), sheet.max_row or 0)
            for sheet in book.worksheets
        )
    finally:
        book.close()


def _rows(rows: Iterable[Sequence[object]]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple("" if cell is None else _clipped(str(cell)) for cell in row[:COLUMNS])
        for row in islice(rows, ROWS + 1)
    )


def _zip(data: bytes) -> Look:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        members = [_text(name, archive.read(name), LINES_OF_MEMBER) for name in names[:MEMBERS]]
    return Look(members=tuple(members), member_count=len(names))
