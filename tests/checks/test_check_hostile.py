"""Hostile peers through the whole stack: probe, worker, row, page."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress

import pytest

from dicomcfg.checks import services
from dicomcfg.checks.models import Check
from dicomcfg.checks.presence import Presence
from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.inventory.models import AE, Connection, Site
from dicomcfg.probes.environment import Environment
from dicomcfg.probes.target import Limits
from dicomcfg.upper_layer.dimse import command_pdus, echo_request, response_to
from dicomcfg.upper_layer.encoding import encode
from dicomcfg.upper_layer.pdus import (
    Abort,
    AssociateAccept,
    ContextAnswer,
    Data,
    Fragment,
    ReleaseReply,
    ReleaseRequest,
    UserInformation,
)
from tests.checks.conftest import MakeAe
from tests.parts.executing import work_off
from tests.parts.limits import within
from tests.parts.people import Person

pytestmark = pytest.mark.django_db(transaction=True)
Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
Behaviour = Callable[[Reader, Writer], Awaitable[None]]
IMPLICIT = "1.2.840.10008.1.2"
TOTAL_S = 1.5
SILENT = 300


def accept(
    *answers: ContextAnswer, version_name: str | None = "PEER", title: str = "PEER"
) -> bytes:
    user = UserInformation(16384, "1.2.3", version_name)
    return encode(AssociateAccept(title, "US", answers or (ContextAnswer(1, 0, IMPLICIT),), user))


ACCEPT = accept()


async def _drain(reader: Reader) -> None:
    await reader.read(1 << 16)


def says(*chunks: bytes) -> Behaviour:
    """Answers each thing it hears with the next chunk, then waits."""

    async def behave(reader: Reader, writer: Writer) -> None:
        for chunk in chunks:
            await _drain(reader)
            writer.write(chunk)
            await writer.drain()
        while await reader.read(1 << 16):
            pass

    return behave


def _with_raw_user_items(raw: bytes) -> bytes:
    """ACCEPT with `raw` put at the end of its User Information item."""
    start = ACCEPT.index(b"\x50\x00", 74)
    length = int.from_bytes(ACCEPT[start + 2 : start + 4], "big")
    item = b"\x50\x00" + (length + len(raw)).to_bytes(2, "big") + ACCEPT[start + 4 :] + raw
    body = ACCEPT[6:start] + item
    return b"\x02\x00" + len(body).to_bytes(4, "big") + body


def _with_titles(titles: bytes) -> bytes:
    return ACCEPT[:10] + titles.ljust(32) + ACCEPT[42:]


async def drip(reader: Reader, writer: Writer) -> None:
    for byte in ACCEPT * 50:
        writer.write(bytes([byte]))
        await asyncio.sleep(0.05)


async def flood(reader: Reader, writer: Writer) -> None:
    while True:
        writer.write(ACCEPT * 100)
        await writer.drain()


def echo_answer(message_id: int = 1, status: int = 0) -> bytes:
    command = echo_request(message_id)
    return b"".join(encode(pdu) for pdu in command_pdus(1, response_to(command, status), 16384))


RELEASED = encode(ReleaseReply())
MANY = tuple(ContextAnswer(n % 256, 0, IMPLICIT) for n in range(10_000))
DATA = encode(Data((Fragment(1, True, True, b"\x00" * 8),)))

PEERS: dict[str, tuple[Behaviour, set[Outcome]]] = {
    "slow drip": (drip, {Outcome.ASSOCIATION_TIMEOUT}),
    "flood": (flood, {Outcome.PROTOCOL_ERROR}),
    "10,000 contexts": (says(accept(*MANY), echo_answer(), RELEASED), {Outcome.PROTOCOL_ERROR}),
    "an item of 1 MiB": (
        says(b"\x02\x00" + (1 << 20).to_bytes(4, "big") + b"\x00" * (1 << 20)),
        # Zeros are empty items of a type that PS3.8 does not know, which are skipped.
        {Outcome.CONTEXT_NOT_ACCEPTED},
    ),
    "unknown items": (
        says(_with_raw_user_items(b"\x77\x00\x00\x05\x00\xff<b>"), echo_answer(), RELEASED),
        {Outcome.SUCCESS},
    ),
    "a version name of control characters": (
        says(
            _with_raw_user_items(b"\x55\x00\x00\x10<b>\x00\x1b[31m\xff\xfe\x07\x08\r\n\x00"),
            echo_answer(),
            RELEASED,
        ),
        {Outcome.SUCCESS},
    ),
    "a version name of 60,000 bytes": (
        says(
            _with_raw_user_items(b"\x55\x00\xea\x60" + b"\x00x" * 30_000), echo_answer(), RELEASED
        ),
        {Outcome.SUCCESS},
    ),
    "titles of control characters": (
        says(_with_titles(b"\x00\x1b<script>\xff\x80\n"), echo_answer(), RELEASED),
        {Outcome.SUCCESS},
    ),
    "abort at once": (says(encode(Abort(2, 1))), {Outcome.ASSOCIATION_ABORTED}),
    "abort for the echo": (says(ACCEPT, encode(Abort(0, 0))), {Outcome.ASSOCIATION_ABORTED}),
    "abort for the release": (says(ACCEPT, echo_answer(), encode(Abort(2, 6))), {Outcome.SUCCESS}),
    "a release that collides": (
        says(ACCEPT, echo_answer(), encode(ReleaseRequest()), RELEASED),
        {Outcome.SUCCESS},
    ),
    "data after the release": (
        says(ACCEPT, echo_answer(), RELEASED + DATA * 50),
        {Outcome.SUCCESS},
    ),
    "data for the release": (says(ACCEPT, echo_answer(), DATA * 50), {Outcome.SUCCESS}),
    "another message's answer": (
        says(ACCEPT, echo_answer(4711), RELEASED),
        {Outcome.PROTOCOL_ERROR},
    ),
}


@contextmanager
def listening(behave: Behaviour) -> Iterator[int]:
    """The peer in a thread of its own; gives its port."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    ready: list[int] = []
    up = threading.Event()

    async def answer(reader: Reader, writer: Writer) -> None:
        with suppress(OSError, asyncio.CancelledError):
            await behave(reader, writer)
        writer.transport.abort()

    async def main() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        ready.append(server.sockets[0].getsockname()[1])
        up.set()
        await stop.wait()
        server.close()

    def body() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(main())

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    assert up.wait(5)
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)


def test_every_hostile_peer_ends_as_a_row_that_a_page_can_show(
    viewer: Person, make_ae: MakeAe, presence: Presence, environment: Environment
) -> None:
    with ExitStack() as stack:
        ports = {name: stack.enter_context(listening(peer)) for name, (peer, _) in PEERS.items()}
        aes = {
            name: make_ae(f"PEER{index}", port) for index, (name, port) in enumerate(ports.items())
        }
        run = services.start_echo(viewer.user, list(aes.values()))
        started = time.monotonic()
        ids = list(run.checks.values_list("pk", flat=True))
        work_off(ids, presence, environment, within(TOTAL_S))
        assert time.monotonic() - started < TOTAL_S + 8
    checks = {check.ae_id: check for check in Check.objects.all()}
    wrong = {
        name: checks[aes[name].pk].outcome
        for name, (_, outcomes) in PEERS.items()
        if checks[aes[name].pk].outcome not in outcomes
    }
    assert wrong == {}
    for name, ae in aes.items():
        for path in (f"/aes/{ae.pk}/", f"/checks/{checks[ae.pk].pk}/"):
            answer = viewer.get(path)
            assert answer.status_code == 200, name
            assert "<b>" not in answer.text.replace("<b></b>", ""), name
            assert not set(answer.text) & set("\x00\x07\x08\x1b\x7f\x80"), name
            assert len(answer.content) < 1 << 20, name


def test_silent_peers_take_their_limits_and_no_more(
    viewer: Person, site: Site, presence: Presence, environment: Environment
) -> None:
    hosts = [f"127.9.0.{n}" for n in range(1, 31)]
    aes = AE.objects.bulk_create(AE(site=site, ae_title=f"SILENT{n}") for n in range(SILENT))
    with ExitStack() as stack:
        # Never accepted: the system takes the connection, and nobody speaks.
        listeners = [stack.enter_context(closing(socket.socket())) for _ in hosts]
        for listener, host in zip(listeners, hosts, strict=True):
            listener.bind((host, 0))
            listener.listen(64)
        ports = [listener.getsockname()[1] for listener in listeners]
        Connection.objects.bulk_create(
            Connection(ae=ae, hostname=hosts[n % len(hosts)], port=ports[n % len(hosts)])
            for n, ae in enumerate(aes)
        )
        run = services.start_echo(viewer.user, aes)
        started = time.monotonic()
        ids = list(run.checks.values_list("pk", flat=True))
        work_off(ids, presence, environment, lambda kind, target: Limits(associate_s=0.5))
        elapsed_s = time.monotonic() - started
    outcomes = set(run.checks.values_list("state", "outcome"))
    assert outcomes == {("finished", Outcome.ASSOCIATION_TIMEOUT.value)}
    # Three rounds of 128 at half a second each; the rest is room for a slow machine.
    assert elapsed_s < 20
    assert run.checks.count() == SILENT
    assert viewer.get(f"/checks/runs/{run.pk}/").status_code == 200
