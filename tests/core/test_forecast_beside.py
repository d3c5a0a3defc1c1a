"""A forecast beside live answers: pairing, verdicts, the policy that explains them, findings."""

from __future__ import annotations

import pytest

from dicomcfg.core.diagnosis.observation import ContextResult
from dicomcfg.core.negotiation.beside import Beside, Verdict, agreement, beside
from dicomcfg.core.negotiation.forecast import Policy, forecast
from dicomcfg.core.negotiation.forecast_findings import findings_of
from dicomcfg.core.records import PresentationContext, RoleSelection

IMPLICIT, EXPLICIT, JPEG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70"
CT, MR, US = (f"1.2.840.10008.5.1.4.1.1.{tail}" for tail in ("2", "4", "6.1"))
CONTEXTS = [
    PresentationContext(CT, (IMPLICIT, EXPLICIT)),
    PresentationContext(MR, (IMPLICIT,)),
    PresentationContext(US, (IMPLICIT,)),
]
ACCEPTABLE = {CT: (EXPLICIT, IMPLICIT), MR: (JPEG,)}


def answer(sop_class: str, proposed: tuple[str, ...], result: int | None, accepted: str | None):
    return ContextResult(1, 1, sop_class, proposed, result, accepted)


def rows(*live: ContextResult, roles: tuple[RoleSelection, ...] = ()) -> tuple[Beside, ...]:
    by_policy = {
        policy: forecast(CONTEXTS, ACCEPTABLE, policy, roles=roles)
        for policy in (Policy.REQUESTOR, Policy.ACCEPTOR)
    }
    return beside(by_policy, live)


@pytest.mark.parametrize(
    ("live", "place", "verdict"),
    [
        (answer(CT, (IMPLICIT, EXPLICIT), 0, EXPLICIT), 0, Verdict.ORDER),
        (answer(CT, (IMPLICIT, EXPLICIT), 0, JPEG), 0, Verdict.SYNTAX),
        (answer(CT, (IMPLICIT, EXPLICIT), 4, None), 0, Verdict.REFUSED),
        (answer(MR, (IMPLICIT,), 4, None), 1, Verdict.SAME),
        (answer(MR, (IMPLICIT,), 3, None), 1, Verdict.REASON),
        (answer(US, (IMPLICIT,), 0, IMPLICIT), 2, Verdict.ACCEPTED),
        (answer(US, (IMPLICIT,), None, None), 2, None),
        (answer(US, (EXPLICIT,), 0, EXPLICIT), 2, None),
    ],
)
def test_what_a_live_answer_says(live: ContextResult, place: int, verdict: Verdict | None) -> None:
    verdicts: list[Verdict | None] = [None, None, None]
    verdicts[place] = verdict
    assert [row.verdict for row in rows(live)] == verdicts


def test_answers_to_the_same_context_twice_belong_to_their_places() -> None:
    contexts = [CONTEXTS[1]] * 3
    live = [answer(MR, (IMPLICIT,), result, None) for result in (1, 3)]
    paper = forecast(contexts, ACCEPTABLE, Policy.REQUESTOR)
    found = beside({Policy.REQUESTOR: paper}, live)
    assert [row.live and row.live.result for row in found] == [1, 3, None]


@pytest.mark.parametrize(
    ("live", "says"),
    [
        ((), ""),
        (
            (answer(MR, (IMPLICIT,), 3, None),),
            "The live answers agree with every policy in the one context.",
        ),
        (
            (answer(CT, (IMPLICIT, EXPLICIT), 0, EXPLICIT), answer(US, (IMPLICIT,), 3, None)),
            "The live answers agree with the acceptor's order in all 2 contexts.",
        ),
        (
            (answer(CT, (IMPLICIT, EXPLICIT), 0, IMPLICIT), answer(US, (IMPLICIT,), 0, IMPLICIT)),
            "The live answers agree with the requestor's order in 1 of 2 contexts, and in the "
            "others with no policy.",
        ),
        (
            (answer(US, (IMPLICIT,), 0, IMPLICIT),),
            "No policy foresees what was answered live.",
        ),
    ],
)
def test_which_policy_the_peer_follows(live: tuple[ContextResult, ...], says: str) -> None:
    assert agreement(rows(*live)) == says


def test_a_peer_that_follows_no_single_policy() -> None:
    contexts = [CONTEXTS[0]] * 2
    live = [answer(CT, (IMPLICIT, EXPLICIT), 0, uid) for uid in (IMPLICIT, EXPLICIT)]
    by_policy = {
        policy: forecast(contexts, ACCEPTABLE, policy)
        for policy in (Policy.REQUESTOR, Policy.ACCEPTOR)
    }
    assert agreement(beside(by_policy, live)) == (
        "The live answers follow no single policy: of 2 contexts they agree "
        "with the requestor's order in 1, with the acceptor's order in 1."
    )


def test_findings_say_what_fails_and_what_to_do() -> None:
    found = findings_of(rows(), "PACS")
    assert [each.code for each in found] == [
        "forecast-class-not-supported",
        "forecast-no-common-syntax",
        "forecast-order-decides",
    ]
    assert "1 of 3 contexts will be refused" in found[0].message
    assert "the acceptor takes JPEG lossless SV1." in found[1].message
    assert all(each.remedy and each.subject == "PACS" for each in found)


@pytest.mark.parametrize(
    ("live", "code"),
    [
        (answer(CT, (IMPLICIT, EXPLICIT), 3, None), "forecast-refused-live"),
        (answer(US, (IMPLICIT,), 0, IMPLICIT), "forecast-accepted-live"),
        (answer(CT, (IMPLICIT, EXPLICIT), 0, JPEG), "forecast-other-syntax-live"),
    ],
)
def test_findings_about_live_answers(live: ContextResult, code: str) -> None:
    found = {each.code: each for each in findings_of(rows(live), "PACS")}
    assert found[code].message.startswith("1 context was ")


def test_a_role_that_is_lost_and_all_that_is_well() -> None:
    roles = (RoleSelection(CT, True, True), RoleSelection(US, True, True))
    found = findings_of(rows(roles=roles), "PACS", roles)
    assert [each.message for each in found if each.code == "forecast-role-not-granted"] == [
        "PACS will not grant every role proposed for: CT Image Storage."
    ]
    well = forecast([CONTEXTS[0]], ACCEPTABLE, Policy.REQUESTOR)
    assert [each.code for each in findings_of(beside({Policy.REQUESTOR: well}), "PACS")] == [
        "forecast-all-accepted"
    ]
