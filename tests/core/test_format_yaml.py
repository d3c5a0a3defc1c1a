"""The Document as YAML: lossless, bounded, with the line of everything that is wrong."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.formats import registry
from dicomcfg.core.records import Ae, Connection, Device, Document
from tests.core.test_document_json import FULL

TRICKY = (
    *("NO", "no", "1e3", "0123", "0x1F", "12:30:00", "~", "null", "", " ", "- a", "a: b", "#c"),
    *("é\u2028\u0085\x7f\ufeff", "two\nlines\n", "'", '"', "\\", "1.5", ".inf", "2026-01-01"),
    *("=", "<<", "!x", "&x", "*x", "%x", "@x", "`", "true", "1_000", "日本"),
)


def _read(text):
    return registry.read(text.encode(), format="dicomcfg-yaml")


def _said(text):
    return [(f.code, f.line) for f in _read(text).findings]


def test_nothing_is_lost():
    written = registry.write(FULL, "dicomcfg-yaml")
    document = registry.read(written.data)
    assert document.format == "dicomcfg-yaml"
    assert document.to_json() | {"format": ""} == FULL.to_json() | {"format": ""}
    assert written.findings == ()


def test_texts_survive_every_reader():
    devices = tuple(Device(f"D{n}", text) for n, text in enumerate(TRICKY))
    document = Document("x", devices=devices)
    text = registry.write(document, "dicomcfg-yaml").text
    assert _read(text).devices == devices
    assert yaml.safe_load(text) == json.loads(json.dumps(document.to_json()))
    assert "日本" in text


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30))
def test_any_text_survives(text):
    document = Document("x", devices=(Device("D", text),))
    written = registry.write(document, "dicomcfg-yaml").text
    assert _read(written).devices == document.devices


def test_what_an_unquoted_text_means_depends_on_its_place():
    document = _read(
        "schema: 1\naes:\n- key: NO\n  ae_title: 0123\n  site: null\n  do_not_probe: no\n"
        "  association_acceptor: false\n  tags: [1e3, on]\n"
        "  connections: [{hostname: 10.0.0.5, port: 104, tls: ~}]\n"
    )
    (ae,) = document.aes
    assert ae == Ae("NO", "0123", None, do_not_probe="no", association_acceptor=False,
                    tags=("1e3", "on"), connections=(Connection("10.0.0.5", 104),))  # fmt: skip
    assert document.findings == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("schema: 1\naes:\n- key: A\n  ae_title: A\n  bogus: 1\n", [("document-unknown-key", 5)]),
        (
            "schema: 1\naes:\n- key: A\n  ae_title: A\n  connections:\n  - hostname: h\n"
            "    port: '104'\n",
            [("document-wrong-type", 7)],
        ),
        ("schema: 1\naes:\n- key: A\n  ae_title: A\n  state: gone\n", [("document-bad-value", 5)]),
        ("schema: 2\n", [("document-schema-unknown", 1)]),
        ("schema: 1\naes: []\nschema: 1\n", [("key-repeated", 3)]),
        ("schema: 1\naes: !!python/tuple []\n", [("yaml-tag", 2)]),
        ("schema: 1\n---\nschema: 1\n", [("yaml-several-documents", 2)]),
        ("schema: 1\naes: *a\n", [("yaml-malformed", 2)]),
        ("schema: 1\naes: &a\n- *a\n", [("yaml-malformed", 3)]),
        ("schema: 1\naes: [\n", [("yaml-malformed", 3)]),
        ("? [a]\n: 1\n", [("yaml-malformed", 1)]),
        ("- 1\n", [("document-wrong-type", None)]),
        ("aes: " + "[" * 60, [("yaml-too-large", 1)]),
    ],
)
def test_every_fault_has_its_line(text, said):
    assert _said(text) == said


def test_aliases_count_with_what_they_stand_for():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert [code for code, _ in _said("\n".join(lines))] == ["yaml-too-large"]
    shared = "schema: 1\naes:\n- &a {key: A, ae_title: A}\ndevices: []\n"
    assert _read(shared).aes == (Ae("A", "A"),)


@pytest.mark.parametrize(
    "text", ['{"schema": 1,\n "aes": [],\n "aes": []}', '{"schema": 1, "\\u0061": 1, "a": 2}']
)
def test_a_key_given_twice_in_json(text):
    findings = registry.read(text.encode(), format="dicomcfg-json").findings
    assert [f.code for f in findings] == ["key-repeated"]
    assert findings[0].line == (3 if "\n" in text else None)
