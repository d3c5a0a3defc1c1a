"""What holds of every format that can be written: nothing is lost but what its findings name."""

import pytest
from hypothesis import given, settings

from dicomcfg.core.findings import has_errors
from dicomcfg.core.formats import registry
from dicomcfg.core.formats.losses import SECTIONS
from dicomcfg.core.records import Document
from tests.parts.documents import FIXED, documents
from tests.parts.losses import compared, is_about_content, places, without

# Writers that do not name the places of their losses yet.
OWING = {"ae-table"}
WRITTEN = [name for name, entry in registry.FORMATS.items() if entry.write and name not in OWING]
# Formats that stand for one reader by several names: which of them is detected is all one.
SIBLINGS = {
    "ae-tsv": {"ae-table"},
    "context-tsv": {"context-table"},
}
every_written_format = pytest.mark.parametrize("name", WRITTEN)
every_fixed_document = pytest.mark.parametrize("document", FIXED.values(), ids=FIXED)


def read_back(data: bytes, name: str) -> Document:
    return registry.read(data, name="written.txt", format=name)


def carried(document: Document) -> bool:
    """Whether anything is left to be written."""
    return any(getattr(document, section) for section in SECTIONS)


def check(document: Document, name: str) -> None:
    """Write and read; all but what the findings name has to be there again."""
    written = registry.write(document, name)
    lost = places(written.findings)
    expected = without(document, written.findings)
    for place in filter(is_about_content, lost):
        named = [finding for finding in written.findings if finding.path == place]
        assert without(document, named) != document, f"{place} holds nothing that could be lost"
    assert registry.write(document, name).data == written.data
    if not carried(expected):
        return
    read = read_back(written.data, name)
    assert not has_errors(read.findings), (read.findings, written.data)
    before, after = compared(expected, read, lost)
    for section in SECTIONS:
        assert after[section] == before[section], (section, lost, written.data)


@every_written_format
@every_fixed_document
def test_a_fixed_document_comes_back(name, document):
    check(document, name)


@every_written_format
@settings(max_examples=40)
@given(document=documents())
def test_any_document_comes_back(name, document):
    check(document, name)


@every_written_format
def test_an_empty_document_loses_nothing(name):
    written = registry.write(Document("test"), name)
    assert [f.path for f in written.findings if f.code == "not-carried"] == []


@every_written_format
@every_fixed_document
def test_what_was_written_is_detected(name, document):
    written = registry.write(document, name)
    if carried(without(document, written.findings)):
        found = registry.detect(written.data)
        assert found is not None, written.data[:300]
        assert found.name in {name} | SIBLINGS.get(name, set()), written.data[:300]


@every_written_format
@every_fixed_document
def test_what_was_written_ends_with_a_line(name, document):
    written = registry.write(document, name)
    if written.data and not registry.FORMATS[name].is_binary:
        assert written.data.endswith(b"\n")
