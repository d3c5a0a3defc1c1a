"""The pages that duplicate, reverse and repoint associations."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.inventory.models import AE, Association, ChangeSet, Profile
from dicomcfg.inventory.selectors import contexts_of
from dicomcfg.inventory.services.associations import update_association
from dicomcfg.inventory.services.undo import undo
from tests.parts.people import Person
from tests.parts.rows import CT, IMPLICIT, SHELL, VERIFICATION, make_ae, make_association

pytestmark = pytest.mark.django_db
FROM_TO = "/associations/repoint/?old_title=PACS&new_title=PACS2"
BLANK = {"calling_pk": "", "called_pk": "", "name": "", "description": ""}


@pytest.fixture
def pair() -> Association:
    return make_association("CT1", "PACS", (VERIFICATION, IMPLICIT), (CT, IMPLICIT), name="Night")


def _page(person: Person, address: str) -> str:
    answer = person.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def _ticks(page: str) -> list[str]:
    return re.findall(r'name="move" value="([0-9:]+)" checked', page)


def test_duplicating_for_another_ae(editor: Person, pair: Association) -> None:
    make_ae("MR1")
    base = f"/associations/{pair.pk}/duplicate/"
    assert 'value="PACS"' in _page(editor, base)
    form = BLANK | {"calling_title": "MR1", "called_title": "PACS"}
    answer = editor.post(base, form, follow=True)
    made = Association.objects.get(calling__ae_title="MR1")
    text = answer.content.decode()
    assert "Duplicated association CT1 → PACS as MR1 → PACS." in text
    assert "Undo" in text
    assert contexts_of(made) == contexts_of(pair)


def test_a_duplicate_of_the_same_pair_is_refused(editor: Person, pair: Association) -> None:
    form = BLANK | {"calling_title": "CT1", "called_title": "PACS"}
    page = editor.post(f"/associations/{pair.pk}/duplicate/", form).content.decode()
    assert "exists already" in page
    assert Association.objects.count() == 1


def test_a_duplicate_may_follow_the_profile(editor: Person, pair: Association) -> None:
    make_ae("MR1")
    base = f"/associations/{pair.pk}/duplicate/"
    assert "Follow Profile" not in _page(editor, base)
    Association.objects.update(profile=Profile.objects.create(name="Routine"))
    assert "Follow Profile Routine too" in _page(editor, base)
    editor.post(base, BLANK | {"calling_title": "MR1", "called_title": "PACS", "follow": "on"})
    assert Association.objects.get(calling__ae_title="MR1").profile is not None


def test_reversing_after_a_look_at_the_roles(editor: Person, pair: Association) -> None:
    base = f"/associations/{pair.pk}/reverse/"
    page = _page(editor, base)
    assert "(0/1)" in page
    editor.post(base, {"roles": "swapped", "revision": "1"})
    made = Association.objects.get(calling__ae_title="PACS")
    assert contexts_of(made) == contexts_of(pair)
    assert [(r.sop_class, r.scu, r.scp) for r in made.role_selections.all()] == [(CT, False, True)]
    page = _page(editor, base)
    assert "The reverse exists" in page
    assert made.get_absolute_url() in page


@pytest.mark.parametrize("form", [{}, {"roles": "x"}, {"roles": "swapped", "revision": "9" * 30}])
def test_a_crafted_reverse_is_refused(
    editor: Person, pair: Association, form: dict[str, str]
) -> None:
    assert editor.post(f"/associations/{pair.pk}/reverse/", form).status_code == 200
    assert Association.objects.count() == 1


def test_an_ae_that_calls_itself_has_no_reverse(editor: Person) -> None:
    ae = make_ae("LOOP")
    made = make_association(ae, ae)
    assert "It has no reverse" in _page(editor, f"/associations/{made.pk}/reverse/")


def test_repointing_from_the_page_of_the_old_ae(editor: Person, pair: Association) -> None:
    new = make_ae("PACS2")
    make_association(pair.called, "MWL", (VERIFICATION, IMPLICIT))
    page = _page(editor, f"/aes/{pair.called_id}/")
    assert f'href="/associations/repoint/?old={pair.called_id}"' in page
    page = _page(editor, f"/associations/repoint/?old={pair.called_id}")
    assert 'value="PACS"' in page
    page = _page(editor, FROM_TO)
    assert "CT1 → PACS2" in page
    assert "PACS2 → MWL" in page
    answer = editor.post(FROM_TO, {"move": _ticks(page)}, follow=True)
    assert answer.redirect_chain == [("/associations/?ae=PACS2", 302)]
    assert "Repointed 2 associations from PACS to PACS2" in answer.content.decode()
    assert Association.objects.filter(called=new).count() == 1
    undo(SHELL, ChangeSet.objects.order_by("-pk")[0])
    assert not Association.objects.filter(called=new).exists()


def test_only_what_is_ticked_moves(editor: Person, pair: Association) -> None:
    make_ae("PACS2")
    make_association("MR1", pair.called)
    editor.post(FROM_TO, {"move": [f"{pair.pk}:1"]})
    assert [str(row) for row in Association.objects.all()] == ["CT1 → PACS2", "MR1 → PACS"]
    answer = editor.post(FROM_TO, {})
    assert answer.status_code == 409
    assert "Tick what is to move" in answer.content.decode()


def test_a_selection_is_carried_to_the_preview(editor: Person, pair: Association) -> None:
    new = make_ae("PACS2")
    other = make_association("MR1", pair.called)
    form = {"association": [pair.pk], "action": "repoint"}
    address = editor.post("/associations/bulk/", form)["Location"]
    page = _page(editor, address)
    assert 'value="PACS"' in page
    assert f'name="association" value="{pair.pk}"' in page
    query = f"{address}&old_title=PACS&new_title=PACS2&new_pk={new.pk}"
    assert _ticks(_page(editor, query)) == [f"{pair.pk}:1"]
    form = {"scope": "all", "query": "calling=MR1", "action": "repoint"}
    address = editor.post("/associations/bulk/", form)["Location"]
    query = f"{address}&old_title=PACS&new_title=PACS2"
    assert _ticks(_page(editor, query)) == [f"{other.pk}:1"]


def test_an_existing_pair_asks_for_a_choice(editor: Person, pair: Association) -> None:
    there = make_association(pair.calling, "PACS2", name="Day")
    page = _page(editor, FROM_TO)
    choice = f"{pair.pk}:1:{there.pk}:1"
    assert f'<option value="{choice}">' in page
    assert _ticks(page) == []
    editor.post(FROM_TO, {"move": ["", choice]})
    assert [(row.pk, str(row)) for row in Association.objects.all()] == [(pair.pk, "CT1 → PACS2")]


def test_what_would_call_itself_stays(editor: Person, pair: Association) -> None:
    make_association(pair.called, "PACS2")
    page = _page(editor, FROM_TO)
    assert "PACS2 would call itself" in page
    assert _ticks(page) == [f"{pair.pk}:1"]


def test_a_preview_that_is_out_of_date_moves_nothing(editor: Person, pair: Association) -> None:
    make_ae("PACS2")
    update_association(SHELL, pair, "changed", "", 1)
    answer = editor.post(FROM_TO, {"move": f"{pair.pk}:1"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "in the meantime. Nothing was moved" in page
    assert _ticks(page) == [f"{pair.pk}:2"]
    assert Association.objects.filter(called=pair.called).exists()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("old_title=PACS&new_title=PACS", "Choose another one"),
        ("old_title=PACS&new_title=NOBODY", "No AE is called NOBODY"),
        ("old_title=&new_title=", "This field is required"),
        ("old_title=CT9&new_title=PACS", "Nothing to move"),
        ("old=" + "9" * 30, "Show what would move"),
        ("association=x&association=" + "9" * 40, "Show what would move"),
        ("scope=all&query=uid%3Dnone", "Show what would move"),
    ],
)
def test_what_cannot_be_shown_is_said(
    editor: Person, pair: Association, query: str, words: str
) -> None:
    make_ae("CT9")
    assert words in _page(editor, f"/associations/repoint/?{query}")


@pytest.mark.parametrize("move", ["", "x", "1", "1:2:3", "1:1:x:1", "9" * 30 + ":1", "1:1:1:1:1"])
def test_crafted_rows_are_left_out(editor: Person, pair: Association, move: str) -> None:
    make_ae("PACS2")
    assert editor.post(FROM_TO, {"move": move}).status_code == 409
    assert str(Association.objects.get()) == "CT1 → PACS"


def test_an_ae_that_does_not_accept_is_cautioned(editor: Person, pair: Association) -> None:
    AE.objects.filter(pk=make_ae("PACS2").pk).update(association_acceptor=False)
    assert "PACS2 is set not to accept" in _page(editor, FROM_TO)


def test_the_number_of_queries_does_not_grow(editor: Person, pair: Association) -> None:
    make_ae("PACS2")
    counts = []
    for size in (3, 30):
        while Association.objects.count() < size:
            make_association(f"A{Association.objects.count()}", pair.called, (CT, IMPLICIT))
        with CaptureQueriesContext(connection) as queries:
            _page(editor, FROM_TO)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_aes_page_shows_some_of_its_associations_and_leads_to_all(viewer: Person) -> None:
    pacs = make_ae("PACS")
    for number in range(15):
        make_association(f"CT{number:02}", pacs)
    page = _page(viewer, f"/aes/{pacs.pk}/")
    assert page.count("→ PACS</a>") == 12
    assert '<a href="/associations/?ae=PACS">All 15</a>' in page
