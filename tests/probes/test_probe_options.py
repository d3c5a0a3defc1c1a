"""What a request says beside its contexts, what comes back, and what of it is kept."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from dicomcfg.core.diagnosis.live import diagnose
from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.core.negotiation.options import (
    CommonExtendedNegotiation,
    Identity,
    RequestOptions,
)
from dicomcfg.core.records import ExtendedNegotiation, PresentationContext, RoleSelection
from dicomcfg.network.acceptor import AcceptorPolicy, serve
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import LadderSettings, Limits, Negotiation, Target
from dicomcfg.upper_layer.decoding import decode
from dicomcfg.upper_layer.encoding import encode
from dicomcfg.upper_layer.notes import Notes
from dicomcfg.upper_layer.pdus import (
    AssociateAccept,
    AssociateRequest,
    AsynchronousWindow,
    ClassExtension,
    CommonClassExtension,
    ContextAnswer,
    Data,
    Fragment,
    Role,
    UserInformation,
)
from tests.probes.conftest import ScriptedPeer

VERIFICATION, CT, MR = (
    "1.2.840.10008.1.1",
    "1.2.840.10008.5.1.4.1.1.2",
    "1.2.840.10008.5.1.4.1.1.4",
)
IMPLICIT = "1.2.840.10008.1.2"
VARIABLE = "DICOMCFG_PASSCODE_TEST"
USER, PASSCODE, RESPONSE = "night-shift", "open sesame 7", b"ticket-of-the-server"
LIMITS = Limits(total_s=5.0)


def contexts(*uids: str) -> tuple[PresentationContext, ...]:
    return tuple(PresentationContext(uid, (IMPLICIT,)) for uid in uids)


async def check(port: int, kind: str = "negotiate", **fields: object) -> Observation:
    target = replace(Target("127.0.0.1", port, "PEER", "US"), **fields)
    return await registry.get(kind)(target, LIMITS, Environment(AddressPolicy.unrestricted()))


def negotiate(policy: AcceptorPolicy, **fields: object) -> Observation:
    async def run() -> Observation:
        async with serve(policy, "127.0.0.1", 0) as port:
            return await check(port, **fields)

    return asyncio.run(run())


def requests(observation: Observation) -> list[AssociateRequest]:
    """The A-ASSOCIATE-RQs that were sent, as recorded."""
    pdus = [
        decode(bytes.fromhex(pdu.hex), Notes())
        for pdu in observation.pdus
        if pdu.direction == "sent" and pdu.hex.startswith("01")
    ]
    return [pdu for pdu in pdus if isinstance(pdu, AssociateRequest)]


def test_nothing_proposed_is_not_the_default_proposed() -> None:
    plain = negotiate(AcceptorPolicy(), contexts=contexts(CT))
    default = RequestOptions((RoleSelection(CT, True, False),), asynchronous_window=(1, 1))
    said = negotiate(AcceptorPolicy(), contexts=contexts(CT), options=default)
    (without,), (within,) = requests(plain), requests(said)
    assert (without.user.roles, without.user.asynchronous_window) == ((), None)
    assert within.user.roles == (Role(CT, True, False),)
    assert within.user.asynchronous_window == AsynchronousWindow(1, 1)


def test_every_option_stands_in_the_request() -> None:
    options = RequestOptions(
        (RoleSelection(CT, True, True), RoleSelection(MR, False, False)),
        (ExtendedNegotiation(CT, "0102ff"),),
        (CommonExtendedNegotiation(MR, "1.2.840.10008.4.2", ("1.2.3", "1.2.4")),),
        asynchronous_window=(0, 5),
        maximum_length=0,
        application_context="1.2.3.4",
    )
    seen = negotiate(AcceptorPolicy(), contexts=contexts(CT, MR), options=options)
    (request,) = requests(seen)
    assert request.application_context == "1.2.3.4"
    assert request.user.maximum_length == 0
    assert request.user.roles == (Role(CT, True, True), Role(MR, False, False))
    assert request.user.extensions == (ClassExtension(CT, b"\x01\x02\xff"),)
    common = CommonClassExtension(MR, "1.2.840.10008.4.2", ("1.2.3", "1.2.4"))
    assert request.user.common_extensions == (common,)
    assert request.user.asynchronous_window == AsynchronousWindow(0, 5)
    assert request.user.implementation_class_uid


def test_a_class_is_spoken_of_only_in_the_request_that_proposes_it() -> None:
    uids = [f"1.2.840.99.{n}" for n in range(128)]
    options = RequestOptions(
        (
            RoleSelection(uids[0], True, True),
            RoleSelection(CT, True, True),
            RoleSelection("1.9", True, True),
        ),
        (ExtendedNegotiation(CT, "01"),),
    )
    seen = negotiate(AcceptorPolicy(), contexts=contexts(*uids, CT), options=options)
    first, second = requests(seen)
    assert [role.sop_class for role in first.user.roles] == [uids[0]]
    assert [role.sop_class for role in second.user.roles] == [CT]
    assert (len(first.user.extensions), len(second.user.extensions)) == (0, 1)
    assert seen.answer is not None
    assert [role.sop_class for role in seen.answer.role_selections] == [uids[0], CT]


def test_the_answer_is_decoded() -> None:
    policy = AcceptorPolicy(
        role_selections=(RoleSelection(CT, True, False),),
        extended_negotiations=(ExtendedNegotiation(CT, "0100"), ExtendedNegotiation(MR, "01")),
        asynchronous_window=(3, 0),
        identity_response=RESPONSE,
    )
    options = RequestOptions(
        (RoleSelection(CT, True, True), RoleSelection(MR, True, True)),
        (ExtendedNegotiation(CT, "0101"),),
        asynchronous_window=(5, 2),
        identity=Identity(USER, None, response_requested=True),
    )
    answer = negotiate(policy, contexts=contexts(CT, MR), options=options).answer
    assert answer is not None
    assert answer.application_context == "1.2.840.10008.3.1.1.1"
    assert answer.role_selections == (RoleSelection(CT, True, False),)
    assert answer.extended_negotiations == (ExtendedNegotiation(CT, "0100"),)
    assert answer.asynchronous_window == (3, 2)
    assert answer.identity_response_bytes == len(RESPONSE)


@pytest.mark.parametrize("response", [b"", RESPONSE])
def test_an_empty_acknowledgement_is_one(response: bytes) -> None:
    """To names and passcodes it is empty (PS3.7 D.3.3.7.2)."""
    asked = RequestOptions(identity=Identity(USER, None, response_requested=True))
    policy = AcceptorPolicy(identity_response=response)
    answer = negotiate(policy, contexts=contexts(CT), options=asked).answer
    assert answer is not None
    assert answer.identity_response_bytes == len(response)
    silent = negotiate(AcceptorPolicy(), contexts=contexts(CT), options=asked).answer
    assert silent is not None
    assert silent.identity_response_bytes is None


@pytest.mark.parametrize("kind", ["negotiate", "ladder"])
def test_the_identity_stands_in_no_record(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, PASSCODE)
    policy = AcceptorPolicy(identity_response=RESPONSE, asynchronous_window=(1, 1))
    options = RequestOptions(
        (RoleSelection(CT, True, True),),
        asynchronous_window=(2, 2),
        identity=Identity(USER, VARIABLE, response_requested=True),
    )
    ladder = LadderSettings((Negotiation("A", "US", contexts(CT), options),))
    seen = negotiate(policy, kind=kind, contexts=contexts(CT), options=options, ladder=ladder)
    assert seen.outcome is Outcome.SUCCESS
    length = 6 + len(USER) + len(PASSCODE)
    blanked = b"\x58\0" + length.to_bytes(2, "big") + bytes(length)
    assert any(blanked.hex() in pdu.hex for pdu in seen.pdus if pdu.direction == "sent")
    findings = diagnose(seen, "PEER", options=options)
    kept = json.dumps([seen.to_json(), [finding.to_json() for finding in findings]])
    for text in (USER.encode(), PASSCODE.encode(), RESPONSE):
        assert text.decode() not in kept
        assert text.hex() not in kept


def test_the_passcode_is_sent(monkeypatch: pytest.MonkeyPatch, scripted_peer: ScriptedPeer) -> None:
    monkeypatch.setenv(VARIABLE, PASSCODE)
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(65536))

    async def run() -> None:
        async with scripted_peer(listen) as port:
            options = RequestOptions(identity=Identity(USER, VARIABLE))
            await check(port, contexts=contexts(CT), options=options)

    asyncio.run(run())
    request = decode(heard[0], Notes())
    assert isinstance(request, AssociateRequest)
    assert request.user.identity is not None
    assert (request.user.identity.kind, request.user.identity.response_requested) == (2, False)
    assert request.user.identity.primary == USER.encode()
    assert request.user.identity.secondary == PASSCODE.encode()


@pytest.mark.parametrize(
    ("variable", "detail"),
    [
        (VARIABLE, "passcode-missing"),
        ("DATABASE_URL", "passcode-variable-not-allowed"),
        ("PATH", "passcode-variable-not-allowed"),
        ("", "passcode-variable-not-allowed"),
    ],
)
@pytest.mark.parametrize("kind", ["echo", "negotiate", "refusal", "ladder"])
def test_without_its_passcode_nothing_is_sent(
    kind: str, variable: str, detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgres://user:secret@host/name")
    options = RequestOptions(identity=Identity(USER, variable))
    seen = negotiate(AcceptorPolicy(), kind=kind, contexts=contexts(CT), options=options)
    assert (seen.outcome, seen.detail) == (Outcome.SKIPPED, detail)
    assert (seen.stages, seen.pdus, seen.trials) == ((), (), ())
    (finding,) = diagnose(seen, "PEER", options=options)
    assert finding.code == detail
    assert "nothing was sent" in finding.message


@pytest.mark.parametrize(
    "options",
    [
        RequestOptions((RoleSelection(CT, True, True),), (ExtendedNegotiation(CT, "xyz"),)),
        RequestOptions(asynchronous_window=(1 << 16, 1)),
        RequestOptions(maximum_length=1 << 32),
        RequestOptions(identity=Identity("u" * 70_000)),
        RequestOptions(application_context="1." * 40),
    ],
)
def test_options_that_cannot_be_sent_are_told_not_raised(options: RequestOptions) -> None:
    seen = negotiate(AcceptorPolicy(), contexts=contexts(CT), options=options)
    assert (seen.outcome, seen.detail) == (Outcome.PROTOCOL_ERROR, "request-not-encodable")


@pytest.mark.parametrize(
    ("announced", "sent", "is_within"),
    [
        (4096, 4096, True),
        (4096, 8192, False),
        (0, 300_000, True),
        (0, 1 << 21, False),
        (0xFFFFFFFF, 1 << 21, False),
    ],
)
def test_the_maximum_length_bounds_what_a_peer_may_send(
    scripted_peer: ScriptedPeer, announced: int, sent: int, is_within: bool
) -> None:
    accept = AssociateAccept(
        "PEER", "US", (ContextAnswer(1, 0, IMPLICIT),), UserInformation(16384, "1.2.3")
    )

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(encode(accept))
        await reader.read(65536)
        writer.write(encode(Data((Fragment(1, True, True, bytes(sent - 6)),))))
        await reader.read()

    async def run() -> Observation:
        async with scripted_peer(talk) as port:
            return await check(port, "echo", options=RequestOptions(maximum_length=announced))

    seen = asyncio.run(run())
    # A command set of that size is refused all the same, but for its own reason.
    assert seen.outcome is Outcome.PROTOCOL_ERROR
    assert seen.detail == ("command-set" if is_within else "length-over-bound")


@pytest.mark.parametrize(
    "before", [b"HTTP/1.1 400 Bad Request: ", b"\x02\0\0\0\0\x20", b"\x04", b""]
)
def test_a_peer_that_sends_back_what_it_was_sent_puts_no_passcode_on_record(
    before: bytes, monkeypatch: pytest.MonkeyPatch, scripted_peer: ScriptedPeer
) -> None:
    monkeypatch.setenv(VARIABLE, PASSCODE)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(before + await reader.read(1 << 16))
        await writer.drain()

    async def run() -> Observation:
        options = RequestOptions(identity=Identity(USER, VARIABLE))
        async with scripted_peer(talk) as port:
            return await check(port, contexts=contexts(CT), options=options)

    seen = asyncio.run(run())
    received = b"".join(bytes.fromhex(p.hex) for p in seen.pdus if p.direction == "received")
    assert len(received) > len(PASSCODE)
    assert PASSCODE.encode() not in received
    assert PASSCODE not in json.dumps(seen.to_json())


def test_a_flood_of_answers_is_cut(scripted_peer: ScriptedPeer) -> None:
    roles = tuple(Role(f"1.2.{n}", True, True) for n in range(3000))
    accept = AssociateAccept(
        "PEER", "US", (ContextAnswer(1, 0, IMPLICIT),), UserInformation(16384, roles=roles)
    )

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(encode(accept))
        await reader.read()

    async def run() -> Observation:
        async with scripted_peer(talk) as port:
            return await check(port, contexts=contexts(CT))

    answer = asyncio.run(run()).answer
    assert answer is not None
    assert len(answer.role_selections) == 128
