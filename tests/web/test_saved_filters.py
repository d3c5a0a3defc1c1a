"""Saved filters: kept as the table's own filter set wrote them, and never meaning more than it."""

from __future__ import annotations

import pytest

from dicomcfg.inventory.models import AE, ChangeSet, SavedFilter, Tag
from dicomcfg.inventory.services.errors import ServiceError, StaleRevision
from dicomcfg.inventory.services.savedfilters import (
    SavedFilterData,
    create_savedfilter,
    delete_savedfilter,
    update_savedfilter,
)
from dicomcfg.inventory.services.undo import undo
from dicomcfg.web.savedfilters import aes_of
from tests.parts.people import Person
from tests.parts.rows import SHELL, make_ae

pytestmark = pytest.mark.django_db


def _saved(name: str = "Scanners", query: str = "q=CT") -> SavedFilter:
    return create_savedfilter(SHELL, SavedFilterData(name=name, query=query))


def _titles(saved: SavedFilter) -> list[str]:
    return [ae.ae_title for ae in aes_of(saved)]


def test_the_table_offers_to_keep_what_it_is_filtered_by(editor: Person) -> None:
    make_ae("CT1")
    make_ae("PACS")
    page = editor.get("/aes/?q=CT&page=1&sort=host").content.decode()
    assert 'href="/filters/add/?q=CT"' in page
    form = editor.get("/filters/add/?q=CT&layer=untested").content.decode()
    assert 'value="CT"' in form
    asked = {"name": "Scanners", "q": "CT", "layer": "untested", "sort": "host", "ae": "1"}
    answer = editor.post("/filters/add/", asked)
    assert answer["Location"] == "/aes/?q=CT&layer=untested"
    kept = editor.get("/aes/?q=CT&layer=untested").content.decode()
    assert "Save this filter" not in kept and 'aria-current="true">Scanners' in kept
    saved = SavedFilter.objects.get()
    assert saved.query == "q=CT&layer=untested"
    assert _titles(saved) == ["CT1"]
    offered = editor.get("/aes/?layer=untested&q=CT").content.decode()
    assert '<a href="/aes/?q=CT&amp;layer=untested" aria-current="true">Scanners</a>' in offered


def test_only_editors_keep_filters_and_everybody_sees_them(
    viewer: Person, operator: Person
) -> None:
    saved = _saved()
    for person in (viewer, operator):
        page = person.get("/aes/?q=CT").content.decode()
        assert "Scanners" in page and "Save this filter" not in page
        assert person.post("/filters/add/", {"name": "X", "q": "X"}).status_code == 403
        assert person.post(f"/filters/{saved.pk}/delete/").status_code == 403
    assert SavedFilter.objects.count() == 1


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"name": "", "q": "CT"}, "Give the filter a name"),
        ({"name": "Scanners", "q": "CT"}, "There is a filter named Scanners already"),
        ({"name": "All"}, "Choose at least one thing"),
        ({"name": "n" * 65, "q": "CT"}, "65 characters where 64"),
        ({"name": "Odd", "state": "broken"}, "Select a valid choice"),
        ({"name": "Odd", "tag": "no such tag"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_kept_is_said(editor: Person, asked: dict[str, str], words: str) -> None:
    _saved()
    answer = editor.post("/filters/add/", asked)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert SavedFilter.objects.count() == 1


def test_a_filter_is_changed_at_the_revision_that_was_seen(editor: Person) -> None:
    saved = _saved()
    change = {"name": "Scanners", "q": "MR", "revision": "1"}
    assert editor.post(f"/filters/{saved.pk}/", change)["Location"] == "/filters/"
    assert SavedFilter.objects.get().query == "q=MR"
    stale = editor.post(f"/filters/{saved.pk}/", change | {"q": "US"})
    assert "changed (query) by editor" in stale.content.decode()
    assert SavedFilter.objects.get().query == "q=MR"
    with pytest.raises(StaleRevision):
        delete_savedfilter(SHELL, saved, 1)


@pytest.mark.parametrize("query", ["tag=gone", "state=broken", "invented=1", "q=CT&invented=1", ""])
def test_a_query_that_the_page_does_not_read_so_means_nobody(query: str, viewer: Person) -> None:
    make_ae("CT1")
    saved = SavedFilter.objects.create(name="Old", query=query)
    assert _titles(saved) == []
    assert "Cannot be read" in viewer.get("/filters/").content.decode()


def test_a_filter_dies_with_what_it_names_and_not_into_everything(viewer: Person) -> None:
    make_ae("CT1", tags=("night",))
    make_ae("PACS")
    saved = _saved("Night", "tag=night")
    assert _titles(saved) == ["CT1"]
    AE.objects.get(ae_title="CT1").tags.clear()
    Tag.objects.all().delete()
    assert _titles(saved) == []


def test_making_changing_and_deleting_can_each_be_undone(editor: Person) -> None:
    saved = _saved()
    update_savedfilter(SHELL, saved, SavedFilterData(name="Scanners", query="q=MR"), 1)
    undo(SHELL, ChangeSet.objects.order_by("-pk")[0])
    assert SavedFilter.objects.get().query == "q=CT"
    page = editor.post(f"/filters/{saved.pk}/delete/", follow=True).content.decode()
    assert "Deleted filter Scanners" in page and "Undo" in page
    undo(SHELL, ChangeSet.objects.order_by("-pk")[0])
    assert SavedFilter.objects.get().pk == saved.pk


def test_a_name_taken_in_a_race_is_refused_in_words() -> None:
    second = _saved("Second")
    _saved()
    with pytest.raises(ServiceError, match="named Scanners already"):
        update_savedfilter(SHELL, second, SavedFilterData(name="Scanners", query="q=X"), 1)
