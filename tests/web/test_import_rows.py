"""The rows of a preview: narrowed, paged, ticked and unticked, each with what would change."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.core.formats.bundle import Given
from dicomcfg.exchange.imports import keep
from dicomcfg.exchange.jobs import start_reading
from dicomcfg.exchange.models import Import, ImportRow
from dicomcfg.inventory.models import AE
from dicomcfg.web.imports.rows import LINES_SHOWN, shown_field
from tests.parts.people import Person
from tests.parts.rows import make_ae

pytestmark = pytest.mark.django_db

HTMX = {"HTTP_HX_REQUEST": "true"}
HEAD = "AE Title,Host,Port,Device\n"


def table(count: int, device: str = "") -> Import:
    """A preview of so many AEs."""
    lines = "".join(f"AE{i:04},10.0.{i // 250}.{i % 250},104,{device}\n" for i in range(count))
    kept = keep(None, [Given("aes.csv", f"{HEAD}{lines}".encode())])
    start_reading(kept)
    return kept


def rows_of(person: Person, kept: Import, query: str = "") -> str:
    answer = person.get(f"/imports/{kept.pk}/{query}", HTTP_HX_TARGET="results", **HTMX)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_rows_come_a_hundred_a_page(editor: Person) -> None:
    kept = table(230)
    assert rows_of(editor, kept).count('name="take"') == 100
    assert rows_of(editor, kept, "?page=3").count('name="take"') == 30
    assert rows_of(editor, kept, "?page=99").count('name="take"') == 30


def test_what_stays_as_it_is_comes_after_what_does_not(editor: Person) -> None:
    make_ae("CT1", "10.0.0.1:104")
    lines = "CT1,10.0.0.1,104,\nCT2,10.0.0.2,104,\nCT3,10.0.0.3,99999,\n"
    kept = keep(None, [Given("aes.csv", f"{HEAD}{lines}".encode())])
    start_reading(kept)
    page = rows_of(editor, kept)
    assert page.index(">CT2<") < page.index(">CT3<") < page.index(">CT1<")


def test_what_is_stored_already_says_so_and_offers_no_ticks(editor: Person) -> None:
    make_ae("AE0000", "10.0.0.0:104")
    kept = table(1)
    page = editor.get(kept.get_absolute_url()).content.decode()
    assert "All of it is stored so already" in page
    assert "Tick all" not in page
    page = editor.get(table(2).get_absolute_url()).content.decode()
    assert "All of it is stored so already" not in page
    assert "Tick all" in page


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 4),
        ("?kind=ae", 3),
        ("?kind=device", 1),
        ("?action=new", 3),
        ("?action=same", 1),
        ("?q=AE0001", 1),
        ("?q=ae000", 3),
        ("?q=nothing", 0),
        ("?kind=ae&action=new", 2),
        ("?kind=nonsense&action=%27", 4),
        ("?found=1", 0),
    ],
)
def test_rows_are_narrowed(editor: Person, query: str, count: int) -> None:
    make_ae("AE0000", "10.0.0.0:104")
    kept = table(3, "Scanner")
    ImportRow.objects.filter(label="AE0000").update(action="same")
    assert rows_of(editor, kept, query).count("<tr class=") == count


def test_what_would_change_stands_field_by_field(editor: Person) -> None:
    make_ae("AE0000", "10.9.9.9:11112", description="<b>old")
    page = rows_of(editor, table(1))
    assert "<del><span" in page
    assert "10.9.9.9:11112" in page
    assert "10.0.0.0:104" in page
    assert "<b>old" not in page
    assert AE.objects.get().get_absolute_url() in page


def test_a_row_names_its_line_and_leads_there(editor: Person) -> None:
    kept = table(3)
    assert f'<a href="/imports/{kept.pk}/source/1/#L3">line 3</a>' in rows_of(editor, kept)


def test_one_row_is_left_out_and_the_button_says_so(editor: Person) -> None:
    kept = table(3)
    shown = {"row": ["0", "1", "2"], "take": ["0", "2"], "query": "", "page": "1"}
    answer = editor.post(f"/imports/{kept.pk}/include/", shown, **HTMX)
    assert answer.status_code == 200
    assert 'hx-swap-oob="true"' in answer.content.decode()
    assert "Apply 2 rows" in answer.content.decode()
    editor.post(f"/imports/{kept.pk}/apply/")
    assert list(AE.objects.order_by("pk").values_list("ae_title", flat=True)) == [
        "AE0000",
        "AE0002",
    ]


def test_without_script_the_page_comes_back_as_it_was(editor: Person) -> None:
    kept = table(230)
    shown = {"row": ["100"], "query": "action=new", "page": "2"}
    answer = editor.post(f"/imports/{kept.pk}/include/", shown)
    assert answer["Location"] == f"/imports/{kept.pk}/?action=new&page=2#rows"
    assert not ImportRow.objects.get(position=100).is_included


def test_all_that_fit_are_ticked_and_unticked(editor: Person) -> None:
    kept = table(230)
    editor.post(f"/imports/{kept.pk}/include/", {"all": "exclude", "query": ""})
    assert not kept.rows.filter(is_included=True).exists()
    editor.post(f"/imports/{kept.pk}/include/", {"all": "include", "query": "q=AE00"})
    assert kept.rows.filter(is_included=True).count() == 100


def test_a_row_that_needs_one_left_out_says_so(editor: Person) -> None:
    kept = table(2, "Scanner")
    device = ImportRow.objects.get(kind="device").position
    shown = {"row": [str(device)], "query": "", "page": "1"}
    page = editor.post(f"/imports/{kept.pk}/include/", shown, **HTMX).content.decode()
    assert "left out with the device Scanner" in page
    assert "Nothing to write" in page


def test_errors_are_left_out_at_once(editor: Person) -> None:
    text = f"{HEAD}GOOD,10.0.0.1,104,\nBAD,10.0.0.2,99999,\n"
    kept = keep(None, [Given("aes.csv", text.encode())])
    start_reading(kept)
    page = editor.get(f"/imports/{kept.pk}/").content.decode()
    assert "1 ticked row has an error" in page
    assert "disabled aria-describedby" in page
    assert (
        "Nothing was imported"
        in editor.post(f"/imports/{kept.pk}/apply/", follow=True).content.decode()
    )
    editor.post(f"/imports/{kept.pk}/include/", {"all": "errors"})
    editor.post(f"/imports/{kept.pk}/apply/")
    assert AE.objects.get().ae_title == "GOOD"


def test_what_changed_since_the_preview_is_not_written(editor: Person) -> None:
    kept = table(2)
    make_ae("AE0000", "10.0.0.0:104")
    page = editor.post(f"/imports/{kept.pk}/apply/", follow=True).content.decode()
    assert "has changed since the preview" in page
    assert AE.objects.count() == 1


def test_the_queries_do_not_grow_with_the_rows(editor: Person) -> None:
    counts = []
    for kept in (table(3, "Scanner"), table(300, "Scanner")):
        with CaptureQueriesContext(connection) as queries:
            assert editor.get(f"/imports/{kept.pk}/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_applied_import_offers_no_ticks(editor: Person) -> None:
    kept = table(3)
    editor.post(f"/imports/{kept.pk}/apply/")
    page = editor.get(f"/imports/{kept.pk}/").content.decode()
    assert 'name="take"' not in page
    for act, sent in (
        ("include", {"all": "exclude"}),
        ("choose", {"mode": "new"}),
        ("format/1", {"format": "intersystems"}),
    ):
        editor.post(f"/imports/{kept.pk}/{act}/", sent)
    kept.refresh_from_db()
    assert kept.state == "applied"
    assert kept.rows.filter(is_included=True).count() == 3


def test_a_long_list_is_counted_and_shown_in_part() -> None:
    field = shown_field("tags", [], [f"word number {i}" for i in range(500)])
    assert (field.added_count, len(field.added), field.not_shown) == (500, LINES_SHOWN, 440)


def test_another_order_is_told() -> None:
    words = [f"a word of some length {i}" for i in range(5)]
    field = shown_field("tags", words, words[::-1])
    assert field.moved
    assert field.is_list


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("", "new", ("", "new")),
        ("old", "", ("old", "")),
        (["a"], ["a", "b"], ("a", "a, b")),
        (None, 7, ("", "7")),
        (True, False, ("yes", "no")),
    ],
)
def test_a_short_field_stands_on_one_line(
    before: object, after: object, shown: tuple[str, str]
) -> None:
    field = shown_field("description", before, after)
    assert (field.before, field.after, field.is_list) == (*shown, False)
