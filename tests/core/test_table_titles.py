"""A title above a table: what is one, and that the headings below it are headings."""

import pytest

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.tables import workbook
from dicomcfg.core.formats.tables.table_mapping import header_key, sample_of

DATA = "CT1;10.0.0.1;104;north\nMR1;10.0.0.2;11112;south\n"
TITLES = {
    "cut-by-the-delimiter": "AE list of Radiology; as of 2026-01-05\n",
    "one-cell": "AE list of Radiology, as of 2026-01-05\n",
    "padded": "AE list of Radiology;;;\n",
    "an-empty-line-below": "AE list of Radiology\n\n",
    "several": "Radiology\nas of 2026-01-05\n \n",
}
NAMED = (("Kürzel", "ae_title"), ("Wo", "hostname"), ("Eingang", "port"), ("Flügel", None))
UNKNOWN = "Kürzel;Wo;Eingang;Flügel\n"


def _read(text):
    return registry.read(text.encode(), name="list.csv", format="ae-table")


def _sample(text):
    return sample_of(registry.source_of(text.encode()), "ae-table")


@pytest.mark.parametrize("title", TITLES)
def test_a_title_is_no_header_and_no_row(title):
    text = TITLES[title] + UNKNOWN + DATA
    known = registry.FORMATS["ae-table"]
    document = registry.read_source(known, registry.source_of(text.encode()), columns=NAMED)
    assert [ae.ae_title for ae in document.aes] == ["CT1", "MR1"]
    (finding,) = document.findings
    row = text.split("\n").index(UNKNOWN.strip()) + 1
    assert (finding.code, finding.line, finding.cell) == ("rows-above-header", row, f"A{row}")


@pytest.mark.parametrize("title", TITLES)
def test_the_headings_below_a_title_are_those_to_map_and_to_remember(title):
    sample = _sample(TITLES[title] + UNKNOWN + DATA)
    headings = [column.heading for column in sample.columns]
    assert headings == ["Kürzel", "Wo", "Eingang", "Flügel"]
    assert sample.rows[0] == ("CT1", "10.0.0.1", "104", "north")
    again = _sample("Another title\n" + UNKNOWN + DATA)
    assert header_key("ae-table", headings) == header_key(
        "ae-table", [column.heading for column in again.columns]
    )


@pytest.mark.parametrize("title", TITLES)
def test_what_nobody_knows_is_asked_for(title):
    text = TITLES[title] + UNKNOWN + DATA
    document = _read(text)
    assert not document.aes
    said = {finding.code for finding in document.findings}
    assert said == {"no-ae-title-column", "rows-above-header", "column-ignored"}
    # What is below the headings is a table of AEs all the same.
    assert registry.detect(text.encode()).name == "ae-table"


@pytest.mark.parametrize(
    "text",
    [
        DATA,
        "CT1;;;\n" + DATA,
        "CT1;10.0.0.1\n" + DATA,
        UNKNOWN + DATA,
    ],
    ids=["data", "a-title-alone-above-data", "a-short-row-above-data", "headings-without-title"],
)
def test_without_title_or_headings_nothing_is_taken_for_them(text):
    sample = _sample(text)
    assert sample.header_row is None
    assert len(sample.rows) == len(text.splitlines())


def test_known_headings_are_taken_whatever_stands_above():
    sample = _sample("Radiology\nOwner;Phone\nAE Title;Host;Port\nCT1;10.0.0.1;104\n")
    assert sample.header_row == 3


def test_a_letter_is_no_table():
    assert registry.detect(b"Dear all,\nthis, as said, is a text\nwithout, any, table\n") is None
    assert registry.detect(b"Dear all\nthis, as said, is, so\nwithout, any, table, no\n") is None


def test_a_cover_sheet_is_not_what_is_mapped():
    book = _workbook(
        {"Cover": ["Radiology", "Owner;Phone"], "AEs": ["AE Title;Host;Port", "A;b;1"]}
    )
    sample = sample_of(registry.source_of(book, is_binary=True), "ae-xlsx")
    assert [column.heading for column in sample.columns] == ["AE Title", "Host", "Port"]


def test_a_title_in_a_workbook():
    rows = (TITLES["one-cell"] + "\n" + UNKNOWN + DATA).splitlines()
    sample = sample_of(registry.source_of(_workbook({"AEs": rows}), is_binary=True), "ae-xlsx")
    assert [column.heading for column in sample.columns] == UNKNOWN.strip().split(";")
    assert sample.header_row == 3


def _workbook(sheets):
    return workbook.written(
        [
            (name, [(number, row.split(";")) for number, row in enumerate(rows, start=1)])
            for name, rows in sheets.items()
        ]
    )
