"""Peers that do everything wrong: each check ends within its deadline with the right outcome."""

from __future__ import annotations

import asyncio
import random
import threading
import time

import pytest

from dicomcfg.core.diagnosis.observation import Observation, Outcome, StageName
from dicomcfg.network.names import Resolver
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes import registry
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits, Target
from dicomcfg.upper_layer.dimse import command_pdus, decode_command, echo_request, response_to
from dicomcfg.upper_layer.encoding import encode
from dicomcfg.upper_layer.pdus import (
    Abort,
    AssociateAccept,
    AssociateReject,
    ContextAnswer,
    Data,
    Fragment,
    ReleaseRequest,
    UserInformation,
)
from tests.probes.conftest import Script, ScriptedPeer, reset

ACCEPT = encode(
    AssociateAccept(
        "PEER", "US", (ContextAnswer(1, 0, "1.2.840.10008.1.2"),), UserInformation(16384, "1.2.3")
    )
)
TOTAL_S = 0.6
Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter


def environment(resolver: Resolver | None = None) -> Environment:
    return Environment(AddressPolicy.unrestricted(), resolver or Resolver(), host="worker")


async def echo(port: int, total_s: float = TOTAL_S) -> Observation:
    target = Target("127.0.0.1", port, "PEER", "US")
    return await registry.get("echo")(target, Limits(total_s), environment())


async def silent(reader: Reader, writer: Writer) -> None:
    await reader.read()


async def half_a_pdu(reader: Reader, writer: Writer) -> None:
    writer.write(ACCEPT[:30])
    await reader.read()


async def immediate_close(reader: Reader, writer: Writer) -> None:
    writer.close()


async def close_after_request(reader: Reader, writer: Writer) -> None:
    await reader.read(4096)
    writer.close()


async def reset_after_request(reader: Reader, writer: Writer) -> None:
    await reader.read(4096)
    reset(writer)


async def length_of_4_gib(reader: Reader, writer: Writer) -> None:
    writer.write(b"\x02\x00\xff\xff\xff\xff" + bytes(100_000))
    await reader.read()


async def http(reader: Reader, writer: Writer) -> None:
    await reader.read(4096)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await reader.read()


async def random_bytes(reader: Reader, writer: Writer) -> None:
    writer.write(b"\xa7" + random.Random(3).randbytes(50_000))
    await reader.read()


async def slow_drip(reader: Reader, writer: Writer) -> None:
    for byte in ACCEPT:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.02)


async def endless_drip(reader: Reader, writer: Writer) -> None:
    """An acceptance, then P-DATA without end that never completes a command."""
    writer.write(ACCEPT)
    await reader.read(4096)
    while True:
        writer.write(encode(Data((Fragment(1, True, False, b""),))))
        await asyncio.sleep(0.01)


async def flood(reader: Reader, writer: Writer) -> None:
    writer.write(ACCEPT)
    while True:
        writer.write(encode(Data((Fragment(1, True, False, bytes(8000)),))))
        await writer.drain()


async def mute_after_accept(reader: Reader, writer: Writer) -> None:
    writer.write(ACCEPT)
    await reader.read()


async def rejects(reader: Reader, writer: Writer) -> None:
    writer.write(encode(AssociateReject(1, 1, 7)))
    await reader.read()


async def aborts(reader: Reader, writer: Writer) -> None:
    writer.write(encode(Abort(2, 4)))
    await reader.read()


async def malformed_accept(reader: Reader, writer: Writer) -> None:
    raw = ACCEPT[:74] + b"\x21\x00\x00\x02\x01\x00"
    writer.write(raw[:2] + (len(raw) - 6).to_bytes(4, "big") + raw[6:])
    await reader.read()


async def unexpected_release(reader: Reader, writer: Writer) -> None:
    writer.write(ACCEPT)
    await reader.read(4096)
    writer.write(encode(ReleaseRequest()))
    await reader.read()


# The kernel resets where our request arrives after the close, which is a matter of timing.
ANY_DETAIL = "any"
OUTCOMES = [
    (silent, Outcome.ASSOCIATION_TIMEOUT, None, StageName.ASSOCIATE),
    (half_a_pdu, Outcome.ASSOCIATION_TIMEOUT, "incomplete-pdu", StageName.ASSOCIATE),
    (slow_drip, Outcome.ASSOCIATION_TIMEOUT, "incomplete-pdu", StageName.ASSOCIATE),
    (immediate_close, Outcome.CONNECTION_CLOSED, ANY_DETAIL, StageName.ASSOCIATE),
    (close_after_request, Outcome.CONNECTION_CLOSED, None, StageName.ASSOCIATE),
    (reset_after_request, Outcome.CONNECTION_CLOSED, "reset", StageName.ASSOCIATE),
    (length_of_4_gib, Outcome.PROTOCOL_ERROR, "length-over-bound", StageName.ASSOCIATE),
    (http, Outcome.NOT_DICOM, "http", StageName.ASSOCIATE),
    (random_bytes, Outcome.NOT_DICOM, None, StageName.ASSOCIATE),
    (rejects, Outcome.ASSOCIATION_REJECTED, None, StageName.ASSOCIATE),
    (aborts, Outcome.ASSOCIATION_ABORTED, None, StageName.ASSOCIATE),
    (malformed_accept, Outcome.PROTOCOL_ERROR, "presentation-context-item", StageName.ASSOCIATE),
    (mute_after_accept, Outcome.ECHO_TIMEOUT, None, StageName.ECHO),
    (endless_drip, Outcome.ECHO_TIMEOUT, None, StageName.ECHO),
    (flood, Outcome.PROTOCOL_ERROR, "command-set", StageName.ECHO),
    (unexpected_release, Outcome.CONNECTION_CLOSED, "released-by-peer", StageName.ECHO),
]


@pytest.mark.parametrize(
    ("script", "outcome", "detail", "stage"),
    OUTCOMES,
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_hostile_peer(
    scripted_peer: ScriptedPeer,
    script: Script,
    outcome: Outcome,
    detail: str | None,
    stage: StageName,
) -> None:
    async def check() -> tuple[Observation, float]:
        async with scripted_peer(script) as port:
            started = time.monotonic()
            return await echo(port), time.monotonic() - started

    observation, elapsed = asyncio.run(check())
    assert observation.outcome is outcome
    assert detail in (ANY_DETAIL, observation.detail)
    assert observation.stage is stage
    assert observation.stages[-1].name is stage
    assert observation.stages[-1].outcome == "failed"
    assert elapsed < TOTAL_S + 0.5
    assert sum(len(pdu.hex) for pdu in observation.pdus) <= 2 * 65536
    assert Observation.from_json(observation.to_json()) == observation


def answering(reply_after_echo: bytes, status: int | None = 0) -> Script:
    """A peer that accepts, answers the echo with `status`, and ends in its own way."""

    async def script(reader: Reader, writer: Writer) -> None:
        await reader.read(4096)
        writer.write(ACCEPT)
        await reader.read(4096)
        response = response_to(echo_request(1), status or 0)
        for pdu in command_pdus(1, response, 0):
            writer.write(encode(pdu))
        writer.write(reply_after_echo)
        await reader.read(4096)

    return script


@pytest.mark.parametrize(
    ("script", "outcome", "status", "note"),
    [
        (answering(encode(Abort(0, 0))), Outcome.SUCCESS, 0, "abort-after-success"),
        (answering(b"HTTP/1.1"), Outcome.SUCCESS, 0, "release-protocol-error"),
        (answering(b""), Outcome.SUCCESS, 0, "release-connection-closed"),
        (answering(b"", 0x0122), Outcome.ECHO_FAILED, 0x0122, None),
    ],
)
def test_what_comes_after_the_status_is_only_noted(
    scripted_peer: ScriptedPeer, script: Script, outcome: Outcome, status: int, note: str | None
) -> None:
    async def check() -> Observation:
        async with scripted_peer(script) as port:
            return await echo(port, 3.0)

    observation = asyncio.run(check())
    assert (observation.outcome, observation.status) == (outcome, status)
    assert observation.notes == ((note,) if note else ())


@pytest.mark.parametrize("kind", ["echo", "discover"])
def test_a_resolver_that_hangs_costs_a_deadline_and_no_more(kind: str) -> None:
    release = threading.Event()

    def hang(hostname: str, port: int) -> list[str]:
        release.wait()
        return ["127.0.0.1"]

    async def check() -> Observation:
        target = Target("slow.example", 104, "PEER", "US")
        return await registry.get(kind)(target, Limits(0.3), environment(Resolver(hang)))

    started = time.monotonic()
    observation = asyncio.run(check())
    elapsed = time.monotonic() - started
    release.set()
    assert (observation.outcome, observation.detail) == (Outcome.NAME_NOT_RESOLVED, "timeout")
    assert observation.stage is StageName.RESOLVE
    assert elapsed < 0.8


def test_cancellation_passes_through_and_closes_the_socket(scripted_peer: ScriptedPeer) -> None:
    async def check() -> bytes:
        closed: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def script(reader: Reader, writer: Writer) -> None:
            closed.set_result(await reader.read())

        async with scripted_peer(script) as port:
            task = asyncio.create_task(echo(port, 30.0))
            while not task.done() and not closed.done():
                await asyncio.sleep(0.05)
                task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await asyncio.wait_for(closed, 5)

    assert asyncio.run(check())[-10:] in (encode(Abort(0, 0)), b"")


def test_decoding_what_we_sent_back_gives_the_status() -> None:
    (pdu,) = command_pdus(1, response_to(echo_request(1), 0x0122), 0)
    assert decode_command(pdu.fragments[0].data).status == 0x0122
