"""TLS settings on pages: what workers have, what is offered for a connection, what is missing."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from dicomcfg.checks.models import WorkerHeartbeat
from dicomcfg.inventory.models import Site
from tests.parts.people import Person

pytestmark = pytest.mark.django_db

HOSPITAL: dict[str, Any] = {
    "name": "hospital",
    "problems": [],
    "authorities": ["CN=Hospital CA"],
    "certificate": "CN=worker.example",
    "days_left": 40,
}
BROKEN = {**HOSPITAL, "name": "vendor<b>", "problems": ["key.pem has a passphrase."]}


@pytest.fixture
def worker() -> WorkerHeartbeat:
    """A live worker of the first site with two settings, one of them broken."""
    now, site = timezone.now(), Site.objects.get()
    return WorkerHeartbeat.objects.create(
        name="w1",
        host="host1",
        queues=[site.queue("interactive"), site.queue("bulk")],
        tls=[HOSPITAL, BROKEN],
        started_at=now,
        seen_at=now,
    )


def form(tls: str) -> dict[str, str]:
    """An AE's form with one connection over these settings."""
    site = Site.objects.get()
    return {
        "ae_title": "ARCHIVE",
        "site": str(site.pk),
        "state": "live",
        "connections-TOTAL_FORMS": "1",
        "connections-INITIAL_FORMS": "0",
        "connections-0-hostname": "archive.example",
        "connections-0-port": "2762",
        "connections-0-tls": tls,
        "connections-0-ORDER": "1",
    }


def test_the_sites_page_lists_the_settings(admin: Person, worker: WorkerHeartbeat) -> None:
    page = admin.get("/sites/").content.decode()
    assert "CN=worker.example" in page
    assert "CN=Hospital CA" in page
    assert "key.pem has a passphrase." in page
    assert "vendor&lt;b&gt;" in page
    WorkerHeartbeat.objects.all().delete()
    assert "No worker has TLS settings" in admin.get("/sites/").content.decode()


def test_names_are_offered(viewer: Person, editor: Person, worker: WorkerHeartbeat) -> None:
    assert 'list="tls-names"' in editor.get("/aes/add/").content.decode()
    offered = viewer.get("/suggest/tls/").content.decode()
    assert [offered.index(name) for name in ("default", "hospital", "vendor")] == sorted(
        offered.index(name) for name in ("default", "hospital", "vendor")
    )
    assert "hospital" not in viewer.get("/suggest/tls/?q=vend").content.decode()


@pytest.mark.parametrize(
    ("tls", "warned"), [("", False), ("default", False), ("hospital", False), ("hospitl", True)]
)
def test_settings_that_no_worker_has_are_warned_of(
    editor: Person, worker: WorkerHeartbeat, tls: str, warned: bool
) -> None:
    words = "No worker of"
    assert (words in editor.post("/aes/findings/", form(tls)).content.decode()) is warned
    # Without a live worker nothing is known, and that is told elsewhere.
    WorkerHeartbeat.objects.all().delete()
    assert words not in editor.post("/aes/findings/", form(tls)).content.decode()
