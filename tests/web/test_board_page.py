"""The board: what to do next on an empty one, then how the network stands."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dicomcfg.checks.services import start_echo
from dicomcfg.inventory.models import AE, ChangeSet, Device
from dicomcfg.network.demo import DEMO_AES
from tests.parts.people import Person
from tests.parts.rows import make_ae

pytestmark = pytest.mark.django_db


def test_an_empty_board_says_what_to_do_next(editor: Person, viewer: Person) -> None:
    page = editor.get("/").content.decode()
    for step in ("/demo/load/", "/aes/add/", "/import/"):
        assert step in page
    page = viewer.get("/").content.decode()
    assert "/demo/load/" not in page
    assert "an editor can add" in page


def _table(person: Person) -> str:
    return person.get("/aes/").content.decode()


def test_the_board_counts_by_layer_and_lists_what_fails(viewer: Person) -> None:
    for number, (outcome, tone) in enumerate(
        [("success", "ok"), ("success", "ok"), ("association-rejected", "warn"), ("", "")]
    ):
        ae = make_ae(f"AE{number}")
        AE.objects.filter(pk=ae.pk).update(
            latest_outcome=outcome,
            latest_tone=tone,
            latest_headline="Busy" if tone == "warn" else "",
            latest_at=timezone.now() if outcome else None,
        )
    page = viewer.get("/").content.decode()
    counts = dict(re.findall(r'\?layer=([a-z-]+)"><b>(\d+)</b>', page))
    assert counts == {
        "accepted": "2",
        "refused": "1",
        "not-dicom": "0",
        "unreachable": "0",
        "untested": "1",
    }
    assert "Busy" in page
    tones = dict(re.findall(r'class="tile ([a-z]+)" href="/aes/\?layer=([a-z-]+)"', page))
    chips = dict(re.findall(r'class="chip ([a-z]+)" href="\?layer=([a-z-]+)"', _table(viewer)))
    assert tones == chips == {"ok": "accepted", "bad": "unreachable", "idle": "untested"}
    assert "Added AE AE3" in page


def test_the_board_warns_of_a_site_without_worker(viewer: Person) -> None:
    assert "No worker serves Main site" in viewer.get("/").content.decode()


def test_the_boards_queries_do_not_grow(viewer: Person) -> None:
    counts = []
    for _ in range(2):
        for number in range(15):
            ae = make_ae(f"AE{number}")
            AE.objects.filter(pk=ae.pk).update(
                latest_tone="bad", latest_outcome="not-dicom", latest_at=timezone.now()
            )
            start_echo(None, [ae])
        with CaptureQueriesContext(connection) as queries:
            viewer.get("/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_demo_network_is_loaded_once_as_one_change(editor: Person, settings: object) -> None:
    settings.DICOMCFG_DEMO_PORT = 12_000  # type: ignore[attr-defined]
    assert editor.post("/demo/load/")["Location"] == "/aes/"
    assert AE.objects.count() == len(DEMO_AES)
    assert Device.objects.count() == len({demo.device for demo in DEMO_AES})
    ports = AE.objects.values_list("connections__port", flat=True)
    assert set(ports) == {12_000 + demo.port_offset for demo in DEMO_AES}
    assert ChangeSet.objects.count() == 1
    editor.post("/demo/load/")
    assert (AE.objects.count(), ChangeSet.objects.count()) == (len(DEMO_AES), 1)


def test_only_editors_load_the_demo_and_only_by_post(operator: Person, editor: Person) -> None:
    assert operator.post("/demo/load/").status_code == 403
    assert editor.get("/demo/load/").status_code == 405
    assert not AE.objects.exists()
