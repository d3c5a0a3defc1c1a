"""How runs stand in lists: words for one check, counts for many, live while under way."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.checks.models import CheckRun
from dicomcfg.checks.services import start_echo, start_ladder
from dicomcfg.core.diagnosis.observation import Observation, Outcome
from tests.parts.people import Person
from tests.parts.rows import answer_run, make_ae

pytestmark = pytest.mark.django_db

LISTS = ["/", "/checks/"]


def _tally(page: str, run: CheckRun) -> str:
    return page.split(f'id="tally-{run.pk}"')[1].split("</td>")[0].split("</li>")[0]


@pytest.mark.parametrize("address", LISTS)
def test_one_check_is_told_in_its_own_words_and_many_are_counted(
    address: str, viewer: Person
) -> None:
    one = start_ladder(None, make_ae("PACS"))
    answer_run(one, Observation(kind="ladder", outcome=Outcome.CONNECTION_REFUSED))
    many = start_echo(None, [make_ae("CT1"), make_ae("CT2")])
    answer_run(many, Observation(kind="echo", outcome=Outcome.SUCCESS))
    page = viewer.get(address).content.decode()
    assert "Nothing listens" in _tally(page, one)
    assert "2 accepted" in _tally(page, many)


@pytest.mark.parametrize("address", LISTS)
def test_a_run_under_way_counts_on_by_itself(address: str, viewer: Person) -> None:
    run = start_echo(None, [make_ae("CT1"), make_ae("CT2")])
    waiting = _tally(viewer.get(address).content.decode(), run)
    assert f'data-poll="tally:{run.pk}"' in waiting and "2 in flight" in waiting
    answer_run(run, Observation(kind="echo", outcome=Outcome.ASSOCIATION_REJECTED))
    fragment = viewer.get(f"/poll/?tally={run.pk}").content.decode()
    assert f'id="tally-{run.pk}" hx-swap-oob="true">' in fragment
    assert "2 failed" in fragment and "data-poll" not in fragment


def test_a_kind_of_which_there_is_none_does_not_deny_the_others(viewer: Person) -> None:
    start_echo(None, [make_ae("CT1")])
    page = viewer.get("/checks/?kind=discover").content.decode()
    assert "No run of this kind" in page
    assert "Nothing has been checked yet" not in page


def test_the_lists_queries_do_not_grow(viewer: Person) -> None:
    counts = []
    for size in (1, 9):
        for number in range(size):
            start_echo(None, [make_ae(f"S{size}N{number}")])
        with CaptureQueriesContext(connection) as queries:
            assert viewer.get("/checks/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
