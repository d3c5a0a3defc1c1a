"""AE tables: delimiters, headings, cells with their findings, and writing back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.tables.ae_columns import HEADINGS, KIND
from dicomcfg.core.formats.tables.table_columns import folded, letter_of
from dicomcfg.core.formats.tables.table_mapping import columns_of
from dicomcfg.core.formats.tables.table_sheets import MAXIMUM_ROWS
from dicomcfg.core.formats.tables.table_writer import escape_formula, unescape_formula
from dicomcfg.core.records import Ae, Connection, Device, Document, Profile

HEAD = "AE Title,Host,Port\n"


def _read(text, **options):
    return registry.read(text.encode(), format="ae-table", **options)


def _said(document):
    return [(f.code, f.cell) for f in document.findings]


def _columns(text):
    return columns_of(registry.source_of(text.encode()), "ae-table")


def test_a_semicolon_table(sample):
    document = registry.read(sample("aes-semicolon.csv"), name="aes.csv")
    assert document.format == "ae-table"
    assert document.aes[0] == Ae(
        key="CT1",
        ae_title="CT1",
        device="CT East",
        description="Ground floor; room 12",
        tags=("ct", "east"),
        connections=(Connection("10.0.0.5", 104),),
    )
    assert document.aes[1].connections[0].tls == "default"
    assert document.aes[2].state == "planned"
    assert document.aes[3].connections == ()
    assert not document.aes[3].association_acceptor
    assert document.devices[0] == Device(
        "CT East", "CT East", manufacturer="Example Medical", department="Radiology"
    )
    assert [(f.code, f.line, f.cell) for f in document.findings] == [
        ("device-described-twice", 3, "A3")
    ]


def test_a_clipboard_without_header(sample):
    document = registry.read(sample("clipboard.tsv"))
    assert [(ae.ae_title, *ae.connections) for ae in document.aes] == [
        ("CT1", Connection("10.0.0.5", 104)),
        ("MR1", Connection("mr.hospital.example", 11112)),
        ("US_3", Connection("2001:db8::7", 104)),
    ]
    assert [f.code for f in document.findings] == ["table-without-header"]


def test_columns_without_header_may_stand_in_any_order():
    columns = _columns("104,CT1,scanner\n104,A TITLE,pacs\n")
    assert [c.field for c in columns] == ["port", "ae_title", "hostname"]
    columns = _columns("10.0.0.1;Radiology;AE;104\n10.0.0.2;Surgery!;B;105\n")
    assert {c.letter: c.field for c in columns if c.field == "port"} == {"D": "port"}


@pytest.mark.parametrize("delimiter", ["\t", ";", ",", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_delimiters_and_encodings(delimiter, encoding):
    rows = [["AET", "IP", "Port", "Location"], ["CT1", "10.0.0.5", "104", "Raum für CT"]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    document = registry.read(text.encode(encoding))
    assert document.findings == ()
    assert document.aes[0].connections == (Connection("10.0.0.5", 104),)
    assert document.devices[0].location == "Raum für CT"


@pytest.mark.parametrize(
    ("field", "heading"),
    [(field, heading) for field, headings in HEADINGS.items() for heading in headings],
)
def test_headings(field, heading):
    heading = heading.upper().replace(" ", "_")
    assert _columns(f"{heading},AET,Port,Host\nA,B,C,D\n")[0].field == field


def test_no_heading_means_two_fields():
    both = [(folded(text), field) for field, texts in HEADINGS.items() for text in texts]
    assert {text: KIND.by_heading[text] for text, _ in both} == dict(both)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("CT1,10.0.0.5,104", []),
        (",10.0.0.5,104", [("ae-title-empty", "A2")]),
        ("ABCDEFGHIJKLMNOPQ,10.0.0.5,104", [("ae-title-too-long", "A2")]),
        ("ct1,10.0.0.5,104", [("ae-title-lower-case", "A2")]),
        ("STORESCP,10.0.0.5,104", [("ae-title-vendor-default", "A2")]),
        ("CT1,10.0.0.999,104", [("hostname-invalid", "B2")]),
        ("CT1,10.0.0.5,", [("port-invalid", "C2")]),
        ("CT1,10.0.0.5,70000", [("port-invalid", "C2")]),
        ("CT1,,104", [("hostname-missing", "B2")]),
        ("CT1,pacs:104,", [("host-and-port-in-one-cell", "B2")]),
        ("CT1,pacs:104,104", [("hostname-has-port", "B2")]),
        ("CT1,10.0.0.5,104,more", [("row-too-wide", None)]),
    ],
)
def test_findings_of_cells(row, expected):
    assert _said(_read(HEAD + row)) == expected


def test_row_numbers_count_blank_rows_and_lines_count_breaks():
    text = 'AE Title,Host,Port,Notes\n\nCT1,10.0.0.5,104,"two\nlines"\nCT2,bad host,104,\n'
    assert [(f.cell, f.line) for f in _read(text).findings] == [("B4", 5)]


def test_repeats():
    text = HEAD + "CT1,10.0.0.5,104\nCT1,10.0.0.5,104\n CT1,10.0.0.6,104\nMR,a,1\nMR,b,1\nMR,b,1,\n"
    document = _read(text)
    assert [ae.key for ae in document.aes] == [
        "CT1 @ 10.0.0.5:104",
        "CT1 @ 10.0.0.6:104",
        "MR @ a:1",
        "MR @ b:1",
        "MR @ b:1 #2",
    ]
    assert _said(document) == [("row-repeated", "A3"), ("ae-repeated", "A7")]


def test_an_exact_repeat_leaves_the_key_alone():
    document = _read(HEAD + "CT1,10.0.0.5,104\nCT1,10.0.0.5,104\n")
    assert [ae.key for ae in document.aes] == ["CT1"]


@pytest.mark.parametrize(
    ("heading", "cell", "attribute", "value"),
    [
        ("State", "Active", "state", "live"),
        ("State", "decommissioned", "state", "retired"),
        ("State", "whatever", "state", "live"),
        ("Tags", "a; b|c, a", "tags", ("a", "b", "c")),
        ("Do not probe", "no", "do_not_probe", None),
        ("Do not probe", "fragile", "do_not_probe", "fragile"),
        ("Do not probe", "yes", "do_not_probe", "Marked in the imported table"),
        ("Site", "North", "site", "North"),
        ("Description", "'=1+1", "description", "=1+1"),
    ],
)
def test_meaning_of_cells(heading, cell, attribute, value):
    document = registry.read(f"AE Title\tHost\tPort\t{heading}\nCT1\tpacs\t104\t{cell}".encode())
    assert getattr(document.aes[0], attribute) == value


def test_tls_by_name():
    document = registry.read(b"AET,Host,Port,TLS\nA,h,1,hospital-ca\nB,h,2,Yes\nC,h,3,No\n")
    assert [ae.connections[0].tls for ae in document.aes] == ["hospital-ca", "default", None]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Host,Port\npacs,104\n", "no-ae-title-column"),
        ("AE Title,Host,Port\n", "table-empty"),
        ("hello,world\nfoo,bar\n", "columns-not-recognised"),
        ('AE Title,Host,Port\nCT1,"' + "x" * 200_000, "table-malformed"),
        (HEAD + "," * 200 + "x", "too-many-columns"),
        ("AE Title,AET,Host,Port\nA,B,pacs,104\n", "column-repeated"),
        ("AE Title,Shoe Size,Host,Port\nA,B,pacs,104\n", "column-ignored"),
    ],
)
def test_findings_of_the_table(text, code):
    assert code in [f.code for f in _read(text).findings]


def test_rows_are_bounded():
    document = _read(HEAD + "".join(f"A{n},h,1\n" for n in range(MAXIMUM_ROWS + 5)))
    assert len(document.aes) == MAXIMUM_ROWS
    assert [f.code for f in document.findings] == ["too-many-rows"]


def test_findings_are_bounded():
    findings = _read(HEAD + "".join(f"a{n},h,1\n" for n in range(3_000))).findings
    assert [f.code for f in findings[-2:]] == ["ae-title-lower-case", "more-findings"]
    assert (len(findings), findings[-1].severity) == (1_001, "warning")


def test_what_stands_above_the_header_is_left_out():
    text = "AE list of the hospital\n\nas of:;2026\nAE-Titel;Rechnername;Portnummer\nCT1;ct;104\n"
    document = _read(text)
    assert document.aes[0].connections == (Connection("ct", 104),)
    assert _said(document) == [("rows-above-header", "A4")]


@pytest.mark.parametrize(
    ("cell", "initiates", "accepts"),
    [
        ("SCU", True, False),
        ("scp", False, True),
        ("SCU/SCP", True, True),
        ("SCP and SCU", True, True),
        ("Beide", True, True),
        ("none", False, False),
        ("", True, True),
        ("sometimes", True, True),
    ],
)
def test_roles(cell, initiates, accepts):
    document = _read(f"AET,Host,Port,Role\nA,h,1,{cell}\n")
    ae = document.aes[0]
    assert (ae.association_initiator, ae.association_acceptor) == (initiates, accepts)
    said = [("role-unknown", "D2")] if cell == "sometimes" else []
    assert _said(document) == said


def test_modalities_and_maxima():
    head = "AET,Host,Port,Modality,Tags,Maximum associations,Max associations out\n"
    document = _read(head + 'A,h,1,CT;PT,east,20,no\nB,h,2,"MR","""a,b"", c",,\n')
    assert [ae.tags for ae in document.aes] == [("east", "CT", "PT"), ("a,b", "c", "MR")]
    assert document.aes[0].maximum_associations_in == 20
    assert _said(document) == [("association-count-invalid", "G2")]


def test_what_a_table_knows_is_what_its_columns_say():
    assert _read("AET,IP,Port,Notes\nA,h,1,x\n").knows == {"ae.connections", "ae.description"}


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\tx", "'=1", "''=1", "'quoted", "", "a=b"]
)
def test_formulas_are_disarmed_without_loss(text):
    escaped = escape_formula(text)
    assert escaped[:1] not in tuple("=+-@\t")
    assert unescape_formula(escaped) == text


def test_writing_says_what_is_lost():
    ae = Ae("A", "A", connections=(Connection("h", 1), Connection("h", 2)))
    document = Document("x", aes=(ae,), devices=(Device("D", "D"),), profiles=(Profile("P"),))
    said = [f.path for f in registry.write(document, "ae-table").findings]
    assert said == ["profiles", "ae.connections[1:]", "devices[D]"]


def test_letters():
    assert [letter_of(index) for index in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


TITLES = st.text("ABCXYZ0123456789_-.+=@", min_size=1, max_size=16)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=40).map(
    str.strip
)
AES = st.builds(
    lambda title, host, port, text, site, tls: Ae(
        key=title,
        ae_title=title,
        site=site or None,
        description=text,
        connections=(Connection(host, port, tls),),
    ),
    TITLES,
    st.sampled_from(["10.0.0.1", "pacs", "2001:db8::1", "a.example"]),
    st.integers(1, 65535),
    WORDS,
    WORDS,
    st.sampled_from([None, "default", "ca-1"]),
)


@given(st.lists(AES, min_size=1, max_size=8, unique_by=lambda ae: ae.ae_title))
def test_what_is_written_reads_back(aes):
    document = Document("x", aes=tuple(aes))
    written = registry.write(document, "ae-table")
    again = registry.read(written.text.encode("utf-8"))
    assert again.format == "ae-table"
    assert again.aes == document.aes
