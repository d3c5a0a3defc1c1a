"""Discovery over real associations: our acceptor under policies, hostile, limited, fickle peers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from dicomcfg.core.diagnosis.observation import DiscoverySeen, Observation, Outcome
from dicomcfg.core.negotiation.catalogue import catalogue
from dicomcfg.core.negotiation.matrix import Cell, Matrix
from dicomcfg.core.records import RoleSelection
from dicomcfg.network.acceptor import AcceptorPolicy, serve
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import DiscoverSettings, Limits, Target
from dicomcfg.upper_layer.decoding import decode
from dicomcfg.upper_layer.encoding import encode
from dicomcfg.upper_layer.notes import Notes
from dicomcfg.upper_layer.pdus import (
    Abort,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    ContextAnswer,
    ProposedContext,
    ReleaseReply,
    UserInformation,
)
from tests.probes.conftest import Script, ScriptedPeer, reset
from tests.probes.test_probe_hostile import OUTCOMES

VERIFICATION, CT = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
CLASSES, SYNTAXES = catalogue().sop_classes[:40], catalogue().transfer_syntaxes
SETTINGS = DiscoverSettings(CLASSES, SYNTAXES)
Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
Reply = Callable[[AssociateRequest, int], bytes | None]


def target(port: int, settings: DiscoverSettings = SETTINGS) -> Target:
    return Target("127.0.0.1", port, "PEER", "US", discover=settings)


async def discover(
    port: int,
    settings: DiscoverSettings = SETTINGS,
    total_s: float = 20.0,
    associate_s: float = 0.3,
    report: Callable[[DiscoverySeen], None] = lambda seen: None,
) -> Observation:
    environment = Environment(AddressPolicy.unrestricted(), host="worker", report=report)
    limits = Limits(total_s, associate_s=associate_s, release_s=0.1)
    return await registry.get("discover")(target(port, settings), limits, environment)


def under(policy: AcceptorPolicy, settings: DiscoverSettings = SETTINGS) -> Observation:
    async def run() -> Observation:
        async with serve(policy, "127.0.0.1", 0) as port:
            return await discover(port, settings, associate_s=8.0)

    return asyncio.run(run())


def found(seen: Observation) -> Matrix:
    assert seen.discovery is not None
    assert Observation.from_json(seen.to_json()) == seen
    return seen.discovery.matrix


def answer(context: ProposedContext, supported: tuple[str, ...] = (IMPLICIT,)) -> ContextAnswer:
    taken = next((uid for uid in context.transfer_syntaxes if uid in supported), None)
    return ContextAnswer(context.context_id, 4 if taken is None else 0, taken)


def accept(request: AssociateRequest, supported: tuple[str, ...] = (IMPLICIT,)) -> bytes:
    contexts = tuple(answer(context, supported) for context in request.contexts)
    return encode(AssociateAccept("PEER", "US", contexts, UserInformation(16384, "1.2.3")))


def speaking(reply: Reply) -> Script:
    """A peer that answers each request as `reply` says, given how many came; None is silence."""
    count = 0

    async def script(reader: Reader, writer: Writer) -> None:
        nonlocal count
        header = await reader.readexactly(6)
        raw = header + await reader.readexactly(int.from_bytes(header[2:], "big"))
        request = decode(raw, Notes())
        assert isinstance(request, AssociateRequest)
        count += 1
        said = reply(request, count)
        if said is not None:
            writer.write(said)
            if await reader.read(10) == b"\x05\0\0\0\0\x04\0\0\0\0":
                writer.write(encode(ReleaseReply()))
        await reader.read()

    return script


def against(peer: ScriptedPeer, script: Script, **given: object) -> Observation:
    async def run() -> Observation:
        async with peer(script) as port:
            return await discover(port, **given)  # type: ignore[arg-type]

    return asyncio.run(run())


@pytest.mark.parametrize("concurrent", [1, 3])
def test_every_pair_that_a_policy_allows(concurrent: int) -> None:
    policy = AcceptorPolicy(
        abstract_syntaxes=frozenset({VERIFICATION, CT}), transfer_syntaxes=(EXPLICIT, IMPLICIT)
    )
    every = DiscoverSettings(*catalogue(), concurrent=concurrent)
    seen = under(policy, every)
    matrix = found(seen)
    assert (seen.kind, seen.outcome, seen.contexts) == ("discover", Outcome.SUCCESS, ())
    assert matrix.accepted() == dict.fromkeys((VERIFICATION, CT), (IMPLICIT, EXPLICIT))
    assert matrix.count(Cell.ABSTRACT_SYNTAX_REFUSED) == 318 * 58
    assert matrix.count(Cell.TRANSFER_SYNTAX_REFUSED) == 2 * 56
    assert seen.discovery is not None
    assert seen.discovery.associations <= 5
    assert 0 < seen.discovery.largest_request_bytes <= 16384
    assert seen.pdus[0].length_bytes <= seen.discovery.largest_request_bytes


def test_the_size_told_is_that_on_the_wire() -> None:
    seen = under(AcceptorPolicy(), DiscoverSettings((CT,), (IMPLICIT,)))
    assert seen.discovery is not None
    assert seen.discovery.largest_request_bytes == seen.pdus[0].length_bytes
    assert found(seen).rows == ("0",)


def test_only_what_is_unknown_is_asked_again() -> None:
    known = Matrix((VERIFICATION, CT), (IMPLICIT, EXPLICIT), ("04", "??"))
    settings = DiscoverSettings((VERIFICATION, CT), (IMPLICIT, EXPLICIT), known=known)
    seen = under(AcceptorPolicy(), settings)
    assert found(seen).rows == ("04", "00")


def test_roles_are_asked_for_what_is_accepted() -> None:
    settings = replace(SETTINGS, with_roles=True, transfer_syntaxes=(IMPLICIT, EXPLICIT))
    policy = AcceptorPolicy(abstract_syntaxes=frozenset({VERIFICATION, CT}))
    seen = under(policy, replace(settings, sop_classes=(VERIFICATION, CT, "1.2.3")))
    assert seen.discovery is not None
    assert set(seen.discovery.roles) == {
        RoleSelection(VERIFICATION, True, True),
        RoleSelection(CT, True, True),
    }
    assert seen.discovery.silent_roles == ()


def test_a_peer_that_says_nothing_of_roles(scripted_peer: ScriptedPeer) -> None:
    settings = DiscoverSettings(CLASSES, (IMPLICIT, EXPLICIT), with_roles=True)
    seen = against(
        scripted_peer, speaking(lambda request, count: accept(request)), settings=settings
    )
    assert seen.outcome is Outcome.SUCCESS
    assert seen.discovery is not None
    assert (seen.discovery.roles, seen.discovery.silent_roles) == ((), CLASSES)


# A discovery asks for no echo: what these do after the acceptance only spoils the release.
SPOILED_RELEASE = {"mute_after_accept", "endless_drip", "flood", "unexpected_release"}


@pytest.mark.parametrize(
    ("script", "outcome"),
    [(script, outcome) for script, outcome, _, _ in OUTCOMES],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_hostile_peer(scripted_peer: ScriptedPeer, script: Script, outcome: Outcome) -> None:
    started = time.monotonic()
    seen = against(scripted_peer, script, total_s=3.0)
    assert time.monotonic() - started < 4.0
    matrix = found(seen)
    if script.__name__ in SPOILED_RELEASE:
        # They accept context 1 alone, whatever it holds, and leave out the others.
        assert matrix.count(Cell.ACCEPTED) > 0
    else:
        assert seen.outcome is outcome
        assert matrix.count(Cell.UNKNOWN) == len(CLASSES) * len(SYNTAXES)
        assert seen.discovery is not None
        assert seen.discovery.associations <= 2
    assert sum(len(pdu.hex) for pdu in seen.pdus) <= 2 * 65536


def silent_over(bound_bytes: int) -> Reply:
    return lambda request, count: None if len(encode(request)) > bound_bytes else accept(request)


def rejecting_over(bound_bytes: int) -> Reply:
    def reply(request: AssociateRequest, count: int) -> bytes:
        is_large = len(encode(request)) > bound_bytes
        return encode(AssociateReject(1, 1, 1)) if is_large else accept(request)

    return reply


def aborting_over(bound_syntaxes: int) -> Reply:
    def reply(request: AssociateRequest, count: int) -> bytes:
        longest = max(len(context.transfer_syntaxes) for context in request.contexts)
        return encode(Abort(2, 6)) if longest > bound_syntaxes else accept(request)

    return reply


def silent_over_50_syntaxes(request: AssociateRequest, count: int) -> bytes | None:
    if any(len(context.transfer_syntaxes) > 50 for context in request.contexts):
        return None
    return accept(request)


@pytest.mark.parametrize(
    "reply",
    [silent_over(9000), rejecting_over(5000), aborting_over(10), silent_over_50_syntaxes],
    ids=["silent", "rejecting", "aborting", "50 syntaxes"],
)
def test_a_peer_with_a_limit_is_found_whole(scripted_peer: ScriptedPeer, reply: Reply) -> None:
    settings = replace(SETTINGS, maximum_syntaxes=58)
    seen = against(scripted_peer, speaking(reply), settings=settings)
    assert seen.outcome is Outcome.SUCCESS
    assert set(found(seen).rows) == {"0" + "4" * 57}
    assert "requests-made-smaller" in seen.notes


def test_a_peer_that_changes_its_mind(scripted_peer: ScriptedPeer) -> None:
    def reply(request: AssociateRequest, count: int) -> bytes:
        return accept(request, SYNTAXES if count < 4 else ())

    seen = against(scripted_peer, speaking(reply))
    matrix = found(seen)
    assert "changed-its-mind" in seen.notes
    assert matrix.count(Cell.ACCEPTED) > 100
    assert matrix.count(Cell.TRANSFER_SYNTAX_REFUSED) > 100
    assert matrix.count(Cell.UNKNOWN) > 0


@pytest.mark.parametrize(
    ("rejection", "outcome"),
    [
        (encode(AssociateReject(1, 1, 3)), Outcome.ASSOCIATION_REJECTED),
        (encode(Abort(0, 0)), Outcome.ASSOCIATION_ABORTED),
        (None, Outcome.ASSOCIATION_TIMEOUT),
    ],
)
def test_a_peer_that_stops_answering_keeps_its_matrix(
    scripted_peer: ScriptedPeer, rejection: bytes | None, outcome: Outcome
) -> None:
    def reply(request: AssociateRequest, count: int) -> bytes | None:
        return accept(request, SYNTAXES) if count < 5 else rejection

    seen = against(scripted_peer, speaking(reply), associate_s=0.4, total_s=3.0)
    matrix = found(seen)
    assert seen.outcome is outcome
    assert matrix.count(Cell.ACCEPTED) > 300
    assert matrix.count(Cell.UNKNOWN) > 300


def test_a_busy_peer_is_waited_for(scripted_peer: ScriptedPeer) -> None:
    def reply(request: AssociateRequest, count: int) -> bytes:
        return encode(AssociateReject(2, 3, 1)) if count in (1, 3) else accept(request)

    seen = against(scripted_peer, speaking(reply))
    assert seen.outcome is Outcome.SUCCESS
    assert set(found(seen).rows) == {"0" + "4" * 57}


def test_a_connection_lost_midway_is_made_again(scripted_peer: ScriptedPeer) -> None:
    inner = speaking(lambda request, count: accept(request))
    connections = 0

    async def script(reader: Reader, writer: Writer) -> None:
        nonlocal connections
        connections += 1
        if connections == 2:
            reset(writer)
        else:
            await inner(reader, writer)

    seen = against(scripted_peer, script)
    assert seen.outcome is Outcome.SUCCESS
    assert set(found(seen).rows) == {"0" + "4" * 57}


def test_syntaxes_that_were_not_offered_prove_nothing(scripted_peer: ScriptedPeer) -> None:
    def reply(request: AssociateRequest, count: int) -> bytes:
        contexts = tuple(ContextAnswer(c.context_id, 0, "1.2.3.4") for c in request.contexts)
        return encode(AssociateAccept("PEER", "US", contexts, UserInformation(0, "1.2.3")))

    settings = DiscoverSettings(CLASSES[:4], SYNTAXES)
    seen = against(scripted_peer, speaking(reply), settings=settings)
    assert found(seen).count(Cell.UNKNOWN) == 4 * len(SYNTAXES)
    assert "unproposed-transfer-syntax-accepted" in seen.notes
    assert seen.outcome is Outcome.SUCCESS


def test_the_deadline_ends_it_with_what_was_found(scripted_peer: ScriptedPeer) -> None:
    settings = replace(SETTINGS, pause_s=0.1)
    seen = against(
        scripted_peer,
        speaking(lambda request, count: accept(request, SYNTAXES)),
        settings=settings,
        total_s=0.35,
    )
    assert (seen.outcome, seen.detail) == (Outcome.ASSOCIATION_TIMEOUT, "deadline")
    assert found(seen).count(Cell.ACCEPTED) > 100


def test_cancelled_it_has_reported_what_was_found() -> None:
    reports: list[DiscoverySeen] = []

    async def run() -> None:
        async with serve(AcceptorPolicy(), "127.0.0.1", 0) as port:
            arrived = asyncio.Event()

            def report(seen: DiscoverySeen) -> None:
                reports.append(seen)
                if seen.associations > 2:
                    arrived.set()

            settings = replace(SETTINGS, pause_s=0.15)
            task = asyncio.create_task(discover(port, settings, associate_s=5.0, report=report))
            await arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())
    counts = [seen.matrix.count(Cell.ACCEPTED) for seen in reports]
    assert counts == sorted(counts)
    assert counts[-1] >= 256
    assert reports[-1].matrix.count(Cell.UNKNOWN) > 0


def test_a_long_deadline_is_not_that_of_one_association(scripted_peer: ScriptedPeer) -> None:
    """Whoever gives half an hour to a discovery does not give it to one silent association."""

    async def run() -> float:
        async def silent(reader: Reader, writer: Writer) -> None:
            await reader.read()

        async with scripted_peer(silent) as port:
            limits = replace(Limits.within(1800), associate_s=0.1)
            environment = Environment(AddressPolicy.unrestricted())
            started = time.monotonic()
            await registry.get("discover")(target(port), limits, environment)
            return time.monotonic() - started

    assert asyncio.run(run()) < 5.0
    kind = registry.KINDS["discover"]
    assert kind.limits.total_s > 60 * kind.limits.associate_s
