"""What a person sees and says of a table's columns."""

import pytest

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.tables.table_mapping import (
    TABLES,
    columns_of,
    fields_of,
    header_key,
    sample_of,
)
from dicomcfg.core.records import Connection

TEXT = b"our list\nSystem;Kennung;Wo;Nr\nCT East;CT1;ct.example;104\nMR;MR1;mr.example;105;x\n"
GIVEN = (("System", "device"), ("Kennung", "ae_title"), ("Wo", "hostname"), ("Nr", "port"))


def _source(data, columns=()):
    source = registry.source_of(data)
    return type(source)(source.decoded, "list.csv", data, (), columns)


def test_what_a_person_says_overrules_the_headings():
    assert [f.code for f in registry.read(TEXT, format="ae-table").findings if f.cell is None] == [
        "no-ae-title-column"
    ]
    document = registry.read_source(
        registry.FORMATS["ae-table"], registry.source_of(TEXT), columns=GIVEN
    )
    assert [(ae.ae_title, ae.device, *ae.connections) for ae in document.aes] == [
        ("CT1", "CT East", Connection("ct.example", 104)),
        ("MR1", "MR", Connection("mr.example", 105)),
    ]
    assert [f.code for f in document.findings] == ["rows-above-header", "row-too-wide"]


def test_a_table_without_header_is_mapped_by_position():
    given = tuple(("", field) for _, field in GIVEN)
    document = registry.read_source(
        registry.FORMATS["ae-table"],
        registry.source_of(b"CT East;CT1;ct;104\nMR;MR1;mr;105\n"),
        columns=given,
    )
    assert [ae.device for ae in document.aes] == ["CT East", "MR"]


def test_columns_of_another_table_are_told_and_not_used():
    document = registry.read_source(
        registry.FORMATS["ae-table"], registry.source_of(b"AET,IP,Port\nA,h,1\n"), columns=GIVEN
    )
    assert [f.code for f in document.findings] == ["columns-do-not-fit"]
    assert len(document.aes) == 1


def test_a_field_that_is_said_twice_or_unknown():
    given = (("System", "hostname"), ("Kennung", "ae_title"), ("Wo", "hostname"), ("Nr", "shoe"))
    columns = columns_of(_source(TEXT, given), "ae-table")
    assert [column.field for column in columns] == ["hostname", "ae_title", None, None]


def test_a_sample_shows_columns_and_rows():
    sample = sample_of(_source(TEXT, GIVEN), "ae-table")
    assert [(c.letter, c.heading, c.field) for c in sample.columns][1:] == [
        ("B", "Kennung", "ae_title"),
        ("C", "Wo", "hostname"),
        ("D", "Nr", "port"),
        ("E", "", None),
    ]
    assert sample.rows == (
        ("CT East", "CT1", "ct.example", "104", ""),
        ("MR", "MR1", "mr.example", "105", "x"),
    )
    assert sample.header_row == 2
    assert sample_of(_source(b"\n"), "ae-table").columns == ()


@pytest.mark.parametrize("name", TABLES)
def test_fields_to_choose_from(name):
    fields = fields_of(name)
    assert fields["ae_title"] == "AE Title"
    assert len(set(fields.values())) == len(fields)


def test_a_header_is_remembered_by_what_it_says():
    key = header_key("ae-table", ["AE-Titel", "Gerät", ""])
    assert len(key) == 64
    assert key == header_key("ae-xlsx", [" ae titel", "GERAT", " "])
    assert key == header_key("ae-table", ["AE-Titel", "Gerät"])
    assert key != header_key("context-table", ["AE-Titel", "Gerät", ""])
    assert key != header_key("ae-table", ["Gerät", "AE-Titel", ""])
    with pytest.raises(KeyError):
        header_key("intersystems", [])
