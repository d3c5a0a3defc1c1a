"""Ways to damage a file: bytes, tokens, structure, encodings, numbers; members of a zip."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence

_TOKEN = re.compile(rb"[A-Za-z0-9_.\-]{1,40}|[^\sA-Za-z0-9_]|\s+")
_NUMBER = re.compile(rb"[0-9]+")
_ODD = (
    *(b"\\", b"\\\\", b";", b",", b"\t", b'"', b"'", b'""', b"\r", b"\n", b"\r\n", b"\n\n", b"\0"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\x85", b"\x0b", b"\x1b"),
    *(b"{", b"}", b"[", b"]", b"[[", b"]]", b"(", b")", b"<", b">", b"</", b"<!--", b"/*", b"*/"),
    *(b"#", b"//", b"=", b":", b"::", b"- ", b"&a", b"*a", b"!!", b"|", b">", b"%", b"@", b"${X}"),
    *(
        b"null",
        b"true",
        b"NaN",
        b"1e999",
        b"-1",
        b"65536",
        b"::1",
        b"1.2.840.10008.1.2",
        b"DEFAULT",
    ),
    *(b"&amp;", b"&#0;", b"&x;", b"<![CDATA[", b"]]>", b"<?xml?>", b"\xf0\x9f\x92\xa9", b" "),
)
_NUMBERS = (b"0", b"-1", b"65535", b"65536", b"2147483648", b"9" * 30, b"9" * 5000, b"1.5", b"0x1F")


def tokens_of(seeds: Iterable[bytes]) -> tuple[bytes, ...]:
    """The words and signs of a format's own files, beside those that trouble any grammar."""
    found = dict.fromkeys(token for seed in seeds for token in _TOKEN.findall(seed[:20_000]))
    return (*list(found)[:2_000], *_ODD)


def damaged(
    chance: random.Random, data: bytes, originals: Sequence[bytes], tokens: Sequence[bytes]
) -> bytes:
    """One file with one to eight things done to it."""
    if data[:2] == b"PK" and chance.random() < 0.9:
        return _damaged_zip(chance, data, tokens)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        data = chance.choice(_WAYS)(chance, data, originals, tokens)
    return data


def _span(chance: random.Random, data: bytes, most: int = 12) -> tuple[int, int]:
    start = chance.randint(0, len(data))
    return start, min(len(data), start + chance.randint(0, most))


def _cut(chance: random.Random, data: bytes, *_: Sequence[bytes]) -> bytes:
    start, end = _span(chance, data)
    return data[:start] + data[end:]


def _noise(chance: random.Random, data: bytes, *_: Sequence[bytes]) -> bytes:
    start, end = _span(chance, data)
    return data[:start] + chance.randbytes(end - start) + data[end:]


def _token(
    chance: random.Random, data: bytes, _originals: Sequence[bytes], tokens: Sequence[bytes]
) -> bytes:
    start, end = _span(chance, data, 4)
    return data[:start] + chance.choice(tokens) + data[end:]


def _token_for_token(
    chance: random.Random, data: bytes, _originals: Sequence[bytes], tokens: Sequence[bytes]
) -> bytes:
    """A whole word or sign in another's stead, which keeps the file's grammar more often."""
    found = list(_TOKEN.finditer(data[:50_000]))
    if not found:
        return data
    match = chance.choice(found)
    return data[: match.start()] + chance.choice(tokens) + data[match.end() :]


def _number(chance: random.Random, data: bytes, *_: Sequence[bytes]) -> bytes:
    found = list(_NUMBER.finditer(data[:50_000]))
    if not found:
        return data
    match = chance.choice(found)
    return data[: match.start()] + chance.choice(_NUMBERS) + data[match.end() :]


def _repeated(chance: random.Random, data: bytes, *_: Sequence[bytes]) -> bytes:
    start, end = _span(chance, data)
    return data[:start] + data[start:end] * chance.randint(1, 40) + data[end:]


def _nested(chance: random.Random, data: bytes, *_: Sequence[bytes]) -> bytes:
    start, _end = _span(chance, data)
    sign = chance.choice((b"[", b"{", b"(", b"<a>", b'{"a":', b"- ", b"[[", b'"', b"\\"))
    return data[:start] + sign * chance.choice((2, 50, 2_000)) + data[start:]


def _lines_moved(chance: random.Random, data: bytes, *_: Sequence[bytes]) -> bytes:
    """A line elsewhere, twice, or indented."""
    lines = data.split(b"\n")
    line = chance.choice(lines)
    if chance.random() < 0.5 and line in lines:
        lines.remove(line)
    lines.insert(chance.randint(0, len(lines)), chance.choice((b"", b" ", b"\t", b"#")) + line)
    return b"\n".join(lines)


def _truncated(chance: random.Random, data: bytes, *_: Sequence[bytes]) -> bytes:
    return data[: chance.randint(0, len(data))]


def _other(
    chance: random.Random, data: bytes, originals: Sequence[bytes], _tokens: Sequence[bytes]
) -> bytes:
    """A part of another file in the middle of this one."""
    other = chance.choice(originals)[:20_000]
    start, end = _span(chance, data)
    begin, stop = _span(chance, other, 500)
    return data[:start] + other[begin:stop] + data[end:]


def _recoded(chance: random.Random, data: bytes, *_: Sequence[bytes]) -> bytes:
    text = data[:50_000].decode("utf-8", "replace")
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: text.encode("utf-16"),
        lambda: text.encode("utf-16-be"),
        lambda: b"\xef\xbb\xbf" + data,
        lambda: text.encode("cp1252", "replace"),
        lambda: data.replace(b"\n", b"\r\n"),
        lambda: data.replace(b"\n", b"\r"),
        lambda: data.upper(),
    )
    return chance.choice(ways)()


_WAYS = (
    *(_cut, _noise, _token, _token, _token_for_token, _token_for_token, _token_for_token),
    *(_number, _repeated, _nested, _lines_moved, _lines_moved, _truncated, _other, _recoded),
)


def _damaged_zip(chance: random.Random, data: bytes, tokens: Sequence[bytes]) -> bytes:
    """The zip with one member damaged: what stands in it is what its reader is after."""
    with zipfile.ZipFile(io.BytesIO(data)) as given:
        members = {name: given.read(name) for name in given.namelist()}
    name = chance.choice(list(members))
    for _ in range(chance.randint(1, 4)):
        way = chance.choice(_WAYS)
        members[name] = way(chance, members[name], list(members.values()), tokens)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for each, content in members.items():
            packed.writestr(each, content)
    return out.getvalue()
