"""Echo from the row, the page and the form, and the polling that shows what became of it."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dicomcfg.checks.models import Check, CheckRun, WorkerHeartbeat
from dicomcfg.core.diagnosis.observation import (
    Observation,
    Outcome,
    Peer,
    Rejection,
    SeenFrom,
    Stage,
    StageName,
)
from dicomcfg.inventory.models import AE, Site
from tests.parts.people import Person
from tests.parts.rows import answer_run, make_ae

pytestmark = pytest.mark.django_db
SCRIPTED = {"HX-Request": "true"}


def _worker() -> None:
    queues = [Site.objects.order_by("pk")[0].queue(lane) for lane in ("interactive", "bulk")]
    now = timezone.now()
    WorkerHeartbeat.objects.create(
        name="w1", host="host-1", queues=queues, started_at=now, seen_at=now
    )


def _seen(**fields: object) -> Observation:
    base: dict[str, object] = {
        "kind": "echo",
        "outcome": Outcome.SUCCESS,
        "stage": StageName.RELEASE,
        "status": 0,
        "stages": (
            Stage(StageName.CONNECT, "success", 0.42),
            Stage(StageName.ASSOCIATE, "success", 4.4),
        ),
        "address": "10.0.0.5",
        "peer": Peer("1.2.3.4", "<b>PEER</b>", 16384),
        "seen_from": SeenFrom("host-1", "10.0.0.9", "DICOMCFG"),
    }
    return Observation(**{**base, **fields})


REFUSED = _seen(
    outcome=Outcome.ASSOCIATION_REJECTED,
    status=None,
    stage=StageName.ASSOCIATE,
    stages=(
        Stage(StageName.CONNECT, "success", 0.4),
        Stage(StageName.ASSOCIATE, "failed", 4.4),
    ),
    peer=Peer(),
    rejection=Rejection(1, 1, 7),
)


def test_viewers_may_not_echo(viewer: Person) -> None:
    ae = make_ae("PACS")
    assert viewer.post(f"/aes/{ae.pk}/echo/").status_code == 403
    assert viewer.post("/echo/unsaved/").status_code == 403
    assert viewer.get(f"/aes/{ae.pk}/echo/").status_code == 403
    assert not CheckRun.objects.exists()


def test_the_row_changes_by_itself_until_the_outcome_is_there(operator: Person) -> None:
    _worker()
    ae = make_ae("PACS")
    row = operator.post(f"/aes/{ae.pk}/echo/", headers=SCRIPTED).content.decode()
    assert f'data-poll="row:{ae.pk}"' in row
    assert "Queued" in row
    assert f'data-poll="row:{ae.pk}"' in operator.get("/aes/").content.decode()

    waiting = operator.get(f"/poll/?row={ae.pk}").content.decode()
    assert f'id="ae-{ae.pk}" hx-swap-oob="true" data-poll="row:{ae.pk}"' in waiting

    answer_run(CheckRun.objects.get(), _seen())
    done = operator.get(f"/poll/?row={ae.pk}").content.decode()
    assert "Accepted" in done
    assert "data-poll" not in done
    assert '<div id="live" hx-swap-oob="innerHTML">PACS: Accepted</div>' in done


def test_without_a_worker_the_row_says_so(operator: Person) -> None:
    ae = make_ae("PACS")
    assert (
        "Waiting for a worker"
        in operator.post(f"/aes/{ae.pk}/echo/", headers=SCRIPTED).content.decode()
    )


def test_the_page_tells_layer_stage_code_and_what_to_do(operator: Person) -> None:
    ae = make_ae("PACS")
    status = operator.post(
        f"/aes/{ae.pk}/echo/", {"status": "1"}, headers=SCRIPTED
    ).content.decode()
    assert f'data-poll="ae:{ae.pk}"' in status
    answer_run(CheckRun.objects.get(), REFUSED)
    fragment = operator.get(f"/poll/?ae={ae.pk}").content.decode()
    page = operator.get(ae.get_absolute_url()).content.decode()
    for text in (fragment, page):
        assert "Called title refused" in text
        assert "speaks DICOM, but refuses" in text
        assert "service user: called AE title not recognized" in text
        assert "associate 4.4 ms failed" in text
        assert "host-1 (10.0.0.9)" in text
        assert "finding-remedy" in text
        assert "data-poll" not in text


def test_a_success_names_the_peer_and_escapes_what_it_said(
    viewer: Person, operator: Person
) -> None:
    ae = make_ae("PACS")
    operator.post(f"/aes/{ae.pk}/echo/")
    answer_run(CheckRun.objects.get(), _seen())
    page = viewer.get(ae.get_absolute_url()).content.decode()
    assert "&lt;b&gt;PEER&lt;/b&gt;" in page
    assert "<b>PEER" not in page
    assert "1.2.3.4" in page
    assert "16,384 bytes" in page


def test_a_borrowed_title_stands_beside_the_status_and_not_in_its_place(operator: Person) -> None:
    ae = make_ae("PACS")
    make_ae("CT1")
    operator.post(f"/aes/{ae.pk}/echo/")
    answer_run(CheckRun.objects.get(), REFUSED)
    operator.post(f"/aes/{ae.pk}/echo/", {"status": "1", "calling": "CT1"})
    answer_run(CheckRun.objects.first(), _seen(seen_from=SeenFrom("host-1", "10.0.0.9", "CT1")))
    ae.refresh_from_db()
    assert ae.latest_headline == "Called title refused"
    page = operator.get(ae.get_absolute_url()).content.decode()
    assert "Under a borrowed title" in page
    assert page.index("Called title refused") < page.index("Under a borrowed title")


def test_the_connection_to_call_can_be_chosen(operator: Person) -> None:
    ae = make_ae("PACS", "10.0.0.5:104")
    second = ae.connections.create(position=1, hostname="10.0.0.6", port=2104)
    operator.post(f"/aes/{ae.pk}/echo/", {"status": "1", "connection": second.pk})
    assert Check.objects.get().target["hostname"] == "10.0.0.6"


@pytest.mark.parametrize("form", [{"calling": "NOBODY"}, {"connection": "999999"}])
def test_an_unknown_title_or_connection_is_refused(operator: Person, form: dict[str, str]) -> None:
    ae = make_ae("PACS")
    answer = operator.post(f"/aes/{ae.pk}/echo/", {"status": "1", **form}, headers=SCRIPTED)
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert not CheckRun.objects.exists()


def test_without_script_the_echo_leads_back_to_the_ae(operator: Person) -> None:
    ae = make_ae("PACS")
    answer = operator.post(f"/aes/{ae.pk}/echo/", {"status": "1"})
    assert answer["Location"] == ae.get_absolute_url()
    assert CheckRun.objects.count() == 1
    refused = operator.post(f"/aes/{ae.pk}/echo/", {"calling": "NOBODY"}, follow=True)
    assert "No AE of the table bears this title." in refused.content.decode()
    assert CheckRun.objects.count() == 1


def test_what_is_typed_outlives_the_answers_that_come_in(operator: Person) -> None:
    ae = make_ae("PACS")
    pressed = operator.post(f"/aes/{ae.pk}/echo/", {"status": "1"}, headers=SCRIPTED)
    assert "hx-preserve" not in pressed.content.decode()
    fragment = operator.get(f"/poll/?ae={ae.pk}").content.decode()
    assert 'id="echo-form" hx-preserve' in fragment


def test_the_form_is_echoed_before_it_is_saved(operator: Person) -> None:
    site = Site.objects.order_by("pk")[0]
    form = {
        "ae_title": "NEW",
        "site": site.pk,
        "state": "live",
        "connections-TOTAL_FORMS": 1,
        "connections-INITIAL_FORMS": 0,
        "connections-0-hostname": "10.0.0.5",
        "connections-0-port": 104,
    }
    card = operator.post("/echo/unsaved/", form).content.decode()
    check = Check.objects.get()
    assert f'data-poll="check:{check.pk}"' in card
    assert (check.ae, check.target["called_ae_title"]) == (None, "NEW")
    answer_run(CheckRun.objects.get(), _seen())
    done = operator.get(f"/poll/?check={check.pk}").content.decode()
    assert "Accepted" in done
    assert not AE.objects.exists()
    nowhere = operator.post("/echo/unsaved/", {**form, "connections-0-hostname": ""})
    assert nowhere.status_code == 422
    assert "no connection to call" in nowhere.content.decode()


@pytest.mark.parametrize("query", ["", "?row=", "?row=x,-1,999999", "?nonsense=1", "?row=1e9,²"])
def test_polling_for_nothing_answers_nothing(viewer: Person, query: str) -> None:
    answer = viewer.get(f"/poll/{query}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["Cache-Control"] == "no-store"


def test_polling_costs_the_same_for_one_row_and_for_fifty(operator: Person) -> None:
    ids = [make_ae(f"CT{n}").pk for n in range(50)]
    operator.post("/aes/bulk/", {"ae": ids, "action": "echo"})
    counts = []
    for asked in (ids[:1], ids):
        with CaptureQueriesContext(connection) as queries:
            page = operator.get("/poll/", {"row": ",".join(map(str, asked))}).content.decode()
        assert len(re.findall("data-poll", page)) == len(asked)
        counts.append(len(queries))
    assert counts[0] == counts[1]
