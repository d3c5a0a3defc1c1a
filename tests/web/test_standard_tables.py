"""The standard's three tables: filter over every column, facets, sort, pages, what htmx gets."""

from __future__ import annotations

import re

import pytest
from pytest_django import DjangoAssertNumQueries

from dicomcfg.inventory.models import PrivateUid
from tests.parts.people import Person

pytestmark = pytest.mark.django_db

ABSTRACT = "/standard/abstract-syntaxes/"
TRANSFER = "/standard/transfer-syntaxes/"
ELEMENTS = "/standard/dictionary/"
LINK = re.compile(r'href="(/standard/[a-z-]+/[0-9A-Fx.]+/)"')
HTMX = {"HX-Request": "true"}


def _found(person: Person, address: str) -> list[str]:
    """The addresses of the entries that a page shows, in its order."""
    answer = person.get(address)
    assert answer.status_code == 200
    return LINK.findall(answer.text)


@pytest.mark.parametrize(
    ("address", "first", "total"),
    [
        (ABSTRACT, f"{ABSTRACT}1.2.840.10008.1.1/", "1–100 of 320"),
        (TRANSFER, f"{TRANSFER}1.2.840.10008.1.2/", "1–63 of 63"),
        (ELEMENTS, f"{ELEMENTS}00000000/", "1–100 of 5,277"),
    ],
)
def test_a_table_begins_with_the_standards_first_entry(
    viewer: Person, address: str, first: str, total: str
) -> None:
    assert _found(viewer, address)[0] == first
    assert total in viewer.get(address).text


@pytest.mark.parametrize(
    "words", ["0008,0060", "(0008,0060)", "00080060", "modality", "MODAL ity", "cs+1+modality"]
)
def test_the_dictionary_is_found_by_every_column(viewer: Person, words: str) -> None:
    assert f"{ELEMENTS}00080060/" in _found(viewer, f"{ELEMENTS}?q={words}")


@pytest.mark.parametrize(
    "words",
    [
        "1.2.840.10008.5.1.4.1.1.2",
        "ct+image",
        "ctimagestorage",
        "sop+class+storage+ct",
        "in+use+ct",
    ],
)
def test_abstract_syntaxes_are_found_by_every_column(viewer: Person, words: str) -> None:
    assert f"{ABSTRACT}1.2.840.10008.5.1.4.1.1.2/" in _found(viewer, f"{ABSTRACT}?q={words}")


@pytest.mark.parametrize("words", ["jpeg+xl", "1.2.4.110", "jpegxllossless"])
def test_transfer_syntaxes_are_found_by_every_column(viewer: Person, words: str) -> None:
    found = _found(viewer, f"{TRANSFER}?q={words}")
    assert found[0] == f"{TRANSFER}1.2.840.10008.1.2.4.110/"


@pytest.mark.parametrize(
    ("address", "entries"),
    [
        (f"{ABSTRACT}?kind=Meta SOP Class&state=In use", 2),
        (f"{ABSTRACT}?group=Verification", 1),
        (f"{TRANSFER}?group=JPEG XL", 3),
        (f"{TRANSFER}?state=Retired", 18),
        (f"{ELEMENTS}?vr=OV", 3),
        (f"{ELEMENTS}?vr=SS&q=pixel intensity", 1),
        (f"{ELEMENTS}?codes=With codes&q=0000,", 6),
        (f"{ELEMENTS}?vr=nonsense", 0),
    ],
)
def test_facets_narrow(viewer: Person, address: str, entries: int) -> None:
    assert len(_found(viewer, address)) == entries


@pytest.mark.parametrize("table", [ABSTRACT, TRANSFER, ELEMENTS])
def test_every_column_sorts_both_ways(viewer: Person, table: str) -> None:
    head = viewer.get(table).text
    columns = set(re.findall(r"[?&;]sort=([a-z]+)", head)) | {"uid" if table != ELEMENTS else "tag"}
    assert len(columns) == head.count("<th>")
    for column in columns:
        assert 'data-direction="ascending"' in viewer.get(f"{table}?sort={column}").text, column
        up, down = (_found(viewer, f"{table}?q=e&sort={sign}{column}") for sign in ("", "-"))
        assert up != down, column


def test_names_sort_without_case_and_uids_by_their_numbers(viewer: Person) -> None:
    uids = [each.split("/")[3] for each in _found(viewer, f"{TRANSFER}?sort=uid")]
    assert uids == sorted(uids, key=lambda uid: [int(part) for part in uid.split(".")])
    assert (
        _found(viewer, f"{ELEMENTS}?q=rows&sort=-tag")[0] > _found(viewer, f"{ELEMENTS}?q=rows")[0]
    )


def test_pages_keep_the_filter(viewer: Person) -> None:
    text = viewer.get(f"{ELEMENTS}?q=sequence&page=2").text
    assert "q=sequence&amp;page=3" in text or "page=3&amp;q=sequence" in text
    assert 'value="sequence"' in text
    first, second = (_found(viewer, f"{ELEMENTS}?q=sequence&page={n}") for n in (1, 2))
    assert len(first) == 100
    assert not set(first) & set(second)


def test_htmx_gets_the_table_alone(viewer: Person) -> None:
    answer = viewer.get(f"{ELEMENTS}?q=modality&sort=-name", headers=HTMX)
    assert "<html" not in answer.text
    assert 'name="sort" value="-name"' in answer.text
    assert "HX-Request" in answer["Vary"]


def test_nothing_found_says_what_to_do(viewer: Person) -> None:
    text = viewer.get(f"{ABSTRACT}?q=no+such+thing").text
    assert "Nothing matches" in text
    assert "Show all 320" in text


def test_private_uids_stand_in_their_table(viewer: Person) -> None:
    PrivateUid.objects.create(uid="1.3.6.1.4.1.5962.9", name="Odd Storage", kind="SOP Class")
    PrivateUid.objects.create(uid="1.3.6.1.4.1.5962.8", name="Odd Coding", kind="Transfer Syntax")
    assert _found(viewer, f"{ABSTRACT}?q=odd") == [f"{ABSTRACT}1.3.6.1.4.1.5962.9/"]
    assert _found(viewer, f"{TRANSFER}?q=odd") == [f"{TRANSFER}1.3.6.1.4.1.5962.8/"]
    assert len(_found(viewer, f"{ABSTRACT}?group=Private or newer")) == 1


@pytest.mark.parametrize(("table", "more"), [(ABSTRACT, 1), (TRANSFER, 1), (ELEMENTS, 0)])
def test_a_table_asks_the_database_for_private_uids_only(
    viewer: Person, django_assert_num_queries: DjangoAssertNumQueries, table: str, more: int
) -> None:
    viewer.get(table, headers=HTMX)
    with django_assert_num_queries(2 + more):  # the session and its user
        viewer.get(f"{table}?q=e", headers=HTMX)


def test_what_the_inventory_names_is_marked_private(viewer: Person) -> None:
    assert '<span class="tag">Private</span>' not in viewer.get(ABSTRACT).text
    PrivateUid.objects.create(uid="1.3.6.1.4.1.99999.1", name="Acme Raw", kind="SOP Class")
    page = viewer.get(f"{ABSTRACT}?q=private+acme").text
    assert page.count('<span class="tag">Private</span>') == 1
