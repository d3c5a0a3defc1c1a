"""Several files together: archives within bounds, each file detected, the same AEs merged."""

import io
import tracemalloc
import zipfile

import pytest

from dicomcfg.core.formats import archive, registry
from dicomcfg.core.formats.bundle import MAXIMUM_FILES, Given, expand, read_files
from dicomcfg.core.formats.merging import merged
from dicomcfg.core.records import (
    Ae,
    Association,
    Connection,
    Device,
    Document,
    PresentationContext,
    Profile,
)

AES = b"AE Title,Host,Port\nCT1,10.0.0.5,104\n"
PAIRS = b"1.2.840.10008.1.1\n"
VERIFICATION = PresentationContext("1.2.840.10008.1.1", ("1.2.840.10008.1.2",))
MR = PresentationContext("1.2.840.10008.5.1.4.1.1.4", ("1.2.840.10008.1.2.1",))


def packed(files, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files:
            made.writestr(name, data, **options)
    return out.getvalue()


def codes(bundle):
    return [finding.code for finding in bundle.document.findings]


def test_one_file_reads_as_by_itself():
    bundle = read_files([Given("aes.csv", AES)])
    assert bundle.document == registry.read(AES, name="aes.csv")
    assert [part.given.name for part in bundle.parts] == ["aes.csv"]


def test_files_and_archives_read_as_one():
    data = packed([("site/pairs.txt", PAIRS), ("__MACOSX/x", b"1"), ("empty/", b"")])
    bundle = read_files([Given("aes.csv", AES), Given("all.zip", data)])
    assert [part.given.name for part in bundle.parts] == ["aes.csv", "site/pairs.txt"]
    assert [ae.ae_title for ae in bundle.document.aes] == ["CT1"]
    assert [profile.name for profile in bundle.document.profiles] == ["pairs"]
    assert bundle.document.format == "several"


def test_findings_name_their_file():
    bundle = read_files([Given("aes.csv", AES), Given("odd.txt", b"1.2.3\\1.2.840.10008.1.2\n")])
    assert {f.file for f in bundle.document.findings} == {"odd.txt"}


def test_a_format_that_was_said_is_kept_to():
    bundle = read_files([Given("x", AES, "intersystems")])
    assert bundle.document.format == "intersystems"
    assert "uid-name-unknown" in codes(bundle)


def test_nothing_given():
    assert codes(read_files([])) == ["file-empty"]
    assert codes(read_files([Given("empty.zip", packed([]))])) == ["file-empty"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PK\x03\x04rubbish", "archive-damaged"),
        (packed([("bomb", b"\0" * 90_000_000)]), "archive-too-large"),
        (packed([(f"{i}.txt", PAIRS) for i in range(600)]), "archive-too-large"),
        (packed([("inner.zip", packed([("a.txt", PAIRS)]))]), "archive-nested"),
        (packed([("large", b"1" * 21_000_000)]), "archive-member-unreadable"),
        (packed([(f"{i}.txt", PAIRS) for i in range(MAXIMUM_FILES + 1)]), "too-many-files"),
    ],
    ids=["damaged", "bomb", "members", "nested", "large", "many"],
)
def test_archives_that_are_not_opened(data, code):
    assert code in codes(read_files([Given("x.zip", data)]))


def test_a_member_whose_bytes_are_damaged():
    data = bytearray(packed([("a.txt", PAIRS * 50), ("b.csv", AES)]))
    at = data.index(b"a.txt") + 8
    data[at : at + 4] = b"\xff\xff\xff\xff"
    bundle = read_files([Given("x.zip", bytes(data))])
    assert "archive-member-unreadable" in codes(bundle)
    assert [ae.ae_title for ae in bundle.document.aes] == ["CT1"]


def test_a_member_without_a_name():
    data = packed([("?.txt", PAIRS), ("folder/", b""), ("b.csv", AES)])
    bundle = read_files([Given("x.zip", data.replace(b"?.txt", b"\0.txt"))])
    assert codes(bundle) == ["archive-member-unreadable"]
    assert [ae.ae_title for ae in bundle.document.aes] == ["CT1"]


def test_a_member_that_is_encrypted():
    data = bytearray(packed([("a.txt", PAIRS)]))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    assert codes(read_files([Given("x.zip", bytes(data))]))[0] == "archive-member-unreadable"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_that_unpacks_all_at_once_is_not_opened(method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        made.writestr("bomb.csv", b"\n" * 19_000_000)
        made.writestr("a.csv", AES, zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    bundle = read_files([Given("x.zip", out.getvalue())])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert codes(bundle) == ["archive-member-unreadable"]
    assert [part.given.name for part in bundle.parts] == ["a.csv"]
    assert peak < 10_000_000


def test_archives_given_together_unpack_to_no_more_than_one_may():
    archives = [Given(f"{i}.zip", packed([("a", b"\n" * 19_000_000)])) for i in range(4)]
    opened, findings = expand(archives)
    assert len(opened) == 3
    assert [(f.code, f.file) for f in findings] == [("archive-too-large", "3.zip")]


def test_workbooks_in_an_archive_unpack_to_no_more_than_it_may():
    book = packed([("[Content_Types].xml", b""), ("xl/workbook.xml", b" " * 15_000_000)])
    opened, findings = expand([Given("x.zip", packed([(f"{i}.xlsx", book) for i in range(5)]))])
    assert [given.name for given in opened] == ["0.xlsx", "1.xlsx", "2.xlsx"]
    assert [(f.code, f.file) for f in findings] == [
        ("archive-too-large", "3.xlsx"),
        ("archive-too-large", "4.xlsx"),
    ]


def test_files_that_say_too_much_end_the_reading():
    wrong = b"AE Title,Host,Port\n" + b"A,h,0\n" * 1_100
    bundle = read_files([*(Given(f"{i}.csv", wrong) for i in range(10)), Given("10.csv", AES)])
    assert [f.code for f in bundle.parts[-1].document.findings] == ["too-many-files"]
    assert [ae.ae_title for ae in bundle.document.aes] == ["A"]


def test_what_files_say_otherwise_is_told_within_a_bound():
    one, other = (
        Document("x", devices=tuple(Device(f"d{i}", f"d{i}", name) for i in range(1_100)))
        for name in "ab"
    )
    assert [f.code for f in merged([one, other]).findings][999:] == [
        "described-twice",
        "more-findings",
    ]


def test_a_declared_size_that_lies_gives_no_more_than_it_says():
    data = bytearray(packed([("a.txt", PAIRS * 1000)]))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (10).to_bytes(4, "little")
    assert archive.problem_of(bytes(data)) is None
    files, findings = archive.members_of(bytes(data))
    assert not files
    assert [f.code for f in findings] == ["archive-member-unreadable"]


def ae(key, *places, **fields):
    connections = tuple(Connection(host, 104) for host in places)
    return Ae(key, key.split(" ")[0], connections=connections, **fields)


def test_an_ae_of_two_files_is_one():
    one = Document("a", aes=(ae("CT1", "h1", description="first"),))
    two = Document("b", aes=(ae("CT1", "h1", description="other", tags=("x",)), ae("CT1 b", "h2")))
    result = merged([one, two])
    assert [(a.key, a.description, a.tags) for a in result.aes] == [
        ("CT1", "first", ("x",)),
        ("CT1 b", "", ()),
    ]
    assert [f.code for f in result.findings] == ["described-twice"]


def test_an_ae_without_address_is_the_one_with_it():
    pair = Association("CT1", "PACS", presentation_contexts=(MR,))
    one = Document("a", aes=(ae("CT1"), ae("PACS")), associations=(pair,))
    two = Document("b", aes=(ae("PACS", "h2"), ae("CT1", "h1")))
    result = merged([one, two])
    assert {a.key: [c.hostname for c in a.connections] for a in result.aes} == {
        "CT1": ["h1"],
        "PACS": ["h2"],
    }
    assert result.associations == (pair,)


def test_keys_that_clash_are_told_apart():
    pair = Association("X", "PACS", presentation_contexts=(MR,))
    one = Document("a", aes=(ae("X", "h1"),))
    two = Document("b", aes=(ae("X", "h2"), ae("PACS", "h3")), associations=(pair,))
    result = merged([one, two])
    assert [a.key for a in result.aes] == ["X", "X @ h2:104", "PACS"]
    assert [(a.calling, a.called) for a in result.associations] == [("X @ h2:104", "PACS")]


def test_one_pair_of_two_files_proposes_what_both_say():
    ends = (ae("A", "h1"), ae("B", "h2"))
    one = Document("a", aes=ends, associations=(Association("A", "B", "", "", None, (MR,)),))
    two = Document(
        "b", aes=ends, associations=(Association("A", "B", "n", "", None, (VERIFICATION,)),)
    )
    (pair,) = merged([one, two]).associations
    assert pair.presentation_contexts == (MR, VERIFICATION)
    assert pair.name == "n"


def test_profiles_of_one_name():
    same, other = Profile("P", (MR,)), Profile("P", (VERIFICATION,))
    result = merged([Document("a", profiles=(same,)), Document("b", profiles=(same, other))])
    assert [profile.name for profile in result.profiles] == ["P", "P #2"]
    assert [f.code for f in result.findings] == ["described-twice"]


def test_devices_of_one_name_fill_each_other():
    one = Document("a", devices=(Device("d", "Scanner", "Acme"),))
    two = Document("b", devices=(Device("e", "Scanner", location="3"),), aes=(ae("X", device="e"),))
    result = merged([one, two])
    assert result.devices == (Device("d", "Scanner", "Acme", location="3"),)
    assert result.aes[0].device == "d"


def test_what_all_files_know_is_known():
    one = Document("a", knows=frozenset({"ae.tags", "ae.connections"}))
    two = Document("b", knows=frozenset({"ae.connections"}))
    assert merged([one, two]).knows == {"ae.connections"}
