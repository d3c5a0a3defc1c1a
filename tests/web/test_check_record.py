"""What a check's page shows of an observation beside its contexts: answer, TLS, ladder, trials."""

from __future__ import annotations

from dataclasses import replace
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.checks.models import Check, CheckRun, Kind
from dicomcfg.checks.services import start_ladder, start_negotiate, start_refusal
from dicomcfg.core.diagnosis.observation import (
    Answer,
    Certificate,
    ContextResult,
    Observation,
    Outcome,
    Peer,
    Rejection,
    Stage,
    StageName,
    TlsSeen,
    Trial,
)
from dicomcfg.core.negotiation.options import (
    CommonExtendedNegotiation,
    Identity,
    RequestOptions,
)
from dicomcfg.core.records import ExtendedNegotiation, RoleSelection
from dicomcfg.inventory.models import Association
from tests.parts.people import Person
from tests.parts.rows import (
    CT,
    EXPLICIT,
    IMPLICIT,
    VERIFICATION,
    answer_run,
    make_association,
    negotiated,
)

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def pair() -> Association:
    return make_association("CT1", "PACS", (VERIFICATION, IMPLICIT), (CT, EXPLICIT, IMPLICIT))


def _page(person: Person, run: CheckRun, seen: Observation) -> str:
    answer_run(run, seen)
    answer = person.get(f"/checks/{Check.objects.get(run=run).pk}/")
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def _rows(page: str, label: str) -> list[str]:
    return [part.split("</td>")[0] for part in page.split(f'data-label="{label}">')[1:]]


def test_what_was_proposed_stands_beside_what_came_back(viewer: Person, pair: Association) -> None:
    options = RequestOptions(
        role_selections=(RoleSelection(CT, True, True), RoleSelection("1.2.3", False, True)),
        extended_negotiations=(ExtendedNegotiation(CT, "0101"),),
        common_extended_negotiations=(CommonExtendedNegotiation(CT, "1.2.4"),),
        asynchronous_window=(3, 0),
        identity=Identity("somebody", "DICOMCFG_PASSCODE_X", response_requested=True),
        maximum_length=0,
    )
    answer = Answer(
        application_context="1.2.840.10008.3.1.1.1",
        role_selections=(RoleSelection(CT, True, False),),
        extended_negotiations=(ExtendedNegotiation(CT, "01"),),
    )
    run = start_negotiate(None, [pair], options)
    seen = replace(negotiated(), answer=answer, peer=Peer("1.2.3", HOSTILE, 32768))
    page = _page(viewer, run, seen)
    proposed, answered = _rows(page, "Proposed"), _rows(page, "Answered")
    assert proposed[:4] == [
        "DICOM Application Context Name",
        "0, no limit",
        "3 invoked, no limit performed",
        "user name and passcode, response asked for",
    ]
    assert "32,768 bytes" in answered[1]
    assert "one at a time" in answered[2]
    assert "SCU and SCP (1/1)" in proposed[4]
    assert "SCU (1/0)" in answered[4]
    assert "pill warn" in answered[4]
    assert "nothing: the default" in answered[5]
    assert (proposed[6], answered[6]) == ("01 01", "01")
    assert "not answered" in answered[7]


def test_without_an_answer_there_is_no_such_table(viewer: Person, pair: Association) -> None:
    page = _page(viewer, start_negotiate(None, [pair]), negotiated())
    assert "Beside the contexts" not in page


@pytest.mark.parametrize(
    ("days", "words"),
    [(-3, "expired 2 days ago"), (-1, "expired<"), (1, "1 day left"), (400, "400 days left")],
)
def test_a_certificate_says_how_long_it_lasts(
    viewer: Person, pair: Association, days: int, words: str
) -> None:
    tone = "bad" if days < 0 else "warn" if days < 30 else "ok"
    chain = (Certificate("CN=pacs", "CN=ca", "2026-01-01", "2027-01-01", days, ("pacs.local",)),)
    tls = TlsSeen("TLSv1.3", "TLS_AES_256_GCM_SHA384", 256, chain, True)
    page = _page(viewer, start_negotiate(None, [pair]), replace(negotiated(), tls=tls))
    shown = page.split('<ol class="chain"')[1].split("</ol>")[0]
    assert words in shown
    assert f'<span class="pill {tone}">' in shown
    assert "TLS_AES_256_GCM_SHA384, 256 bits" in page
    assert "pacs.local" in page


@pytest.mark.parametrize(
    ("outcome", "detail", "headline", "cause"),
    [
        (Outcome.TLS_FAILURE, "unknown-ca", "Authority not trusted", "unknown CA"),
        (Outcome.NOT_DICOM, "tls-peer", "Expects TLS", "TLS peer"),
    ],
)
def test_a_tls_failure_tells_its_cause_and_nothing_of_dicom(
    viewer: Person, pair: Association, outcome: Outcome, detail: str, headline: str, cause: str
) -> None:
    seen = Observation("echo", outcome, detail=detail, stage=StageName.TLS)
    page = _page(viewer, start_negotiate(None, [pair]), seen)
    assert headline in page
    assert f"<dt>Cause</dt><dd>{cause}</dd>" in page
    assert "does not speak DICOM" not in page


def test_the_ladder_shows_done_broken_and_not_reached(viewer: Person, pair: Association) -> None:
    run = start_ladder(None, pair.called, other_titles=["pacs"])
    seen = Observation(
        Kind.LADDER.value,
        Outcome.ASSOCIATION_REJECTED,
        stage=StageName.ASSOCIATE,
        stages=(
            Stage(StageName.RESOLVE, "success", 0.2),
            Stage(StageName.CONNECT, "success", 0.4),
            Stage(StageName.ASSOCIATE, "failed", 3.0),
        ),
        rejection=Rejection(1, 1, 7),
        trials=(Trial("other-title", "PACS1", "DICOMCFG", Outcome.SUCCESS),),
    )
    page = _page(viewer, run, seen)
    rungs = page.split('<ol class="ladder">')[1].split("</ol>")[0].split("<li ")[1:]
    states = [rung.split('class="rung ')[1].split()[0] for rung in rungs]
    assert states == ["done", "done", "broken", "unreached", "unreached"]
    assert "Called title refused" in rungs[2]
    assert "TLS handshake" not in page
    assert _rows(page, "Called as") == ["PACS1"]
    assert page.index("finding error") < page.index("finding warning") < page.index("finding info")


def test_who_may_correct_a_title_is_led_to_it(editor: Person, pair: Association) -> None:
    run = start_ladder(None, pair.called, other_titles=["pacs"])
    trial = Trial("other-title", "pacs", "DICOMCFG", Outcome.SUCCESS)
    rejected = Outcome.ASSOCIATION_REJECTED
    seen = Observation("ladder", rejected, rejection=Rejection(1, 1, 7), trials=(trial,))
    page = _page(editor, run, seen)
    assert f'href="/aes/{pair.called.pk}/edit/">Correct the AE title' in page
    assert f'action="/aes/{pair.called.pk}/diagnose/"' in page


@pytest.mark.parametrize(
    ("kind", "response"),
    [("echo", "C-ECHO-RSP"), ("find", "C-FIND-RSP"), ("store", "C-STORE-RSP")],
)
def test_a_status_is_told_with_the_command_that_it_answers(
    viewer: Person, pair: Association, kind: str, response: str
) -> None:
    seen = Observation(kind, Outcome.SUCCESS, status=0)
    page = _page(viewer, start_negotiate(None, [pair]), seen)
    assert f"<dd>{response}: 0x0000 (success)</dd>" in page


def test_negotiations_of_the_ladder_fold_their_contexts(viewer: Person, pair: Association) -> None:
    run = start_ladder(None, pair.called)
    contexts = (
        ContextResult(1, 1, VERIFICATION, (IMPLICIT,), 0, IMPLICIT),
        ContextResult(1, 3, CT, (EXPLICIT, IMPLICIT), 3, None),
    )
    stages = tuple(
        Stage(name, "success", 1.0)
        for name in (
            StageName.RESOLVE,
            StageName.CONNECT,
            StageName.ASSOCIATE,
            StageName.ECHO,
            StageName.NEGOTIATE,
        )
    )
    trial = Trial(str(pair), "PACS", "CT1", Outcome.SUCCESS, contexts=contexts, answer=Answer())
    page = _page(
        viewer, run, Observation("ladder", Outcome.SUCCESS, stages=stages, trials=(trial,))
    )
    section = page.split("Negotiation of")[1].split("</section>")[0]
    assert "1 of 2 accepted" in section
    assert "<details" in section
    assert section.count('data-label="Abstract syntax"') == 2
    assert "Other titles" not in page


def test_refusals_stand_beside_what_the_standard_asks(viewer: Person, pair: Association) -> None:
    run = start_refusal(None, pair.called)
    trials = (
        Trial("baseline", "PACS", "DICOMCFG", Outcome.SUCCESS),
        Trial(
            "unknown-called-title",
            HOSTILE[:16],
            "DICOMCFG",
            Outcome.ASSOCIATION_REJECTED,
            rejection=Rejection(1, 1, 7),
        ),
        Trial("unknown-calling-title", "PACS", "NOONE", Outcome.CONNECTION_CLOSED, "no-answer"),
    )
    answer_run(run, Observation("refusal", Outcome.SUCCESS, trials=trials))
    page = viewer.get(f"/checks/{run.checks.get().pk}/").content.decode()
    assert HOSTILE[:16] not in page
    page = unescape(page)
    assert _rows(page, "Answered")[1:] == [
        "A-ASSOCIATE-RJ: rejected, permanent, service user: called AE title not recognized",
        "no answer",
    ]
    assert "called AE title not recognized (PS3.8 9.3.4)" in _rows(page, "Asked for")[1]
    assert "Called it under a title" in _rows(page, "We did")[2]
    assert "accepts a correct request" not in page


def test_pending_answers_of_a_find_are_counted(viewer: Person, pair: Association) -> None:
    seen = replace(negotiated(), pending=3)
    page = _page(viewer, start_negotiate(None, [pair]), seen)
    assert "3, counted and thrown away" in page


def test_the_number_of_queries_does_not_grow_with_what_was_seen(
    viewer: Person, pair: Association
) -> None:
    counts = []
    for size in (1, 40):
        run = start_ladder(None, pair.called)
        trials = tuple(
            Trial("other-title", f"PACS{n}", "DICOMCFG", Outcome.SUCCESS) for n in range(size)
        )
        answer_run(run, Observation("ladder", Outcome.SUCCESS, trials=trials))
        with CaptureQueriesContext(connection) as queries:
            viewer.get(f"/checks/{run.checks.get().pk}/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
