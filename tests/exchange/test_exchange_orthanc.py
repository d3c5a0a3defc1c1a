"""A real Orthanc kept in step: compared, written to, asked to echo; only what is managed."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from dicomcfg.core.records import Connection
from dicomcfg.exchange.orthanc import asking, calls
from dicomcfg.exchange.orthanc.asking import ask_next
from dicomcfg.exchange.orthanc.models import CallKind, CallState, OrthancCall
from dicomcfg.exchange.orthanc.plan import Standing
from dicomcfg.inventory.models import OrthancServer, Site
from dicomcfg.inventory.services.aes import delete_aes
from dicomcfg.inventory.services.errors import ServiceError
from dicomcfg.inventory.services.orthanc_servers import (
    OrthancServerData,
    create_orthancserver,
    manage,
)
from tests.interop.conftest import orthanc_with, storescp
from tests.parts.rows import SHELL, edit_ae, make_ae
from tests.parts.waiting import free_port

__all__ = ["storescp"]

pytestmark = pytest.mark.django_db

USER, SECRET = "alice", "hunter2-hunter2"
FOREIGN = {"AET": "FOREIGN", "Host": "10.9.9.9", "Port": 104}


class RealOrthanc:
    """Its REST interface, asked without our own client."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, method: str, path: str, body: object = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        token = base64.b64encode(f"{USER}:{SECRET}".encode()).decode()
        request.add_header("Authorization", f"Basic {token}")
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text.strip() else None

    @property
    def names(self) -> list[str]:
        return sorted(self.ask("GET", "/modalities"))

    def put(self, name: str, **fields: object) -> None:
        self.ask("PUT", f"/modalities/{name}", FOREIGN | fields)


@pytest.fixture(scope="module")
def running_orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealOrthanc]:
    port = free_port()
    with orthanc_with(
        tmp_path_factory.mktemp("orthanc"),
        HttpServerEnabled=True,
        HttpPort=port,
        AuthenticationEnabled=True,
        RegisteredUsers={USER: SECRET},
    ):
        yield RealOrthanc(port)


@pytest.fixture
def orthanc(running_orthanc: RealOrthanc, settings, monkeypatch) -> RealOrthanc:
    settings.DICOMCFG_ALLOW_LOOPBACK = True
    monkeypatch.setenv("DICOMCFG_ORTHANC_USER", USER)
    monkeypatch.setenv("DICOMCFG_ORTHANC_PASSWORD", SECRET)
    for name in running_orthanc.names:
        running_orthanc.ask("DELETE", f"/modalities/{name}")
    running_orthanc.put("foreign")
    return running_orthanc


@pytest.fixture
def server(orthanc: RealOrthanc) -> OrthancServer:
    return create_orthancserver(SHELL, data(url=orthanc.url))


def data(**fields):
    usual = {
        "site": Site.objects.order_by("pk")[0],
        "name": "Radiology",
        "url": "http://127.0.0.1:1",
        "username_variable": "DICOMCFG_ORTHANC_USER",
        "password_variable": "DICOMCFG_ORTHANC_PASSWORD",
    }
    return OrthancServerData(**usual | fields)


def worked(call: OrthancCall) -> OrthancCall:
    """A worker of the site takes what waits."""
    assert ask_next([call.server.site.slug])
    call.refresh_from_db()
    assert call.state == CallState.FINISHED
    # Nobody finds credentials in what is kept.
    assert SECRET not in json.dumps([call.request, call.result, call.problem])
    return call


def fetched(server: OrthancServer) -> OrthancCall:
    return worked(calls.ask(None, server, CallKind.FETCH))


def pushed(server: OrthancServer) -> OrthancCall:
    return worked(calls.push(None, server, shown(server)))


def shown(server: OrthancServer) -> str:
    return calls.digest_of(calls.planned(server))


def standings(server: OrthancServer) -> dict[str, Standing]:
    held = calls.latest_fetch(server).result["modalities"]
    return {each.name: each.standing for each in calls.compared(server, held)}


def test_a_server_is_compared(server, orthanc):
    call = fetched(server)
    assert call.problem == ""
    assert call.result["system"]["ae_title"] == "ORTHANC"
    assert standings(server) == {"foreign": Standing.FOREIGN}


def test_what_is_managed_is_written_and_reached(server, orthanc, storescp):
    manage(SHELL, server, {"archive": make_ae("ARCHIVE", f"127.0.0.1:{storescp}")}, 1)
    fetched(server)
    assert standings(server)["archive"] is Standing.MISSING
    call = pushed(server)
    assert [(s["name"], s["outcome"]) for s in call.result["steps"]] == [("archive", "written")]
    assert call.result["echoes"] == {"archive": {"ok": True, "message": ""}}
    assert call.result["failed"] is False
    assert orthanc.names == ["archive", "foreign"]
    assert standings(server)["archive"] is Standing.IN_STEP


def test_a_push_that_a_lost_worker_made_already_is_done(server, orthanc):
    gone = make_ae("GONE")
    orthanc.put("gone")
    manage(SHELL, server, {"ct": make_ae("CT1", "10.0.0.7:104"), "gone": gone}, 1)
    delete_aes(SHELL, [gone])
    fetched(server)
    call = calls.push(None, server, shown(server))
    orthanc.put("ct", AET="CT1", Host="10.0.0.7", UseDicomTls=False)
    orthanc.ask("DELETE", "/modalities/gone")
    worked(call)
    assert {step["outcome"] for step in call.result["steps"]} == {"so already"}
    assert (call.result["done"], call.result["tried"]) == (2, 2)


def test_what_no_database_keeps_is_kept_otherwise(server, orthanc):
    orthanc.put("foreign", AET="A\0B", Host="h" * 5000)
    held = fetched(server).result["modalities"]["foreign"]
    assert (held["AET"], held["Host"]) == ("A\ufffdB", "h" * 300)


def test_echoes_that_take_too_long_do_not_fail_a_push(server, orthanc, storescp, monkeypatch):
    monkeypatch.setattr(asking, "ECHOES_S", 0.0)
    manage(SHELL, server, {"archive": make_ae("ARCHIVE", f"127.0.0.1:{storescp}")}, 1)
    fetched(server)
    call = pushed(server)
    assert (call.problem, call.result["done"]) == ("", 1)
    assert (call.result["echoes"], call.result["late"], call.result["failed"]) == ({}, 1, True)


def test_a_server_that_was_deleted_is_not_asked(server):
    OrthancServer.objects.all().delete()
    with pytest.raises(ServiceError):
        calls.ask(None, server, CallKind.FETCH)


def test_a_peer_that_orthanc_does_not_reach(server, orthanc):
    manage(SHELL, server, {"gone": make_ae("GONE", f"127.0.0.1:{free_port()}")}, 1)
    fetched(server)
    call = pushed(server)
    echo = call.result["echoes"]["gone"]
    assert echo["ok"] is False
    assert echo["message"]
    assert call.result["failed"] is True
    again = worked(calls.echo(None, server, ["gone", "nowhere"]))
    assert {name: echo["ok"] for name, echo in again.result["echoes"].items()} == {
        "gone": False,
        "nowhere": False,
    }
    assert set(calls.latest_echoes(server)) == {"gone", "nowhere"}


def test_options_of_the_server_survive_a_push(server, orthanc):
    orthanc.put("ct", AET="CT1", AllowMove=False)
    manage(SHELL, server, {"ct": make_ae("CT1", "10.0.0.7:11112")}, 1)
    fetched(server)
    pushed(server)
    held = orthanc.ask("GET", "/modalities/ct/configuration")
    assert (held["Host"], held["Port"], held["AllowMove"]) == ("10.0.0.7", 11112, False)


def test_a_modality_whose_ae_is_gone_is_deleted_and_no_other(server, orthanc):
    ae = make_ae("CT1")
    orthanc.put("ct", AET="CT1")
    manage(SHELL, server, {"ct": ae}, 1)
    delete_aes(SHELL, [ae])
    fetched(server)
    assert standings(server) == {"ct": Standing.TO_DELETE, "foreign": Standing.FOREIGN}
    pushed(server)
    assert orthanc.names == ["foreign"]


def test_what_changed_there_meanwhile_is_left_alone(server, orthanc):
    manage(SHELL, server, {"ct": make_ae("CT1", "10.0.0.7:104")}, 1)
    fetched(server)
    orthanc.put("ct", AET="OTHER")
    call = pushed(server)
    assert call.result["steps"][0]["outcome"].startswith("changed there meanwhile")
    assert orthanc.ask("GET", "/modalities/ct/configuration")["AET"] == "OTHER"


def test_a_push_is_of_what_was_shown(server, orthanc):
    ae = make_ae("CT1")
    manage(SHELL, server, {"ct": ae}, 1)
    fetched(server)
    first = shown(server)
    edit_ae(SHELL, ae, connections=(Connection("10.0.0.9", 104),))
    with pytest.raises(ServiceError):
        calls.push(None, server, first)
    second = shown(server)
    orthanc.put("ct")
    fetched(server)
    with pytest.raises(ServiceError):
        calls.push(None, server, second)
    assert not OrthancCall.objects.filter(kind=CallKind.PUSH).exists()


def test_nothing_to_push(server, orthanc):
    fetched(server)
    with pytest.raises(ServiceError):
        calls.push(None, server, shown(server))
    with pytest.raises(ServiceError):
        calls.echo(None, server, [])


def test_wrong_credentials(server, orthanc, monkeypatch):
    monkeypatch.setenv("DICOMCFG_ORTHANC_PASSWORD", "wrong")
    assert "credentials" in fetched(server).problem


def test_a_variable_that_the_worker_does_not_have(server, orthanc, monkeypatch):
    monkeypatch.delenv("DICOMCFG_ORTHANC_PASSWORD")
    assert "DICOMCFG_ORTHANC_PASSWORD" in fetched(server).problem
    assert calls.latest_fetch(server) is None


def test_tls_settings_that_the_worker_does_not_have(orthanc):
    server = create_orthancserver(SHELL, data(url="https://127.0.0.1:1", tls="nowhere"))
    assert fetched(server).problem


def test_nothing_listens(orthanc):
    server = create_orthancserver(SHELL, data(url=f"http://127.0.0.1:{free_port()}"))
    assert "takes no connection" in fetched(server).problem


def test_the_address_policy_holds(server, settings):
    settings.DICOMCFG_ALLOW_LOOPBACK = False
    assert "address policy" in fetched(server).problem


def test_one_request_of_a_kind_waits_at_a_time(server):
    first = calls.ask(None, server, CallKind.FETCH)
    assert calls.ask(None, server, CallKind.FETCH) == first
    assert calls.ask(None, server, CallKind.ECHO, names=["x"]) != first
    with pytest.raises(ServiceError):
        calls.ask(None, server, CallKind.ECHO, names=["y"])


def test_a_worker_of_another_site_takes_nothing(server):
    calls.ask(None, server, CallKind.FETCH)
    assert not ask_next(["elsewhere"])


def test_a_request_whose_worker_is_gone_is_taken_over_and_the_first_writes_nothing(server):
    call = calls.ask(None, server, CallKind.FETCH)
    lost = calls.take(call.pk)
    assert calls.take(call.pk) is None
    OrthancCall.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert worked(call).problem == ""
    assert not calls.finish(lost, {}, "too late")
    call.refresh_from_db()
    assert call.problem == ""


def test_requests_outlive_their_server(server):
    call = fetched(server)
    server.delete()
    call.refresh_from_db()
    assert str(call) == "Compare of Radiology"
