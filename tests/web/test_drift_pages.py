"""The pages of drift: the overview, one row's differences, and what can be done about them."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dicomcfg.inventory.models import AE, Association, ChangeSet, Profile
from dicomcfg.inventory.selectors import capabilities_of, contexts_of
from dicomcfg.inventory.services.drift import drift_of, kept_rows_of
from tests.parts.discovered import discover
from tests.parts.drifting import STORE, able, drifting_ae, drifting_association, negotiate, tokens
from tests.parts.people import Person
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, VERIFICATION, make_ae, make_association

pytestmark = pytest.mark.django_db


def said(person: Person, address: str, **fields: object) -> str:
    """The page that a sent form leads to."""
    answer = person.post(address, fields, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def text(person: Person, address: str) -> str:
    answer = person.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_overview_says_what_to_do_while_nothing_was_compared(operator: Person) -> None:
    page = text(operator, "/drift/")
    assert "Nothing was compared yet" in page
    assert "Discover the" not in page
    able(make_ae("PACS"), STORE)
    assert "Discover 1 AE<" in text(operator, "/drift/")
    page = said(operator, "/drift/discover/")
    assert "Discover 1 AE" in page
    discover(AE.objects.get(), ("00", "00"))
    assert "Never discovered" not in text(operator, "/drift/")
    assert "was discovered before" in said(operator, "/drift/discover/")


def test_a_press_discovers_so_many_and_no_more(
    operator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicomcfg.web.drift.pages.MOST_AT_ONCE", 2)
    rows = [able(make_ae(f"PACS{n}"), STORE) for n in range(3)]
    able(make_ae("SILENT", do_not_probe=True, do_not_probe_reason="old"), STORE)
    assert "Discover the first 2" in text(operator, "/drift/")
    said(operator, "/drift/discover/")
    assert [ae.checks.count() for ae in rows] == [1, 1, 0]


def test_the_overview_lists_what_differs_newest_first(viewer: Person) -> None:
    drifting_ae("FIRST")
    drifting_ae("SECOND")
    fine = able(make_ae("FINE"), STORE)
    discover(fine, ("33", "00"))
    drifting_association("CT1", "THIRD")
    page = text(viewer, "/drift/")
    assert re.findall(r'/aes/\d+/drift/">(\w+)<', page) == ["SECOND", "FIRST"]
    for query, expected in (
        ("?sort=title", ["FIRST", "SECOND"]),
        ("?q=fir", ["FIRST"]),
        ("?sort=-count&q=s", ["FIRST", "SECOND"]),
    ):
        assert re.findall(r'/aes/\d+/drift/">(\w+)<', text(viewer, f"/drift/{query}")) == expected
    assert "Nothing here differs" in text(viewer, "/drift/?q=nobody")
    page = text(viewer, "/drift/associations/?q=ct1+third&sort=called")
    assert "CT1" in page
    assert "1 <span" in page


@pytest.mark.parametrize(
    "query",
    ["?page=99999999999999999999", "?site=none", "?sort=drop", "?q=%F0%9F%92%A9", "?site=x&q=%27"],
)
@pytest.mark.parametrize("page", ["/drift/", "/drift/associations/"])
def test_odd_addresses_are_answered(page: str, query: str, viewer: Person) -> None:
    drifting_association()
    assert viewer.get(page + query).status_code == 200


def test_the_queries_of_the_overview_and_of_a_row_do_not_grow(viewer: Person) -> None:
    def spent(address: str) -> int:
        with CaptureQueriesContext(connection) as found:
            text(viewer, address)
        return len(found)

    def all_pages() -> list[int]:
        ae, pair = AE.objects.latest("drift_since"), Association.objects.latest("drift_since")
        addresses = ("/drift/", "/drift/associations/", "/")
        return [
            spent(a)
            for a in (*addresses, f"/aes/{ae.pk}/drift/", f"/associations/{pair.pk}/drift/")
        ]

    drifting_ae("A")
    drifting_association("CT1", drifting_ae("B"))
    few = all_pages()
    for number in range(4):
        drifting_ae(f"C{number}")
        drifting_association(f"CT2{number}", drifting_ae(f"D{number}", ("00", "33")))
    assert all_pages() == few


def test_all_of_a_kind_is_kept_or_adopted(editor: Person) -> None:
    ae = drifting_ae()
    page = text(editor, f"/aes/{ae.pk}/drift/?kind=extra")
    assert re.findall(r'aria-label="Select (\w+) ', page) == ["extra"]
    assert "All 2" in page
    assert re.findall(r'"(all-\w+)"', text(editor, f"/aes/{ae.pk}/drift/adopt/?kind=missing"))
    (only,) = re.findall(r'"(all-\w+)"', text(editor, f"/aes/{ae.pk}/drift/adopt/?kind=extra"))
    assert "Adopted 1 difference of PACS" in said(
        editor, f"/aes/{ae.pk}/drift/adopt/", only=only, revision=2
    )
    (row,) = drift_of(ae) or ()
    assert row.sop_class == CT
    assert editor.get(f"/aes/{ae.pk}/drift/?kind=%00").status_code == 400
    assert editor.get(f"/aes/{ae.pk}/drift/?kind=none&page=-7").status_code == 200


def test_an_ae_shows_configured_against_found(
    editor: Person, operator: Person, viewer: Person
) -> None:
    ae = able(make_ae("PACS"), STORE)
    assert f"/aes/{ae.pk}/discover/" in text(operator, f"/aes/{ae.pk}/drift/")
    assert "No discovery has shown yet" in text(viewer, f"/aes/{ae.pk}/drift/")
    discover(ae, ("33", "00"))
    assert "Nothing differs" in text(viewer, f"/aes/{ae.pk}/drift/")
    discover(ae, ("00", "33"))
    page = text(viewer, f"/aes/{ae.pk}/drift/")
    for words in ("CT Image Storage", "Gone", "accepted until", "SOP Class not supported", "Extra"):
        assert words in page
    assert "Adopt ticked" not in page
    assert "Adopt ticked" in text(editor, f"/aes/{ae.pk}/drift/")
    assert "2 differences" in text(viewer, f"/aes/{ae.pk}/")
    assert "drift 2" in text(viewer, "/aes/?drift=found")
    assert "No AE matches" in text(viewer, "/aes/?drift=none")


def test_rows_are_kept_and_kept_no_longer(editor: Person) -> None:
    ae = drifting_ae()
    page = said(editor, f"/aes/{ae.pk}/drift/keep/", only=tokens(ae)[0])
    assert "Kept 1 difference of PACS" in page
    assert "Stop keeping" in page
    assert len(drift_of(ae) or ()) == 1
    (kept,) = kept_rows_of(ae)
    assert "Stopped keeping" in said(editor, f"/aes/{ae.pk}/drift/stop/", only=kept.token)
    said(editor, f"/aes/{ae.pk}/drift/keep/", row=tokens(ae))
    assert "Kept differences stand below" in text(editor, f"/aes/{ae.pk}/drift/")
    assert "kept differences of AE" in text(
        editor, f"/history/{ChangeSet.objects.latest('id').pk}/"
    )


def test_the_adoption_of_all_is_previewed_and_can_be_undone(editor: Person) -> None:
    ae = drifting_ae()
    page = text(editor, f"/aes/{ae.pk}/drift/adopt/")
    assert "1 new" in page
    assert "1 changed" in page
    (only,) = re.findall(r'name="only" value="(all-\w+)"', page)
    page = said(editor, f"/aes/{ae.pk}/drift/adopt/", only=only, revision=2)
    assert "Nothing differs" in page
    assert "Adopted 2 differences of PACS" in page
    (undo,) = set(re.findall(r"/history/\d+/undo/", page))
    said(editor, undo)
    assert capabilities_of(ae) == [STORE]
    assert "Nothing differs" in text(editor, f"/aes/{able(make_ae('X')).pk}/drift/adopt/")


def test_an_association_has_its_own_page(editor: Person) -> None:
    pacs = able(make_ae("PACS"), STORE)
    contexts = (VERIFICATION, IMPLICIT), (CT, IMPLICIT, EXPLICIT)
    association = make_association("CT1", pacs, *contexts)
    address = f"/associations/{association.pk}/drift/"
    assert "has not answered a negotiation" in text(editor, address)
    negotiate(association, 3, EXPLICIT)
    page = text(editor, address)
    assert "Another order" in page
    assert "Verification" in page
    assert "1 context removed" in text(editor, f"{address}adopt/")
    page = said(editor, f"{address}adopt/", row=tokens(association), revision=1)
    assert "Adopted 2 differences of CT1 → PACS" in page
    assert [each.abstract_syntax for each in contexts_of(association)] == [CT]
    assert capabilities_of(pacs)[0].transfer_syntaxes == (EXPLICIT, IMPLICIT)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"row": "x" * 10_000},
        {"only": "1", "revision": "9" * 1000},
        {"row": ["a", "b"], "revision": "-1"},
        {"only": "\x00", "revision": "\x00"},
    ],
)
@pytest.mark.parametrize("act", ["adopt", "keep", "stop"])
def test_odd_forms_are_refused_in_words(act: str, fields: dict[str, str], editor: Person) -> None:
    for owner in (drifting_ae(), drifting_association("CT1", "OTHER")):
        page = said(editor, f"{owner.get_absolute_url()}drift/{act}/", **fields)
        assert 'class="message error"' in page
        assert drift_of(owner)


def test_who_follows_a_profile_is_told_where_to_change_it(editor: Person) -> None:
    ae, profile = drifting_ae(), Profile.objects.create(name="Archives")
    AE.objects.filter(pk=ae.pk).update(profile=profile, profile_role="SCP")
    assert "follows the Profile <b>Archives</b>" in text(editor, f"/aes/{ae.pk}/drift/")
    page = said(editor, f"/aes/{ae.pk}/drift/adopt/", row=tokens(ae), revision=2)
    assert "Change the Profile, or stop following it first" in page


def test_the_board_says_that_something_drifts(viewer: Person) -> None:
    make_ae("CT0")
    assert "differ" not in text(viewer, "/")
    drifting_association()
    page = text(viewer, "/")
    assert "1 association differs from what was found" in page
    assert reverse("drift-associations") in page
    drifting_ae("OTHER")
    assert "1 AE and 1 association differ from what was found" in text(viewer, "/")
