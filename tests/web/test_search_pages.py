"""The search over everything, and who accepts what."""

from __future__ import annotations

import re
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.core.records import TransferCapability
from dicomcfg.inventory.acceptors import Wanted, accepting, who_accepts
from dicomcfg.inventory.models import AE
from dicomcfg.inventory.services.capabilities import set_capabilities
from dicomcfg.inventory.services.devices import DeviceData, create_device
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import create_profile
from dicomcfg.web.search import found
from tests.parts.people import Person
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, SHELL, VERIFICATION, make_ae, make_association

pytestmark = pytest.mark.django_db
JPEG_2000 = "1.2.840.10008.1.2.4.90"


def _page(person: Person, address: str) -> str:
    answer = person.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def _groups(text: str) -> dict[str, list[str]]:
    """The titles of the groups with what stands in them, in their order."""
    return {g.title: [hit.text for hit in g.hits] for g in found(text) if g.hits}


def _able(ae: AE, *capabilities: tuple[str, str, tuple[str, ...]]) -> None:
    records = [TransferCapability(uid, role, syntaxes) for uid, role, syntaxes in capabilities]
    set_capabilities(SHELL, ae, records, ae.revision)


@pytest.fixture
def pacs() -> AE:
    pacs = make_ae("PACS", "archive.example:104")
    _able(
        pacs,
        (CT, "SCP", (EXPLICIT, IMPLICIT)),
        (VERIFICATION, "SCP", (IMPLICIT,)),
        (CT, "SCU", (JPEG_2000,)),
    )
    return pacs


def test_every_page_has_the_box(viewer: Person) -> None:
    assert 'action="/search/"' in _page(viewer, "/aes/")
    assert "What are you looking for" in _page(viewer, "/search/")
    assert 'value="x&quot;y"' in _page(viewer, "/search/?q=x%22y")


def test_an_ae_title_stands_first_letter_by_letter(pacs: AE) -> None:
    make_ae("AA_PACS")
    make_ae("PACS2")
    make_association("CT1", pacs, name="to PACS")
    groups = _groups("pacs")
    assert list(groups) == ["AEs", "Associations"]
    assert groups["AEs"] == ["PACS", "PACS2", "AA_PACS"]
    assert _groups("archive.example") == {"AEs": ["PACS"]}


def test_a_uid_a_name_and_a_keyword_find_the_entry_and_who_uses_it(pacs: AE) -> None:
    make_association("CT1", pacs, (CT, IMPLICIT))
    for text in (CT, "ct image storage", "CTImageStorage"):
        groups = _groups(text)
        assert next(iter(groups)) == "Abstract syntaxes"
        assert groups["Abstract syntaxes"][0] == "CT Image Storage"
        assert groups["Associations that propose CT Image Storage"] == ["CT1 → PACS"]
        assert groups["AEs with a capability of CT Image Storage"] == ["PACS"]


def test_a_transfer_syntax_finds_who_has_it_in_a_list(pacs: AE) -> None:
    groups = _groups("JPEG2000Lossless")
    [title] = [title for title in groups if title.startswith("AEs with")]
    assert groups[title] == ["PACS"]


def test_a_uid_that_nobody_registered_is_found_where_it_is_used(pacs: AE) -> None:
    make_association("CT1", pacs, ("1.2.3.4.5", IMPLICIT))
    assert _groups("1.2.3.4.5") == {"Associations that propose 1.2.3.4.5": ["CT1 → PACS"]}


def test_devices_profiles_and_elements_are_found() -> None:
    create_device(SHELL, DeviceData(name="Night scanner", manufacturer="Acme"))
    create_profile(SHELL, ProfileData(name="Night shift"))
    groups = _groups("night")
    assert groups["Devices"] == ["Night scanner"]
    assert groups["Profiles"] == ["Night shift"]
    assert _groups("(0008,0060)")["Data elements"] == ["(0008,0060) Modality"]
    assert _groups("PatientID")["Data elements"][0] == "(0010,0020) Patient ID"


def test_a_group_is_bounded_and_leads_to_its_table(viewer: Person) -> None:
    called = make_ae("PACS")
    for number in range(12):
        make_association(f"CT{number:02}", called, (CT, IMPLICIT))
    page = _page(viewer, "/search/?q=CT")
    assert page.count('href="/aes/') - page.count('href="/aes/"') <= 21
    assert 'href="/aes/?q=CT"' in page
    assert 'href="/associations/?q=CT"' in page
    assert f'href="/associations/?uid={CT}"' in _page(viewer, f"/search/?q={CT}")


def test_nothing_found_is_said_and_words_are_escaped(viewer: Person) -> None:
    page = _page(viewer, "/search/?q=%3Cscript%3Exyzzy")
    assert "Nothing was found" in page
    assert "<script>xyzzy" not in page


@pytest.mark.parametrize("text", ["9" * 5000, "1." * 2000, "%", "_", "'", "\\", "(", "x " * 900])
def test_hostile_words_are_answered(viewer: Person, text: str) -> None:
    assert viewer.get("/search/", {"q": text}).status_code == 200
    assert viewer.get("/accepts/", {"uid": text}).status_code == 200
    assert viewer.get("/accepts/", {"sop_class": text, "page": text}).status_code == 200


@pytest.mark.parametrize("text", ["pacs", CT, "storage", "x"])
def test_the_number_of_queries_does_not_grow(viewer: Person, pacs: AE, text: str) -> None:
    counts = []
    for size in (2, 20):
        while AE.objects.count() < size:
            ae = make_association(f"PACS{AE.objects.count()}", pacs, (CT, IMPLICIT)).calling
            _able(ae, (CT, "SCP", (IMPLICIT,)))
        with CaptureQueriesContext(connection) as queries:
            _page(viewer, f"/search/?q={text}")
            _page(viewer, f"/accepts/?sop_class={CT}&transfer_syntax={IMPLICIT}")
        counts.append(len(queries))
    assert counts[0] >= counts[1]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        (f"sop_class={CT}", ["PACS"]),
        ("sop_class=ct+image+storage", ["PACS"]),
        (f"transfer_syntax={IMPLICIT}", ["MINI", "PACS"]),
        (f"sop_class={VERIFICATION}&transfer_syntax={EXPLICIT}", []),
        (f"sop_class={VERIFICATION}&transfer_syntax={IMPLICIT}", ["MINI", "PACS"]),
        (f"transfer_syntax={JPEG_2000}", []),
        (f"transfer_syntax={JPEG_2000}&role=SCU", ["PACS"]),
        (f"uid={JPEG_2000}&role=SCU", ["PACS"]),
        ("family=JPEG+2000&role=SCU", ["PACS"]),
        (f"sop_class={CT}&family=JPEG+2000&role=SCU", ["PACS"]),
        ("family=JPEG+2000", []),
        ("family=Uncompressed", ["MINI", "PACS"]),
        (f"uid={CT}", ["PACS"]),
        ("sop_class=1.2.3", []),
    ],
)
def test_who_accepts_and_who_sends(viewer: Person, pacs: AE, query: str, titles: list[str]) -> None:
    _able(make_ae("MINI"), (VERIFICATION, "SCP", (IMPLICIT,)))
    page = _page(viewer, f"/accepts/?{query}")
    assert re.findall(r'aet"><a href="[^"]*">([^<]*)<', page) == titles
    assert ("No AE does" in page) is (not titles)


def test_a_family_of_transfer_syntaxes_means_any_of_them(viewer: Person, pacs: AE) -> None:
    page = _page(viewer, "/search/?q=jpeg+2000")
    assert "AEs with a capability of any JPEG 2000 transfer syntax" in page
    assert f'<a href="{pacs.get_absolute_url()}">PACS</a>' in page


def test_a_search_with_many_transfer_syntaxes_leads_to_their_table(viewer: Person) -> None:
    assert "/standard/transfer-syntaxes/?q=jpeg" in _page(viewer, "/search/?q=jpeg")


def test_how_many_sop_classes_fit_is_counted(viewer: Person, pacs: AE) -> None:
    page = _page(viewer, f"/accepts/?transfer_syntax={IMPLICIT}")
    assert '<td class="r" data-label="SOP Classes">2</td>' in page
    assert "1 AE</h2>" in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("sop_class=&transfer_syntax=", "Name a SOP Class"),
        ("sop_class=nonsense", "This is no UID"),
        (f"sop_class={IMPLICIT}", "This is no UID"),
        (f"sop_class={CT}&role=both", "Select a valid choice"),
        ("family=JPEG+3000", "Select a valid choice"),
        (f"transfer_syntax={IMPLICIT}&family=JPEG", "not both"),
    ],
)
def test_what_cannot_be_asked_is_said(viewer: Person, query: str, words: str) -> None:
    assert words in _page(viewer, f"/accepts/?{query}")


def test_who_accepts_is_paged(viewer: Person) -> None:
    for number in range(52):
        _able(make_ae(f"A{number:02}"), (CT, "SCP", (IMPLICIT,)))
    page = _page(viewer, f"/accepts/?sop_class={CT}&page=2")
    assert "52 AEs</h2>" in page
    assert "A50" in page and "A49" not in page


def test_too_many_to_gather_are_listed_up_to_a_bound(viewer: Person, pacs: AE) -> None:
    """Every path finds the same AEs in the same order, and says when it stopped."""
    for title in ("ZZ", "MM", "AA"):
        _able(make_ae(title), (CT, "SCP", (IMPLICIT,)), (VERIFICATION, "SCP", (IMPLICIT,)))
    for wanted in (
        Wanted("", (IMPLICIT,), "SCP"),
        Wanted(CT, (), "SCP"),
        Wanted(CT, (IMPLICIT,), "SCP"),
    ):
        everything = who_accepts(wanted)
        assert (everything.count, everything.complete) == (4, True)
        titles = [ae.ae_title for ae in accepting(list(everything.ids))]
        assert titles == ["AA", "MM", "PACS", "ZZ"]
        tried = who_accepts(wanted, most=1, listed=4)
        assert (list(tried.ids), tried.complete) == (list(everything.ids), True)
        first = who_accepts(wanted, most=1, listed=2)
        assert (first.ids, first.count) == (list(everything.ids)[:2], 2)
        assert not first.complete


def test_a_list_that_stops_says_so(
    viewer: Person, pacs: AE, monkeypatch: pytest.MonkeyPatch
) -> None:
    _able(make_ae("MINI"), (VERIFICATION, "SCP", (IMPLICIT,)))
    bounded = partial(who_accepts, most=1, listed=1)
    monkeypatch.setattr("dicomcfg.web.accepts.who_accepts", bounded)
    page = _page(viewer, f"/accepts/?transfer_syntax={IMPLICIT}")
    assert "More than 1 AE</h2>" in page and "Name a SOP Class too" in page
    assert "MINI" in page and ">PACS<" not in page


def test_titles_that_begin_with_the_text_are_all_that_is_shown_where_they_suffice() -> None:
    for number in range(11):
        make_ae(f"CT{number:02}")
    make_ae("AA_CT")
    assert _groups("ct")["AEs"] == [f"CT{number:02}" for number in range(10)]
    assert _groups("ct0")["AEs"] == [f"CT{number:02}" for number in range(10)]
    assert _groups("ct1")["AEs"] == ["CT10"]


def test_more_of_a_kind_of_uid_leads_to_its_own_table(viewer: Person) -> None:
    groups = {group.title: group.more for group in found("jpeg")}
    assert groups["Transfer syntaxes"] == "/standard/transfer-syntaxes/?q=jpeg"
    assert groups["Abstract syntaxes"] == ""
    assert _groups("DICOM Application Context Name") == {
        "Other UIDs": ["DICOM Application Context Name"]
    }


def test_the_empty_search_offers_words_that_find_something(viewer: Person) -> None:
    offered = re.findall(r'class="chip" href="(\?q=[^"]+)"', _page(viewer, "/search/"))
    assert offered
    for query in offered:
        assert "Nothing was found" not in _page(viewer, f"/search/{query}")


def test_who_accepts_is_in_the_menu(viewer: Person) -> None:
    assert '<a href="/accepts/" aria-current="page">Who accepts</a>' in _page(viewer, "/accepts/")
