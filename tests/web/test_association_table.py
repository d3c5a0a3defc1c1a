"""The table of associations: searching, filtering, sorting, and acts on a selection."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dicomcfg.checks.models import CheckRun
from dicomcfg.core.records import PresentationContext
from dicomcfg.inventory.models import AE, Association, ChangeSet, Device, Profile
from dicomcfg.inventory.selectors import contexts_of
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import create_profile
from dicomcfg.inventory.services.proposed_sets import ProposedSet
from dicomcfg.inventory.services.sites import SiteData, create_site
from dicomcfg.inventory.services.undo import undo
from tests.parts.people import Person
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, SHELL, VERIFICATION, make_ae, make_association

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def _pairs(person: Person, query: str = "") -> list[str]:
    answer = person.get(f"/associations/{query}")
    assert answer.status_code == 200
    return re.findall(r'calling"><a href="[^"]*" aria-label="([^"]*)">', answer.content.decode())


def _fill(count: int) -> None:
    called = AE.objects.filter(ae_title="PACS").first() or make_ae("PACS")
    site, start = called.site, Association.objects.count()
    rows = AE.objects.bulk_create(
        AE(site=site, ae_title=f"A{n:04}") for n in range(start, start + count)
    )
    Association.objects.bulk_create(Association(calling=ae, called=called) for ae in rows)


@pytest.fixture
def three() -> None:
    """CT1 and MR1 call PACS, of another site and device; US1 calls CT1."""
    other = create_site(SHELL, SiteData(name="Annex"))
    pacs = make_ae("PACS", site=other, device=Device.objects.create(name="Archive"))
    made = make_association(make_ae("CT1"), pacs, (VERIFICATION, IMPLICIT), name="Night")
    second = make_association("MR1", pacs, (CT, EXPLICIT), (VERIFICATION, IMPLICIT))
    make_association("US1", made.calling)
    profile = Profile.objects.create(name="Routine")
    rows = Association.objects
    rows.filter(pk=made.pk).update(
        latest_outcome="success",
        latest_tone="ok",
        latest_headline="Accepted",
        latest_at=timezone.now(),
        drift_count=2,
        profile=profile,
    )
    rows.filter(pk=second.pk).update(drift_count=0)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["CT1 → PACS", "MR1 → PACS", "US1 → CT1"]),
        ("?q=night", ["CT1 → PACS"]),
        ("?q=mr1+pacs", ["MR1 → PACS"]),
        ("?q=nowhere", []),
        ("?status=ok", ["CT1 → PACS"]),
        ("?status=idle", ["MR1 → PACS", "US1 → CT1"]),
        ("?status=warn", []),
        ("?ae=ct1", ["CT1 → PACS", "US1 → CT1"]),
        ("?calling=ct1", ["CT1 → PACS"]),
        ("?called=CT1", ["US1 → CT1"]),
        ("?called=CT", []),
        (f"?uid={CT}", ["MR1 → PACS"]),
        ("?uid=ct+image+storage", ["MR1 → PACS"]),
        (f"?uid={EXPLICIT}", ["MR1 → PACS"]),
        ("?uid=Verification", ["CT1 → PACS", "MR1 → PACS"]),
        ("?uid=1.2.3.4", []),
        ("?device=archive", ["CT1 → PACS", "MR1 → PACS"]),
        ("?site=annex", ["CT1 → PACS", "MR1 → PACS"]),
        ("?drift=found", ["CT1 → PACS"]),
        ("?drift=none", ["MR1 → PACS"]),
        ("?drift=unknown", ["US1 → CT1"]),
        ("?profile=null", ["MR1 → PACS", "US1 → CT1"]),
        ("?sort=-calling", ["US1 → CT1", "MR1 → PACS", "CT1 → PACS"]),
        ("?sort=called", ["US1 → CT1", "CT1 → PACS", "MR1 → PACS"]),
        ("?sort=-contexts", ["MR1 → PACS", "CT1 → PACS", "US1 → CT1"]),
        ("?sort=-drift", ["CT1 → PACS", "MR1 → PACS", "US1 → CT1"]),
        ("?sort=profile", ["CT1 → PACS", "MR1 → PACS", "US1 → CT1"]),
        ("?sort=-when", ["CT1 → PACS", "MR1 → PACS", "US1 → CT1"]),
        ("?sort=nonsense;drop", ["CT1 → PACS", "MR1 → PACS", "US1 → CT1"]),
    ],
)
@pytest.mark.usefixtures("three")
def test_searching_filtering_and_sorting(viewer: Person, query: str, found: list[str]) -> None:
    assert _pairs(viewer, query) == found


@pytest.mark.usefixtures("three")
def test_the_profile_stands_in_the_table_and_narrows_it(viewer: Person) -> None:
    profile = Profile.objects.get()
    page = viewer.get(f"/associations/?profile={profile.pk}").content.decode()
    assert "Profile: Routine" in page
    assert _pairs(viewer, f"?profile={profile.pk}") == ["CT1 → PACS"]
    assert '<td data-label="Profile">Routine</td>' in page
    Association.objects.update(profile=None)
    assert 'data-label="Profile"' not in viewer.get("/associations/").content.decode()


@pytest.mark.usefixtures("three")
def test_drift_says_what_it_knows(viewer: Person) -> None:
    page = viewer.get("/associations/").content.decode()
    assert "2 differences" in page
    assert "not compared" in page


@pytest.mark.usefixtures("three")
def test_filters_are_chips_that_can_be_taken_off(viewer: Person) -> None:
    page = viewer.get(f"/associations/?uid={CT}&drift=none&sort=name").content.decode()
    assert "SOP Class or transfer syntax: CT Image Storage" in page
    assert f"?uid={CT}&amp;sort=name" in page
    assert "Drift: None" in page


@pytest.mark.usefixtures("three")
def test_words_that_are_no_uid_are_refused_and_all_is_shown(viewer: Person) -> None:
    page = viewer.get("/associations/?uid=x-ray").content.decode()
    assert "This is no UID" in page
    assert len(_pairs(viewer, "?uid=x-ray")) == 3


@pytest.mark.parametrize(
    "query",
    ["q=" + "x" * 5000, "uid=" + "1." * 900, "profile=" + "9" * 30, "site=%25", "calling=%F0%9F"],
)
def test_hostile_filters_are_answered(viewer: Person, query: str) -> None:
    make_association()
    assert viewer.get(f"/associations/?{query}").status_code == 200


def test_htmx_gets_the_results_alone(viewer: Person) -> None:
    make_association()
    part = viewer.get("/associations/?q=ct", headers=HTMX).content.decode()
    assert "<html" not in part
    assert "CT1 → PACS" in part


def test_the_number_of_queries_does_not_grow(editor: Person) -> None:
    counts = []
    for size in (3, 45):
        _fill(size)
        with CaptureQueriesContext(connection) as queries:
            assert _pairs(editor, "?uid=Verification&device=x&site=main&q=a+b") == []
            assert _pairs(editor, "?sort=contexts")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_fifty_rows_a_page(viewer: Person) -> None:
    _fill(61)
    assert len(_pairs(viewer)) == 50
    assert "51–61 of 61" in viewer.get("/associations/?page=2&sort=called").content.decode()


@pytest.mark.parametrize("who", ["viewer", "operator", "editor"])
def test_the_bar_has_the_buttons_of_the_role(who: str, request: pytest.FixtureRequest) -> None:
    make_association()
    page = request.getfixturevalue(who).get("/associations/").content.decode()
    assert ('value="negotiate"' in page) is (who != "viewer")
    assert ('value="repoint"' in page) is (who == "editor")


def test_a_selection_is_negotiated_as_one_run(operator: Person) -> None:
    rows = [make_association(f"CT{n}", f"PACS{n}").pk for n in range(3)]
    form = {"association": rows[:2], "action": "negotiate", "next": "/associations/?q=CT"}
    assert operator.post("/associations/bulk/", form)["Location"] == "/associations/?q=CT"
    run = CheckRun.objects.get()
    assert sorted(run.checks.values_list("association", flat=True)) == rows[:2]


def test_all_that_match_are_meant_by_their_query(operator: Person) -> None:
    _fill(60)
    form = {"scope": "all", "query": "calling=A0007&page=2", "action": "negotiate"}
    operator.post("/associations/bulk/", form)
    assert CheckRun.objects.get().total == 1
    operator.post("/associations/bulk/", {"scope": "all", "query": "uid=none", "action": "x"})
    assert CheckRun.objects.count() == 1


def test_operators_delete_and_repoint_nothing(operator: Person) -> None:
    made = make_association()
    for action in ("delete", "repoint"):
        form = {"association": made.pk, "action": action}
        assert operator.post("/associations/bulk/", form).status_code == 403


def test_a_selection_is_deleted_after_a_look_and_comes_back(editor: Person) -> None:
    rows = [
        make_association(f"CT{n}", f"PACS{n}", (VERIFICATION, IMPLICIT), (CT, IMPLICIT)).pk
        for n in range(3)
    ]
    form = {"association": rows[:2], "action": "delete"}
    page = editor.post("/associations/bulk/", form).content.decode()
    assert "4 presentation contexts go with them" in page
    assert Association.objects.count() == 3
    form = {"association": rows[:2], "count": "2"}
    assert editor.post("/associations/delete/", form).status_code == 302
    assert list(Association.objects.values_list("pk", flat=True)) == rows[2:]
    undo(SHELL, ChangeSet.objects.order_by("-pk")[0])
    assert Association.objects.count() == 3


def test_a_selection_follows_a_profile_and_stops(editor: Person) -> None:
    rows = [make_association(f"CT{n}", f"PACS{n}", (CT, IMPLICIT)) for n in range(3)]
    proposed = ProposedSet((PresentationContext(VERIFICATION, (IMPLICIT,)),))
    data = ProfileData(name="Routine", proposed=proposed)
    profile = create_profile(SHELL, data)
    chosen = [row.pk for row in rows[:2]]
    form = {"association": chosen, "action": "follow"}
    assert "1 context of its own" in editor.post("/associations/bulk/", form).content.decode()
    form = {"association": chosen, "count": "2", "profile": profile.pk}
    answer = editor.post("/associations/follow/", form, follow=True)
    assert "Let 2 associations follow Profile Routine" in answer.content.decode()
    assert list(Association.objects.filter(profile=profile)) == rows[:2]
    assert [c.abstract_syntax for c in contexts_of(rows[0])] == [VERIFICATION]
    editor.post("/associations/follow/", form | {"profile": ""})
    assert not Association.objects.filter(profile=profile).exists()
    assert [c.abstract_syntax for c in contexts_of(rows[0])] == [VERIFICATION]
    undo(SHELL, ChangeSet.objects.order_by("-pk")[0])
    assert Association.objects.filter(profile=profile).count() == 2


@pytest.mark.parametrize("profile", ["9" * 30, "x", "-1"])
def test_a_profile_that_is_none_is_refused(editor: Person, profile: str) -> None:
    made = make_association()
    form = {"association": made.pk, "count": "1", "profile": profile}
    assert editor.post("/associations/follow/", form).status_code == 422
    assert editor.post("/associations/follow/", form | {"count": "7"}).status_code == 200


def test_no_more_is_deleted_than_was_shown(editor: Person) -> None:
    _fill(3)
    form = {"scope": "all", "query": "called=PACS", "count": "2"}
    page = editor.post("/associations/delete/", form).content.decode()
    assert "The table has changed" in page
    assert Association.objects.count() == 3
    editor.post("/associations/delete/", form | {"count": "3"})
    assert not Association.objects.exists()


def test_an_empty_selection_is_said(editor: Person) -> None:
    answer = editor.post("/associations/bulk/", {"action": "delete"}, follow=True)
    assert "Choose at least one association" in answer.content.decode()
