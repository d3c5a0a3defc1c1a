"""The history: readable differences, undo, and why not."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.core.records import PresentationContext
from dicomcfg.inventory.models import AE, Association, ChangeSet
from dicomcfg.inventory.services.associations import set_contexts, update_association
from dicomcfg.inventory.services.orthanc_servers import ROWS as ORTHANC
from dicomcfg.inventory.services.orthanc_servers import (
    OrthancServerData,
    create_orthancserver,
    manage,
    update_orthancserver,
)
from dicomcfg.inventory.services.sites import SiteData, create_site
from dicomcfg.web.diffs import FieldDiff, Line, diff
from tests.parts.people import Person
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, SHELL, VERIFICATION, make_ae, make_association

pytestmark = pytest.mark.django_db


def _page(person: Person, address: str) -> str:
    answer = person.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def _latest() -> ChangeSet:
    return ChangeSet.objects.latest("id")


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({"name": "a"}, {"name": "b"}, [("removed", "a"), ("added", "b")]),
        ({"name": ""}, {"name": "b"}, [("added", "b")]),
        (None, {"port": 104}, [("added", "104")]),
        ({"do_not_probe": True}, {"do_not_probe": False}, [("removed", "yes"), ("added", "no")]),
        ({"tags": ["a", "b"]}, {"tags": ["b"]}, [("removed", "a"), ("same", "b")]),
        (
            {"tags": ["a", "b", "c", "d"]},
            {"tags": ["a", "b", "c", "d", "e"]},
            [("same", "… 4 as before"), ("added", "e")],
        ),
        ({"device": None}, {"device": {"id": 3, "name": "CT"}}, [("added", "CT")]),
        (
            {"connections": []},
            {"connections": [{"hostname": "h", "port": 104, "tls": "x"}]},
            [("added", "h:104 with TLS (x)")],
        ),
        (
            {"presentation_contexts": []},
            {"presentation_contexts": [{"abstract_syntax": CT, "transfer_syntaxes": [IMPLICIT]}]},
            [("added", f"CT Image Storage ({CT}): Implicit VR Little Endian ({IMPLICIT})")],
        ),
    ],
)
def test_differences_read_as_lines(
    before: dict[str, object] | None, after: dict[str, object], lines: list[tuple[str, str]]
) -> None:
    (field,) = diff(before, after)
    assert field.lines == tuple(Line(*line) for line in lines)


def test_what_is_equal_is_no_difference() -> None:
    same = {"ae_title": "CT1", "tags": []}
    assert diff(same, dict(same)) == []
    assert diff({}, {"ae_title": "X"}) == [FieldDiff("AE title", (Line("added", "X"),))]


def test_a_change_shows_before_and_after_with_the_uids_names(viewer: Person) -> None:
    made = make_association("CT1", "PACS", (VERIFICATION, IMPLICIT))
    set_contexts(SHELL, made, [PresentationContext(VERIFICATION, (EXPLICIT,))], made.revision)
    for address in (f"/history/{_latest().pk}/", f"/associations/{made.pk}/history/"):
        page = _page(viewer, address)
        assert "before: </span>Verification SOP Class" in page
        assert "after: </span>Verification SOP Class" in page
        assert "Explicit VR Little Endian (1.2.840.10008.1.2.1)" in page


def test_history_is_escaped(viewer: Person) -> None:
    made = make_association("CT1", "PACS")
    update_association(SHELL, made, "<script>x</script>", "", made.revision)
    for address in (f"/history/{_latest().pk}/", "/history/", f"/associations/{made.pk}/history/"):
        assert "<script>x" not in _page(viewer, address)


def test_an_editor_undoes_a_deletion(editor: Person) -> None:
    made = make_association("CT1", "PACS", (CT, IMPLICIT))
    editor.post(f"/associations/{made.pk}/delete/")
    act = _latest()
    assert "Undo" in _page(editor, "/history/")
    answer = editor.post(f"/history/{act.pk}/undo/")
    assert answer["Location"] == f"/history/{_latest().pk}/"
    back = Association.objects.get(pk=made.pk)
    assert back.presentation_contexts.get().abstract_syntax == CT
    assert f'href="/history/{act.pk}/"' in _page(editor, f"/history/{_latest().pk}/")
    assert ">undone</a>" in _page(editor, f"/history/{act.pk}/")


def test_the_message_after_an_act_offers_its_undo_and_leads_back(editor: Person) -> None:
    ids = [make_ae(title).pk for title in ("CT1", "CT2")]
    editor.post("/aes/delete/", {"ae": ids})
    act = _latest()
    page = _page(editor, "/aes/?q=CT&sort=host")
    assert f'action="/history/{act.pk}/undo/"' in page
    assert 'name="next" value="/aes/?q=CT&amp;sort=host"' in page
    answer = editor.post(f"/history/{act.pk}/undo/", {"next": "/aes/?q=CT&sort=host"})
    assert answer["Location"] == "/aes/?q=CT&sort=host"
    assert AE.objects.count() == 2


@pytest.mark.parametrize(
    ("undone", "back"), [("created", "/aes/"), ("changed", "https://evil.example/")]
)
def test_an_undo_leads_to_the_history_where_the_page_may_be_gone(
    undone: str, back: str, editor: Person
) -> None:
    ae = make_ae("CT1")
    if undone == "changed":
        editor.post("/aes/bulk/", {"ae": ae.pk, "action": "edit", "state": "retired"})
    answer = editor.post(f"/history/{_latest().pk}/undo/", {"next": back})
    assert answer["Location"].startswith("/history/")


def test_an_undo_in_the_way_of_which_something_stands_says_what(editor: Person) -> None:
    made = make_association("CT1", "PACS")
    creation = _latest()
    update_association(SHELL, made, "later", "", made.revision)
    answer = editor.post(f"/history/{creation.pk}/undo/")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "This cannot be undone" in page
    assert "CT1 → PACS" in page
    assert Association.objects.get().name == "later"


def _refused(person: Person, act: ChangeSet, **fields: str) -> str:
    answer = person.post(f"/history/{act.pk}/undo/", fields)
    assert answer.status_code == 409
    return answer.content.decode().split('class="reasons"')[1].split("</section>")[0]


def test_a_refusal_leads_to_each_later_act_the_latest_first(editor: Person) -> None:
    made = make_association("CT1", "PACS")
    creation = _latest()
    later = []
    for name in ("<b>first</b>", "second"):
        made.refresh_from_db()
        update_association(SHELL, made, name, "", made.revision)
        later.append(_latest())
    ChangeSet.objects.filter(pk=later[0].pk).update(summary="<script>x</script>")
    refused = _refused(editor, creation, next="/imports/1/?q=<")
    assert [int(pk) for pk in re.findall(r'href="/history/(\d+)/"', refused)] == [
        later[1].pk,
        later[0].pk,
    ]
    assert "&lt;script&gt;x&lt;/script&gt;</a>" in refused
    assert "<script>" not in refused
    assert 'href="/imports/1/?q=&lt;"' in refused
    assert "Back to" not in _refused(editor, creation, next="https://evil.example/")


def test_a_refusal_names_a_later_act_once_and_not_all_of_many(editor: Person) -> None:
    rows = [make_ae(f"CT{number}") for number in range(7)]
    set_tags = {"ae": [row.pk for row in rows], "action": "edit", "add_tags": "first"}
    editor.post("/aes/bulk/", set_tags)
    act = _latest()
    editor.post("/aes/bulk/", set_tags | {"add_tags": "again"})
    with CaptureQueriesContext(connection) as few:
        refused = _refused(editor, act)
    assert "CT0, CT1, CT2, CT3, CT4 and 2 more were changed later by editor: <a" in refused
    assert refused.count("<a ") == 1
    for number in range(24):
        editor.post("/aes/bulk/", set_tags | {"add_tags": f"t{number}"})
    with CaptureQueriesContext(connection) as many:
        refused = _refused(editor, act)
    assert refused.count("<a ") == 20
    assert "And 5 more later acts." in refused
    assert len(many) == len(few)


def test_what_was_taken_back_already_leads_to_its_undoing(editor: Person) -> None:
    make_ae("CT1")
    act = _latest()
    editor.post(f"/history/{act.pk}/undo/")
    assert f'<a href="/history/{_latest().pk}/">' in _refused(editor, act)


@pytest.mark.parametrize("who", ["viewer", "operator"])
def test_only_editors_undo(who: str, request: pytest.FixtureRequest) -> None:
    person: Person = request.getfixturevalue(who)
    make_ae("CT1")
    act = _latest()
    assert "<button" not in _page(person, f"/history/{act.pk}/").split("<main")[1]
    assert person.post(f"/history/{act.pk}/undo/").status_code == 403
    assert AE.objects.exists()


def test_taking_back_asks_the_role_that_doing_asked(admin: Person, editor: Person) -> None:
    site = create_site(SHELL, SiteData(name="North", calling_ae_title="NORTH"))
    server = create_orthancserver(SHELL, OrthancServerData(site=site, name="A", url="http://a:1"))
    made = _latest()
    manage(SHELL, server, {"ct": make_ae("CT1")}, server.revision)
    marked = _latest()
    server.refresh_from_db()
    data = replace(ORTHANC.data_of(server), url="http://b:1")
    update_orthancserver(SHELL, server, data, server.revision)
    moved = _latest()
    for act in (moved, made):
        assert f"/history/{act.pk}/undo/" not in _page(editor, f"/history/{act.pk}/")
        assert f"/history/{act.pk}/undo/" not in _page(editor, "/history/")
        assert editor.post(f"/history/{act.pk}/undo/").status_code == 403
    assert f"/history/{moved.pk}/undo/" in _page(admin, "/history/")
    assert admin.post(f"/history/{moved.pk}/undo/").status_code == 302
    assert editor.post(f"/history/{_latest().pk}/undo/").status_code == 403
    assert f"/history/{marked.pk}/undo/" in _page(editor, "/history/")
    assert editor.post(f"/history/{marked.pk}/undo/").status_code == 302
    assert not server.managed.exists()
    site_made = ChangeSet.objects.get(changes__model="site")
    assert editor.post(f"/history/{site_made.pk}/undo/").status_code == 403


def test_a_line_that_is_opened_gets_the_changes_alone(viewer: Person) -> None:
    make_ae("CT1")
    answer = viewer.get(f"/history/{_latest().pk}/", headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert "<html" not in page
    assert "after: </span>CT1" in page


def test_the_history_is_searched_and_narrowed_to_a_person(editor: Person) -> None:
    made = make_association("CT1", "PACS")
    editor.post(f"/associations/{made.pk}/delete/")
    assert "Nothing fits" in _page(editor, "/history/?q=nothing+such")
    mine = _page(editor, "/history/?actor=editor")
    assert (
        mine.count('class="act-summary"') == ChangeSet.objects.filter(actor_name="editor").count()
    )


def test_the_number_of_queries_does_not_grow(viewer: Person) -> None:
    counts = []
    for size in (2, 30):
        while ChangeSet.objects.count() < size:
            make_ae(f"A{ChangeSet.objects.count()}")
        with CaptureQueriesContext(connection) as queries:
            _page(viewer, "/history/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
