"""The AE table: who sees what, searching, filtering, sorting, paging, and what it costs."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dicomcfg.inventory.models import AE, Connection, Device, Site, State
from tests.parts.people import Person
from tests.parts.rows import make_ae

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def _titles(person: Person, query: str = "") -> list[str]:
    answer = person.get(f"/aes/{query}")
    assert answer.status_code == 200
    return re.findall(r'<td class="aet"><a[^>]*>([^<]*)</a>', answer.content.decode())


def _fill(count: int) -> None:
    """So many checked AEs, each with its device and connection."""
    site = Site.objects.order_by("pk")[0]
    start = AE.objects.count()
    devices = Device.objects.bulk_create(
        Device(name=f"Device {n}") for n in range(start, start + count)
    )
    rows = AE.objects.bulk_create(
        AE(
            site=site,
            device=device,
            ae_title=f"AE_{number:05}",
            latest_outcome="success",
            latest_headline="Accepted",
            latest_tone="ok",
            latest_at=timezone.now(),
            latest_elapsed_ms=4.5,
            latest_stages=[["connect", "success", 0.5], ["associate", "success", 4.0]],
            recent=[["ok", 4.5], ["bad", 9.0]],
        )
        for number, device in enumerate(devices, start)
    )
    Connection.objects.bulk_create(
        Connection(ae=ae, position=0, hostname=f"host-{ae.ae_title}", port=104) for ae in rows
    )


@pytest.mark.parametrize("who", ["viewer", "operator", "editor", "admin"])
def test_everybody_sees_the_table_and_only_the_buttons_of_their_role(
    who: str, request: pytest.FixtureRequest
) -> None:
    make_ae("PACS")
    page = request.getfixturevalue(who).get("/aes/").content.decode()
    assert "PACS" in page
    assert ("hx-post" in page) is (who != "viewer")
    assert ("Add AE" in page) is (who in {"editor", "admin"})


def test_an_outsider_is_sent_to_sign_in(outsider: Person) -> None:
    assert outsider.get("/aes/")["Location"].startswith("/login/")


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["CT1", "MR1", "PACS", "US1"]),
        ("?q=ct", ["CT1"]),
        ("?q=ct&state=unheard-of", ["CT1"]),
        ("?q=archive.example", ["PACS"]),
        ("?q=2104", ["US1"]),
        ("?q=10.0+4242", ["MR1"]),
        ("?q=emergency", ["CT1"]),
        ("?state=planned", ["MR1"]),
        ("?tag=night", ["CT1", "US1"]),
        ("?device=scanner", ["CT1"]),
        ("?layer=accepted", ["PACS"]),
        ("?layer=refused", ["CT1"]),
        ("?layer=untested", ["MR1", "US1"]),
        ("?outcome=association-rejected", ["CT1"]),
        ("?layer=refused&q=pacs", []),
        ("?sort=-title", ["US1", "PACS", "MR1", "CT1"]),
        ("?sort=port", ["CT1", "PACS", "US1", "MR1"]),
        ("?sort=-port", ["MR1", "US1", "CT1", "PACS"]),
        ("?sort=-when", ["PACS", "CT1", "MR1", "US1"]),
        ("?sort=nonsense;drop", ["CT1", "MR1", "PACS", "US1"]),
        ("?state=nonsense", ["CT1", "MR1", "PACS", "US1"]),
    ],
)
def test_searching_filtering_and_sorting(viewer: Person, query: str, titles: list[str]) -> None:
    scanner = Device.objects.create(name="Scanner", department="Emergency")
    make_ae("CT1", "10.0.0.1:104", device=scanner, tags=("night",))
    make_ae("MR1", "10.0.0.2:4242", state=State.PLANNED.value)
    make_ae("PACS", "archive.example:104")
    make_ae("US1", "10.0.0.3:2104", tags=("night", "wards"))
    now = timezone.now()
    for title, outcome, at in (
        ("PACS", "success", now),
        ("CT1", "association-rejected", now - timezone.timedelta(hours=1)),
    ):
        AE.objects.filter(ae_title=title).update(latest_outcome=outcome, latest_at=at)
    assert _titles(viewer, query) == titles


def test_fifty_rows_a_page_and_a_page_beyond_the_last_is_the_last(viewer: Person) -> None:
    _fill(120)
    assert len(_titles(viewer)) == 50
    assert _titles(viewer, "?page=3") == [f"AE_{number:05}" for number in range(100, 120)]
    assert _titles(viewer, "?page=99") == _titles(viewer, "?page=3")
    page = viewer.get("/aes/?sort=host&page=2").content.decode()
    assert "51–100 of 120" in page
    assert "?sort=host&amp;page=3" in page
    assert 'class="jump"' not in page


def test_a_long_table_has_a_field_for_the_page(viewer: Person) -> None:
    _fill(401)
    page = viewer.get("/aes/?sort=host&page=2").content.decode()
    form = page.split('class="jump"')[1].split("</form>")[0]
    assert 'name="sort" value="host"' in form
    assert 'name="page" inputmode="numeric"' in form
    assert "of 9" in form


@pytest.mark.parametrize(
    ("query", "total"),
    [("", 120), ("?q=ae_000", 100), ("?state=live", 120), ("?state=unheard-of", 120)],
)
def test_the_count_is_that_of_the_rows_that_match(viewer: Person, query: str, total: int) -> None:
    _fill(120)
    assert f"1–50 of {total}" in viewer.get(f"/aes/{query}").content.decode()


def test_the_number_of_queries_does_not_grow(editor: Person) -> None:
    counts = []
    for rows in (10, 990, 9000):
        _fill(rows)
        with CaptureQueriesContext(connection) as queries:
            assert editor.get("/aes/?sort=host").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2] <= 10


def test_htmx_gets_the_results_alone_but_a_back_button_the_page(viewer: Person) -> None:
    make_ae("PACS")
    part = viewer.get("/aes/", headers=HTMX)
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part["Vary"]
    back = viewer.get("/aes/", headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert "<html" in back.content.decode()


def test_an_active_filter_is_a_chip_that_takes_it_away(viewer: Person) -> None:
    make_ae("PACS")
    page = viewer.get("/aes/?state=live&sort=host&page=1").content.decode()
    assert re.search(r'href="\?sort=host">State: Live<', page)


def test_an_empty_table_says_what_to_do_and_an_empty_search_how_to_leave(editor: Person) -> None:
    assert "Load the demo network" in editor.get("/aes/").content.decode()
    make_ae("PACS")
    page = editor.get("/aes/?q=nothing").content.decode()
    assert "No AE matches" in page
    assert "Load the demo network" not in page


def test_nothing_that_came_from_outside_is_markup(viewer: Person) -> None:
    ae = make_ae("<b>X</b>", description="<script>", tags=("<i>t</i>",))
    AE.objects.filter(pk=ae.pk).update(
        latest_outcome="success",
        latest_headline="<script>1</script>",
        latest_tone='"><i>t',
        latest_stages=[["<script>", "<script>", 1.0]],
        recent=[['"><script>', 1.0]],
    )
    for address in ("/aes/", ae.get_absolute_url(), "/aes/?q=<script>&sort=<script>"):
        page = viewer.get(address).content.decode()
        assert "<b>X" not in page
        assert "<i>t" not in page
        assert not re.search(r"<script(?! (src|type)=)", page)


def test_no_page_allows_or_holds_inline_script_or_style(editor: Person) -> None:
    ae = make_ae("PACS")
    for address in ("/", "/aes/", "/aes/add/", ae.get_absolute_url(), "/import/", "/devices/"):
        answer = editor.get(address)
        policy = answer["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "style-src 'self'" in policy
        assert "unsafe" not in policy
        page = answer.content.decode()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
