"""The export page and its file: the choice, the look before, the very bytes shown, hostile asks."""

from __future__ import annotations

import io
import json
import zipfile
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.output import writable
from dicomcfg.core.records import PresentationContext, RoleSelection
from dicomcfg.inventory.models import AE, Association, Site
from dicomcfg.inventory.services.devices import DeviceData, create_device
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import create_profile
from dicomcfg.inventory.services.proposed_sets import ProposedSet
from dicomcfg.inventory.services.savedfilters import SavedFilterData, create_savedfilter
from dicomcfg.inventory.services.sites import SiteData, create_site
from dicomcfg.web.exports import preview
from dicomcfg.web.exports.handing import among, packed
from tests.parts.people import Person
from tests.parts.rows import CT, IMPLICIT, SHELL, VERIFICATION, make_ae, make_association

pytestmark = pytest.mark.django_db


@pytest.fixture
def network() -> Association:
    """A pair, an AE of a device, a Profile, a saved filter."""
    device = create_device(SHELL, DeviceData(name="Room 7 & <b>"))
    make_ae("US1", "10.0.0.7:104", device=device, tags=("night",))
    held = ProposedSet((PresentationContext(CT, (IMPLICIT,)),), (RoleSelection(CT, True, True),))
    create_profile(SHELL, ProfileData(name="Basic", proposed=held))
    create_savedfilter(SHELL, SavedFilterData(name="At night", query="tag=night"))
    return make_association("CT1", "PACS", [VERIFICATION, IMPLICIT], [CT, IMPLICIT])


def titles(somebody: Person, query: str) -> list[str]:
    """Of the AEs in the file of an address."""
    answer = somebody.get(f"/export/file/?{query}&format=dicomcfg-json")
    assert answer.status_code == 200, query
    return [ae["ae_title"] for ae in json.loads(answer.content)["aes"]]


def test_a_viewer_sees_the_file_and_downloads_the_very_bytes(
    viewer: Person, network: Association
) -> None:
    page = viewer.get("/export/?what=aes&format=ae-table").content.decode()
    assert "dicomcfg-aes.csv" in page
    assert "3 AEs, 1 device" in page
    assert "AE Title,Host,Port" in page
    answer = viewer.get("/export/file/?what=aes&format=ae-table")
    assert answer["Content-Disposition"] == 'attachment; filename="dicomcfg-aes.csv"'
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"
    lines = answer.content.decode().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["CT1", "PACS", "US1"]
    assert viewer.get("/export/file/?what=aes&format=ae-table").content == answer.content


def test_what_it_does_not_carry_stands_there_before(viewer: Person, network: Association) -> None:
    page = viewer.get("/export/?format=ae-table").content.decode()
    assert "What it does not carry" in page
    assert page.count("Keep a dicomcfg-json file beside it") <= 1
    assert "1 association" in page
    whole = viewer.get("/export/").content.decode()
    assert "What it does not carry" not in whole
    assert "It carries everything that was chosen." in whole


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["CT1", "PACS", "US1"]),
        ("what=aes", ["CT1", "PACS", "US1"]),
        ("what=aes&filter=At+night", ["US1"]),
        ("what=aes&ae_query=tag%3Dnight", ["US1"]),
        ("what=aes&ae_query=tag%3Dgone", []),
        ("what=aes&ae=x", []),
        ("what=associations", ["CT1", "PACS"]),
        ("what=associations&calling=ct1", ["CT1", "PACS"]),
        ("what=associations&calling=PACS", []),
        ("what=associations&association_query=calling%3DPACS", []),
        ("what=associations&association=-", []),
        ("what=profiles&profile=Basic", []),
        ("what=device&device=room+7+%26+%3Cb%3E", ["US1"]),
        ("what=site&site=main", ["CT1", "PACS", "US1"]),
    ],
)
def test_the_address_is_the_choice(
    query: str, found: list[str], viewer: Person, network: Association
) -> None:
    site = Site.objects.get()
    assert titles(viewer, query.replace("site=main", f"site={site.slug}")) == found


def test_rows_ticked_in_the_tables_are_handed_over(operator: Person, network: Association) -> None:
    chosen = AE.objects.filter(ae_title__in=["CT1", "US1"]).values_list("pk", flat=True)
    answer = operator.post("/aes/bulk/", {"action": "export", "ae": list(chosen)})
    assert answer.status_code == 302
    assert titles(operator, urlsplit(answer.url).query) == ["CT1", "US1"]
    assert "ticked in the table" in operator.get(answer.url).content.decode()
    whole = {"action": "export", "scope": "all", "query": "q=US&sort=-host&page=3"}
    answer = operator.post("/aes/bulk/", whole)
    assert parse_qs(urlsplit(answer.url).query) == {"what": ["aes"], "ae_query": ["q=US"]}
    assert "Search: US" in operator.get(answer.url).content.decode()
    assert titles(operator, urlsplit(answer.url).query) == ["US1"]
    posted = {"action": "export", "association": [network.pk]}
    answer = operator.post("/associations/bulk/", posted)
    assert titles(operator, urlsplit(answer.url).query) == ["CT1", "PACS"]


def test_more_single_rows_than_an_address_holds_are_refused(operator: Person) -> None:
    AE.objects.bulk_create(
        AE(site=Site.objects.get(), ae_title=f"X{number}") for number in range(2000)
    )
    odd = list(AE.objects.order_by("pk").values_list("pk", flat=True))[::2]
    answer = operator.post("/aes/bulk/", {"action": "export", "ae": odd}, follow=True)
    assert answer.redirect_chain[-1][0] == "/aes/"
    assert "filter the table" in answer.content.decode()


def test_ids_pack_into_runs_and_come_back() -> None:
    assert packed([9, 3, 5, 4, 3, 12, 13]) == "3-5,9,12-13"
    assert packed([]) == ""
    for hostile in ("", ",", "1-", "a", "9" * 400, "-1", "1-2-3"):
        assert among(hostile) is None, hostile
    made = [make_ae(f"X{number}").pk for number in range(6)]
    some = [made[0], made[1], made[2], made[4]]
    condition = among(packed(some))
    assert condition is not None
    assert list(AE.objects.filter(condition).order_by("pk").values_list("pk", flat=True)) == some


def test_a_file_for_each_set_of_contexts(viewer: Person, network: Association) -> None:
    query = "format=intersystems"
    page = viewer.get(f"/export/?{query}").content.decode()
    assert "One file for each set of contexts" in page
    page = viewer.get(f"/export/?{query}&each=1").content.decode()
    assert "dicomcfg-intersystems.zip" in page
    assert "CT1-PACS.txt" in page
    answer = viewer.get(f"/export/file/?{query}&each=1")
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["Basic.txt", "CT1-PACS.txt"]
    assert viewer.get(f"/export/file/?{query}&each=1").content == answer.content


def test_no_two_formats_have_one_name_of_a_file(viewer: Person) -> None:
    names = {
        viewer.get(f"/export/file/?format={each.name}")["Content-Disposition"]
        for each in writable()
    }
    assert len(names) == len(writable())


@pytest.mark.parametrize("name", [each.name for each in writable()])
def test_every_format_has_a_look_and_a_file(
    name: str, viewer: Person, network: Association
) -> None:
    page = viewer.get(f"/export/?format={name}")
    assert page.status_code == 200
    assert "What each format holds" in page.content.decode()
    answer = viewer.get(f"/export/file/?format={name}")
    assert (answer.status_code, answer["Content-Disposition"][:20]) == (200, "attachment; filename")
    assert answer.content == viewer.get(f"/export/file/?format={name}").content


def test_htmx_gets_the_result_alone_and_the_address_that_means_it(
    viewer: Person, network: Association
) -> None:
    query = "what=aes&ae=&ae_query=&filter=&calling=CT1&profile=&format=ae-table"
    answer = viewer.get(f"/export/?{query}", headers={"HX-Request": "true"})
    assert answer["HX-Push-Url"] == "/export/?what=aes&format=ae-table"
    assert "<html" not in answer.content.decode()
    assert 'href="/export/file/?what=aes&amp;format=ae-table"' in answer.content.decode()


def test_a_remedy_that_most_losses_share_is_said_once() -> None:
    def lost(place: str, remedy: str) -> Finding:
        return Finding("not-carried", Severity.WARNING, place, place, remedy, path=place)

    findings = [lost("aes[A]", "x"), lost("aes[B]", "y"), lost("aes", "z"), lost("devices", "z")]
    groups = preview.grouped(findings)
    assert [(group.first.path, group.count) for group in groups] == [
        ("aes[A]", 2),
        ("aes", 1),
        ("devices", 1),
    ]
    assert preview.common_remedy(groups) == "z"
    assert preview.common_remedy([]) == ""
    many = preview.grouped(lost(f"aes[{number}]", "") for number in range(1000))
    assert (many[0].count, len(many[0].others), many[0].unlisted) == (1000, 50, 949)


def test_what_the_format_has_no_place_for_says_so(editor: Person) -> None:
    assert 'href="/import/">import</a> some' in editor.get("/export/").content.decode()
    make_ae("CT1")
    found = [
        editor.get(f"/export/?what=aes&format={name}").content.decode()
        for name in ("intersystems", "ae-table")
    ]
    assert ["The file would be empty" in page for page in found] == [True, False]


def test_an_empty_inventory_says_so(viewer: Person) -> None:
    page = viewer.get("/export/").content.decode()
    assert "no record fits this choice" in page
    assert "/import/" not in page.split('id="result"')[1]
    assert json.loads(viewer.get("/export/file/").content)["aes"] == []


@pytest.mark.parametrize(
    "query",
    [
        "format=nothing",
        "what=nothing",
        "what=device",
        "what=device&device=Nobody",
        "what=site&site=nowhere",
        "what=site",
        "what=aes&filter=nobody",
        "what=profiles&profile=x",
        f"what=associations&calling={'x' * 9000}",
        f"what=aes&ae={'9,' * 4000}",
    ],
)
def test_what_cannot_be_is_told_and_gives_no_file(query: str, viewer: Person) -> None:
    page = viewer.get(f"/export/?{query}")
    assert page.status_code == 200
    assert "Not to be written yet" in page.content.decode()
    answer = viewer.get(f"/export/file/?{query}")
    assert answer.status_code == 422
    assert "cannot be written" in answer.content.decode()
    assert "Content-Disposition" not in answer


@pytest.mark.parametrize(
    "query",
    [
        "what=aes&ae=1-999999999999999999,5",
        "what=aes&ae=9999999999999999999999",
        "what=aes&ae_query=device%3D%2500%26site%3Dx%26tag%3D%00"[:40],
        "what=aes&ae_query=%26%26%3D%3D%25%25",
        "what=associations&association_query=uid%3Dnothing",
        "what=aes&what=profiles&format=ae-table&format=dicomcfg-json",
        "each=maybe&format=dicomcfg-json",
    ],
)
def test_odd_addresses_are_answered(query: str, viewer: Person, network: Association) -> None:
    for page in ("/export/", "/export/file/"):
        assert viewer.get(f"{page}?{query}").status_code in (200, 400, 422)
    assert viewer.get("/export/?device=%00").status_code == 400


def test_hostile_names_reach_neither_the_markup_nor_the_file_s_name(
    viewer: Person, network: Association
) -> None:
    query = "what=device&device=Room+7+%26+%3Cb%3E"
    page = viewer.get(f"/export/?{query}").content.decode()
    assert "Room 7 & <b>" not in page
    answer = viewer.get(f"/export/file/?{query}")
    disposition = answer["Content-Disposition"]
    assert disposition == 'attachment; filename="dicomcfg-device-Room_7_b.json"'


def test_formulas_are_disarmed_in_tables(viewer: Person) -> None:
    make_ae("CT1", description="=cmd|' /C calc'!A0")
    text = viewer.get("/export/file/?what=aes&format=ae-table").content.decode()
    assert ",'=cmd|" in text


def test_a_long_file_is_shown_in_part(viewer: Person) -> None:
    site = Site.objects.get()
    AE.objects.bulk_create(
        AE(site=site, ae_title=f"X{number}", description="d" * 254) for number in range(300)
    )
    page = viewer.get("/export/?what=aes&format=ae-table").content.decode()
    assert f"the first {preview.LINES} of 301 lines" in page
    assert "X298" not in page


def test_more_than_a_page_can_wait_for_is_left_to_the_shell(
    viewer: Person, network: Association, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicomcfg.web.exports.pages.MOST_AT_ONCE", 2)
    page = viewer.get("/export/").content.decode()
    assert "Too much for a page" in page
    assert "dicomcfg export dicomcfg-json -o dicomcfg.json" in page
    assert viewer.get("/export/file/").status_code == 422


def test_the_page_says_the_same_for_the_shell(viewer: Person, network: Association) -> None:
    annex = create_site(SHELL, SiteData(name="Annex", slug="annex"))
    for query, command in (
        ("what=aes&format=ae-table", "dicomcfg export ae-table -o dicomcfg-aes.csv"),
        ("what=profiles&profile=Basic", "--profile Basic -o dicomcfg-profiles-Basic.json"),
        (f"what=site&site={annex.slug}", "--site annex -o dicomcfg-site-annex.json"),
        ("what=associations&calling=CT1&called=PACS", "--association CT1:PACS"),
        ("what=aes&ae_query=tag%3Dnight", "--filter tag=night"),
    ):
        page = viewer.get(f"/export/?{query}").content.decode()
        assert command in page, query


def test_the_tables_and_pages_lead_there(viewer: Person, network: Association) -> None:
    for page, link in (
        ("/aes/?q=US", "/export/?what=aes&amp;ae_query=q%3DUS"),
        ("/associations/?calling=CT1", "?what=associations&amp;association_query=calling%3DCT1"),
        (f"/associations/{network.pk}/", f"?what=associations&amp;association={network.pk}"),
        ("/profiles/1/", "/export/?what=profiles&amp;profile=Basic"),
        ("/devices/1/", "/export/?what=device&amp;device=Room%207%20%26%20%3Cb%3E"),
        (f"/aes/{network.calling_id}/", f"/export/?what=aes&amp;ae={network.calling_id}"),
    ):
        pk = {"/profiles/1/": "profile", "/devices/1/": "device"}.get(page)
        address = page if pk is None else page.replace("1", str(_pk(pk)))
        assert link in viewer.get(address).content.decode(), page


def _pk(name: str) -> int:
    from dicomcfg.inventory.models import Device, Profile

    return {"profile": Profile, "device": Device}[name].objects.get().pk


def test_the_number_of_queries_does_not_grow(viewer: Person) -> None:
    counts = []
    for size in (1, 20):
        for number in range(size):
            ends = [make_ae(f"{side}{size}_{number}", tags=("a",)) for side in ("A", "B")]
            make_association(*ends, [CT, IMPLICIT])
        with CaptureQueriesContext(connection) as queries:
            viewer.get("/export/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
