"""What is kept of an import: bounded, without secrets, with what was said about it."""

from __future__ import annotations

import io
import plistlib
import zipfile
from typing import Any

import pytest

from dicomcfg.core.formats.base import MAXIMUM_BYTES
from dicomcfg.core.formats.bundle import Given
from dicomcfg.exchange import imports, preview
from dicomcfg.exchange.applying import apply
from dicomcfg.exchange.columns import set_columns
from dicomcfg.exchange.imports import choose, keep, set_format
from dicomcfg.exchange.models import Import, ImportState, KnownColumns
from dicomcfg.exchange.preview import prepare
from dicomcfg.exchange.selectors import blocking, imports_list, rows_of, source_page
from dicomcfg.inventory.models import AE
from dicomcfg.inventory.services.errors import ServiceError
from tests.parts.imports import ACTOR, kept_file, previewed, seen

pytestmark = pytest.mark.django_db
TABLE = "AE Title,Host,Port\nPACS,10.0.0.5,104\n"


def zipped(**files: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.csv", text)
    return data.getvalue()


def test_findings_that_are_not_kept_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "_MOST_FINDINGS", 5)
    findings = previewed("AE Title,Host,Port\n" + "PACS,10.0.0.5,0\n" * 8).findings
    assert len(findings) == 6
    assert findings[-1]["code"] == "more-findings"
    assert findings[-1]["message"].startswith("10 more")


def test_secrets_are_neither_kept_nor_shown() -> None:
    table = "AE Title,Host,Port,Password\nPACS,10.0.0.5,104,hunter2\n"
    kept = previewed(table + "# password = hunter2\n")
    file = kept.files.get()
    assert b"hunter2" not in bytes(file.data)
    assert "hunter2" not in str((kept.noticed, kept.findings, list(kept.rows.values())))
    assert "secret-blanked" in {each["code"] for each in kept.findings}
    page = source_page(kept, file)
    assert "hunter2" not in str(page)
    assert "secret-blanked" in {f.code for line in page.lines for f in line.findings}


PREFERENCES = {
    "SERVERS": [{"AETitle": "PACS", "Address": "10.0.0.5", "Port": "104"}],
    "httpPassword": "hunter2",
    "Tokens": {"first": ["hunter2", 7]},
    "usePassword": True,
    "syncURL": "http://anna:hunter2@10.0.0.9/",
    "window": b"holds hunter2 as well",
}


@pytest.mark.parametrize("form", [plistlib.FMT_XML, plistlib.FMT_BINARY])
def test_a_property_list_is_kept_as_xml_without_its_secrets(form: plistlib.PlistFormat) -> None:
    kept = previewed(plistlib.dumps(PREFERENCES, fmt=form), "nodes.plist")
    file = kept.files.get()
    assert b"hunter2" not in bytes(file.data)
    assert file.format == "horos-plist"
    assert seen(kept) == {("ae", "PACS", "new")}
    said = {each["path"] for each in kept.findings if each["code"] == "secret-blanked"}
    assert said == {"httpPassword", "Tokens.first[0]", "Tokens.first[1]", "syncURL"}
    shown = " ".join(line.text for line in source_page(kept, file).lines)
    assert "<string>PACS</string>" in shown
    assert "hunter2" not in shown
    assert plistlib.loads(bytes(file.data))["usePassword"] is True


@pytest.mark.parametrize("format", ["horos-plist", "ae-xlsx", "context-xlsx", None])
@pytest.mark.parametrize(
    "data",
    [
        b"<plist><key>Password</key><string>hunter2</string>",
        b"bplist00" + b"\x57hunter2" + b"\0" * 30,
        b"password = hunter2\n",
        b"PK\x03\x04password = hunter2\0\0",
        b"password\0=hunter2\0",
    ],
)
def test_no_format_keeps_a_secret(data: bytes, format: str | None) -> None:
    kept = keep(None, [Given("a", data, format)])
    assert not any(b"hunter2" in bytes(file.data) for file in kept.files.all())
    prepare(kept)
    assert blocking(kept)


def test_an_archive_is_kept_as_its_files() -> None:
    data = zipped(a=TABLE, b="AE Title,Host,Port\nCT,10.0.0.6,no\n")
    kept = keep(None, [Given("all.zip", data), Given("", TABLE.encode())])
    assert [file.name for file in kept.files.all()] == ["a.csv", "b.csv", "pasted text"]
    prepare(kept)
    assert (kept.name, kept.counts) == ("all.zip and 1 more", {"ae": {"new": 2}})
    assert kept.rows.get(has_errors=True).file == "b.csv"
    with pytest.raises(ServiceError, match=r"B\.csv, line 2"):
        apply(ACTOR, kept)


def test_a_file_that_cannot_be_read_is_a_row_to_be_excluded() -> None:
    kept = keep(None, [Given("a.csv", TABLE.encode()), Given("b.bin", b"\x00\x01\x02")])
    prepare(kept)
    unread = kept.rows.get(has_errors=True)
    assert (unread.file, unread.action) == ("b.bin", "left")
    assert not blocking(kept).findings
    kept.rows.filter(pk=unread.pk).update(is_included=False)
    apply(ACTOR, kept)
    assert AE.objects.count() == 1


def test_a_single_file_that_cannot_be_read_blocks_with_its_message() -> None:
    kept = previewed("hello world, this is prose.\n", "prose.txt")
    assert [finding.code for finding in blocking(kept).findings] == ["format-not-detected"]
    with pytest.raises(ServiceError, match="fits none of the formats"):
        apply(ACTOR, kept)


@pytest.mark.parametrize(
    ("files", "field"),
    [
        ([], "files"),
        ([Given("big", b"x" * (MAXIMUM_BYTES + 1))], "files"),
        ([Given("a", b"x", "no-such-format")], "files"),
    ],
)
def test_what_is_not_kept_is_said(files: list[Given], field: str) -> None:
    with pytest.raises(ServiceError) as error:
        keep(None, files)
    assert list(error.value.messages) == [field]


def test_all_files_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MAXIMUM_TOTAL_BYTES", 50)
    with pytest.raises(ServiceError, match="at most 50"):
        keep(None, [Given("a", b"x" * 30), Given("b", b"x" * 30)])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "destroy"),
        ("match", None),
        ("site", "1"),
        ("site", -1),
        ("tags", "core"),
        ("tags", ["\0"]),
        ("calling", 5),
        ("overwrite", "yes"),
        ("nonsense", 1),
    ],
)
def test_a_wrong_choice_is_refused_at_its_field(name: str, value: Any) -> None:
    kept = kept_file(TABLE)
    with pytest.raises(ServiceError) as error:
        choose(kept, **{name: value})
    assert list(error.value.messages) == [name]


def test_a_choice_makes_the_preview_stale_and_keeps_what_was_excluded() -> None:
    kept = previewed(TABLE + "CT,10.0.0.6,104\n")
    kept.rows.filter(label="CT").update(is_included=False)
    choose(kept, mode="new")
    assert kept.state == ImportState.KEPT
    with pytest.raises(ServiceError, match="no preview yet"):
        apply(ACTOR, kept)
    prepare(kept)
    apply(ACTOR, kept)
    assert AE.objects.get().ae_title == "PACS"
    with pytest.raises(ServiceError, match="applied"):
        choose(kept, mode="merge")


def test_a_choice_made_while_the_files_are_read_is_not_overrun() -> None:
    kept = kept_file(TABLE)
    choose(Import.objects.get(pk=kept.pk), mode="new")
    prepare(kept)
    assert (kept.state, kept.rows.count()) == (ImportState.KEPT, 0)
    prepare(kept)
    assert kept.state == ImportState.PREVIEWED


def test_the_format_can_be_said_and_unsaid() -> None:
    kept = kept_file("1.2.840.10008.1.1\n", "f.txt")
    file = kept.files.get()
    assert (file.format, file.is_chosen) == ("intersystems", False)
    set_format(file, "ae-table")
    assert (kept.files.get().format, kept.files.get().is_chosen) == ("ae-table", True)
    set_format(file, None)
    assert kept.files.get().format == "intersystems"
    with pytest.raises(ServiceError):
        set_format(file, "none")


def test_columns_are_remembered_for_the_next_such_header() -> None:
    table = "Wer,Wo,Port\nPACS,10.0.0.5,104\n"
    kept = kept_file(table, format="ae-table")
    said = (("Wer", "ae_title"), ("Wo", "hostname"), ("Port", "port"))
    set_columns(None, kept.files.get(), said)
    prepare(kept)
    assert kept.counts == {"ae": {"new": 1}}
    again = kept_file("wer,WO,Port\nCT,10.0.0.6,104\n", format="ae-table")
    assert [tuple(pair) for pair in again.files.get().columns] == list(said)
    assert KnownColumns.objects.count() == 1
    for wrong in ([("Wer", "nonsense")], [("a", "port"), ("b", "port")]):
        with pytest.raises(ServiceError):
            set_columns(None, kept.files.get(), wrong)


@pytest.mark.parametrize("wider", ["", ";more"])
def test_headings_that_fit_no_format_are_known_once_somebody_said_them(wider: str) -> None:
    table = f"Kiste;Foo;Wo;Tuer\nCT9;x;10.1.1.1;104{wider}\n"
    assert kept_file(table).files.get().format == ""
    kept = kept_file(table, format="ae-table")
    meanings = ("ae_title", None, "hostname", "port", None)
    headings = ["Kiste", "Foo", "Wo", "Tuer", ""][: 5 if wider else 4]
    set_columns(None, kept.files.get(), list(zip(headings, meanings, strict=False)))
    again = previewed("KISTE;foo;wo;tuer\nMR9;y;10.2.1.1;11112\n")
    file = again.files.get()
    assert (file.format, file.is_chosen) == ("ae-table", False)
    assert seen(again) == {("ae", "MR9", "new")}
    other = kept_file("Kiste;Foo\nMR9;y\n")
    assert (other.files.get().format, other.files.get().columns) == ("", [])


def test_a_format_that_is_named_brings_the_columns_that_are_known() -> None:
    said = [["Wer", "ae_title"], ["Wo", "hostname"]]
    table = "Wer,Wo\nPACS,10.0.0.5\n"
    file = kept_file(table, format="ae-table").files.get()
    set_columns(None, file, [("Wer", "ae_title"), ("Wo", "hostname")])
    file = kept_file(table, format="intersystems").files.get()
    assert file.columns == []
    for name in ("ae-table", None):
        set_format(file, name)
        file.refresh_from_db()
        assert (file.format, file.columns) == ("ae-table", said)


def test_lists_take_as_many_queries_for_many(django_assert_num_queries: Any) -> None:
    for _ in range(5):
        previewed(TABLE)
    with django_assert_num_queries(1):
        assert len({row.name for row in imports_list()}) == 1
    kept = previewed(TABLE + "CT,10.0.0.6,104\n")
    with django_assert_num_queries(1):
        assert [row.label for row in rows_of(kept, "ae", "new", text="ct")] == ["CT"]


def test_a_page_of_the_source_has_its_findings() -> None:
    kept = previewed(TABLE + "CT,10.0.0.6,0\n")
    page = source_page(kept, kept.files.get(), start=3, count=10)
    assert page.total == 3
    (line,) = page.lines
    assert (line.number, line.text) == (3, "CT,10.0.0.6,0")
    assert [finding.code for finding in line.findings] == ["port-invalid"]
