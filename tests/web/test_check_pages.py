"""Runs, checks and negotiations as pages: live while under way, everything on record after."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.checks.models import Check, CheckRun, CheckState
from dicomcfg.checks.services import start_echo, start_negotiate
from dicomcfg.core.diagnosis.observation import (
    ContextResult,
    Observation,
    Outcome,
    Rejection,
    SeenFrom,
    Stage,
    StageName,
)
from dicomcfg.inventory.models import Association
from dicomcfg.web.checks.record import requests_of
from tests.parts.people import Person
from tests.parts.rows import (
    CT,
    EXPLICIT,
    IMPLICIT,
    VERIFICATION,
    answer_run,
    make_ae,
    make_association,
    negotiated,
)


@pytest.fixture
def pair(db: None) -> Association:
    return make_association("CT1", "PACS", (VERIFICATION, IMPLICIT), (CT, EXPLICIT, IMPLICIT))


def _page(person: Person, address: str) -> str:
    answer = person.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def _negotiated(pair: Association) -> Check:
    run = start_negotiate(None, [pair])
    answers = [
        ContextResult(1, 1, VERIFICATION, (IMPLICIT,), 0, IMPLICIT),
        ContextResult(1, 3, CT, (EXPLICIT, IMPLICIT), 4, None),
        ContextResult(2, 1, CT, (IMPLICIT,), 3, None),
        ContextResult(2, 3, CT, (IMPLICIT,), 1, None),
        ContextResult(2, 5, CT, (IMPLICIT,), 2, None),
        ContextResult(2, 7, CT, (IMPLICIT,), None, None),
    ]
    answer_run(run, negotiated(*answers))
    return Check.objects.get()


def test_negotiating_one_pair_leads_to_its_page_and_waits_there(
    operator: Person, pair: Association
) -> None:
    answer = operator.post("/associations/negotiate/", {"association": str(pair.pk)})
    assert answer["Location"] == f"/associations/{pair.pk}/"
    page = _page(operator, f"/associations/{pair.pk}/")
    assert f'data-poll="association:{pair.pk}"' in page
    assert f'data-poll="association-latest:{pair.pk}"' in page
    target = Check.objects.get().target
    assert [context["abstract_syntax"] for context in target["contexts"]] == [VERIFICATION, CT]
    assert target["calling_ae_title"] == "CT1"


def test_negotiating_several_leads_to_the_run(operator: Person, pair: Association) -> None:
    second = make_association("MR1", pair.called, (CT, IMPLICIT))
    chosen = {"association": [str(pair.pk), str(second.pk)]}
    assert operator.post("/associations/negotiate/", chosen)["Location"].startswith("/checks/runs/")


def test_the_poll_answers_until_the_result_is_there(operator: Person, pair: Association) -> None:
    run = start_negotiate(None, [pair])
    check = run.checks.get()
    ask = (
        f"/poll/?association={pair.pk}&association-latest={pair.pk}&run={run.pk}"
        f"&check-line={check.pk}&check-page={check.pk}"
    )
    kinds = ("association", "association-latest", "run", "check-line", "check-page")
    waiting = _page(operator, ask)
    for kind in kinds:
        assert f'data-poll="{kind}:' in waiting
    answer_run(run, negotiated(ContextResult(1, 1, VERIFICATION, (IMPLICIT,), 0, IMPLICIT)))
    done = _page(operator, ask)
    assert "data-poll" not in done
    assert done.count('hx-swap-oob="true"') == len(kinds)
    assert "CT1 → PACS: " in done


def test_the_result_names_each_context_in_the_standards_words(
    viewer: Person, pair: Association
) -> None:
    page = unescape(_page(viewer, f"/checks/{_negotiated(pair).pk}/"))
    for words in (
        "accepted",
        "transfer syntaxes not supported",
        "abstract syntax not supported",
        "user rejection",
        "no reason (provider rejection)",
        "no answer",
        "request 2",
        "Verification SOP Class",
        "Implicit VR Little Endian",
        "as it was when the check was started",
    ):
        assert words in page


def test_many_contexts_can_be_narrowed_to_those_not_accepted(
    viewer: Person, pair: Association
) -> None:
    assert "contexts=refused" not in _page(viewer, f"/checks/{_negotiated(pair).pk}/")
    answers = [
        ContextResult(1, 2 * n + 1, CT, (IMPLICIT,), 4 if n < 3 else 0, IMPLICIT if n > 2 else None)
        for n in range(21)
    ]
    run = start_negotiate(None, [pair])
    answer_run(run, negotiated(*answers))
    page = f"/checks/{run.checks.get().pk}/"
    everything, refused = _page(viewer, page), _page(viewer, f"{page}?contexts=refused")
    assert "Not accepted <strong>3</strong>" in everything
    for text, rows in ((everything, 21), (refused, 3)):
        assert text.count('data-label="Abstract syntax"') == rows
        assert "3 transfer syntaxes not supported" in text


def test_the_outcome_looked_at_stays_marked_while_its_run_goes_on(
    operator: Person, pair: Association
) -> None:
    run = start_echo(None, [pair.calling, pair.called])
    answer_run(run, Observation(kind="echo", outcome=Outcome.CONNECTION_REFUSED))
    shown = {"HX-Request": "true", "HX-Current-URL": f"http://x{run.get_absolute_url()}?page=1"}
    chip = r'<a class="chip bad on" href="[^"]*outcome=connection-refused" aria-current'
    assert not re.search(chip, operator.get(f"/poll/?run={run.pk}", headers=shown).content.decode())
    shown["HX-Current-URL"] += "&outcome=connection-refused"
    assert re.search(chip, operator.get(f"/poll/?run={run.pk}", headers=shown).content.decode())


def test_the_result_stays_when_the_association_goes(editor: Person, pair: Association) -> None:
    check = _negotiated(pair)
    editor.post(f"/associations/{pair.pk}/delete/")
    page = _page(editor, f"/checks/{check.pk}/")
    assert "PACS" in page
    assert f"/associations/{pair.pk}/" not in page


def test_what_a_peer_sent_is_text(viewer: Person, pair: Association) -> None:
    page = _page(viewer, f"/checks/{_negotiated(pair).pk}/pdus/1/")
    assert "3c 73 63 72" in page
    assert "&lt;scr" in page
    assert "<script>" not in page


def test_attempts_are_listed_with_their_worker_and_ending(
    viewer: Person, pair: Association
) -> None:
    page = _page(viewer, f"/checks/{_negotiated(pair).pk}/")
    assert "worker-1" in page
    assert "Gave the result" in page


def test_a_rejection_is_decoded(viewer: Person) -> None:
    run = start_echo(None, [make_ae("PACS")])
    seen = Observation(
        kind="echo",
        outcome=Outcome.ASSOCIATION_REJECTED,
        stage=StageName.ASSOCIATE,
        stages=(Stage(StageName.ASSOCIATE, "failed", 3.0),),
        rejection=Rejection(1, 1, 7),
        seen_from=SeenFrom("host-1", "10.0.0.9", "DICOMCFG"),
    )
    answer_run(run, seen)
    page = _page(viewer, f"/checks/{run.checks.get().pk}/")
    assert "rejected, permanent, service user: called AE title not recognized" in page


def test_a_skipped_check_says_that_nothing_was_sent(viewer: Person) -> None:
    run = start_echo(None, [make_ae("OLD", do_not_probe=True, do_not_probe_reason="fragile")])
    page = _page(viewer, f"/checks/{run.checks.get().pk}/")
    assert "there was no attempt" in page
    assert "fragile" in page


def test_a_run_counts_and_filters_by_outcome(viewer: Person) -> None:
    run = start_echo(None, [make_ae("A"), make_ae("B", None)])
    page = _page(viewer, run.get_absolute_url())
    assert "<strong>1</strong> of 2 finished" in page
    assert "No address <strong>1</strong>" in page
    narrowed = _page(viewer, f"{run.get_absolute_url()}?outcome=no-address")
    assert ">B</a></td>" in narrowed
    assert ">A</a></td>" not in narrowed
    assert "No check of this run ended so" in _page(viewer, f"{run.get_absolute_url()}?outcome=x")


def test_an_operator_cancels_what_is_left(operator: Person, viewer: Person) -> None:
    run = start_echo(None, [make_ae("A")])
    cancel = f"{run.get_absolute_url()}cancel/"
    assert viewer.post(cancel).status_code == 403
    assert operator.get(cancel).status_code == 405
    operator.post(cancel)
    check = run.checks.get()
    assert (check.state, check.outcome) == (CheckState.FINISHED, "cancelled")
    again = operator.post(cancel, follow=True).content.decode()
    assert "has ended already" in again


def test_viewers_look_and_do_not_start(viewer: Person, pair: Association) -> None:
    run = start_negotiate(None, [pair])
    for page in ("/checks/", run.get_absolute_url(), f"/checks/{run.checks.get().pk}/"):
        assert viewer.get(page).status_code == 200
    answer = viewer.post("/associations/negotiate/", {"association": str(pair.pk)})
    assert answer.status_code == 403
    assert CheckRun.objects.count() == 1


def test_the_number_of_queries_does_not_grow(viewer: Person) -> None:
    """Runs in their list, checks in their run."""
    counts = []
    for size in (2, 25):
        aes = [make_ae(f"R{size}N{n}") for n in range(size)]
        run = start_echo(None, aes)
        for ae in aes:
            start_echo(None, [ae])
        with CaptureQueriesContext(connection) as queries:
            _page(viewer, "/checks/")
            _page(viewer, run.get_absolute_url())
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_runs_are_narrowed_by_kind(viewer: Person, pair: Association) -> None:
    start_negotiate(None, [pair])
    start_echo(None, [pair.called])
    assert "Echo PACS" not in _page(viewer, "/checks/?kind=negotiate")
    assert "Echo PACS" in _page(viewer, "/checks/?kind=nonsense")


def test_without_contexts_there_are_no_requests() -> None:
    assert requests_of(()) == []
