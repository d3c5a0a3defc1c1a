"""Karnak's CSV and PixelMed's properties."""

import pytest

from dicomcfg.core.formats import registry
from dicomcfg.core.records import Ae, Connection, Document
from tests.parts.reading import addresses, read_as, said

KARNAK, PIXELMED = "karnak-csv", "pixelmed-properties"
HEAD = "description,aetitle,hostname,port,nodeType,nodeGroup\n"
LIST = "Dicom.RemoteAEs"


def test_karnak_is_told_from_other_tables_by_its_header(sample):
    data = sample("karnak-csv.csv")
    assert registry.detect(data).name == KARNAK
    assert registry.detect(data.replace(b"nodeType", b"room")).name == "ae-table"
    document = registry.read(data)
    assert addresses(document) == ["RESEARCH-GW gw.small.example:11112", "RIS_WL 10.20.0.9:104"]
    assert document.aes[0].description == "Gateway of the research group"
    assert said(document) == {"not-kept": [2, 3]}


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        ("name,CT1,10.0.0.1,104,WORKSTATION,\n", {"karnak-row-skipped": [2]}),
        ("a,CT1,10.0.0.1\n", {"karnak-row-short": [2]}),
        ("a,CT1,10.0.0.1,104,Research\n", {"karnak-type-is-group": [2], "not-kept": [2]}),
        ("\n,CT1,10.0.0.1,104,,\n", {}),
        ('a,"CT1,10.0.0.1,104\n', {"karnak-row-short": [2]}),
    ],
)
def test_what_is_said_of_karnaks_rows(rows, places):
    assert said(read_as(KARNAK, HEAD + rows)) == places


def test_karnaks_cells_run_no_formulas():
    place = (Connection("10.0.0.1", 104),)
    aes = (
        Ae("A", "A", description="=HYPERLINK(1)", connections=place),
        Ae("-B", "-B", connections=place),
        Ae("C", "C", description="Name", connections=place),
    )
    written = registry.write(Document("x", aes=aes), KARNAK)
    assert "'=HYPERLINK(1),A,10.0.0.1,104,WORKSTATION,\n" in written.text
    assert [finding.path for finding in written.findings] == ["aes[-B]", "aes[C].description"]
    assert [ae.description for ae in read_as(KARNAK, written.data).aes] == ["=HYPERLINK(1)", ""]


def test_pixelmed_is_detected_and_read(sample):
    data = sample("pixelmed-properties.properties")
    assert registry.detect(data).name == PIXELMED
    document = registry.read(data)
    assert addresses(document) == [
        "CLEANER12",
        "ARCHIVE1 10.20.0.5:104",
        "VIEWER1 viewer1.small.example:11112",
    ]
    assert [ae.device for ae in document.aes] == [None, "archive", "viewer"]
    assert said(document) == {"pixelmed-own-address": [3], "not-kept": [9]}


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (f"{LIST}=a\n{LIST}.a.Port=104\n", {"pixelmed-incomplete": [1], "pixelmed-own": []}),
        (f"{LIST}=\n{LIST}.a.Port=104\n", {"pixelmed-not-listed": [2]}),
        (f"{LIST}=\n{LIST}=\n", {"property-repeated": [1]}),
        ("Dicom.CallingAETitle=A\n", {"pixelmed-own-address": [1]}),
    ],
)
def test_what_is_said_of_pixelmeds_properties(text, places):
    found = said(read_as(PIXELMED, text))
    assert found == {code: where for code, where in places.items() if where}


def test_no_more_names_are_looked_up_than_a_list_may_have():
    names = " ".join(f"a{number}" for number in range(30_000))
    last = read_as(PIXELMED, f"{LIST}={names}\n").findings[-1]
    assert last.code == "more-findings"
    assert last.message.startswith("19,001 ")


def test_pixelmed_is_only_read():
    with pytest.raises(KeyError):
        registry.write(Document("x"), PIXELMED)
