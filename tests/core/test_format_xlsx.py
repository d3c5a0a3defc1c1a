"""Workbooks: sheets, cells as text, secrets, bounds, and the same bytes for the same content."""

import datetime
import io
import re
import time
import tracemalloc
import zipfile

import openpyxl
import pytest

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.archive import MAXIMUM_INFLATED_BYTES
from dicomcfg.core.formats.tables import workbook
from dicomcfg.core.records import Ae, Connection, Document
from tests.parts.documents import FIXED

HEAD = ["AE Title", "Host", "Port"]


def _book(**sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _codes(document):
    return [finding.code for finding in document.findings]


def test_cells_are_read_as_they_are_seen():
    head = [*HEAD, "TLS", "Software Version", "Notes", "Room"]
    row = ["CT1", "10.0.0.5", 104.0, True, 1.5, datetime.date(2026, 3, 1), 12]
    document = registry.read(_book(Sheet=[head, row]))
    assert document.format == "ae-xlsx"
    assert document.findings == ()
    (ae,), (device,) = document.aes, document.devices
    assert ae.connections == (Connection("10.0.0.5", 104, "default"),)
    assert ae.description == "2026-03-01"
    assert (device.software_version, device.location) == ("1.5", "12")


def test_every_sheet_with_a_header_that_fits_is_read():
    data = _book(
        North=[["AEs of the north"], [], HEAD, ["CT1", "a", 104]],
        Legend=[["colour", "meaning"], ["red", "broken"]],
        **{"South wing": [HEAD, ["CT2", "b", 0]]},
    )
    document = registry.read(data)
    assert [ae.ae_title for ae in document.aes] == ["CT1", "CT2"]
    assert [(f.code, f.cell) for f in document.findings] == [
        ("sheet-left-out", None),
        ("rows-above-header", "North!A3"),
        ("port-invalid", "'South wing'!C2"),
    ]


def test_contexts_of_several_sheets_are_a_profile_each():
    rows = [["SOP Class", "Transfer Syntax"], ["Verification", "Implicit VR Little Endian"]]
    document = registry.read(_book(CT=rows, MR=rows), name="all.xlsx")
    assert document.format == "context-xlsx"
    assert [profile.name for profile in document.profiles] == ["CT", "MR"]


def test_formulas_give_what_was_calculated():
    data = _book(Sheet=[HEAD, ["CT1", "=A1", 104]])
    document = registry.read(data)
    assert _codes(document) == ["hostname-missing"]  # openpyxl has calculated nothing


def test_secrets_are_blanked_and_not_kept():
    plain = _book(Sheet=[HEAD, ["CT1", "a", 104]])
    assert workbook.blanked(plain) == plain
    rows = [
        ["list"],
        [*HEAD, "Password", "Notes"],
        ["CT1", "a", 104, "geheim1", "key=1, token=abc9"],
    ]
    data = _book(Sheet=rows)
    document = registry.read(data)
    assert ("secret-blanked", "D3") in [(f.code, f.cell) for f in document.findings]
    assert document.aes[0].description == "key=1, token=***"
    kept = workbook.blanked(data)
    with zipfile.ZipFile(io.BytesIO(kept)) as packed:
        content = b"".join(map(packed.read, packed.namelist()))
    assert b"geheim1" not in content
    assert b"abc9" not in content
    assert registry.read(kept).aes == document.aes
    assert workbook.blanked(b"no workbook") == b""


def test_written_bytes_do_not_depend_on_the_clock(monkeypatch):
    first = registry.write(FIXED["odd"], "ae-xlsx").data
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(2_000_000_000))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    assert registry.write(FIXED["odd"], "ae-xlsx").data == first


def test_written_cells_are_text_and_nothing_runs():
    ae = Ae(
        "A", "A", description="=1+1", site="http://a.example", connections=(Connection("h", 1),)
    )
    data = registry.write(Document("x", aes=(ae,)), "ae-xlsx").data
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert "=1+1" in [cell.value for cell in cells]
    assert not any(cell.hyperlink for cell in cells)
    assert sheet.freeze_panes == "A2"


def test_a_text_too_long_for_a_cell_is_named():
    aes = (Ae("A", "A", description="x" * 40_000), Ae("B", "B"))
    written = registry.write(Document("x", aes=aes), "ae-xlsx")
    assert [finding.path for finding in written.findings] == ["aes[A]"]
    assert [ae.ae_title for ae in registry.read(written.data).aes] == ["B"]


def _packed(**changed):
    """A workbook with members replaced."""
    out = io.BytesIO()
    data = _book(Sheet=[HEAD, ["CT1", "a", 104]])
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for name in old.namelist():
            short = name.rpartition("/")[2].partition(".")[0]
            new.writestr(name, changed.get(short, old.read(name)))
    return out.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (OLE + "EncryptedPackage".encode("utf-16-le"), "workbook-encrypted"),
        (OLE, "workbook-old"),
        (_packed(sheet1=DOCTYPE), "workbook-unreadable"),
        (_packed(sheet1=b"<worksheet>"), "workbook-unreadable"),
        (_packed(workbook=b"<a>" * 50_000), "workbook-unreadable"),
        (_packed(sheet1=bytes(MAXIMUM_INFLATED_BYTES)), "archive-too-large"),
        (_packed(sheet1=bytes(30_000_000)), "workbook-unreadable"),
        (_book(Sheet=[[]]), "table-empty"),
        (_book(Sheet=[HEAD]), "table-empty"),
        (_book(Sheet=[["colour"], ["red"]]), "columns-not-recognised"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read(data, code):
    document = registry.read(data)
    assert document.format == "ae-xlsx"
    assert _codes(document) == [code]
    assert not document.aes


def test_a_row_far_below_costs_nothing():
    data = _packed()
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml").replace(b'r="2"', b'r="99999999999999"')
    document = registry.read(_packed(sheet1=sheet))
    assert _codes(document) == ["table-empty"]


def _sheet(rows):
    """A sheet of cells that are given as XML."""
    head = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in HEAD)
    return f"<worksheet><sheetData><row>{head}</row>{rows}</sheetData></worksheet>".encode()


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c t="inlineStr"><is><r><t>a</t></r><rPh><t>x</t></rPh><r><t>b</t></r></is></c>', "ab"),
        ('<c t="str"><f>A1</f><v>text</v></c>', "text"),
        ('<c t="b"><v>0</v></c>', "FALSE"),
        ('<c t="e"><v>#N/A</v></c>', "#N/A"),
        ('<c t="d"><v>2026-03-01T00:00:00</v></c>', "2026-03-01"),
        ("<c><v>1.5E2</v></c>", "150"),
        ("<c><v>104.50</v></c>", "104.5"),
        ('<c s="1"><v>46082</v></c>', "2026-03-01"),
        ('<c s="1"><v>46082.5</v></c>', "2026-03-01T12:00:00"),
        ('<c s="2"><v>1.5</v></c>', "1 day, 12:00:00"),
        ('<c s="1"><v>999999999</v></c>', "#VALUE!"),
    ],
)
def test_what_a_cell_says(cell, text):
    styles = '<styleSheet><numFmts><numFmt numFmtId="170" formatCode="[h]:mm"/></numFmts>'
    styles += '<cellStyleXfs><xf numFmtId="170"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>'
    styles += '<xf numFmtId="14"/><xf numFmtId="170"/></cellXfs></styleSheet>'
    data = _packed(sheet1=_sheet(f"<row>{cell}</row>"), styles=styles)
    assert workbook.read(data).sheets[0].rows[1] == (2, [text])


def test_cells_and_rows_stand_where_their_names_say():
    rows = '<row r="7"><c r="C7"><v>1</v></c><c><v>2</v></c></row><row r="3"><c><v>9</v></c></row>'
    rows += "<row><c><v>3</v></c></row>"
    page = workbook.read(_packed(sheet1=_sheet(rows))).sheets[0]
    assert page.rows[1:] == ((7, ["", "", "1", "2"]), (8, ["3"]))


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        (_sheet("<a/>" * 1_500_000), "has more than 1,500,000 elements"),
        (
            _sheet(("<row>" + "<c><v>1</v></c>" * 10_000 + "</row>") * 61),
            "has more than 600,000 cells",
        ),
        (_sheet('<row a="' + "x" * 2_000_000 + '"/>'), "has a tag of more than 1,000,000"),
    ],
    ids=["elements", "cells", "tag"],
)
def test_no_more_is_read_than_the_bounds_allow(sheet, said):
    (finding,) = workbook.read(_packed(sheet1=sheet)).findings
    assert finding.code == "workbook-too-large"
    assert said in finding.message


def test_the_bytes_of_all_parts_count():
    half = bytes(11_000_000)
    (finding,) = workbook.read(_packed(sheet1=half, styles=half)).findings
    assert finding.code == "workbook-too-large"
    assert "unpack to" in finding.message


def test_the_rows_of_all_sheets_count():
    rows = [[title, "a", 104] for title in range(15_000)]
    book = workbook.read(_book(A=rows, B=rows))
    assert [len(page.rows) for page in book.sheets] == [15_000, workbook.MAXIMUM_ROWS - 15_000]
    assert [finding.code for finding in book.findings] == ["workbook-too-large"]


def test_a_part_that_unpacks_all_at_once_is_not_opened():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_BZIP2) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 50_000_000)
        packed.writestr("xl/workbook.xml", b"<workbook/>")
    tracemalloc.start()
    document = registry.read(data.getvalue())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert _codes(document) == ["workbook-unreadable"]
    assert peak < 5_000_000


def test_styles_that_are_not_there_are_passed_over_in_silence(capfd):
    with zipfile.ZipFile(io.BytesIO(_packed())) as packed:
        styles = re.sub(rb'xfId="\d+"', b'xfId="65535"', packed.read("xl/styles.xml"))
    document = registry.read(_packed(styles=styles))
    assert [ae.ae_title for ae in document.aes] == ["CT1"]
    assert capfd.readouterr() == ("", "")
