"""Orthanc servers on their pages: naming, comparing, marking, pushing, importing, and waiting."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dicomcfg.checks.models import WorkerHeartbeat
from dicomcfg.exchange.models import Import
from dicomcfg.exchange.orthanc import calls
from dicomcfg.exchange.orthanc.models import CallKind, OrthancCall
from dicomcfg.inventory.models import ChangeSet, OrthancServer, Site
from dicomcfg.inventory.services.aes import delete_aes
from tests.parts.orthanc import URL, answered, held, marked, named
from tests.parts.people import Person
from tests.parts.rows import SHELL, make_ae

pytestmark = pytest.mark.django_db

FORM = {"name": "Radiology", "url": URL, "username_variable": "", "password_variable": ""}
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def server() -> OrthancServer:
    return named("Radiology")


def form(**fields: object) -> dict[str, object]:
    return {**FORM, "site": Site.objects.order_by("pk")[0].pk, "tls": "", **fields}


def page(person: Person, server: OrthancServer, query: str = "") -> str:
    return person.page("orthancserver-detail", server.pk, query)


def said(person: Person, server: OrthancServer, act: str, **fields: object) -> str:
    """What is told after an act whose answer leads back to a page."""
    answer = person.post(f"{server.get_absolute_url()}{act}/", fields, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_naming_changing_and_deleting_a_server(admin: Person) -> None:
    assert "No Orthanc server is named" in admin.get("/orthanc/").content.decode()
    answer = admin.post("/orthanc/add/", form(name=" Radiology ", url=f"{URL}/"))
    server = OrthancServer.objects.get()
    assert answer["Location"] == server.get_absolute_url()
    assert (server.name, server.url) == ("Radiology", URL)
    edit = f"{server.get_absolute_url()}edit/"
    assert 'value="Radiology"' in admin.get(edit).content.decode()
    assert admin.post(edit, form(name="North", revision=1)).status_code == 302
    stale = admin.post(edit, form(name="South", revision=1))
    assert stale.status_code == 422
    assert OrthancServer.objects.get().name == "North"
    delete = f"{server.get_absolute_url()}delete/"
    assert "Delete North?" in admin.get(delete).content.decode()
    assert OrthancServer.objects.exists()
    gone = admin.post(delete, follow=True).content.decode()
    assert f'action="/history/{ChangeSet.objects.latest("pk").pk}/undo/"' in gone
    assert not OrthancServer.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "a\0b"}, "Null characters are not allowed"),
        ({"url": "orthanc.example"}, "Give an address such as"),
        ({"url": "http://alice:secret@orthanc.example"}, "Keep credentials out"),
        ({"url": "http://orthanc.example:" + "9" * 100}, "address"),
        ({"username_variable": "SECRET_KEY"}, "begins with DICOMCFG_ORTHANC_"),
        ({"username_variable": "DICOMCFG_ORTHANC_USER"}, "Give both variables"),
        ({"revision": "9" * 5000}, "whole number"),
        ({"site": "9" * 5000}, "valid choice"),
        ({"tls": "x" * 65}, "at most 64"),
    ],
)
def test_a_form_that_is_refused(admin: Person, fields: dict[str, object], words: str) -> None:
    create = admin.post("/orthanc/add/", form(**fields))
    assert create.status_code == 422
    assert words in create.content.decode()
    assert not OrthancServer.objects.exists()


def test_a_server_that_was_never_asked(viewer: Person, editor: Person, server: Any) -> None:
    assert "Not compared yet" in page(viewer, server)
    assert "Compare</button>" not in page(viewer, server)
    found = page(editor, server)
    assert "Compare</button>" in found
    push = f"{server.get_absolute_url()}push/"
    assert "Compare the server with the inventory first" in editor.get(push).content.decode()
    assert "Compare it with the inventory first" in said(editor, server, "import")
    assert "No AE bears the title" in said(editor, server, "manage", name="ct")
    assert "in step already" in said(editor, server, "push", shown="x")
    assert not OrthancCall.objects.exists()


def test_every_standing_is_shown_and_can_be_chosen(viewer: Person, server: OrthancServer) -> None:
    gone, gone_there = make_ae("GONE"), make_ae("GONE_TOO", "10.0.0.9:104")
    marked(
        server,
        same=make_ae("CT1"),
        moved=make_ae("CT2", "10.0.0.6:104"),
        new=make_ae("CT3", "10.0.0.7:104"),
        quiet=make_ae("CT4", None),
        gone=gone,
        gone_there=gone_there,
    )
    delete_aes(SHELL, [gone, gone_there])
    there = {"same": held(), "moved": held("CT2", port=105), "gone": held("GONE")}
    answered(server, modalities={**there, "other": held("X")})
    found = page(viewer, server)
    for words in (
        "In step",
        "Differs",
        "Missing there",
        "To be deleted",
        "Gone already",
        "Not managed",
        "No address",
        "Host, Port",
    ):
        assert words in found
    assert 'type="checkbox"' not in found
    only = page(viewer, server, "?standing=differs&page=99")
    assert "10.0.0.5:105" in only
    assert "10.0.0.7:104" not in only
    for query in ("?standing=nonsense", "?page=-1", "?page=" + "9" * 3000):
        assert "10.0.0.7:104" in page(viewer, server, query)


def test_what_a_server_holds_is_escaped(editor: Person, server: OrthancServer) -> None:
    there = {
        "a": held(HOSTILE, HOSTILE, -65_535, Manufacturer=HOSTILE),
        "b": {"AET": "B" * 300, "Host": "", "Port": 0, "More": [[HOSTILE]]},
        "c": {},
    }
    system = {"version": HOSTILE, "ae_title": HOSTILE, "dicom_port": 10**50, "name": HOSTILE}
    answered(server, modalities=there, system=system)
    echoes = {"a": {"ok": False, "message": HOSTILE}}
    answered(server, "echo", problem=HOSTILE, echoes=echoes)
    marked(server, a=make_ae("CT1"))
    push = editor.get(f"{server.get_absolute_url()}push/")
    for found in (page(editor, server), push.content.decode()):
        assert HOSTILE not in found
        assert "&lt;script&gt;" in found


@pytest.mark.parametrize("kind", ["fetch", "echo"])
def test_asking_waits_for_a_worker(operator: Person, server: OrthancServer, kind: str) -> None:
    answered(server, modalities={"ct": held()})
    found = said(operator, server, kind, name="ct")
    call = OrthancCall.objects.get(kind=kind, state="queued")
    assert call.created_by == operator.user
    assert f'data-poll="orthanc:{call.pk}"' in found
    assert "No worker serves" in found
    queue = server.site.queue("interactive")
    WorkerHeartbeat.objects.create(
        name="w", host="h", queues=[queue], started_at=timezone.now(), seen_at=timezone.now()
    )
    polled = operator.get(f"/poll/?orthanc={call.pk}").content.decode()
    assert f'data-poll="orthanc:{call.pk}"' in polled
    assert "asks the server" in polled
    # What was chosen on the page stays while it waits.
    assert 'id="orthanc-server"' not in polled
    calls.finish(calls.take(call.pk), {"modalities": {}}, "")
    ended = operator.get(f"/poll/?orthanc={call.pk}").content.decode()
    assert 'id="orthanc-server" hx-swap-oob="true"' in ended
    assert 'id="orthanc-actions" hx-swap-oob="true"' in ended
    assert "data-poll" not in ended
    assert "of Radiology: finished" in ended


def test_polling_for_nothing(viewer: Person, server: OrthancServer) -> None:
    answered(server, modalities={})
    call = OrthancCall.objects.get()
    server.delete()
    for ids in ("999", "x", f"{call.pk}", "9" * 5000, "1,2,"):
        assert viewer.get(f"/poll/?orthanc={ids}").content == b""


def test_echo_of_nothing_and_of_another_while_one_waits(
    operator: Person, server: OrthancServer
) -> None:
    assert "Choose the modalities" in said(operator, server, "echo")
    assert "Choose the modalities" in said(operator, server, "echo", name=["a\0", "<b>", ""])
    said(operator, server, "echo", name="a")
    assert "Another echo is under way" in said(operator, server, "echo", name="b")
    assert OrthancCall.objects.get().request == {"names": ["a"]}


def test_what_is_there_is_managed_where_one_ae_bears_its_title(
    editor: Person, server: OrthancServer
) -> None:
    ae = make_ae("CT1")
    there = {"ct": held(), "ct-2": held(), "other": held("X"), "x" * 65: held()}
    answered(server, modalities=there)
    assert "Marked modality ct as managed" in said(
        editor, server, "manage", name=["ct", "other", "nonsense\0"]
    )
    assert [(m.name, m.ae) for m in server.managed.all()] == [("ct", ae)]
    assert "It was so already" in said(editor, server, "manage", name="ct")
    # One AE has one modality of a server.
    said(editor, server, "manage", name=["ct", "ct-2"])
    assert [m.name for m in server.managed.all()] == ["ct-2"]
    assert "does not take" in said(editor, server, "manage", name="x" * 65)
    assert "It was so already" in said(editor, server, "unmanage", name=["\0", "nonsense"])
    assert "Stopped managing modality ct-2" in said(
        editor, server, "unmanage", name=["ct-2", "nonsense"]
    )
    assert not server.managed.exists()


def test_an_ae_is_added_under_a_name_that_is_free(editor: Person, server: OrthancServer) -> None:
    answered(server, modalities={"CT_1": held("X")})
    ae = make_ae("CT 1")
    assert "Marked modality CT_1_2" in said(editor, server, "add-ae", ae_title="CT 1")
    assert "missing there" in page(editor, server).lower()
    again = editor.post(f"{server.get_absolute_url()}add-ae/", {"ae_title": "CT 1"})
    assert again.status_code == 422
    assert "is managed there already" in again.content.decode()
    for nonsense in ("", "0", "x", "9" * 5000, "\0"):
        refused = editor.post(
            f"{server.get_absolute_url()}add-ae/", {"ae_title": nonsense, "ae_pk": nonsense}
        )
        assert refused.status_code == 422
    assert server.get_absolute_url() in editor.page("ae-detail", ae.pk)


def test_what_differs_comes_first_and_a_push_counts_it(
    editor: Person, server: OrthancServer
) -> None:
    aes = {name: make_ae(name.upper(), "10.0.0.5:104") for name in ("a", "b", "c", "d")}
    marked(server, **aes)
    delete_aes(SHELL, [aes["d"]])
    answered(server, modalities={"a": held("A"), "b": held("B", port=1), "d": held("D")})
    names = re.findall(r'aria-label="Choose (\w+)"', page(editor, server))
    assert names == ["b", "c", "d", "a"]
    shown = editor.get(f"{server.get_absolute_url()}push/").content.decode()
    assert "1 new, 1 changed, 1 deleted." in shown


def test_a_compare_is_offered_again_once_the_last_one_ended(
    operator: Person, server: OrthancServer
) -> None:
    button = re.compile(r"<button[^>]*>Compare")
    assert "disabled" not in button.findall(page(operator, server))[0]
    said(operator, server, "fetch")
    assert "disabled" in button.findall(page(operator, server))[0]
    assert "stands here once it has answered" in page(operator, server)
    OrthancCall.objects.update(state="finished", problem="It takes no connection.")
    assert "disabled" not in button.findall(page(operator, server))[0]
    assert "has not told yet what it holds" in page(operator, server)


def test_a_push_is_shown_confirmed_and_waits(editor: Person, server: OrthancServer) -> None:
    marked(server, ct=make_ae("CT1", "10.0.0.6:11112"), new=make_ae("CT2"))
    answered(server, modalities={"ct": held(Timeout=30), "other": held("X")})
    assert "Push 2 changes" in page(editor, server)
    push = f"{server.get_absolute_url()}push/"
    shown = editor.get(push).content.decode()
    for words in ("<del>104</del> <ins>11112</ins>", "<del>10.0.0.5</del>", "PUT, new"):
        assert words in shown
    assert "Timeout" not in shown
    assert "other" not in shown
    digest = re.search(r'name="shown" value="([0-9a-f]{64})"', shown)
    assert digest
    for wrong in ("", "x", "\0", "9" * 5000):
        assert "Nothing was pushed" in said(editor, server, "push", shown=wrong)
    assert not OrthancCall.objects.filter(kind=CallKind.PUSH).exists()
    assert "Push is under way" in said(editor, server, "push", shown=digest[1])
    call = OrthancCall.objects.get(kind=CallKind.PUSH)
    assert [step["name"] for step in call.request["steps"]] == ["ct", "new"]
    assert call.request["steps"][0]["body"]["Timeout"] == 30


def test_what_a_push_did_not_write_is_said(viewer: Person, server: OrthancServer) -> None:
    steps = [
        {"name": "ct", "outcome": "written"},
        {"name": "mr", "outcome": "changed there meanwhile, left alone"},
    ]
    echoes = {"ct": {"ok": True, "message": ""}}
    result = {"steps": steps, "echoes": echoes, "done": 1, "tried": 2, "failed": True}
    answered(server, "push", modalities={"ct": held()}, **result)
    found = page(viewer, server)
    assert "The push wrote 1 of 2." in found
    assert "left alone" in found
    assert "Answers" in found
    assert "Done in part" in found
    assert "in time" not in found
    answered(server, "echo", echoes={}, late=3, failed=True)
    assert "3 not echoed in time" in page(viewer, server)
    result |= {"done": 2, "echoes": {"ct": {"ok": False, "message": "no"}}}
    answered(server, "push", modalities={"ct": held()}, **result)
    assert "Not all answered</span> Push: 2 of 2 written" in page(viewer, server)
    answered(server, "push", "It took longer than 120 s.", **result)
    assert "Push ended early." in page(viewer, server)


def test_what_a_server_holds_becomes_a_preview(editor: Person, server: OrthancServer) -> None:
    answered(server, modalities={"ct": held("CT9"), "bad": held("a\\b" + HOSTILE, "", 0)})
    found = said(editor, server, "import")
    kept = Import.objects.get()
    assert kept.name == "Radiology.json"
    assert kept.created_by == editor.user
    assert "Preview of Radiology.json" in found
    assert "CT9" in found
    assert HOSTILE not in found


def test_a_site_names_its_servers(admin: Person, server: OrthancServer) -> None:
    assert server.get_absolute_url() in admin.get("/sites/").content.decode()


def test_the_number_of_queries_does_not_grow(editor: Person, server: OrthancServer) -> None:
    addresses = [server.get_absolute_url(), f"{server.get_absolute_url()}push/", "/orthanc/"]
    counts = []
    for number in (1, 50):
        titles = [f"AE{number}_{n}" for n in range(number)]
        aes = {f"m{n}": make_ae(t, f"10.0.1.{n}:104") for n, t in enumerate(titles)}
        marked(server, **aes)
        there = {f"m{n}": held(title) for n, title in enumerate(titles)}
        there |= {f"f{n}": held(f"FOREIGN{n}") for n in range(number)}
        echoes = {name: {"ok": False, "message": "no"} for name in there}
        answered(server, modalities=there, echoes=echoes)
        for address in addresses:
            editor.get(address)  # what is cached by the process is there
        with CaptureQueriesContext(connection) as queries:
            for address in addresses:
                assert editor.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_server_with_thousands_of_modalities_comes_in_pages(
    viewer: Person, server: OrthancServer
) -> None:
    answered(server, modalities={f"m{n:04}": held(f"AE{n}") for n in range(5_000)})
    found = page(viewer, server, "?page=50")
    assert "5,000" in found
    assert "m4999" in found
    assert found.count("<tr>") == 101
