"""Detection by content, reading without exceptions, bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.base import MAXIMUM_BYTES
from dicomcfg.core.records import Ae, Document

CASES = [
    ("worklist-pairs.txt", "intersystems"),
    ("liberal-pairs.txt", "intersystems"),
    ("aes-semicolon.csv", "ae-table"),
    ("clipboard.tsv", "ae-table"),
]


@pytest.mark.parametrize(("file", "name"), CASES)
def test_detection_goes_by_content(sample, file, name):
    data = sample(file)
    assert registry.detect(data).name == name
    assert registry.read(data, name="misleading.json").format == name


def test_our_own_json_is_detected():
    text = registry.write(Document("x", aes=(Ae("A", "A"),)), "dicomcfg-json").text
    assert registry.detect(text.encode()).name == "dicomcfg-json"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file-empty"),
        (b" \r\n\t", "file-empty"),
        (b"The quick brown fox\njumps over the lazy dog.\n", "format-not-detected"),
        (b"PK\x03\x04\x14\x00\x00\x00\x08\x00", "file-not-text"),
        (b"<html><body>x</body></html>", "format-not-detected"),
        (b"x" * 25_000_000, "file-too-large"),
    ],
    ids=["empty", "blank", "prose", "workbook", "html", "large"],
)
def test_what_cannot_be_read(data, code):
    document = registry.read(data)
    assert [f.code for f in document.findings] == [code]
    assert document.findings[0].severity == "error"


def test_formats_have_their_own_bounds():
    document = registry.read(b"1.2.3\n" * (MAXIMUM_BYTES // 6 + 1), format="intersystems")
    assert [f.code for f in document.findings] == ["file-too-large"]


def test_unknown_format():
    assert [f.code for f in registry.read(b"x", format="nope").findings] == ["format-unknown"]
    with pytest.raises(KeyError):
        registry.write(Document("x"), "nope")


def test_windows_1252_is_read_with_a_warning():
    document = registry.read("AET,Host,Port,Room\nCT1,h,104,Süd\n".encode("cp1252"))
    assert document.devices[0].location == "Süd"
    assert [f.code for f in document.findings] == ["encoding-guessed"]


@given(st.binary(max_size=2000), st.sampled_from([None, *registry.FORMATS]))
def test_no_bytes_make_a_reader_raise(data, name):
    document = registry.read(data, name="any", format=name)
    assert document.format in (*registry.FORMATS, "unknown")


@given(st.text(max_size=2000), st.sampled_from([None, *registry.FORMATS]))
def test_no_text_makes_a_reader_raise(text, name):
    document = registry.read(text.encode("utf-8", "surrogatepass"), name=text, format=name)
    assert document.format in (*registry.FORMATS, "unknown")


def test_a_table_of_1000_aes_reads_whole():
    rows = "".join(f"AE{n},10.0.{n // 250}.{n % 250 + 1},104,Device {n}\n" for n in range(1000))
    document = registry.read(f"AE Title,Host,Port,Device\n{rows}".encode())
    assert [ae.ae_title for ae in document.aes] == [f"AE{n}" for n in range(1000)]
    assert len(document.devices) == 1000
