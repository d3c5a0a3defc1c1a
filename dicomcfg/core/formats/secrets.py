"""Secrets of foreign files, blanked before any reader, page or table sees them.

Configuration files of other systems hold passwords beside their AE tables. What looks like one is
replaced by three asterisks; lines stay where they are, so that findings still name them. A guess
by names: a value beside a key that speaks of a password is blanked even if it is none.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from typing import Final

from dicomcfg.core.findings import Finding, Severity

BLANK: Final = "***"
MAXIMUM_SECRETS: Final = 100_000
_SHOWN: Final = 50
_MARKS: Final = (
    "passw",
    "passphrase",
    "secret",
    "token",
    "api",
    "credential",
    "registeredusers",
    "registered_users",
    "private key",
    "storepin",
    "keypin",
    "://",
    "kennwort",
    "mot de passe",
    "contrase",
    "wachtwoord",
)
_WORD: Final = (
    r"[\w.\-]{0,60}(?:passw(?:or)?d|passphrase|secret|token|api[_\-]?key|credentials?"
    r"|storepin|keypin)[\w.\-]{0,60}+"
)
# Possessive throughout: a quotation without its end is looked at once, and takes no memory.
_QUOTED: Final = r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|' + r"'[^'\n]*+'"
_NOTHING: Final = r"(?!\s*(?:true|false|null|none|\{|\[|\"\"|''|$))"
_KEYED = re.compile(
    rf"(?i)(?P<head>(?<![\w.\-]){_WORD}\\?[\"']?\s{{0,9}}[:=]{{1,2}}\s{{0,9}}){_NOTHING}"
    rf"(?P<value>{_QUOTED}|\\\"[^\"\\\n]*\\\"|[^\s,;}}\]<>\"']+)"
)
_PLIST = re.compile(
    r"(?i)(?P<head><key>[^<>]{0,100}?(?:passw|passphrase|secret|token|api[_\- ]?key|credential"
    r"|kennwort)[^<>]{0,100}</key>\s*+<(?:string|data)>)(?P<value>[^<>]++|<!\[CDATA\[[^<>]*+\]\]>)"
)
_ELEMENT = re.compile(rf"(?i)(?P<head><{_WORD}(?:\s[^<>\n]{{0,200}})?>)(?P<value>[^<>]+)(?=</)")
_IN_ADDRESS = re.compile(
    r"(?i)(?P<head>\b(?!dicom)[a-z][a-z0-9+.\-]{1,20}://)(?P<value>[^\s/@\"':]*+:[^\s/@\"']++)@"
)
_PEM = re.compile(r"(?P<head>-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----)(?P<value>[^-]+)(?=-----END)")
_USERS = re.compile(
    r"(?i)(?P<head>registered_?users\\?[\"']?\s*+[:=]\s*+(?:[|>][+\-]?\s*+)?[\"']?\s*+)"
    r"(?P<value>\{[^{}]*+\})"
)
_USER = re.compile(r'(:\s*+)(\\?")[^"\\]*+(?:\\[^"][^"\\]*+)*+(\\?")')
_TRIPLE = re.compile(
    r'(?P<head>\[\s*+"https?://[^"\n]*+"\s*+,\s*+)'
    r'(?P<value>"[^"\n]*+"\s*+,\s*+"[^"\n]*+")(?=\s*+[,\]])'
)
_FOLDED = re.compile(rf"(?im)^(?P<head>{_WORD}(?:;[\w\-]+)*::? ?)(?P<value>.+(?:\n .*)*)$")
_HEADING = re.compile(
    r"(?i)[^{}\[\]\":=<>\n]{0,60}(?:passw(?:or)?d|passwort|kennwort|passphrase|secret|token"
    r"|api[_\- ]?key|credential|mot de passe|contrase[nñ]a|wachtwoord)[^{}\[\]\":=<>\n]{0,60}"
)
_HEADER_LINES: Final = 20
_LONGEST_USERS: Final = 200_000
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


def without_secrets(text: str) -> tuple[str, tuple[Finding, ...]]:
    """The text with secrets blanked, and a finding with the line of each, at most 50."""
    lowered = text.lower()
    if not any(mark in lowered for mark in _MARKS):
        return text, ()
    lines: list[int] = []
    cut: list[int] = []
    text = _without_columns(text, lines, cut)
    for mark, pattern, blank in _PATTERNS:
        # Each looks through the whole text, which is not free.
        if mark in lowered:
            text = _blanked(text, pattern, blank, lines, cut)
    found = [secret_at(line=line) for line in sorted(set(lines))[:_SHOWN]]
    if cut:
        message = f"More than {MAXIMUM_SECRETS:,} places look like a password or another secret; "
        message += "what follows is not read."
        remedy = "Take them out of the file."
        error = Severity.ERROR
        found.append(Finding("too-many-secrets", error, "file", message, remedy, line=min(cut)))
    return text, tuple(found)


def is_secret_heading(heading: str) -> bool:
    """Whether a column so headed holds secrets."""
    return len(heading) < 200 and _HEADING.fullmatch(heading) is not None


def secret_at(
    *, line: int | None = None, path: str | None = None, cell: str | None = None
) -> Finding:
    """The finding about a secret at its place, which is blanked."""
    message = "What stands here looks like a password or another secret; it is blanked."
    remedy = "Nothing needs doing: it is neither kept nor shown."
    return Finding("secret-blanked", Severity.INFO, "file", message, remedy, None, line, path, cell)


def _blanked(
    text: str,
    pattern: re.Pattern[str],
    blank: Callable[[str], str],
    lines: list[int],
    cut: list[int],
) -> str:
    """The text with the values of a pattern blanked. Behind as many as are looked for there are
    empty lines, and the line is kept in `cut`."""
    counted, end = [0, 1], 0

    def replaced(match: re.Match[str]) -> str:
        nonlocal end
        end = match.end()
        value, whole = match["value"], match[0]
        after = blank(value)
        if after != value:
            start = match.start("value")
            counted[1] += text.count("\n", counted[0], start)
            counted[0] = start
            lines.append(counted[1])
        at = match.start("value") - match.start()
        return whole[:at] + after + whole[at + len(value) :]

    plain, number = pattern.subn(replaced, text, count=MAXIMUM_SECRETS)
    if number < MAXIMUM_SECRETS:
        return plain
    cut.append(text.count("\n", 0, end) + 1)
    return plain[: len(plain) - (len(text) - end)] + "\n" * text.count("\n", end)


def _blank_lines(value: str) -> str:
    """As many lines as before, so that the rest stays on its own."""
    return BLANK + f"\n {BLANK}" * value.count("\n")


def _blank_users(value: str) -> str:
    """An object's texts; one that is too long for that loses all that it holds."""
    if len(value) > _LONGEST_USERS:
        return "{" + "\n" * value.count("\n") + "}"
    return _USER.sub(rf"\1\2{BLANK}\3", value)


def _blank_value(value: str) -> str:
    for quote in ('\\"', '"', "'"):
        if value.startswith(quote):
            return f"{quote}{BLANK}{quote}"
    return BLANK


_PATTERNS: Final[tuple[tuple[str, re.Pattern[str], Callable[[str], str]], ...]] = (
    ("users", _USERS, _blank_users),
    ("private key", _PEM, _blank_lines),
    (":", _FOLDED, _blank_lines),
    ("://", _TRIPLE, lambda _: f'"{BLANK}", "{BLANK}"'),
    ("://", _IN_ADDRESS, lambda _: BLANK),
    ("</", _ELEMENT, _blank_lines),
    ("<key>", _PLIST, _blank_lines),
    ("", _KEYED, _blank_value),
)
"""A text without the mark in small letters needs no look for the pattern."""


def secret_columns(cells: Sequence[str]) -> set[int]:
    """The places of the columns that hold secrets, if a row is a header; one with a number in it
    is none."""
    found = {i for i, cell in enumerate(cells) if is_secret_heading(cell)}
    is_header = found and len(cells) > 1 and not any(cell.isdigit() for cell in cells)
    return found if is_header else set()


def _without_columns(text: str, lines: list[int], cut: list[int]) -> str:
    """A table's columns whose heading speaks of a secret, emptied."""
    head = _LINE_END.split(text[:10_000])[:_HEADER_LINES]
    for delimiter in "\t;,|":
        for line, row in enumerate(head, start=1):
            cells = [cell.strip(' "\r') for cell in row.split(delimiter)[:200]]
            if columns := secret_columns(cells):
                plain = _first_rows(text)
                if len(plain) < len(text):
                    cut.append(plain.count("\n") + 1)
                emptied = _emptied(plain, delimiter, columns, line, lines)
                return emptied + "\n" * _line_ends(text[len(plain) :])
    return text


def _first_rows(text: str) -> str:
    """As many lines as secrets are looked for in."""
    at = -1
    for _ in range(MAXIMUM_SECRETS):
        at = text.find("\n", at + 1)
        if at < 0:
            return text
    return text[: at + 1]


def _emptied(text: str, delimiter: str, columns: set[int], header: int, lines: list[int]) -> str:
    """`header` is the line in which the headings stand."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            for column in columns if line > header else ():
                if cells[column : column + 1] not in ([], [""]):
                    cells[column] = BLANK
                    lines.append(line)
            writer.writerow(cells)
            line = reader.line_num + 1
    except csv.Error:
        # Not to be cut into cells: rather no table at all than one with its secrets.
        return _heading_of(text, header)
    emptied = out.getvalue()
    if not text.endswith(("\n", "\r")):
        emptied = emptied.removesuffix("\n")
    if emptied.count("\n") == _line_ends(text):
        return emptied
    # A quotation mark without its partner has swallowed lines.
    return _heading_of(text, header)


def _heading_of(text: str, header: int) -> str:
    """The lines up to the headings, and as many empty ones as follow."""
    lines = _LINE_END.split(text, header)
    rest = f"\n{lines[header]}" if len(lines) > header else ""
    return "\n".join(lines[:header]) + "\n" * _line_ends(rest)


def _line_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")
