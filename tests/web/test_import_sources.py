"""The files of an import: their lines beside findings, their columns, and having them again."""

from __future__ import annotations

import pytest

from dicomcfg.core.formats.bundle import Given
from dicomcfg.exchange.imports import keep
from dicomcfg.exchange.jobs import start_reading
from dicomcfg.exchange.models import Import, ImportFile, KnownColumns
from tests.parts.people import Person
from tests.parts.rows import VERIFICATION

pytestmark = pytest.mark.django_db

ODD = b"AE Title,Rechner,Kanal\nCT1,10.0.0.1,104\nMR1,10.0.0.2,11112\n"


def kept_of(*files: tuple[str, bytes], as_: str | None = None) -> Import:
    kept = keep(None, [Given(name, data, as_) for name, data in files])
    start_reading(kept)
    return kept


def source(person: Person, kept: Import, query: str = "", number: int = 1) -> str:
    answer = person.get(f"/imports/{kept.pk}/source/{number}/{query}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_lines_stand_with_their_numbers_and_findings(editor: Person) -> None:
    page = source(editor, kept_of(("pairs.txt", f"{VERIFICATION}\n<script>x\n".encode())))
    assert '<li id="L1">' in page
    assert '<li id="L2" class="error">' in page
    assert "&lt;script&gt;x" in page
    assert "<script>x" not in page


def test_two_hundred_lines_make_a_page_and_findings_lead_on(editor: Person) -> None:
    lines = [VERIFICATION, *(f"# {number}" for number in range(449))]
    lines[9] = lines[420] = "1.2.03"
    kept = kept_of(("pairs.txt", "\n".join(lines).encode()))
    first = source(editor, kept)
    assert first.count('<li id="L') == 200
    at = f"/imports/{kept.pk}/source/1/"
    assert f'href="{at}?page=3#L421"' in first
    last = source(editor, kept, "?page=3")
    assert '<li id="L421" class="error">' in last
    assert f'href="{at}#L10"' in last
    assert source(editor, kept, "?page=1000").count('<li id="L') == 50


def test_each_file_has_its_own_findings(editor: Person) -> None:
    kept = kept_of(
        ("good.txt", VERIFICATION.encode()), ("bad.txt", f"{VERIFICATION}\n1.2.03\n".encode())
    )
    assert "leading zero" not in source(editor, kept, number=1)
    assert "leading zero" in source(editor, kept, number=2)


@pytest.mark.parametrize("number", ["0", "2", "9" * 18, "9" * 30, "9" * 4000])
@pytest.mark.parametrize("what", ["source", "files", "columns", "format"])
def test_a_file_that_is_not_there_is_not_found(editor: Person, what: str, number: str) -> None:
    kept = kept_of(("pairs.txt", VERIFICATION.encode()))
    method = editor.post if what == "format" else editor.get
    assert method(f"/imports/{kept.pk}/{what}/{number}/").status_code == 404
    assert editor.get(f"/imports/{number}/").status_code == 404 or number == "2"


def test_the_file_comes_back_as_it_is_kept_without_its_secrets(editor: Person) -> None:
    secret = b'{"RegisteredUsers": {"admin": "s3cret-word"}, "DicomModalities": {}}\n'
    kept = kept_of(("orthanc.json", secret))
    answer = editor.get(f"/imports/{kept.pk}/files/1/")
    assert b"s3cret-word" not in answer.content
    assert b"DicomModalities" in answer.content
    assert answer["Content-Disposition"] == 'attachment; filename="orthanc.json"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "s3cret-word" not in source(editor, kept)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('a"b\\c.txt', 'filename="c.txt"'),
        ("../../etc/passwd", 'filename="passwd"'),
        ("a\r\nX-Evil: 1.csv", 'filename="aX-Evil: 1.csv"'),
        ("..", 'filename="import-'),
        ("x" * 400 + ".csv", f'filename="{"x" * 100}'),
        ("Gerät.csv", "filename*=utf-8''Ger%C3%A4t.csv"),
    ],
)
def test_names_of_files_are_made_safe(editor: Person, name: str, shown: str) -> None:
    kept = kept_of(("x.txt", VERIFICATION.encode()))
    ImportFile.objects.update(name=name[-254:] if len(name) < 300 else name[:254])
    answer = editor.get(f"/imports/{kept.pk}/files/1/")
    assert shown in answer["Content-Disposition"]
    assert answer["Content-Disposition"].startswith("attachment")
    assert editor.get(f"/imports/{kept.pk}/").status_code == 200


def test_columns_are_corrected_and_remembered(editor: Person) -> None:
    kept = kept_of(("ziele.csv", ODD), as_="ae-table")
    page = editor.get(f"/imports/{kept.pk}/columns/1/").content.decode()
    for text in ("AE Title", "Rechner", "Kanal", "10.0.0.1", "11112"):
        assert text in page
    said = {"column-0": "ae_title", "column-1": "hostname", "column-2": "port"}
    answer = editor.post(f"/imports/{kept.pk}/columns/1/", said)
    assert answer["Location"] == f"/imports/{kept.pk}/"
    page = editor.get(f"/imports/{kept.pk}/").content.decode()
    assert "10.0.0.2:11112" in page
    assert KnownColumns.objects.get().changed_by == editor.user
    again = kept_of(("mehr.csv", ODD), as_="ae-table")
    page = editor.get(f"/imports/{again.pk}/").content.decode()
    assert "10.0.0.2:11112" in page
    assert "as they were said to mean before" in page
    assert "These columns are read as editor said" in (
        editor.get(f"/imports/{again.pk}/columns/1/").content.decode()
    )


def test_a_first_row_of_unknown_headings_can_be_said_to_be_one(editor: Person) -> None:
    kept = kept_of(("x.csv", b"Zielname,Rechner,Kanal\nCT1,10.0.0.1,104\n"), as_="ae-table")
    said = {"column-0": "ae_title", "column-1": "hostname", "column-2": "port"}
    editor.post(f"/imports/{kept.pk}/columns/1/", said)
    assert "Zielname" in editor.get(f"/imports/{kept.pk}/").content.decode()
    assert "The first row holds the headings" in (
        editor.get(f"/imports/{kept.pk}/columns/1/").content.decode()
    )
    editor.post(f"/imports/{kept.pk}/columns/1/", said | {"headed": "on"})
    page = editor.get(f"/imports/{kept.pk}/").content.decode()
    assert "Zielname" not in page
    assert "<b>1</b><span>new</span><small>1 AE</small>" in page


def test_two_columns_of_one_meaning_are_refused(editor: Person) -> None:
    kept = kept_of(("aes.csv", b"AE Title,Host,Port\nCT1,10.0.0.1,104\n"))
    said = {"column-0": "ae_title", "column-1": "ae_title", "column-2": "port"}
    answer = editor.post(f"/imports/{kept.pk}/columns/1/", said)
    assert answer.status_code == 422
    assert "Two columns mean the same" in answer.content.decode()


def test_a_meaning_that_is_not_offered_is_refused(editor: Person) -> None:
    kept = kept_of(("aes.csv", b"AE Title,Host,Port\nCT1,10.0.0.1,104\n"))
    answer = editor.post(f"/imports/{kept.pk}/columns/1/", {"column-0": "password"})
    assert answer.status_code == 422
    assert not KnownColumns.objects.exists()


def test_what_is_no_table_has_no_columns(editor: Person) -> None:
    kept = kept_of(("pairs.txt", VERIFICATION.encode()))
    assert editor.get(f"/imports/{kept.pk}/columns/1/").status_code == 404
    assert "/columns/" not in editor.get(f"/imports/{kept.pk}/").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "page=" + "9" * 5000,
        "page=-1",
        "page=%D9%A3",
        "q=" + "a+" * 3000,
        "q=%ED%A0%80",
        "action[]=x&kind=ae&kind=device",
        "found=" + "x" * 3000,
    ],
)
def test_odd_addresses_are_answered_calmly(editor: Person, query: str) -> None:
    kept = kept_of(("aes.csv", b"AE Title,Host,Port\nCT1,10.0.0.1,104\n"))
    for page in (f"/imports/{kept.pk}/", f"/imports/{kept.pk}/source/1/", "/imports/"):
        assert editor.get(f"{page}?{query}").status_code == 200
    sent = {"query": query, "page": "9" * 5000, "row": ["x", "9" * 5000, "-1"], "take": ["\x00"]}
    for more in ({}, {"all": "include"}, {"all": "exclude"}, {"all": "nonsense"}):
        assert editor.post(f"/imports/{kept.pk}/include/", sent | more).status_code == 302
