"""The registry of data elements: its figures, look-up by tag and keyword, filter and type-ahead."""

import subprocess
import sys

import pytest

from dicomcfg.core.standard import dictionary as elements


def test_figures_of_the_dictionary():
    entries = elements.dictionary().values()
    assert len(entries) == 5277
    assert sum(entry.path.startswith("0000") for entry in entries) == 46
    assert sum("x" in entry.path for entry in entries) == 88
    assert all(entry.name and entry.vr and entry.vm for entry in entries)
    assert [entry.path for entry in entries] == list(elements.dictionary())


def test_the_command_group_is_complete():
    """PS3.7 Table E.1-1 has 24 elements in use; Table E.2-1 those that are retired."""
    group = [e for path, e in elements.dictionary().items() if path.startswith("0000")]
    assert sum(not entry.retired for entry in group) == 24
    assert {"CommandField", "Priority", "Status", "MoveDestination"} <= {e.keyword for e in group}


@pytest.mark.parametrize(
    ("text", "tag", "name"),
    [
        ("0008,0060", "(0008,0060)", "Modality"),
        ("(0008,0060)", "(0008,0060)", "Modality"),
        ("00080060", "(0008,0060)", "Modality"),
        ("Modality", "(0008,0060)", "Modality"),
        ("7fe00010", "(7FE0,0010)", "Pixel Data"),
        ("50xx0010", "(50xx,0010)", "Number of Points"),
        ("50XX,0010", "(50xx,0010)", "Number of Points"),
        ("(5002,0010)", "(50xx,0010)", "Number of Points"),
    ],
)
def test_lookup_by_every_spelling(text, tag, name):
    entry = elements.lookup(text)
    assert entry is not None
    assert (entry.tag, entry.name) == (tag, name)


@pytest.mark.parametrize("text", ["", "0009,0010", "modality", "0008 0060", "x", "\x00"])
def test_what_is_no_element_has_no_entry(text):
    assert elements.lookup(text) is None


@pytest.mark.parametrize(
    "text", ["0008,0060", "(0008,0060)", "00080060", "modality", "MODALITY", "CS", "mod ity cs 1"]
)
def test_every_column_is_filtered_without_case(text):
    assert "00080060" in [entry.path for entry in elements.matching(text)]


def test_every_word_has_to_match():
    assert [e.keyword for e in elements.matching("study instance uid ui")] == ["StudyInstanceUID"]
    assert elements.matching("modality nonsense") == []
    assert len(elements.matching("")) == len(elements.dictionary())
    assert all(entry.retired for entry in elements.matching("retired curve"))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("modality", "Modality"),
        ("patientname", "Patient's Name"),
        ("0020,000D", "Study Instance UID"),
        ("6002,3000", "Overlay Data"),
        ("rows", "Rows"),
    ],
)
def test_type_ahead_puts_the_meant_one_first(text, first):
    assert elements.search(text)[0].name == first


def test_type_ahead_keeps_its_bound():
    assert len(elements.search("", 7)) == 7
    assert elements.search("no such thing") == []


def test_the_dictionary_costs_no_import_of_pydicom():
    program = (
        "import sys; from dicomcfg.core.standard.dictionary import dictionary; "
        "dictionary(); print('pydicom' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert run.stdout.strip() == b"False"
