"""The map: what is drawn of few AEs and of many, the way in and out, and around one AE."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.inventory.models import AE, Association, Device, Site
from dicomcfg.web.map.view import GROUPS, ROWS
from tests.parts.people import Person
from tests.parts.rows import make_ae, make_association

pytestmark = pytest.mark.django_db


def page(person: Person, query: str = "", address: str = "/map/") -> str:
    answer = person.get(address + query)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def arrows(html: str) -> list[tuple[str, str]]:
    """The (address, title) of each arrow."""
    return re.findall(
        r'class="map-arrow \w+" href="([^"]+)" tabindex="-1" aria-label="([^"]+)"', html
    )


def seed(aes: int, associations: int) -> None:
    call_command("seed_inventory", aes=aes, associations=associations, capabilities=0, verbosity=0)


def test_few_aes_are_each_drawn_and_lead_to_their_pages(viewer: Person) -> None:
    association = make_association("CT1", "PACS")
    html = page(viewer)
    assert arrows(html) == [
        (association.get_absolute_url(), "CT1 → PACS: never negotiated"),
    ]
    for ae in (association.calling, association.called):
        assert f'href="{ae.get_absolute_url()}"' in html
        assert f'href="/map/?ae={ae.pk}"' in html
    assert 'class="map-arrow idle"' in html


def test_the_last_outcome_is_a_class_and_words(viewer: Person) -> None:
    association = make_association("CT1", "PACS")
    Association.objects.update(latest_tone="bad", latest_headline="Nobody <there>")
    answer = viewer.get("/map/").content.decode()
    assert 'class="map-arrow bad"' in answer
    assert "Nobody &lt;there&gt;" in answer
    assert "<there>" not in answer
    assert association.get_absolute_url() in answer


def test_aes_of_a_device_stand_in_its_box(viewer: Person) -> None:
    device = Device.objects.create(name="Scanner <1>")
    make_association(make_ae("CT1", device=device), make_ae("CT2", device=device))
    html = viewer.get("/map/").content.decode()
    assert "Scanner &lt;1&gt;" in html
    assert f'href="{device.get_absolute_url()}"' in html
    assert html.count("map-row") == 2


def test_an_empty_inventory_says_what_comes_first(editor: Person, viewer: Person) -> None:
    assert "/aes/add/" in page(editor)
    assert "No AE yet" in page(viewer)
    assert "No associations yet" in page(viewer, "", "/map/matrix/")


def test_many_aes_are_departments_around_their_hubs(viewer: Person) -> None:
    seed(300, 260)
    html = page(viewer)
    assert "Ultrasound" in html
    assert 'aria-label="Map around PACS_1"' in html
    assert len(arrows(html)) < 80
    assert sum(int(n.replace(",", "")) for n in _weights(html)) + _inside(html) == 260
    opened = re.findall(r'href="(/map/[^"]+)" class="map-tool" aria-label="Open ([^"]+)"', html)
    address, name = next(each for each in opened if each[1] == "Ultrasound")
    inside = page(viewer, "", address)
    assert f'aria-label="Close {name}"' in inside
    assert inside.count('class="map-row"') > 20


def _weights(html: str) -> list[str]:
    return re.findall(r'data-label="Associations">([\d,]+)<', html)


def _inside(html: str) -> int:
    return sum(int(n) for n in re.findall(r">(\d+) inside", html))


def test_a_bundle_leads_to_the_matrix_of_just_these(viewer: Person) -> None:
    seed(300, 260)
    found = [(a, t) for a, t in arrows(page(viewer)) if a.startswith("/map/matrix/")]
    assert found
    for address, title in found[:6]:
        count = int(re.search(r": (\d+) associations", title)[1])  # type: ignore[index]
        assert page(viewer, "", address).count("/associations/") - 1 == count


def test_several_sites_are_drawn_as_sites_and_each_by_itself(viewer: Person) -> None:
    seed(1200, 700)
    html = page(viewer)
    site = Site.objects.earliest("pk")
    assert f'href="/map/?in=s{site.pk}"' in html
    inside = page(viewer, f"?in=s{site.pk}")
    assert "Ultrasound" in inside
    assert "All AEs" in inside
    deeper = page(viewer, f"?in=p{site.pk}.Ultrasound")
    assert "Sonar" in deeper


def test_however_many_groups_there_are_so_many_are_drawn(viewer: Person) -> None:
    seed(400, 300)
    html = page(viewer, "?by=device")
    assert html.count('class="map-box"') + html.count('class="map-box open"') == GROUPS
    more = Device.objects.count() - GROUPS
    assert f"{more} more devices" in html
    assert "with an end that is not drawn" in html


def test_an_opened_group_has_a_bound_too(viewer: Person) -> None:
    seed(300, 260)
    site = Site.objects.earliest("pk")
    html = page(viewer, f"?by=department&open=p{site.pk}.Radiology")
    assert html.count('class="map-row"') == ROWS + 1
    assert re.search(r"\d+ more AEs", html)


def test_around_an_ae_callers_stand_left_and_called_ones_right(viewer: Person) -> None:
    inward = make_association("CT1", "PACS", ("1.2.840.10008.1.1", "1.2.840.10008.1.2"))
    outward = make_association(inward.called, make_ae("VIEWER"))
    make_association(make_ae("ELSE"), make_ae("WHERE"))
    html = page(viewer, f"?ae={inward.called_id}")
    assert {a for a, _ in arrows(html)} == {i.get_absolute_url() for i in (inward, outward)}
    assert "1 calling it" in html
    assert "1 called by it" in html
    assert "1 ctx" in html
    assert "ELSE" not in html


def test_the_neighbours_of_a_hub_are_paged_worst_first(viewer: Person) -> None:
    pacs = make_ae("PACS")
    callers = [make_association(f"CT{n:02}", pacs) for n in range(45)]
    Association.objects.filter(pk=callers[-1].pk).update(latest_tone="bad")
    first, second = (page(viewer, f"?ae={pacs.pk}&page={n}") for n in (1, 2))
    assert len(arrows(first)) == 40
    assert len(arrows(second)) == 5
    assert callers[-1].get_absolute_url() in first


def test_an_ae_is_found_by_its_title(viewer: Person) -> None:
    ae = make_ae("CT1")
    assert viewer.get("/map/?find=ct1")["Location"] == f"/map/?ae={ae.pk}"
    answer = viewer.get("/map/?find=<b>nobody", follow=True)
    assert "No AE has the title &lt;b&gt;nobody" in answer.content.decode()
    assert viewer.get("/map/?ae=999999").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        *("in=s999999", "in=p1.Nowhere", "in=d0", "in=x1", "in=s" + "9" * 40, "in=s1.x"),
        *("by=nothing", "open=s1&open=d1&open=p1.&open=", "size=huge", "page=x", "ae=x"),
        *("by=device&in=p1.", "by=site&in=d1", "ae=" + "9" * 40, "in=p1.%F0%9F%98%80"),
    ],
)
def test_what_cannot_be_read_asks_for_nothing(viewer: Person, query: str) -> None:
    make_association("CT1", "PACS")
    assert viewer.get(f"/map/?{query}").status_code == 200


def test_the_number_of_queries_never_grows(viewer: Person) -> None:
    queries = ("", "?by=site", "?by=department", "?by=device", "?in=SITE", "?ae=PACS")
    seed(120, 60)
    small = [_queries(viewer, query) for query in queries]
    for model in (Association, AE, Device):
        model.objects.all().delete()
    seed(900, 700)
    for query, few in zip(queries, small, strict=True):
        assert _queries(viewer, query) <= few + 2, query


def _queries(person: Person, query: str) -> int:
    pacs = AE.objects.get(ae_title="PACS_1")
    query = query.replace("SITE", f"s{pacs.site_id}").replace("PACS", str(pacs.pk))
    page(person, query)
    with CaptureQueriesContext(connection) as queries:
        page(person, query)
    return len(queries)


def test_the_matrix_has_a_cell_for_each_pair(viewer: Person) -> None:
    first = make_association("CT1", "PACS")
    second = make_association(make_ae("MR1"), first.called)
    Association.objects.filter(pk=second.pk).update(
        latest_tone="warn", latest_headline="1 context refused"
    )
    html = page(viewer, "", "/map/matrix/")
    assert "CT1 → PACS: never negotiated" in html
    assert "MR1 → PACS: 1 context refused" in html
    assert f'class="warn" href="{second.get_absolute_url()}"' in html
    only = page(viewer, "?status=trouble", "/map/matrix/")
    assert "MR1 →" in only
    assert "CT1 →" not in only
    assert "Nothing fits" in page(viewer, "?status=ok", "/map/matrix/")


def test_the_matrix_is_paged_both_ways(viewer: Person) -> None:
    caller = make_ae("CT1")
    for number in range(30):
        make_association(caller, f"PACS{number:02}")
    first = page(viewer, "", "/map/matrix/")
    assert "called AEs 1 to 24 of 30" in first
    second = page(viewer, "?cols=2", "/map/matrix/")
    assert "PACS29" in second
    assert "PACS00" not in second


def test_the_matrix_asks_as_much_of_many_as_of_few(viewer: Person) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(viewer, "", "/map/matrix/")
        return len(queries)

    make_association("CT1", "PACS")
    asked()
    few = asked()
    for number in range(60):
        make_association(f"X{number}", f"Y{number}")
    assert asked() == few


@pytest.mark.parametrize("key", ["a1", "a999999", "s1", "d7", "p1.", "zz", "a" + "9" * 40, "s"])
def test_any_end_of_the_matrix_is_answered(viewer: Person, key: str) -> None:
    make_association("CT1", "PACS")
    page(viewer, f"?calling={key}&called={key}&cols=x&page=-1", "/map/matrix/")


def test_pages_of_aes_and_devices_lead_to_the_map(viewer: Person) -> None:
    device = Device.objects.create(name="Scanner")
    ae = make_ae("CT1", device=device)
    assert f'href="/map/?ae={ae.pk}"' in viewer.page("ae-detail", ae.pk)
    address = f"/map/?in=d{device.pk}"
    assert f'href="{address}"' in viewer.page("device-detail", device.pk)
    assert "CT1" in page(viewer, "", address)


def test_each_arrow_names_the_boxes_it_joins(viewer: Person) -> None:
    device = Device.objects.create(name="Archive")
    pacs = make_ae("PACS", device=device)
    make_ae("PACS2", device=device)
    make_association("CT1", pacs)
    html = page(viewer)
    assert "js/map." in html
    nodes = set(re.findall(r'data-node="([^"]+)"', html))
    [ends] = {tuple(ends.split()) for ends in re.findall(r'data-ends="([^"]+)"', html)}
    assert set(ends) <= nodes
