"""The list of Orthanc servers: how each stands to the inventory, and what is kept of answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.core.records import Connection
from dicomcfg.exchange.orthanc import calls
from dicomcfg.exchange.orthanc.models import CallKind, OrthancCall
from dicomcfg.inventory.models import OrthancServer
from dicomcfg.inventory.services.sites import SiteData, create_site
from tests.parts.orthanc import answered, held, marked, named
from tests.parts.people import Person
from tests.parts.rows import SHELL, edit_ae, make_ae

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def server() -> OrthancServer:
    return named("Radiology")


def test_the_list_leads_to_a_server(viewer: Person, server: OrthancServer) -> None:
    found = viewer.get("/orthanc/").content.decode()
    assert server.get_absolute_url() in found
    assert "never asked" in found
    assert "/orthanc/add/" not in found
    answered(server, problem="It takes no connection.")
    assert "Failed" in viewer.get("/orthanc/").content.decode()


def test_the_list_says_how_each_server_stands_to_the_inventory_of_now(
    viewer: Person, server: OrthancServer
) -> None:
    def listed() -> str:
        return viewer.get("/orthanc/").content.decode().split("<tbody>")[1]

    assert "Not compared" in listed()
    answered(server, modalities={})
    assert "Nothing managed" in listed()
    assert "no modality; as of <time" in listed()
    ae = make_ae("CT1", "10.0.0.5:104")
    make_ae("MR1")
    marked(server, ct=ae)
    answered(server, modalities={"ct": held(), "mr": held("MR1"), HOSTILE: held(HOSTILE)})
    answered(server, "echo", echoes={})
    assert "In step</span>" in listed()
    assert "1 in step, 2 not managed, 1 of them only there; as of <time" in listed()
    assert HOSTILE not in listed()
    assert "<th>Site</th>" not in viewer.get("/orthanc/").content.decode()
    # No compare in between: what it holds is held against the inventory as that is now.
    edit_ae(SHELL, ae, connections=(Connection("10.0.0.6", 104),))
    marked(server, new=make_ae("CT2"))
    assert "2 to push</span>" in listed()
    assert "1 differs, 1 missing there, 2 not managed, 1 of them only there" in listed()
    answered(server, problem="It takes no connection.")
    assert "2 to push</span>" in listed()
    assert "Failed</span>" in listed()
    marked(server, quiet=make_ae("CT3", None))
    answered(server, modalities={"ct": held(host="10.0.0.6"), "new": held("CT2", "10.0.0.5")})
    assert "1 without address</span>" in listed()


def test_an_ae_of_another_site_does_not_make_a_modality_known(
    viewer: Person, server: OrthancServer
) -> None:
    make_ae("CT1", site=create_site(SHELL, SiteData(name="Annex")))
    answered(server, modalities={"ct": held()})
    found = viewer.get("/orthanc/").content.decode()
    assert "1 not managed, only there" in found
    assert "<th>Site</th>" in found


def test_many_servers_come_in_pages_and_few_queries(viewer: Person) -> None:
    counts = []
    for number in (1, 30):
        while OrthancServer.objects.count() < number:
            named(f"S{OrthancServer.objects.count():02}")
        for each in OrthancServer.objects.all():
            marked(each, ct=make_ae(f"CT{number}-{each.pk}"))
            answered(each, modalities={"ct": held(), "other": held("X")})
        viewer.get("/orthanc/")
        with CaptureQueriesContext(connection) as queries:
            found = viewer.get("/orthanc/").content.decode()
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert found.count("to push") == 25
    assert viewer.get("/orthanc/?page=2").content.decode().count("to push") == 5
    for query in ("?page=-1", "?page=x", "?page=" + "9" * 3000):
        assert viewer.get(f"/orthanc/{query}").status_code == 200


def test_what_was_told_last_is_shown_and_every_answer_kept(
    viewer: Person, server: OrthancServer
) -> None:
    there: dict[str, Any] = {"ct": held(), "mr": held("MR1")}
    answers: list[dict[str, Any]] = [
        {"modalities": there, "held": 2, "system": {}},
        {},
        {"modalities": {"ct": held()}, "held": 1},
    ]
    for answer, is_shown in zip(answers, (True, True, False), strict=True):
        call = calls.ask(None, server, CallKind.FETCH)
        calls.finish(calls.take(call.pk), answer, "" if answer else "It takes no connection.")
        found = viewer.page("orthancserver-detail", server.pk)
        assert ("MR1" in found) is is_shown
    assert "Compare: 2 modalities there" in found
    kept = OrthancCall.objects.order_by("pk").values_list("result", flat=True)
    assert list(kept) == answers
