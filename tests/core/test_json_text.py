"""JSON with lines: the dialect, what ends it, the bounds."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.formats.syntax.json_text import MAXIMUM_DEPTH, Missing, Node, parse

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def plain(node):
    if isinstance(node.data, dict):
        return {name: plain(each) for name, each in node.data.items()}
    return [plain(each) for each in node.data] if isinstance(node.data, list) else node.data


@given(VALUES, st.sampled_from([None, 2]), st.booleans())
def test_what_json_writes_is_read_as_json_reads_it(value, indent, ascii_only):
    parsed = parse(json.dumps(value, indent=indent, ensure_ascii=ascii_only))
    assert parsed.problem is None
    assert plain(parsed.root) == value
    assert not parsed.lenient


def test_lines():
    text = '// one\n{ "a" :\n[1,\n/* two\n */ 2,],\n"b": "x\ny", "c"\n:3}\nrest'
    root = parse(text, first_line=10).root
    assert root == Node(
        {
            "a": Node([Node(1, 12), Node(2, 14)], 11),
            "b": Node("x\ny", 15),
            "c": Node(3, 16),
        },
        11,
    )
    assert parse(text, 10).lenient == {"comment": 10, "comma": 14, "rest": 17}
    assert parse(text, 10, is_one_line=True).root.members()["c"].line == 10


PROBLEMS = [
    ("", "ends before", 1),
    ("{\n", "ends before", 2),
    ('{"a" 1}', "no colon", 1),
    ('{"a":1\n"b":2}', "no comma", 2),
    ("[1 2]", "no comma", 1),
    ("{a: 1}", "no name", 1),
    ('{"a":}', "'}'", 1),
    ("[1}", "'}'", 1),
    ("[,]", "','", 1),
    ("\n'a'", '"\'"', 2),
    ('"a', "'\"'", 1),
    ('"\\x"', "escape", 1),
    ("[nul]", "'nul'", 1),
    ("[1.2.3]", "'1.2.3'", 1),
    ("9" * 1_000_000, "number", 1),
    ("[" * (MAXIMUM_DEPTH + 1), "nests deeper", 1),
    ("/*" + "*" * 1_000_000, "'/'", 1),
]


@pytest.mark.parametrize(
    ("text", "words", "line"), PROBLEMS, ids=[text[:9] for text, *_ in PROBLEMS]
)
def test_a_problem_has_words_and_a_line(text, words, line):
    problem = parse(text).problem
    assert words in problem.message
    assert problem.line == line


def test_what_was_read_before_a_problem_stays():
    root = parse('{"a": {"b": 1}, "c": }').root
    assert root.members()["a"].members()["b"].data == 1


def test_odd_texts():
    assert parse('"\\ud83d\\ude00 \\ud800 \\u0000"').root.data == "😀 \ufffd \0"
    assert parse("[\ue000]").root.data[0].data is Missing.VALUE
    assert parse('{"a": 1,\n"a": 2}').repeated == [("a", 2, 1)]


@given(st.text(alphabet='{}[],:"\\/* \n1-.eatrufnsl\ue000', max_size=60))
def test_nothing_is_raised(text):
    parsed = parse(text)
    assert parsed.problem is not None or parsed.root is not None
