"""Associations: the list, a new pair by typed titles, name and description, deletion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dicomcfg.checks.models import Check, CheckRun
from dicomcfg.checks.services import start_negotiate
from dicomcfg.core.diagnosis.observation import ContextResult, Observation
from dicomcfg.core.records import PresentationContext
from dicomcfg.inventory.models import Association, ChangeSet, Site
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import create_profile
from dicomcfg.inventory.services.proposed_sets import ProposedSet
from dicomcfg.inventory.services.sites import SiteData, create_site
from tests.parts.people import Person
from tests.parts.rows import (
    CT,
    EXPLICIT,
    IMPLICIT,
    SHELL,
    VERIFICATION,
    answer_run,
    make_ae,
    make_association,
    negotiated,
)

pytestmark = pytest.mark.django_db
POLL = "/poll/?association={}&association-latest={}"


@dataclass
class EndAfter:
    """Lets a run's checks end right after the `query`-th query of a page about associations."""

    query: int
    run: CheckRun
    result: Observation
    ended: bool = False

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        self.query -= "association" in sql
        if self.query < 0 and not self.ended:
            self.ended = True
            answer_run(self.run, self.result)
        return answer


def _new(**fields: str) -> dict[str, str]:
    blank = {"calling_title": "", "called_title": "", "calling_pk": "", "called_pk": ""}
    return blank | {"associations_at_once": "1"} | fields


def _page(person: Person, address: str) -> str:
    answer = person.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_editor_adds_a_pair_by_typing_both_titles(editor: Person) -> None:
    make_ae("CT 1")
    make_ae("PACS")
    form = _new(calling_title="CT 1", called_title="PACS", name="Night", description="to PACS")
    answer = editor.post("/associations/add/", form)
    made = Association.objects.get()
    assert answer["Location"] == f"/associations/{made.pk}/contexts/"
    assert (str(made), made.name, made.description) == ("CT 1 → PACS", "Night", "to PACS")


def test_a_new_pair_may_follow_a_profile(editor: Person) -> None:
    make_ae("CT1")
    make_ae("PACS")
    assert "id_profile" not in _page(editor, "/associations/add/")
    proposed = ProposedSet((PresentationContext(VERIFICATION, (IMPLICIT,)),))
    profile = create_profile(SHELL, ProfileData(name="Routine", proposed=proposed))
    assert "id_profile" in _page(editor, "/associations/add/")
    form = _new(calling_title="CT1", called_title="PACS", profile=str(profile.pk))
    editor.post("/associations/add/", form)
    made = Association.objects.get()
    assert (made.profile, made.presentation_contexts.count()) == (profile, 1)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"calling_title": "ct1", "called_title": "PACS"}, "No AE is called ct1"),
        ({"calling_title": "", "called_title": "PACS"}, "This field is required"),
        ({"calling_title": "CT1", "called_title": "PACS", "name": "n" * 65}, "at most 64"),
        ({"calling_title": "CT1", "called_title": "PACS", "description": "d" * 255}, "most 254"),
        ({"calling_title": "<i>x</i>", "called_title": "PACS"}, "called &lt;i&gt;x"),
        ({"calling_title": "OLD", "called_title": "PACS"}, "exists already"),
        ({"calling_title": "CT1", "called_title": "PACS", "associations_at_once": "0"}, "or equal"),
        (
            {"calling_title": "CT1", "called_title": "PACS", "associations_at_once": "9" * 9},
            "32767",
        ),
    ],
)
def test_what_is_refused_is_said(editor: Person, form: dict[str, str], words: str) -> None:
    make_ae("CT1")
    make_association("OLD", "PACS")
    answer = editor.post("/associations/add/", _new(**form))
    assert words in answer.content.decode()
    assert Association.objects.count() == 1


def test_of_two_aes_with_one_title_the_person_chooses(editor: Person) -> None:
    other = create_site(SHELL, SiteData(name="Annex"))
    make_ae("CT1")
    second = make_ae("CT1", site=other)
    make_ae("PACS")
    form = _new(calling_title="CT1", called_title="PACS")
    page = editor.post("/associations/add/", form).content.decode()
    assert "2 AEs are called CT1: which one?" in page
    assert f'<input type="radio" name="calling_pk" value="{second.pk}"' in page
    editor.post("/associations/add/", form | {"calling_pk": str(second.pk)})
    assert Association.objects.get().calling == second


def test_a_picked_row_counts_only_with_its_own_title(editor: Person) -> None:
    make_ae("CT1")
    make_ae("PACS")
    stale = make_ae("MR1")
    form = _new(calling_title="CT1", calling_pk=str(stale.pk), called_title="PACS")
    editor.post("/associations/add/", form)
    assert Association.objects.get().calling.ae_title == "CT1"


def test_one_end_comes_filled_in_from_its_ae(editor: Person) -> None:
    ae = make_ae("CT1")
    page = _page(editor, f"/associations/add/?calling={ae.pk}")
    assert 'value="CT1"' in page


@pytest.mark.parametrize("made_up", ["9" * 5000, "9" * 25, "-1", "x", "\N{ARABIC-INDIC DIGIT ONE}"])
def test_made_up_ids_are_left_out(editor: Person, made_up: str) -> None:
    assert 'value="CT1"' not in _page(editor, f"/associations/add/?calling={made_up}")
    answer = editor.post("/associations/negotiate/", {"association": made_up}, follow=True)
    assert "Choose at least one association" in answer.content.decode()


def test_name_and_description_change_and_the_pair_does_not(editor: Person) -> None:
    made = make_association()
    shown = editor.get(f"/associations/{made.pk}/").context["form"]
    form = {field.html_name: str(field.value()) for field in shown}
    form |= {"name": "New", "associations_at_once": "3", "calling": "9"}
    answer = editor.post(f"/associations/{made.pk}/edit/", form, follow=True).content.decode()
    assert "Changed association CT1 → PACS: name, associations at once." in answer
    assert "Undo" in answer
    made.refresh_from_db()
    assert (made.name, made.associations_at_once, str(made)) == ("New", 3, "CT1 → PACS")


def test_a_stale_page_does_not_overwrite(editor: Person, admin: Person) -> None:
    made = make_association()
    form = {"name": "mine", "description": "", "revision": str(made.revision)}
    form["associations_at_once"] = "1"
    admin.post(f"/associations/{made.pk}/edit/", form | {"name": "theirs"})
    answer = editor.post(f"/associations/{made.pk}/edit/", form)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "by admin in the meantime" in page
    made.refresh_from_db()
    assert made.name == "theirs"


def test_deleting_asks_first(editor: Person) -> None:
    made = make_association("CT1", "PACS", (VERIFICATION, IMPLICIT))
    page = f"/associations/{made.pk}/delete/"
    assert "1 presentation context" in _page(editor, page)
    assert Association.objects.exists()
    assert editor.post(page)["Location"] == "/associations/"
    assert not Association.objects.exists()


def test_names_are_escaped(viewer: Person) -> None:
    made = make_association("CT1", "PA<b>CS", name="<img src=x>")
    for page in ("", "contexts/", "checks/", "history/"):
        text = _page(viewer, f"/associations/{made.pk}/{page}")
        assert "PA&lt;b&gt;CS" in text
        assert "<img src=x>" not in text
        assert "PA<b>CS" not in text


@pytest.mark.parametrize("address", ["/associations/", "/associations/{}/", POLL])
def test_a_check_that_ends_while_a_page_is_made_is_never_left_behind(
    operator: Person, address: str
) -> None:
    """Whichever query it ends after, the page shows its result or goes on asking."""
    made = make_association("CT1", "PACS", (VERIFICATION, IMPLICIT))
    result = negotiated(ContextResult(1, 1, VERIFICATION, (IMPLICIT,), 4, None))
    place, ended = address.format(made.pk, made.pk), True
    query = 0
    while ended:
        ending = EndAfter(query, start_negotiate(None, [made]), result)
        with connection.execute_wrapper(ending):
            page = _page(operator, place)
        status, _, latest = page.partition('id="association-latest-')
        assert f'data-poll="association:{made.pk}"' in status or "0 of 1 accepted" in status, query
        assert "data-poll" in latest or "Queued" not in latest, query
        ended, query = ending.ended, query + 1
        Check.objects.all().delete()
        Association.objects.update(latest_outcome="", latest_headline="", latest_tone="")
    assert query > 3


@pytest.mark.parametrize("page", ["/associations/", "/aes/search/?q=A"])
def test_the_number_of_queries_does_not_grow_with_the_rows(viewer: Person, page: str) -> None:
    counts = []
    called = make_ae("PACS")
    for size in (3, 30):
        while Association.objects.count() < size:
            make_association(f"A{Association.objects.count()}", called, (CT, IMPLICIT, EXPLICIT))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            _page(viewer, page)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_type_ahead_puts_titles_that_begin_first(viewer: Person) -> None:
    make_ae("XPACS")
    make_ae("PACS2", "pacs.example:11112")
    make_ae("CT1", "ct1.pacs.example:104")
    results = viewer.get("/aes/search/?q=pac").json()["results"]
    assert [row["text"] for row in results] == ["PACS2", "XPACS", "CT1"]
    assert results[0]["detail"].startswith("pacs.example:11112")
    assert viewer.get("/aes/search/?q=" + "x" * 5000).json() == {"results": []}


def test_the_type_ahead_over_uids_knows_names_and_aliases(viewer: Person) -> None:
    results = viewer.get("/uids/?q=ct+image&kind=abstract").json()["results"]
    assert results[0] == {
        "value": CT,
        "text": "CT Image Storage",
        "detail": f"{CT} · Storage",
    }
    assert not viewer.get("/uids/?q=CT+Image+Storage&kind=transfer").json()["results"]


@pytest.mark.parametrize(
    ("who", "seen", "edited"),
    [("viewer", 200, 403), ("operator", 200, 403), ("editor", 200, 200), ("admin", 200, 200)],
)
def test_viewers_see_and_editors_edit(
    who: str, seen: int, edited: int, request: pytest.FixtureRequest
) -> None:
    person: Person = request.getfixturevalue(who)
    made = make_association("CT1", "PACS", (VERIFICATION, IMPLICIT))
    base = f"/associations/{made.pk}/"
    for page in ("/associations/", base, f"{base}contexts/", f"{base}checks/", f"{base}history/"):
        assert person.get(page).status_code == seen
    for page in (
        "/associations/add/",
        f"{base}delete/",
        f"{base}contexts/add/",
        f"{base}contexts/1/",
        "/import/",
    ):
        assert person.get(page).status_code == edited


@pytest.mark.parametrize("who", ["viewer", "operator"])
def test_what_only_editors_do_is_refused_to_others(
    who: str, request: pytest.FixtureRequest
) -> None:
    person: Person = request.getfixturevalue(who)
    made = make_association("CT1", "PACS", (VERIFICATION, IMPLICIT))
    acts = ChangeSet.objects.count()
    base = f"/associations/{made.pk}/"
    for page in ("edit/", "delete/", "contexts/add/", "contexts/1/", "contexts/arrange/"):
        answer = person.post(base + page, {"revision": "1", "name": "x", "delete": "1"})
        assert answer.status_code == 403
    assert ChangeSet.objects.count() == acts
    assert Site.objects.count() == 1


@pytest.mark.parametrize("page", ["/aes/?q={}", "/associations/?page={}", "/poll/?association={}"])
@pytest.mark.parametrize("digits", [25, 4000])
def test_endless_digits_are_no_fault_of_ours(viewer: Person, page: str, digits: int) -> None:
    make_ae("CT1")
    assert viewer.get(page.format("9" * digits)).status_code == 200


@pytest.mark.parametrize("page", ["/associations/{}/", "/checks/{}/", "/history/{}/"])
def test_an_id_beyond_the_database_is_not_found(viewer: Person, page: str) -> None:
    assert viewer.get(page.format("9" * 25)).status_code == 404


def test_a_status_outlives_the_check_it_came_from(viewer: Person) -> None:
    pair = make_association("CT1", "PACS")
    page = viewer.get(pair.get_absolute_url()).content.decode()
    assert "Never negotiated." in page
    Association.objects.update(
        latest_at=timezone.now(), latest_tone="ok", latest_headline="Accepted"
    )
    page = viewer.get(pair.get_absolute_url()).content.decode()
    assert "Never negotiated." not in page
    assert "is no longer kept" in page
