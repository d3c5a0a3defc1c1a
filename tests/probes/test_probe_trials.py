"""Refusal and ladder: several associations of one check, with good peers and bad ones."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from dicomcfg.core.diagnosis.live import diagnose
from dicomcfg.core.diagnosis.observation import Observation, Outcome, Rejection, StageName
from dicomcfg.core.diagnosis.words import headline, tone
from dicomcfg.core.negotiation.options import Identity, RequestOptions
from dicomcfg.core.records import PresentationContext, RoleSelection
from dicomcfg.network.acceptor import AcceptorPolicy, serve
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import LadderSettings, Limits, Negotiation, Target
from dicomcfg.upper_layer.encoding import encode
from dicomcfg.upper_layer.pdus import (
    AssociateAccept,
    AssociateReject,
    ContextAnswer,
    UserInformation,
)
from tests.probes.conftest import Script, ScriptedPeer
from tests.probes.test_probe_hostile import OUTCOMES, silent

VERIFICATION, CT = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT = "1.2.840.10008.1.2"
TOTAL_S = 1.2
NAMES = [
    "baseline",
    "unknown-application-context",
    "unknown-called-title",
    "unknown-calling-title",
    "meaningless-abstract-syntax",
    "unsupported-transfer-syntax",
]
STRICT = AcceptorPolicy(
    ae_title="PEER",
    calling_ae_titles=frozenset({"US"}),
    abstract_syntaxes=frozenset({VERIFICATION}),
    transfer_syntaxes=(IMPLICIT,),
    checks_application_context=True,
)
NEGOTIATIONS = (
    Negotiation("A to PEER", "A", (PresentationContext(CT, (IMPLICIT,)),)),
    Negotiation(
        "US to PEER",
        "US",
        (PresentationContext(VERIFICATION, (IMPLICIT,)), PresentationContext(CT, (IMPLICIT,))),
        RequestOptions((RoleSelection(VERIFICATION, True, True),)),
    ),
)


async def check(kind: str, port: int, ladder: LadderSettings | None, total_s: float) -> Observation:
    target = Target("127.0.0.1", port, "PEER", "US", ladder=ladder)
    environment = Environment(AddressPolicy.unrestricted())
    return await registry.get(kind)(target, Limits.within(total_s), environment)


def run(kind: str, policy: AcceptorPolicy, ladder: LadderSettings | None = None) -> Observation:
    async def inside() -> Observation:
        async with serve(policy, "127.0.0.1", 0) as port:
            return await check(kind, port, ladder, 10.0)

    return asyncio.run(inside())


def codes(observation: Observation) -> list[str]:
    return [finding.code for finding in diagnose(observation, "PEER")]


def test_a_strict_peer_refuses_each_mistake_in_its_own_way() -> None:
    seen = run("refusal", STRICT)
    assert (seen.outcome, seen.stage, seen.contexts) == (Outcome.SUCCESS, StageName.RELEASE, ())
    assert [trial.name for trial in seen.trials] == NAMES
    assert [trial.rejection for trial in seen.trials] == [
        None,
        Rejection(1, 1, 2),
        Rejection(1, 1, 7),
        Rejection(1, 1, 3),
        None,
        None,
    ]
    *_, abstract, transfer = seen.trials
    assert [context.result for context in abstract.contexts] == [0, 3]
    assert [context.result for context in transfer.contexts] == [0, 4]
    assert codes(seen) == ["correct-request-accepted", *["refused-properly"] * 5]
    assert [stage.outcome for stage in seen.stages] == ["success"] * len(seen.stages)
    assert Observation.from_json(seen.to_json()) == seen


def test_a_peer_that_checks_nothing_is_told_of_and_not_blamed() -> None:
    seen = run("refusal", AcceptorPolicy())
    assert all(trial.outcome is Outcome.SUCCESS for trial in seen.trials)
    found = diagnose(seen, "PEER")
    assert [finding.code for finding in found] == [
        "correct-request-accepted",
        "application-context-not-checked",
        "called-title-not-checked",
        "calling-title-not-checked",
        "abstract-syntax-not-checked",
        "transfer-syntax-not-checked",
    ]
    assert {finding.severity for finding in found} == {"info"}


def test_a_refused_correct_request_still_lets_the_others_be_asked() -> None:
    seen = run("refusal", replace(STRICT, calling_ae_titles=frozenset()))
    assert (seen.outcome, seen.rejection) == (
        Outcome.ASSOCIATION_REJECTED,
        Rejection(1, 1, 3),
    )
    assert seen.stage is StageName.ASSOCIATE
    assert len(seen.trials) == 6
    assert codes(seen) == [
        "calling-ae-title-refused",
        "refused-properly",
        "refused-properly",
        "refusal-not-seen",
    ]


def test_refusal_stops_where_nobody_listens(scripted_peer: ScriptedPeer) -> None:
    async def inside() -> Observation:
        async with scripted_peer(silent) as port:
            pass
        return await check("refusal", port, None, 5.0)

    seen = asyncio.run(inside())
    assert seen.outcome is Outcome.CONNECTION_REFUSED
    assert [trial.name for trial in seen.trials] == ["baseline"]
    assert codes(seen) == ["connection-refused"]


def test_silence_to_one_mistake_still_lets_the_others_be_asked(scripted_peer: ScriptedPeer) -> None:
    accept = encode(
        AssociateAccept("PEER", "US", (ContextAnswer(1, 0, IMPLICIT),), UserInformation(16384))
    )
    turns = iter([accept, b"", *[encode(AssociateReject(1, 1, 1))] * 4])

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(next(turns))
        await reader.read()

    async def inside() -> Observation:
        async with scripted_peer(talk) as port:
            return await check("refusal", port, None, 4.0)

    seen = asyncio.run(inside())
    assert [trial.outcome for trial in seen.trials][1:] == [
        Outcome.ASSOCIATION_TIMEOUT,
        *[Outcome.ASSOCIATION_REJECTED] * 4,
    ]
    assert codes(seen)[1:6] == ["refused-abruptly", *["refused-for-another-reason"] * 4]


def test_what_there_was_no_time_for_is_told_not_guessed(scripted_peer: ScriptedPeer) -> None:
    accept = encode(
        AssociateAccept("PEER", "US", (ContextAnswer(1, 0, IMPLICIT),), UserInformation(16384))
    )

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(accept)
        await reader.read()

    async def inside() -> Observation:
        async with scripted_peer(talk) as port:
            return await check("refusal", port, None, 0.4)

    seen = asyncio.run(inside())
    assert [trial.name for trial in seen.trials] == ["baseline"]
    assert seen.notes == ("release-association-timeout", "trials-not-reached")
    assert "trials-not-reached" in codes(seen)
    assert (headline(seen), tone(seen)) == ("Cut short", "warn")


def test_the_ladder_negotiates_each_association_by_itself() -> None:
    policy = replace(STRICT, role_selections=(), checks_application_context=False)
    seen = run("ladder", policy, LadderSettings(NEGOTIATIONS))
    assert (seen.outcome, seen.status, seen.stage) == (Outcome.SUCCESS, 0, StageName.RELEASE)
    assert [context.abstract_syntax for context in seen.contexts] == [VERIFICATION]
    refused, partly = seen.trials
    assert (refused.name, refused.calling_ae_title) == ("A to PEER", "A")
    assert refused.rejection == Rejection(1, 1, 3)
    assert [context.result for context in refused.contexts] == [None]
    assert [context.result for context in partly.contexts] == [0, 3]
    assert partly.answer is not None
    assert partly.answer.role_selections == ()
    proposed = {each.name: each.options for each in NEGOTIATIONS}
    found = diagnose(seen, "PEER", negotiations=proposed)
    assert [(finding.code, finding.subject) for finding in found] == [
        ("ladder-climbed", "PEER"),
        ("association-does-not-work", "A to PEER"),
        ("association-works-in-part", "US to PEER"),
        ("roles-not-answered", "US to PEER"),
    ]


@pytest.mark.parametrize(
    ("own", "titles", "outcomes", "code"),
    [
        ("peer", ("peer", "OTHER"), ["success", "association-rejected"], "other-title-accepted"),
        ("X", ("peer",), ["association-rejected"], "other-titles-refused"),
        ("X", (), [], None),
    ],
)
def test_other_titles_are_tried_where_the_title_is_refused(
    own: str, titles: tuple[str, ...], outcomes: list[str], code: str | None
) -> None:
    settings = LadderSettings(NEGOTIATIONS, titles)
    seen = run("ladder", AcceptorPolicy(ae_title=own), settings)
    assert seen.rejection == Rejection(1, 1, 7)
    assert seen.stage is StageName.ASSOCIATE
    assert [(trial.name, trial.called_ae_title) for trial in seen.trials] == [
        ("other-title", title) for title in titles
    ]
    assert [trial.outcome for trial in seen.trials] == outcomes
    assert codes(seen)[:2] == ["called-ae-title-refused", "ladder-broken"]
    assert codes(seen)[2:] == ([code] if code else [])


def test_other_titles_are_not_tried_for_another_reason() -> None:
    policy = AcceptorPolicy(calling_ae_titles=frozenset())
    seen = run("ladder", policy, LadderSettings((), ("peer",)))
    assert (seen.rejection, seen.trials) == (Rejection(1, 1, 3), ())


def test_a_missing_passcode_is_that_association_s_alone() -> None:
    identity = Identity("me", "DICOMCFG_PASSCODE_NOT_THERE")
    first, second = NEGOTIATIONS
    settings = LadderSettings((replace(first, options=RequestOptions(identity=identity)), second))
    seen = run("ladder", AcceptorPolicy(), settings)
    assert seen.outcome is Outcome.SUCCESS
    assert [(trial.outcome, trial.detail) for trial in seen.trials] == [
        (Outcome.SKIPPED, "passcode-missing"),
        (Outcome.SUCCESS, None),
    ]


@pytest.mark.parametrize("kind", ["refusal", "ladder"])
@pytest.mark.parametrize("script", [row[0] for row in OUTCOMES], ids=lambda s: s.__name__)
def test_hostile_peers_cost_no_more_than_the_deadline(
    scripted_peer: ScriptedPeer, script: Script, kind: str
) -> None:
    settings = LadderSettings(NEGOTIATIONS, ("peer", "OTHER", "ANY-SCP"))

    async def inside() -> tuple[Observation, float]:
        async with scripted_peer(script) as port:
            started = time.monotonic()
            seen = await check(kind, port, settings, TOTAL_S)
            return seen, time.monotonic() - started

    seen, elapsed = asyncio.run(inside())
    assert elapsed < TOTAL_S + 0.5
    assert sum(len(pdu.hex) for pdu in seen.pdus) <= 2 * 65536
    assert Observation.from_json(seen.to_json()) == seen
    assert codes(seen)
    if kind == "ladder":
        outcome = next(row[1] for row in OUTCOMES if row[0] is script)
        assert seen.outcome is outcome


@pytest.mark.parametrize("kind", ["refusal", "ladder"])
def test_cancellation_closes_the_socket_of_a_trial(scripted_peer: ScriptedPeer, kind: str) -> None:
    accept = encode(
        AssociateAccept("PEER", "US", (ContextAnswer(1, 0, IMPLICIT),), UserInformation(16384))
    )

    async def inside() -> bytes:
        asked, closed = asyncio.Event(), asyncio.get_running_loop().create_future()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(accept if kind == "refusal" else encode(AssociateReject(1, 1, 7)))
            talking.append(writer)
            if len(talking) == 2:
                asked.set()
                closed.set_result(await reader.read())
            await reader.read()

        talking: list[asyncio.StreamWriter] = []
        async with scripted_peer(talk) as port:
            task = asyncio.create_task(
                check(kind, port, LadderSettings((), ("peer", "OTHER")), 30.0)
            )
            await asyncio.wait_for(asked.wait(), 5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await asyncio.wait_for(closed, 5)

    assert isinstance(asyncio.run(inside()), bytes)
