"""What can be tried on an AE beyond the echo: where it starts, and what is said where it cannot."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.checks.models import Check
from dicomcfg.checks.services import start_echo, start_ladder
from dicomcfg.core.diagnosis.observation import Observation, Outcome, Rejection, Trial
from dicomcfg.inventory.models import AE, Device
from tests.parts.people import Person
from tests.parts.rows import answer_run, make_ae

pytestmark = pytest.mark.django_db


def _page(person: Person, ae: AE) -> str:
    return person.get(ae.get_absolute_url()).content.decode()


def _refused(**more: Any) -> Observation:
    return Observation(
        kind="echo",
        outcome=Outcome.ASSOCIATION_REJECTED,
        rejection=Rejection(1, 1, 7),
        **more,
    )


@pytest.mark.parametrize(("name", "kind"), [("diagnose", "ladder"), ("refusal", "refusal")])
def test_a_press_starts_the_check_and_leads_to_it(
    name: str, kind: str, operator: Person, viewer: Person
) -> None:
    ae = make_ae("PACS")
    address = f"{ae.get_absolute_url()}{name}/"
    assert address in _page(operator, ae)
    assert address not in _page(viewer, ae)
    answer = operator.post(address)
    check = Check.objects.get()
    assert (check.kind, check.ae_id, answer["Location"]) == (kind, ae.pk, check.get_absolute_url())


@pytest.mark.parametrize(
    ("address", "fields", "words"),
    [
        (None, {}, "It has no address."),
        ("10.0.0.1:104", {"do_not_probe": True, "do_not_probe_reason": "<b>"}, "probe: &lt;b&gt;"),
    ],
)
def test_what_cannot_be_done_is_listed_with_the_reason(
    address: str | None, fields: dict[str, Any], words: str, operator: Person
) -> None:
    page = _page(operator, make_ae("PACS", address, **fields))
    menu = page.split('class="menu-list"')[1].split("</details>")[0]
    assert "<a " not in menu and "<button" not in menu
    assert words in menu
    for button in ("Diagnose", "Echo"):
        assert " disabled title=" in page.split(f">{button}</button>")[0][-200:]


def test_find_and_store_want_the_aes_leave(operator: Person) -> None:
    ae = make_ae("PACS")
    assert _page(operator, ae).count("This AE does not allow it") == 2
    AE.objects.update(allows_find=True)
    page = _page(operator, ae)
    assert page.count("This AE does not allow it") == 1
    assert f"{ae.get_absolute_url()}find/" in page


def test_other_titles_are_offered_where_the_called_one_was_refused(operator: Person) -> None:
    device = Device.objects.create(name="Box", station_name="READING_1")
    ae = make_ae("pacs one", device=device)
    run = start_echo(None, [ae])
    assert "Try other titles" not in _page(operator, ae)
    answer_run(run, _refused())
    check = run.checks.get()
    for page in (_page(operator, ae), operator.get(check.get_absolute_url()).content.decode()):
        assert "Try other titles" in page
    operator.post(f"{ae.get_absolute_url()}diagnose/", {"other_titles": "1"})
    titles = Check.objects.latest("pk").target["ladder"]["other_titles"]
    assert "PACS ONE" in titles and "READING_1" in titles and "pacs one" not in titles


def test_a_plain_diagnosis_tries_no_other_title(operator: Person) -> None:
    ae = make_ae("pacs one")
    operator.post(f"{ae.get_absolute_url()}diagnose/")
    assert not Check.objects.get().target.get("ladder", {}).get("other_titles")


def test_where_others_were_tried_they_are_not_offered_again(operator: Person) -> None:
    ae = make_ae("pacs one")
    run = start_ladder(None, ae, other_titles=["PACS ONE"])
    trial = Trial("other-title", "PACS ONE", "DICOMCFG", Outcome.ASSOCIATION_REJECTED)
    answer_run(run, _refused(trials=(trial,)))
    page = operator.get(run.checks.get().get_absolute_url()).content.decode()
    assert "Try other titles" not in page


def test_the_status_stays_the_echoes_and_the_rest_stands_beside(viewer: Person) -> None:
    ae = make_ae("PACS")
    answer_run(start_echo(None, [ae]), Observation(kind="echo", outcome=Outcome.SUCCESS))
    ladder = start_ladder(None, ae)
    answer_run(ladder, Observation(kind="ladder", outcome=Outcome.CONNECTION_REFUSED))
    page = _page(viewer, ae)
    status = page.split('id="status-title"')[1].split("</section>")[0]
    assert "Echo of PACS" in status and "Nothing listens" not in status
    beyond = page.split("Beyond the echo")[1].split("</section>")[0]
    assert "Diagnose" in beyond and "Nothing listens" in beyond
    assert ladder.checks.get().get_absolute_url() in beyond


def test_what_ended_appears_beside_the_status_by_itself(viewer: Person) -> None:
    ae = make_ae("PACS")
    ladder = start_ladder(None, ae)
    page = _page(viewer, ae)
    assert f'data-poll="ae:{ae.pk}"' in page and f'id="beyond-{ae.pk}" hidden' in page
    answer_run(ladder, Observation(kind="ladder", outcome=Outcome.CONNECTION_REFUSED))
    fragments = viewer.get(f"/poll/?ae={ae.pk}").content.decode()
    beyond = fragments.split(f'id="beyond-{ae.pk}" hx-swap-oob="true">')[1]
    assert ladder.checks.get().get_absolute_url() in beyond and "Nothing listens" in beyond


def test_the_latest_of_each_kind_cost_the_same_however_many_were_kept(viewer: Person) -> None:
    ae = make_ae("PACS")
    counts = []
    for many in (1, 15):
        for _ in range(many):
            answer_run(start_ladder(None, ae), Observation(kind="ladder", outcome=Outcome.SUCCESS))
        with CaptureQueriesContext(connection) as queries:
            _page(viewer, ae)
        counts.append(len(queries))
    assert counts[0] == counts[1]
