"""Java's grammar of `.properties` files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.formats.syntax.properties import (
    Entry,
    entries,
    escaped_key,
    escaped_value,
    kept,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=b", [("a", "b", 1)]),
        ("a : b", [("a", "b", 1)]),
        ("a b", [("a", "b", 1)]),
        ("a == b", [("a", "= b", 1)]),
        ("  a=b  ", [("a", "b  ", 1)]),
        ("a", [("a", "", 1)]),
        ("=b", [("", "b", 1)]),
        ("# no\n! nor this\n\n \t\na=b", [("a", "b", 5)]),
        ("a=b\\\n   c\\\n\t,d\ne=f", [("a", "bc,d", 1), ("e", "f", 4)]),
        ("a=b\\\n# c", [("a", "b# c", 1)]),
        ("a=b\\\\\nc=d", [("a", "b\\", 1), ("c", "d", 2)]),
        ("a=b\\", [("a", "b", 1)]),
        ("# one\\\na=b", [("a", "b", 2)]),
        ("a\\=\\:\\ b=c", [("a=: b", "c", 1)]),
        ("a=\\u00e9\\t\\q", [("a", "\u00e9\tq", 1)]),
        ("a=\\uD83D\\uDE00", [("a", "\U0001f600", 1)]),
        ("a=1\r\nb=2\rc=3", [("a", "1", 1), ("b", "2", 2), ("c", "3", 3)]),
        ("", []),
    ],
)
def test_entries(text, expected):
    assert list(entries(text)) == [Entry(*each) for each in expected]


@pytest.mark.parametrize(
    ("text", "is_broken"),
    [("a=\\u12", True), ("a=\\uzzzz", True), ("a=\\\\u12", False), ("a=\\u0041", False)],
)
def test_an_escape_that_java_refuses(text, is_broken):
    assert [entry.is_broken for entry in entries(text)] == [is_broken]


def test_the_last_of_a_key_counts():
    found, said = kept("a=1\nb=2\na=3\nc=\\uxy")
    assert [(entry.key, entry.value, entry.line) for entry in found] == [
        ("a", "3", 3),
        ("b", "2", 2),
        ("c", "\\uxy", 4),
    ]
    assert [(f.code, f.line) for f in said] == [
        ("properties-repeated", 1),
        ("properties-bad-escape", 4),
    ]


# Lone surrogates are no characters; Java writes them, files do not hold them.
_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(_TEXT, _TEXT)
def test_what_is_written_is_read(key, value):
    text = f"{escaped_key(key)}={escaped_value(value)}\n"
    assert text.isascii()
    assert list(entries(text)) == [Entry(key, value, 1)]
