"""Sites are for administrators: our AE title, queues, workers."""

from __future__ import annotations

import pytest
from django.utils import timezone

from dicomcfg.checks.models import WorkerHeartbeat
from dicomcfg.inventory.models import Site
from tests.parts.people import Person

pytestmark = pytest.mark.django_db


def _page(person: Person, address: str = "/sites/") -> str:
    answer = person.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("who", ["viewer", "operator", "editor"])
def test_others_do_not_see_sites(who: str, request: pytest.FixtureRequest) -> None:
    person: Person = request.getfixturevalue(who)
    for page in ("/sites/", "/sites/add/", f"/sites/{Site.objects.get().pk}/"):
        assert person.get(page).status_code == 403
        assert person.post(page, {"name": "x"}).status_code in {403, 405}
    assert Site.objects.get().name != "x"


def test_our_ae_title_is_set_for_a_site(admin: Person) -> None:
    site = Site.objects.get()
    address, form = f"/sites/{site.pk}/", {"name": site.name, "calling_ae_title": "HOSPITAL_CFG"}
    assert admin.post(address, form | {"revision": "1"})["Location"] == "/sites/"
    assert "HOSPITAL_CFG" in _page(admin)
    refused = admin.post(address, form | {"calling_ae_title": "A\\B", "revision": "2"})
    assert "errorlist" in refused.content.decode()
    stale = admin.post(address, form | {"calling_ae_title": "OTHER", "revision": "1"})
    assert "by admin" in stale.content.decode()
    site.refresh_from_db()
    assert site.calling_ae_title == "HOSPITAL_CFG"


def test_a_second_site_has_queues_that_nobody_serves_yet(admin: Person) -> None:
    form = {"name": "Annex <b>", "calling_ae_title": "ANNEX", "description": "", "slug": "annex"}
    admin.post("/sites/add/", form)
    page = _page(admin)
    assert "annex.interactive" in page
    assert "--sites annex" in page
    assert "Annex &lt;b&gt;" in page
    assert "errorlist" in admin.post("/sites/add/", form).content.decode()
    assert Site.objects.count() == 2


def _heartbeat(name: str, host: str, *queues: str) -> None:
    now = timezone.now()
    WorkerHeartbeat.objects.create(
        name=name, host=host, queues=list(queues), started_at=now, seen_at=now
    )


def test_each_lane_says_which_hosts_serve_it_and_since_when(admin: Person) -> None:
    site = Site.objects.get()
    assert "No worker is alive" in _page(admin)
    _heartbeat("w1@ward-pc", "ward-pc", site.queue("bulk"))
    page = _page(admin)
    assert f'by <span class="mono">ward-pc</span> <span class="dim">since {_today()}' in page
    assert page.count("No worker<") == 1
    assert "--sites main --lanes interactive" in page
    assert "No worker serves" not in page


def test_a_site_without_worker_says_how_to_start_one_there(admin: Person) -> None:
    admin.post("/sites/add/", {"name": "Annex", "calling_ae_title": "ANNEX", "slug": "annex"})
    site = Site.objects.get(slug="main")
    _heartbeat("w1@host", "host", site.queue("bulk"), site.queue("interactive"))
    page = _page(admin)
    assert page.count("No worker serves") == 1
    assert "No worker serves Annex now" in page
    assert "dicomcfg worker --sites annex</code>" in page


def _today() -> str:
    return f"{timezone.localtime():%Y-%m-%d}"
